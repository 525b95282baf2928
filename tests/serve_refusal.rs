//! What is said where no deployment serves is true of every layout, and typing each remedy serves.

#![cfg(not(target_arch = "wasm32"))]

#[path = "support/told.rs"]
mod told;

use autoparallel::estimate::serve::{Answer, Sequences, Serving};
use autoparallel::inputs::{Inputs, Key};
use autoparallel::link::decode;
use autoparallel::plan::serve::{self, Loss};
use autoparallel::search::deploy;
use autoparallel::serving::{Ask, Mode};
use autoparallel::units::text::show;
use autoparallel::units::{PerSecond, Seconds};
use told::{served, stuck};

const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

fn ask_of(inputs: &Inputs) -> Ask {
    inputs.resolve().ask.expect("a question")
}

/// First token and time of each further one of every layout that holds a request, one sequence at a time: nothing that is
/// served takes less.
fn alone(link: &str) -> Vec<[Seconds; 2]> {
    let free = decode(link).inputs.with(Key::FirstToken, "none").with(Key::PerToken, "none");
    let (ask, asked) = (ask_of(&free), ask_of(&decode(link).inputs));
    let looked = serve::find(&ask).looked;
    let holds = looked.iter().filter(|own| !matches!(own.loss, Some(Loss::Full | Loss::Short)));
    let times = |own: &serve::Looked| {
        let service = deploy::service(&ask, &own.at, Some(1)).expect("a service");
        let one = Serving::new(&service, &own.at.instance).loaded(&ask.traffic, Sequences(1.0));
        let first =
            |of: &Answer| asked.share.map_or(of.first_token, |share| of.first_token_at(share));
        if !asked.goals.kept_by(first(&one), one.per_token) {
            return [first(&one), one.per_token];
        }
        // What keeps them with one request after another is asked for as little as comes at random.
        let open = Mode::Open { rate: PerSecond::new(1e-6), requests: None };
        let seldom = Serving::new(&service, &own.at.instance).answer(&ask.traffic, open);
        [first(&seldom), seldom.per_token]
    };
    holds.map(times).collect()
}

fn least(times: &[[Seconds; 2]], own: usize, other: Option<Seconds>) -> Seconds {
    let keeps = |times: &&[Seconds; 2]| other.is_none_or(|goal| times[1 - own] <= goal);
    times.iter().filter(keeps).map(|times| times[own]).min().expect("a layout")
}

fn remedies_serve(link: &str) {
    let view = stuck(link);
    assert!(!view.remedies.is_empty(), "{link}: {}", view.headline);
    for remedy in &view.remedies {
        assert!(served(&remedy.link).is_some(), "{link}: {}", remedy.text);
    }
}

/// Each goal that no layout keeps is told with the least time of all, whatever else they miss; two that are kept by some and
/// together by none are told together, each with the least time where the other is kept and with what keeps it alone.
fn told_right(link: &str) -> bool {
    let goals = ask_of(&decode(link).inputs).goals;
    let goals = [goals.first_token, goals.per_token];
    let (text, times) = (stuck(link).headline, alone(link));
    let blocked = |own: &usize| goals[*own].is_some_and(|goal| least(&times, *own, None) > goal);
    let blocked: Vec<usize> = (0..2).filter(blocked).collect();
    for own in &blocked {
        let nearest = format!("the nearest takes {},", show::time(least(&times, *own, None)));
        assert!(text.contains(&nearest), "{link}: {nearest} in {text}");
    }
    assert_eq!(text.matches("the nearest takes").count(), blocked.len(), "{link}: {text}");
    remedies_serve(link);
    if !blocked.is_empty() {
        return false;
    }
    assert!(text.contains("keeps both goals"), "{link}: {text}");
    for own in 0..2 {
        let time = show::time(least(&times, own, goals[1 - own]));
        assert!(text.contains(&format!("{time} at least")), "{link}: {time} in {text}");
    }
    let said = text.split("Alone, ").nth(1).expect("each alone");
    for (other, part) in [Key::FirstToken, Key::PerToken].into_iter().zip(said.split("; ")) {
        let n = part.split(" takes ").nth(1).and_then(|rest| rest.split(' ').next());
        let n: String = n.expect("a number").chars().filter(char::is_ascii_digit).collect();
        let inputs = decode(link).inputs.with(other, "none").with(Key::ServeMost, n);
        assert!(serve::find(&ask_of(&inputs)).best.is_some(), "{link}: {part}");
    }
    true
}

#[test]
fn the_nearest_is_the_nearest_of_all_layouts() {
    for end in [
        "st=8ms;sf=100ms",
        "st=10ms;sf=131ms",
        "sg=b200;st=8ms;sf=100ms",
        "st=2ms",
        "st=2ms;sf=1ms",
    ] {
        told_right(&format!("{LLAMA};{end}"));
    }
    let long = stuck(&format!("{LLAMA};si=1000000")).headline;
    assert!(long.contains("131\u{202f}072 positions") && long.contains("the first token within"));
}

/// Half way between the layout with the soonest first token and the one with the fastest further ones, where they differ.
#[test]
fn goals_that_refuse_together_are_told_together() {
    let mut together = 0;
    for base in [
        "1;m=deepseek-ai/DeepSeek-R1;do=serve;sg=h200-sxm,b200;sr=12/s",
        "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=12/s",
    ] {
        let times = alone(&format!("{base};st=1ms"));
        let best = |own: usize| *times.iter().min_by_key(|times| times[own]).expect("a layout");
        let (first, further) = (best(0), best(1));
        let middle = |own: usize| 500.0 * (first[own].get() + further[own].get());
        let link = format!("{base};sf={:.4}ms;st={:.5}ms", middle(0), middle(1));
        let goals = [middle(0), middle(1)].map(|goal| Seconds::new(goal / 1e3));
        if !times.iter().any(|own| own[0] <= goals[0] && own[1] <= goals[1]) {
            together += u32::from(told_right(&link));
        }
    }
    assert!(together > 0, "no two goals refuse together: take other links");
}

/// Prompts of 120 000 tokens: other accelerators take thousands; a later first token takes fewer of the same.
#[test]
fn a_looser_goal_and_more_accelerators_are_found_together() {
    let link = format!("{LLAMA};si=120000;so=500");
    let own = stuck(&link);
    let goal = |text: &str| text.contains("for the first token, and allow");
    assert!(own.remedies.iter().any(|own| goal(&own.text)), "{:#?}", own.remedies);
    remedies_serve(&link);
}
