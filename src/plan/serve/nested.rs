//! What the latencies of a deployment are made of, down to steps of the engine.

use super::{Deployed, decode, prefill};
use crate::estimate::serve::FirstParts;
use crate::plan::{Amount, Derivation, Figure, Part};
use crate::serving::{Demand, Factor, FactorOf};
use crate::units::text::fine;
use crate::units::{Ratio, Seconds};

const READ: &str = "estimate/serve/batch";

fn figure(
    id: &'static str,
    label: &'static str,
    time: Seconds,
    told: (&str, String, &str),
) -> Figure {
    let derivation = Derivation::of(told.0, told.1, told.2);
    Figure { id, label, amount: Amount::Time(time), derivation }
}

fn number(value: f64) -> String {
    fine::number(Ratio::new(value))
}

/// Handling and reading, and the wait.
pub(super) fn first_token(own: &Deployed<'_>) -> Vec<Figure> {
    let now = &own.own.now;
    let parts = own.serving().first_parts(&own.ask.traffic, now);
    let least = now.first_token.less(now.waiting);
    let text = format!(
        "{} + {} = {}",
        fine::time(parts.handling),
        fine::time(parts.reading),
        fine::time(least)
    );
    let told = ("the host's work on the request + the steps that read its prompt", text, READ);
    let mut own_time = figure("handling_reading", "Handling and reading", least, told);
    own_time.derivation.parts = vec![handling(own, &parts), reading(own, &parts)];
    vec![own_time, waiting(own, &parts)]
}

fn handling(own: &Deployed<'_>, parts: &FirstParts) -> Figure {
    let prompt = own.ask.traffic.prompt;
    let (request, token) = (own.ask.engine.request, own.ask.engine.token);
    let (factor, facts) = machine_factor(own, FactorOf::Start);
    let text = format!(
        "{} × {factor} + {} × {} = {}",
        fine::time(request),
        number(prompt),
        fine::time(token),
        fine::time(parts.handling)
    );
    let told = (
        "time of a request × factor of the machine on it + tokens of the prompt × time of each",
        text,
        "constants of the engine",
    );
    let mut all = figure("handling", "The host's work on a request", parts.handling, told);
    all.derivation.constants = ["request_ms", "token_us"].map(str::to_owned).to_vec();
    all.derivation.constants.extend(facts);
    all
}

/// The factor that holds on the machine for a format, and the facts that it is the product of.
pub(super) fn machine_factor(own: &Deployed<'_>, of: FactorOf) -> (String, Vec<String>) {
    let factor = own.service.factor(of);
    let fact = |known: &Factor| format!("{}@{}/{}", of.key(), known.machine, known.format);
    let mut facts: Vec<String> = own.service.factors(of).map(fact).collect();
    facts.sort();
    facts.dedup();
    (fine::number(factor), facts)
}

fn reading(own: &Deployed<'_>, parts: &FirstParts) -> Figure {
    let n = parts.each.1.get();
    let each = parts.reading.get() / n.max(1e-12);
    let text = format!(
        "{} × {} = {}",
        number(n),
        fine::time(Seconds::new(each)),
        fine::time(parts.reading)
    );
    let told = (
        "prompts that are read at once × what each adds",
        text,
        "those that come while a step reads are read by the next (estimate/serve/flow)",
    );
    let mut all = figure("reading", "Its prompt, with those beside it", parts.reading, told);
    let Some((both, alone, steps)) = parts.steps else {
        all.derivation = Derivation::of(
            "steps that read it + the time for which the engine's own rule holds a prompt back",
            format!("{} = {}", fine::time(parts.reading), fine::time(parts.reading)),
            READ,
        );
        return all;
    };
    let passes = own.serving().passes(steps).get();
    let text = format!(
        "({} − {}) × {} = {}",
        fine::time(both),
        fine::time(alone),
        number(passes),
        fine::time(parts.reading)
    );
    let told = (
        "(a step that reads them beside the answers − the same step without) × steps",
        text,
        "prompts ride along with the answers' step: what they add is less than a step of their \
         own, as below (estimate/serve/batch)",
    );
    let mut steps = figure("reading_steps", "The steps that read them", parts.reading, told);
    steps.derivation.parts = vec![of_part(&prefill(own))];
    all.derivation.parts = vec![steps];
    all
}

/// What a request waits for before its prompt is taken up.
fn waiting(own: &Deployed<'_>, parts: &FirstParts) -> Figure {
    let waiting = own.own.now.waiting;
    let whole = fine::time(waiting);
    let source = "estimate/serve/flow";
    if matches!(own.ask.demand, Demand::InFlight(_)) {
        let told = (
            "prompts of the others in flight + a place among the answers + the step under way",
            format!("{whole} = {whole}"),
            source,
        );
        return figure("waiting", "Mean wait", waiting, told);
    }
    let under_way = match own.ask.demand {
        Demand::Most => Seconds::ZERO,
        _ => own.own.now.per_token.min(parts.each.0) * 0.5,
    };
    let place = waiting.less(parts.queue).less(under_way);
    let text = format!(
        "{} + {} + {} = {whole}",
        fine::time(parts.queue),
        fine::time(place),
        fine::time(under_way)
    );
    let formula = match own.ask.demand {
        Demand::Most => "the prompts of others + nothing: a place is always free",
        _ => "the prompts of others + a place among the answers + the step under way",
    };
    let mut all = figure("waiting", "Mean wait", waiting, (formula, text, source));
    all.derivation.parts = vec![queue(own, parts)];
    if own.ask.demand != Demand::Most {
        let (step, prompt) = (own.own.now.per_token, parts.each.0);
        let text = format!(
            "min({}, {}) / 2 = {}",
            fine::time(step),
            fine::time(prompt),
            fine::time(under_way)
        );
        let formula = "half of a step of the answers, or of what a prompt adds where that is less";
        let told = (formula, text, source);
        all.derivation.parts.push(place_among(own, place));
        all.derivation.parts.push(figure("under_way", "For the step under way", under_way, told));
    }
    all
}

/// The wait for the prompts of others.
fn queue(own: &Deployed<'_>, parts: &FirstParts) -> Figure {
    let busy = number(parts.busy.get());
    let spread = own.ask.traffic.prompt_spread;
    let lengths = match spread > 0.0 {
        true => format!(" × (1 + {} × {})", number(spread), number(spread)),
        false => String::new(),
    };
    let text = format!(
        "{busy} × {}{lengths} / (2 × (1 − {busy})) = {}",
        fine::time(parts.each.0),
        fine::time(parts.queue)
    );
    let told = (
        "share of the time that reading takes × time that a prompt adds × (1 + squared deviation \
         of lengths) / (2 × (1 − share))",
        text,
        "prompts come at random (Pollaczek-Khinchine, Kleinrock 1975, section 5.6)",
    );
    figure("queue", "For the prompts of others", parts.queue, told)
}

/// The wait for a place among as many answers as there may be.
fn place_among(own: &Deployed<'_>, place: Seconds) -> Figure {
    let full = own.serving().full(&own.ask.traffic);
    let (rate, most) = (own.own.now.request_rate.get(), full.rate.get());
    let filled = (rate / most.max(1e-12)).min(0.98);
    let places = (2.0 * (full.running.0 + 1.0)).sqrt();
    let is = fine::time(place);
    let text = match place.get() < 1e-9 {
        true => format!("{is} = {is}"),
        false => {
            let (filled, places) = (number(filled), number(places));
            format!("{filled} ^ {places} / (1 − {filled}) / {} = {is}", number(most))
        }
    };
    let formula = "share of the instance's rate that is asked for ^ √(2 × (places + 1)) / \
        (1 − share) / requests a second that it answers at most";
    let source = "the wait in a queue of many servers (Sakasegawa, Ann. Inst. Statist. Math. 29, \
        1977); estimate/serve/flow";
    figure("place", "For a place among the answers", place, (formula, text, source))
}

/// A step of decoding, and what prompts add.
pub(super) fn per_token(own: &Deployed<'_>, more: Seconds) -> Vec<Figure> {
    let now = &own.own.now;
    let parts = own.serving().first_parts(&own.ask.traffic, now);
    let further = (own.ask.traffic.output - 1.0).max(1.0);
    let mut all = vec![of_part(&decode(own))];
    let added = now.running.0 / further * parts.each.0.get();
    if (added / more.get().max(1e-12) - 1.0).abs() < 1e-4 {
        let text = format!(
            "{} / {} × {} = {}",
            number(now.running.0),
            number(further),
            fine::time(parts.each.0),
            fine::time(more)
        );
        let told = (
            "answers being written / further tokens of each × time that a prompt adds",
            text,
            "for every answer that ends a prompt is read, and all that are written wait for it",
        );
        all.push(figure("prompts_of_others", "Prompts of others", more, told));
    }
    all
}

/// A tree as a number with its parts.
fn of_part(part: &Part) -> Figure {
    let mut derivation = part.derivation.clone();
    derivation.parts = part.children.iter().map(of_part).collect();
    Figure { id: "step", label: part.label, amount: part.amount, derivation }
}
