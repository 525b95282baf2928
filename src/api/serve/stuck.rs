//! No deployment serves: what stands in the way, and the smallest changes that help, each tried.

use super::PoolsView;
use crate::api::{Remedy, StuckView};
use crate::catalogue::support;
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::plan::serve::{self, Deployed, Enough, Loss, Standing, Survey};
use crate::serving::{Ask, WeightFormat};
use crate::units::text::{short, show};
use crate::units::{Bytes, Ratio, Seconds};

/// Kinds of accelerator with more memory or speed that are tried.
const LARGER: [&str; 5] = ["h200-sxm", "b200", "b300", "mi300x", "mi355x"];

/// What stands in the way.
pub(super) fn stuck(inputs: &Inputs, ask: &Ask, survey: &Survey) -> StuckView {
    let pools = serve::pools_alone(ask).map(|own| PoolsView {
        says: own.headline,
        sheet: crate::api::budget::sheet_view(&own.sheet),
    });
    let standing = serve::stands(inputs, ask, survey);
    let remedies = remedies(inputs, ask, survey, standing.enough.as_ref());
    StuckView { remedies, pools, ..told(standing, survey) }
}

/// The same without remedies, which take a search each.
pub(in crate::api) fn obstacle(inputs: &Inputs, ask: &Ask, survey: &Survey) -> StuckView {
    told(serve::stands(inputs, ask, survey), survey)
}

fn told(standing: Standing, survey: &Survey) -> StuckView {
    let details = serve::losses(survey).iter().map(crate::api::view::cut).collect();
    StuckView { headline: standing.text, details, ..StuckView::default() }
}

fn remedies(inputs: &Inputs, ask: &Ask, survey: &Survey, enough: Option<&Enough>) -> Vec<Remedy> {
    let mut all = Vec::new();
    let mut families: Vec<&str> = Vec::new();
    for (family, text, changed) in changes(inputs, ask, survey, enough) {
        if families.contains(&family) {
            continue;
        }
        if let Some(result) = result(&changed) {
            families.push(family);
            all.push(Remedy { text, result, link: link::encode(&changed) });
        }
    }
    all
}

fn result(inputs: &Inputs) -> Option<String> {
    let ask = inputs.resolve().ask?;
    let best = serve::find(&ask).best?;
    let own = Deployed::new(&ask, &best)?;
    Some(format!(
        "Then {} {} serve it: first token in {}, each further one in {}, with {}.",
        show::grouped(own.accelerators()),
        own.machine.label,
        show::time(best.first_token),
        show::time(best.per_token),
        serve::layout_text(&ask, &best.at)
    ))
}

type Change = (&'static str, String, Inputs);

fn changes(inputs: &Inputs, ask: &Ask, survey: &Survey, enough: Option<&Enough>) -> Vec<Change> {
    let mut all = relaxed(inputs, survey);
    all.extend(freed(inputs));
    all.extend(more(inputs, enough));
    all.extend(enough.map_or_else(Vec::new, |enough| less(inputs, ask, enough)));
    all.extend(narrower(inputs, ask));
    all.extend(larger(inputs, ask));
    all
}

/// Times of what the nearest layout takes with least load that are tried as goals: under the demand it takes longer.
const LOOSER: [f64; 6] = [1.0, 1.25, 1.5, 2.0, 3.0, 5.0];

/// Goals as loose as the nearest layout takes them, and looser.
fn relaxed(inputs: &Inputs, survey: &Survey) -> Vec<Change> {
    let least = |of: fn(&Loss) -> Option<Seconds>| {
        survey.looked.iter().filter_map(|looked| of(looked.loss.as_ref()?)).min()
    };
    let slow = least(|loss| match loss {
        Loss::Slow(time) => Some(*time),
        _ => None,
    });
    let late = least(|loss| match loss {
        Loss::Late(time) => Some(*time),
        _ => None,
    });
    let mut all = Vec::new();
    for (family, key, name, time) in [
        ("per token", Key::PerToken, "each further token", slow),
        ("first token", Key::FirstToken, "the first token", late),
    ] {
        let Some(time) = time else { continue };
        for factor in LOOSER {
            // Rounded up to two digits, so that it reads as a goal.
            let goal = rounded_up(Seconds::new(time.get() * factor));
            let text = format!("Allow {} for {name}.", show::time(goal));
            all.push((family, text, inputs.clone().with(key, short::time(goal))));
        }
    }
    all
}

fn rounded_up(time: Seconds) -> Seconds {
    let mut unit = 1e-6;
    while time.get() / unit >= 100.0 {
        unit *= 10.0;
    }
    Seconds::new((time.get() / unit).ceil() * unit)
}

/// Degrees and limits let vary.
fn freed(inputs: &Inputs) -> Vec<Change> {
    let keys = [Key::ServeTp, Key::ServePp, Key::ServeDp, Key::ServeEp, Key::BatchMax];
    let fixed = keys.iter().filter(|key| inputs.typed(**key).is_some_and(|text| !text.is_empty()));
    if fixed.count() == 0 {
        return Vec::new();
    }
    let mut free = inputs.clone();
    keys.iter().for_each(|key| free.clear(*key));
    vec![("free", "Let every degree and the batch vary.".to_owned(), free)]
}

/// As many accelerators as the demand takes, or the next powers of two.
fn more(inputs: &Inputs, enough: Option<&Enough>) -> Vec<Change> {
    let now: u64 = inputs.get(Key::ServeMost).parse().unwrap_or(1);
    let mut counts: Vec<u64> = enough.map(|own| own.accelerators).into_iter().collect();
    counts.extend((1..=6).filter_map(|k| now.checked_mul(1 << k)));
    let change = |n: u64| {
        let text = format!("Allow {} accelerators.", show::grouped(n));
        ("more", text, inputs.clone().with(Key::ServeMost, n.to_string()))
    };
    counts.into_iter().filter(|n| *n > now).map(change).collect()
}

/// Parts of prompt and answer that are tried where there is too much to do.
const SHORTER: [f64; 4] = [2.0, 4.0, 16.0, 64.0];

/// A lower rate, shorter prompts, shorter answers: where the demand takes more accelerators than there may be.
fn less(inputs: &Inputs, ask: &Ask, enough: &Enough) -> Vec<Change> {
    let mut all = Vec::new();
    if let Some(rate) = enough.held {
        let text = format!("Lower the rate to {}.", show::frequency(rate));
        let typed = format!("{}/s", short::ratio(Ratio::new(rate.get())));
        all.push(("rate", text, inputs.clone().with(Key::Rate, typed)));
    }
    let traffic = &ask.traffic;
    for (family, key, tokens, noun) in [
        ("prompt", Key::Prompt, traffic.prompt, "Prompts"),
        ("answer", Key::Answer, traffic.output, "Answers"),
    ] {
        for part in SHORTER {
            let tokens = (tokens / part).floor().max(1.0) as u64;
            let text = format!("{noun} of {} tokens.", show::grouped(tokens));
            all.push((family, text, inputs.clone().with(key, tokens.to_string())));
        }
    }
    all
}

/// Narrower weights that engine and accelerators have.
fn narrower(inputs: &Inputs, ask: &Ask) -> Vec<Change> {
    let mut formats: Vec<WeightFormat> = Vec::new();
    let widest = ask
        .machines
        .iter()
        .flat_map(|machine| machine.formats.iter())
        .map(|(weights, _)| weights.bits())
        .min();
    for machine in &ask.machines {
        let generation = &machine.cluster.accelerator.generation;
        let Some(can) = support::find(&ask.engine.key, generation) else { continue };
        for format in &can.weights {
            let less = widest.is_none_or(|bits| format.bits() < bits);
            if less && !formats.contains(format) {
                formats.push(*format);
            }
        }
    }
    crate::units::order::sort_by_key(&mut formats, |format| Ratio::new(64.0 - format.bits().get()));
    let change = |format: WeightFormat| {
        let text = format!("Store the weights in {}.", format.key());
        ("narrower", text, inputs.clone().with(Key::Weights, format.key()))
    };
    formats.into_iter().map(change).collect()
}

/// Accelerators with more memory.
fn larger(inputs: &Inputs, ask: &Ask) -> Vec<Change> {
    let most = ask.machines.iter().map(|machine| machine.cluster.accelerator.memory).max();
    let most = most.unwrap_or(Bytes::ZERO);
    let rows = LARGER.iter().filter_map(|key| crate::catalogue::accelerators::find(key));
    let rows = rows.filter(|row| {
        row.accelerator.memory > most
            && support::find(&ask.engine.key, &row.accelerator.generation).is_some()
    });
    rows.map(|row| {
        let text = format!("Serve on {}.", row.label);
        ("larger", text, inputs.clone().with(Key::ServeOn, row.key.clone()))
    })
    .collect()
}
