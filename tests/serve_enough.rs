//! How much a demand takes and how much is held, both with the goals: typing what is said serves, a step less does not.

#![cfg(not(target_arch = "wasm32"))]

#[path = "support/told.rs"]
mod told;

use autoparallel::inputs::{Inputs, Key};
use autoparallel::link::decode;
use autoparallel::plan::serve::{self, Enough};
use autoparallel::search::{deploy, enough as search};
use autoparallel::serving::{Ask, Demand};
use autoparallel::units::PerSecond;
use told::{served, stuck};

const KIMI: &str = "1;m=moonshotai/Kimi-K2-Instruct;do=serve;si=8k;so=1k;sr=5/s";
const R1: &str = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;si=4000;so=1000;sr=20/s";
const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=500/s;sn=8;snn=8";
/// The same with room.
const SURE: &str = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;si=4000;so=1000;sr=12/s;sure=80";
const LINKS: [&str; 4] = [KIMI, R1, LLAMA, SURE];

fn enough(inputs: &Inputs) -> Option<Enough> {
    let ask = inputs.resolve().ask.expect("a question");
    let survey = serve::find(&ask);
    survey.best.is_none().then(|| serve::stands(inputs, &ask, &survey).enough).flatten()
}

fn serves(inputs: &Inputs) -> bool {
    serve::find(&inputs.resolve().ask.expect("a question")).best.is_some()
}

#[test]
fn what_is_said_to_be_enough_serves_and_a_step_less_does_not() {
    for link in LINKS {
        let inputs = decode(link).inputs;
        let found = enough(&inputs).expect("more is needed");
        let with = |n: u64| inputs.clone().with(Key::ServeMost, n.to_string());
        assert!(serves(&with(found.accelerators)), "{link}: {found:?}");
        let step = if link.contains("snn=8") { 8 } else { 1 };
        let less = with(found.accelerators - step);
        assert!(!serves(&less), "{link}: {found:?}");
        // Asked with less, as much is said to be needed.
        assert_eq!(enough(&less).map(|own| own.accelerators), Some(found.accelerators), "{link}");
        let rate = found.held.expect("a rate").get();
        let at = |rate: f64| inputs.clone().with(Key::Rate, format!("{rate}/s"));
        assert!(serves(&at(rate)), "{link}: {rate}");
        assert!(!serves(&at(rate * 1.02)), "{link}: {rate}");
    }
}

#[test]
fn less_traffic_never_takes_more() {
    for (link, rates) in [(KIMI, [3.0, 4.0, 4.7, 5.0, 7.0]), (R1, [5.0, 8.0, 10.0, 15.0, 20.0])] {
        let mut last = (0, 0.0);
        for rate in rates {
            // So few that none of the rates is served.
            let few =
                decode(link).inputs.with(Key::ServeMost, "16").with(Key::Rate, format!("{rate}/s"));
            let found = enough(&few).expect("more is needed");
            assert!(found.accelerators >= last.0, "{link}: {rate}/s {found:?}, {last:?}");
            last = (found.accelerators, rate);
        }
    }
}

#[test]
fn headline_and_remedies_say_the_same() {
    for link in LINKS {
        let found = enough(&decode(link).inputs).expect("more is needed");
        let view = stuck(link);
        let taken = format!("take {} accelerators", found.accelerators);
        let held = found.held.expect("a rate").get();
        assert!(view.headline.contains(&taken), "{}", view.headline);
        assert!(view.headline.contains("which hold "), "{}", view.headline);
        let more = view
            .remedies
            .iter()
            .find(|own| own.text.starts_with("Allow") && own.text.contains("accelerators"));
        let more = more.unwrap_or_else(|| panic!("{:?}", view.remedies));
        assert!(more.text.contains(&format!(" {} ", found.accelerators)), "{}", more.text);
        let lower = view.remedies.iter().find(|own| own.text.starts_with("Lower the rate"));
        let lower = lower.unwrap_or_else(|| panic!("{:?}", view.remedies));
        let ask = decode(&lower.link).inputs.resolve().ask.expect("a question");
        let autoparallel::serving::Demand::Rate(rate) = ask.demand else { panic!("no rate") };
        assert!((rate.get() / held - 1.0).abs() < 1e-9, "{rate:?} {held}");
        assert!(served(&more.link).is_some() && served(&lower.link).is_some());
    }
}

/// Whole machines are no more than there may be: four H100 are none of eight, twelve are one, and what is said to be
/// enough is in whole machines.
#[test]
fn whole_machines_stay_within_how_many_there_may_be() {
    let few = "1;m=meta-llama/Llama-3.1-8B;do=serve;sg=h100-sxm;snn=8";
    for (beside, paid) in [(";sn=12", 8.0), (";sn=23", 16.0), (";sn=8;sr=1/s", 8.0)] {
        let view = served(&format!("{few}{beside}")).expect("a deployment");
        let told = view.figures.iter().find(|own| own.id == "accelerators").expect("a figure");
        let ask = decode(&format!("{few}{beside}")).inputs.resolve().ask.expect("a question");
        let best = serve::find(&ask).best.expect("a deployment");
        let own = serve::Deployed::new(&ask, &best).expect("a deployment");
        assert_eq!(own.paid() as f64, paid, "{beside}: {told:?}");
    }
    for beside in [";sn=4;sr=1/s", ";sn=4"] {
        let inputs = decode(&format!("{few}{beside}")).inputs;
        assert!(!serves(&inputs), "{beside}");
        assert_eq!(enough(&inputs).map(|own| own.accelerators), Some(8), "{beside}");
        let view = stuck(&format!("{few}{beside}"));
        assert!(view.headline.contains(" 8 accelerators; there may be 4"), "{}", view.headline);
        assert!(serves(&inputs.with(Key::ServeMost, "8")), "{beside}");
    }
    // One less than what is said is one machine less.
    let found = enough(&decode(LLAMA).inputs).expect("more is needed").accelerators;
    let with = |n: u64| decode(LLAMA).inputs.with(Key::ServeMost, n.to_string());
    assert!(
        found.is_multiple_of(8) && serves(&with(found)) && !serves(&with(found - 1)),
        "{found}"
    );
}

/// What one instance of a layout holds where so much is known, what it answers under full load, and how many may be had.
struct Layout<'a> {
    each: &'a dyn Fn(Option<f64>) -> Option<f64>,
    full: f64,
    most: f64,
}

fn each_layout(ask: &Ask, see: &mut dyn FnMut(Layout<'_>)) {
    for own in &deploy::survey(ask).looked {
        let Some((batch, full)) = own.limit else { continue };
        let service = deploy::service(ask, &own.at, Some(batch)).expect("a service");
        let sizing = deploy::Sizing::new(ask, &service, own, (batch, full));
        let each = |known: Option<f64>| {
            let known = known.map(PerSecond::new);
            let of = (sizing.serving(), own.at.machine, batch);
            search::each(ask, of, (known, full.request_rate)).map(PerSecond::get)
        };
        let most = f64::from(deploy::most(ask, &own.at));
        see(Layout { each: &each, full: full.request_rate.get(), most });
    }
}

/// What is held is what the best of all layouts holds, each looked at for itself, whatever order they are looked at in.
#[test]
fn the_rate_that_is_held_is_that_of_the_best_layout() {
    // Goals so tight that the layout that answers most without them does not hold most with them.
    let tight = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sg=b200,h100-sxm;sr=5000/s;sn=8;\
        sf=220ms;st=30ms";
    for link in [KIMI, R1, LLAMA, tight] {
        let ask = decode(link).inputs.resolve().ask.expect("a question");
        let (mut best, mut layouts, mut fullest) = (0.0f64, 0, (0.0f64, 0.0f64));
        each_layout(&ask, &mut |own| {
            layouts += 1;
            let held = (own.each)(None).unwrap_or(0.0) * own.most;
            best = best.max(held);
            if own.full * own.most > fullest.0 {
                fullest = (own.full * own.most, held);
            }
        });
        assert!(link != tight || fullest.1 < 0.95 * best, "{fullest:?} {best}");
        let held = search::held(&ask, &deploy::survey(&ask).looked).map_or(0.0, PerSecond::get);
        assert!(layouts > 1, "{link}");
        assert!((held - best).abs() <= 1e-6 * best, "{link}: {held} {best} of {layouts} layouts");
    }
}

/// A layout says what it holds only where that is more than is known, and what it says is the end of what it holds.
#[test]
fn a_layout_that_holds_no_more_than_is_known_says_nothing() {
    let ask = decode(R1).inputs.resolve().ask.expect("a question");
    assert!(matches!(ask.demand, Demand::Rate(_)));
    let mut looked = 0;
    each_layout(&ask, &mut |own| {
        let (each, full) = (own.each, own.full);
        let Some(most) = each(None) else { return };
        looked += 1;
        assert!(most > 0.0 && most < full, "{most} {full}");
        let more = each(Some(0.5 * most)).expect("more than half");
        assert!((more / most - 1.0).abs() < 1e-6, "{more} {most}");
        for known in [most * 1.001, full * 0.9999995, full, 2.0 * full] {
            assert_eq!(each(Some(known)), None, "{known} of {most}, {full}");
        }
    });
    assert!(looked > 1, "{looked}");
}
