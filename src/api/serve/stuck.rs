//! No deployment serves: what stands in the way, and the smallest changes that help, each tried.

use super::PoolsView;
use crate::api::{Remedy, StuckView};
use crate::catalogue::systems::{self, SystemRow};
use crate::catalogue::{accelerators, models, support};
use crate::inputs::{Inputs, Key};
use crate::link;
use crate::model::Model;
use crate::plan::serve::{self, Deployed, Enough, Loss, Standing, Survey};
use crate::serving::{Ask, AskedMachine, Goals, WeightFormat};
use crate::units::text::{short, show};
use crate::units::{Bytes, Ratio, Seconds, order};

/// Kinds of accelerator in data centres with more memory or speed that are tried.
const LARGER: [&str; 5] = ["h200-sxm", "b200", "b300", "mi300x", "mi355x"];

/// Tokens that are guessed ahead where none are.
const GUESSED: &str = "3";
/// Searches that pairs of changes may take together, and pairs that are shown.
const PAIR_SEARCHES: u32 = 48;
const PAIRS: usize = 3;
/// Of looser goals with something else, every third is tried.
const STEP: usize = 3;
/// A goal is nearer where it is so much less.
const NEARER: f64 = 0.85;

/// What stands in the way.
pub(super) fn stuck(inputs: &Inputs, ask: &Ask, survey: &Survey) -> StuckView {
    let alone = serve::pools_alone(ask).filter(|_| beyond(ask).is_none());
    let pools = alone.map(|own| {
        Box::new(PoolsView {
            says: own.headline,
            sheet: crate::api::budget::sheet_view(&own.sheet),
            launch: super::apart::launch(ask, own.pair.as_ref()),
        })
    });
    let standing = serve::stands(inputs, ask, survey);
    let remedies = remedies(inputs, ask, survey, standing.enough.as_ref());
    StuckView { remedies, pools, ..told(standing, ask, survey) }
}

/// The same without remedies, which take a search each.
pub(in crate::api) fn obstacle(inputs: &Inputs, ask: &Ask, survey: &Survey) -> StuckView {
    told(serve::stands(inputs, ask, survey), ask, survey)
}

fn told(standing: Standing, ask: &Ask, survey: &Survey) -> StuckView {
    let mut headline = standing.text;
    if let Some(positions) = beyond(ask) {
        headline = format!(
            "Prompt and answer have {} tokens, the model {} positions: engines refuse such \
             requests. Besides: {headline}",
            show::grouped((ask.traffic.prompt + ask.traffic.output) as u64),
            show::grouped(positions)
        );
    }
    let details = serve::losses(survey).iter().map(crate::api::view::cut).collect();
    StuckView { headline, details, ..StuckView::default() }
}

/// The model's positions, where a mean request has more.
fn beyond(ask: &Ask) -> Option<u64> {
    let positions = u64::from(ask.model.max_positions?);
    (ask.traffic.prompt + ask.traffic.output > positions as f64).then_some(positions)
}

/// A change that helps, of which kind, and the goals that it keeps.
struct Found {
    family: &'static str,
    remedy: Remedy,
    goals: Goals,
}

fn remedies(inputs: &Inputs, ask: &Ask, survey: &Survey, enough: Option<&Enough>) -> Vec<Remedy> {
    let mut found = Vec::new();
    if let Some(positions) = beyond(ask) {
        // Nothing else helps without it.
        if let Some(short) = shortened(inputs, ask, positions) {
            found.extend(helps(&short));
            let mut left = PAIR_SEARCHES;
            if found.is_empty() {
                after(&short, (&mut found, 1), &mut left);
            }
            if let Some(both) = too_late(&short).filter(|_| found.is_empty()) {
                after(&both, (&mut found, 2), &mut left);
            }
        }
        return found.into_iter().map(|own| own.remedy).collect();
    }
    for change in changes(inputs, ask, survey, enough) {
        if !found.iter().any(|own| own.family == change.0) {
            found.extend(helps(&change));
        }
    }
    if found.iter().all(|own| GOALS.contains(&own.family)) {
        pairs(inputs, ask, survey, &mut found);
    }
    found.into_iter().map(|own| own.remedy).collect()
}

/// Changes that only ask for less.
const GOALS: [&str; 2] = ["per token", "first token"];

/// Two changes where one does not do, or only a much looser goal does: other machines, formats or guesses first, or a
/// looser goal, then what is missing there.
fn pairs(inputs: &Inputs, ask: &Ask, survey: &Survey, found: &mut Vec<Found>) {
    let singles = found.len();
    let mut left = PAIR_SEARCHES;
    let mut firsts = larger(inputs, ask);
    firsts.extend(guessed(inputs, survey));
    firsts.extend(narrower(inputs, ask).pop());
    for first in &firsts {
        if left == 0 || found.len() >= singles + PAIRS {
            break;
        }
        after(first, (found, 1), &mut left);
    }
    for family in GOALS {
        let known = found.len();
        let looser = relaxed(inputs, ask, survey).into_iter().filter(|own| own.0 == family);
        // A goal at the very least that any layout takes needs accelerators without end.
        for first in looser.skip(STEP).step_by(STEP) {
            if found.len() == known {
                after(&first, (found, 2), &mut { PAIR_SEARCHES });
            }
        }
    }
}

/// After one change, twice the time that the nearest layout takes for its first token with least load.
fn too_late((family, text, inputs): &Change) -> Option<Change> {
    let ask = inputs.resolve().ask?;
    let survey = serve::find(&ask);
    let late = relaxed(inputs, &ask, &survey).into_iter().filter(|own| own.0 == "first token");
    let (_, second, changed) = late.rev().nth(2)?;
    Some((family, joined(text, &second), changed))
}

fn joined(first: &str, second: &str) -> String {
    let mut rest = second.chars();
    let start = rest.next().map(|c| c.to_ascii_lowercase());
    let second: String = start.into_iter().chain(rest).collect();
    format!("{}, and {second}", first.trim_end_matches('.'))
}

/// The first changes that help after another one, so many at most and of different kinds.
fn after(first: &Change, (found, most): (&mut Vec<Found>, usize), left: &mut u32) {
    let (family, text, inputs) = first;
    let Some(ask) = inputs.resolve().ask else { return };
    let survey = serve::find(&ask);
    *left = left.saturating_sub(1);
    let short = survey.looked.iter().any(|own| matches!(own.loss, Some(Loss::Few)));
    let enough = if short { serve::suffices(inputs, &ask, &survey) } else { None };
    let enough = enough.map(|own| own.0);
    let mut seconds = relaxed(inputs, &ask, &survey);
    seconds.extend(more(inputs, enough.as_ref()));
    seconds.extend(narrower(inputs, &ask));
    seconds.extend(enough.map_or_else(Vec::new, |enough| less(inputs, &ask, &enough)));
    // What is short of accelerators needs no looser goal first.
    if short {
        order::sort_by_key(&mut seconds, |own| own.0 != "more");
    }
    let mut families = vec![*family];
    for (other, second, changed) in seconds {
        if *left == 0 || families.len() > most {
            return;
        }
        if families.contains(&other) {
            continue;
        }
        *left -= 1;
        let Some(own) = helps(&(family, joined(text, &second), changed)) else { continue };
        families.push(other);
        let nearer = |known: &Found| {
            !GOALS.contains(&known.family) || looser(&own.goals, &known.goals) < NEARER
        };
        if found.iter().all(nearer) {
            found.push(own);
        }
    }
}

/// How much looser goals are than others, of both together.
fn looser(goals: &Goals, others: &Goals) -> f64 {
    let times = |own: Option<Seconds>, other: Option<Seconds>| match (own, other) {
        (Some(own), Some(other)) => own.get() / other.get().max(1e-12),
        _ => 1.0,
    };
    times(goals.first_token, others.first_token) * times(goals.per_token, others.per_token)
}

fn helps((family, text, inputs): &Change) -> Option<Found> {
    let ask = inputs.resolve().ask?;
    let best = serve::find(&ask).best?;
    let own = Deployed::new(&ask, &best)?;
    let n = own.accelerators();
    let result = format!(
        "Then {} {} {} it: first token in {}, each further one in {}, with {}.",
        show::grouped(n),
        own.machine.label,
        if n == 1 { "serves" } else { "serve" },
        show::time(best.first_token),
        show::time(best.per_token),
        serve::layout_text(&ask, &best.at)
    );
    let remedy = Remedy { text: text.clone(), result, link: link::encode(inputs) };
    Some(Found { family, remedy, goals: ask.goals })
}

type Change = (&'static str, String, Inputs);

fn changes(inputs: &Inputs, ask: &Ask, survey: &Survey, enough: Option<&Enough>) -> Vec<Change> {
    let alone = ask.machines.iter().all(|own| system(own).is_some_and(|own| own.alone));
    let mut all = less_sure(inputs, ask);
    all.extend(relaxed(inputs, ask, survey));
    all.extend(freed(inputs));
    if alone {
        all.extend(smaller(inputs, ask));
    } else {
        all.extend(wired(inputs, ask));
        all.extend(more(inputs, enough));
    }
    all.extend(enough.map_or_else(Vec::new, |enough| less(inputs, ask, enough)));
    all.extend(narrower(inputs, ask));
    all.extend(guessed(inputs, survey));
    all.extend(larger(inputs, ask));
    all
}

/// Prompts, or the answers where these are longer, that leave room for the other within the model's positions.
fn shortened(inputs: &Inputs, ask: &Ask, positions: u64) -> Option<Change> {
    let (prompt, output) = (ask.traffic.prompt as u64, ask.traffic.output as u64);
    let (key, noun, other) = match output > prompt {
        true => (Key::Answer, "Answers", prompt),
        false => (Key::Prompt, "Prompts", output),
    };
    let tokens = positions.checked_sub(other).filter(|tokens| *tokens > 0)?;
    let text = format!("{noun} of {} tokens.", show::grouped(tokens));
    Some(("positions", text, inputs.clone().with(key, tokens.to_string())))
}

/// The machine as a whole, where it stands outside data centres.
fn system(machine: &AskedMachine) -> Option<&'static SystemRow> {
    systems::find(&machine.key, &machine.cluster.accelerator.generation)
}

/// More of the machine's memory for programs, where its system can be told so.
fn wired(inputs: &Inputs, ask: &Ask) -> Vec<Change> {
    let [machine] = ask.machines.as_slice() else { return Vec::new() };
    let Some(system) = system(machine).filter(|_| inputs.typed(Key::ServeMemory).is_none()) else {
        return Vec::new();
    };
    let whole = machine.cluster.accelerator.memory.as_f64() / system.share.get().max(1e-3);
    let change = |share: &Ratio| {
        let mebibytes = (whole * share.get() / f64::from(1 << 20)).floor() as u64;
        let bytes = Bytes::mib(mebibytes);
        let text = format!(
            "Let programs have {} (sudo sysctl iogpu.wired_limit_mb={mebibytes}, until the next \
             start of macOS).",
            show::bytes(bytes)
        );
        ("wired", text, inputs.clone().with(Key::ServeMemory, short::bytes(bytes)))
    };
    system.raised.iter().map(change).collect()
}

/// Smaller models of the same house and vocabulary, the largest first.
fn smaller(inputs: &Inputs, ask: &Ask) -> Vec<Change> {
    let house = |name: &str| name.split('/').next().map(str::to_owned);
    let size = |model: &Model| model.params().total;
    let own = |row: &&models::ModelRow| {
        house(row.key) == house(&ask.model.name)
            && row.model.vocab == ask.model.vocab
            && size(&row.model) < size(&ask.model)
    };
    let mut rows: Vec<&models::ModelRow> = models::all().iter().filter(own).collect();
    order::sort_by_key(&mut rows, |row| std::cmp::Reverse(size(&row.model)));
    let change = |row: &models::ModelRow| {
        let text = format!("Take a smaller model, {}.", row.key);
        ("smaller", text, inputs.clone().with(Key::Model, row.key))
    };
    rows.into_iter().map(change).collect()
}

/// Guesses, where tokens come too slowly.
fn guessed(inputs: &Inputs, survey: &Survey) -> Option<Change> {
    let slow = |looked: &serve::Looked| matches!(looked.loss, Some(Loss::Slow(_)));
    let none = inputs.get(Key::Guesses) == "0";
    (none && survey.looked.iter().any(slow)).then(|| {
        let right = inputs.get(Key::Acceptance);
        let right =
            right.parse().map_or_else(|_| right.to_owned(), |n| show::percent(Ratio::new(n)));
        let text = format!("Guess {GUESSED} tokens ahead, {right} of them right.");
        ("guess", text, inputs.clone().with(Key::Guesses, GUESSED))
    })
}

/// Times of what the nearest layout takes with least load that are tried as goals: under the demand it takes longer.
const LOOSER: [f64; 10] = [1.0, 1.04, 1.1, 1.2, 1.3, 1.4, 1.5, 2.0, 3.0, 5.0];

/// Goals as loose as the nearest layout takes them that keeps the other goal, if one does, and looser.
fn relaxed(inputs: &Inputs, ask: &Ask, survey: &Survey) -> Vec<Change> {
    let goals = [ask.goals.first_token, ask.goals.per_token];
    let times = |own: &serve::Looked| serve::missed_by(ask, own);
    let timed: Vec<[Seconds; 2]> = survey.looked.iter().filter_map(times).collect();
    let over = |times: &[Seconds; 2], own: usize| goals[own].is_some_and(|goal| times[own] > goal);
    let least = |own: usize| {
        let missed = timed.iter().filter(|times| over(times, own));
        missed.min_by_key(|times| (over(times, 1 - own), times[own])).map(|times| times[own])
    };
    let (late, slow) = (least(0), least(1));
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
    // Without the bits that such a product leaves behind.
    Seconds::new(((time.get() / unit).ceil() * unit * 1e9 + 0.5).floor() / 1e9)
}

/// Chances that are tried where a higher one is wanted.
const LESS_SURE: [f64; 4] = [0.95, 0.9, 0.8, 0.7];

/// A lower chance than the one that is wanted, the highest first; then goals as predicted.
fn less_sure(inputs: &Inputs, ask: &Ask) -> Vec<Change> {
    let Some(wanted) = ask.sure else { return Vec::new() };
    let lower = LESS_SURE.into_iter().map(Ratio::new).filter(|less| *less < wanted);
    let change = |less: Ratio| {
        let typed = short::ratio(less);
        let (less, wanted) = (show::percent_typed(less), show::percent_typed(wanted));
        let text = format!("Want each goal kept with a chance of {less} rather than {wanted}.");
        ("sure", text, inputs.clone().with(Key::Sure, typed))
    };
    let mut all: Vec<Change> = lower.map(change).collect();
    let mut predicted = inputs.clone();
    predicted.clear(Key::Sure);
    let text = "Take the goals as predicted, without room: about half of all runs keep them.";
    all.push(("sure", text.to_owned(), predicted));
    all
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
            let usual = support::is_usual(*format, &ask.engine.key, ask.stored);
            if less && usual && !formats.contains(format) {
                formats.push(*format);
            }
        }
    }
    order::sort_by_key(&mut formats, |format| Ratio::new(64.0 - format.bits().get()));
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
    let home = |key: &str| accelerators::edge().iter().any(|row| row.key == key);
    let keys = match ask.machines.iter().all(|machine| home(&machine.key)) {
        true => systems::larger(),
        false => LARGER.to_vec(),
    };
    let rows = keys.into_iter().filter_map(accelerators::find_serving);
    let rows = rows.filter(|row| {
        row.accelerator.memory > most
            && support::find(&ask.engine.key, &row.accelerator.generation).is_some()
    });
    rows.map(|row| {
        let text = format!("Serve on {}.", row.label);
        let mut changed = inputs.clone().with(Key::ServeOn, row.key.clone());
        changed.clear(Key::ServeMemory);
        ("larger", text, changed)
    })
    .collect()
}
