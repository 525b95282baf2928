//! The key figures of a deployment, each with formula, this case's values, and source.

use super::bill::{self, MONTH_HOURS};
use super::{Deployed, allocated, longest_text};
use crate::estimate::capacity::Packing;
use crate::estimate::serve::Answer;
use crate::plan::{Amount, Derivation, Figure};
use crate::search::deploy;
use crate::serving::{Ask, Demand};
use crate::units::text::{fine, show};
use crate::units::{PerSecond, Ratio, Seconds};

/// All figures, the most asked for first.
#[must_use]
pub fn figures(own: &Deployed<'_>) -> Vec<Figure> {
    let mut all = vec![first_token(own), per_token(own), tokens(own), each(own), accelerators(own)];
    all.extend(machines(own));
    all.extend(evenness(own));
    all.extend(money(own));
    all.extend(whole_machines(own));
    all.extend(super::power::emissions(own));
    all.extend(capacity(own));
    all.extend(running(own));
    all
}

fn figure(
    id: &'static str,
    label: &'static str,
    amount: Amount,
    formula: &str,
    substituted: String,
    source: &str,
) -> Figure {
    let derivation = Derivation {
        formula: formula.to_owned(),
        substituted,
        source: source.to_owned(),
        ..Derivation::default()
    };
    Figure { id, label, amount, derivation }
}

/// Names of the two figures that goals are about.
#[must_use]
pub fn goal_names(ask: &Ask) -> [&'static str; 2] {
    [FIRST[rank(ask.share)], FURTHER[rank(ask.further_share)]]
}

pub(super) fn first_token(own: &Deployed<'_>) -> Figure {
    let mut told = first_token_of(own.ask.share, &own.own.now);
    // A percentile of reading and waiting together is no sum of its own parts.
    if own.ask.share.is_none() || own.own.now.prompt_spread == Ratio::ZERO {
        told.derivation.parts = super::nested::first_token(own);
    }
    told
}

/// The time to the first token that a share of requests stays within, or its mean.
pub(super) fn first_token_of(share: Option<Ratio>, now: &Answer) -> Figure {
    let whole = share.map_or(now.first_token, |share| now.first_token_at(share));
    if share.is_some() && now.prompt_spread.get() > 0.0 {
        return spread_first(share, now, whole);
    }
    let least = now.first_token.less(now.waiting);
    let (reading, waiting) = (fine::time(least), fine::time(now.waiting));
    let (formula, times) = match share {
        Some(share) => {
            ("handling and reading + mean wait × that percentile of waits", now.waits_at(share))
        }
        None => ("handling and reading + mean wait", Ratio::ONE),
    };
    let times = fine::number(times);
    let text = format!("{reading} + {waiting} × {times} = {}", fine::time(whole));
    let source = format!(
        "{} of requests wait at all, and their waits fall off exponentially: ln(share that waits \
         / (1 − share)) / share that waits mean waits, the tail of an M/G/1 queue (Kleinrock 1975, \
         section 5.7); its mean by Pollaczek and Khinchine (section 5.6)",
        fine::percent(now.delayed)
    );
    figure("ttft", FIRST[rank(share)], Amount::Time(whole), formula, text, &source)
}

const FIRST: [&str; 5] = [
    "First token (TTFT), mean",
    "First token (TTFT), p50",
    "First token (TTFT), p90",
    "First token (TTFT), p95",
    "First token (TTFT), p99",
];

/// The first token where prompts are of many lengths.
fn spread_first(share: Option<Ratio>, now: &Answer, whole: Seconds) -> Figure {
    let handling = now.first_token.less(now.waiting).less(now.reading);
    let rest = whole.less(handling);
    let text = format!("{} + {} = {}", fine::time(handling), fine::time(rest), fine::time(whole));
    let source = format!(
        "reading takes {} on the mean and goes with the prompt's length, a lognormal that deviates \
         by {}; waiting takes {} on the mean and falls off exponentially (M/G/1, Kleinrock 1975, \
         sections 5.6 and 5.7); the percentile is that of their sum (estimate/serve/batch; \
         simulated in tests/serve_first.rs)",
        fine::time(now.reading),
        fine::percent(now.prompt_spread),
        fine::time(now.waiting)
    );
    let formula = "handling + the percentile of reading and waiting together";
    figure("ttft", FIRST[rank(share)], Amount::Time(whole), formula, text, &source)
}

/// A value that rounds to a whole number, with the digits that make it none.
pub(super) fn unround(value: f64) -> String {
    let told = fine::number(Ratio::new(value));
    if told.contains('.') || value.fract() == 0.0 { told } else { format!("{value:.4}") }
}

/// Place of a share among what can be asked: none, p50, p90, p95, p99.
fn rank(share: Option<Ratio>) -> usize {
    let Some(share) = share else { return 0 };
    1 + [0.6, 0.92, 0.97].into_iter().filter(|most| share.get() >= *most).count()
}

const FURTHER: [&str; 5] = [
    "Each further token (TPOT)",
    "Each further token (TPOT), p50",
    "Each further token (TPOT), p90",
    "Each further token (TPOT), p95",
    "Each further token (TPOT), p99",
];

pub(super) fn per_token(own: &Deployed<'_>) -> Figure {
    if let Some(share) = own.ask.further_share {
        return spread(own, "tpot", FURTHER[rank(Some(share))], share);
    }
    mean_per_token(own)
}

/// The time a token on the mean over answers.
fn mean_per_token(own: &Deployed<'_>) -> Figure {
    let now = &own.own.now;
    let alone = own.serving().writing(now.running, own.context());
    let more = now.per_token.less(alone);
    let text =
        format!("{} + {} = {}", fine::time(alone), fine::time(more), fine::time(now.per_token));
    let mut told = figure(
        "tpot",
        "Each further token (TPOT)",
        Amount::Time(now.per_token),
        "a step of decoding + what prompts of others add to it",
        text,
        "mean over an answer at the load that is asked for; at the batch limit it keeps the goal \
         as well. Little's law over reading and writing (estimate/serve/flow)",
    );
    told.derivation.parts = super::nested::per_token(own, more);
    told
}

/// The time a token that a share of answers stays within.
fn spread(own: &Deployed<'_>, id: &'static str, label: &'static str, share: Ratio) -> Figure {
    let pace = deploy::pace(own.ask, &own.serving(), &own.own.now);
    let at = pace.per_token_at(share);
    let factor = Ratio::new(at.get() / pace.mean.get().max(1e-12));
    let text = format!("{} × {} = {}", fine::time(pace.mean), fine::number(factor), fine::time(at));
    let source = format!(
        "answers deviate by {} from the mean: prompts that others bring while one is written, and \
         the batch that swings with them (shot noise, estimate/serve/pace; a simulation step by \
         step agrees, tests/serve_pace.rs)",
        fine::percent(pace.deviation)
    );
    let formula = "mean over answers × factor of a lognormal with their deviation";
    let mut told = figure(id, label, Amount::Time(at), formula, text, &source);
    if id == "tpot" {
        told.derivation.parts = vec![mean_per_token(own)];
    }
    told
}

/// How unevenly tokens come.
fn evenness(own: &Deployed<'_>) -> Vec<Figure> {
    let pace = deploy::pace(own.ask, &own.serving(), &own.own.now);
    let longest = pace.gap_at(Ratio::new(0.99));
    let more = longest.less(pace.alone);
    let text =
        format!("{} + {} = {}", fine::time(pace.alone), fine::time(more), fine::time(longest));
    let mut source =
        "prompts that fall into one gap: a generalised Poisson number (estimate/serve/pace)"
            .to_owned();
    let free = longest < pace.mean && more == Seconds::ZERO;
    if free {
        source += ". It is shorter than the mean time of a further token: more than 99 gaps in 100 \
            have no prompt in them, while the mean bears the few long ones as well";
    } else if longest < pace.mean {
        source += &format!(
            ". It is shorter than the mean time of a further token, which counts every prompt that \
             comes, while no more than {} are taken to be read in one gap",
            fine::number(pace.most)
        );
    }
    let label = match free {
        true => "Gap between two tokens (ITL), p99 (no prompt in it)",
        false => "Gap between two tokens (ITL), p99",
    };
    let formula = "a step of decoding + prompts that are read in it";
    let gap = figure("gap", label, Amount::Time(longest), formula, text, &source);
    let of = |id, label, share| spread(own, id, label, Ratio::new(share));
    vec![
        of("tpot_p50", "TPOT, p50 of answers", 0.5),
        of("tpot_p90", "TPOT, p90 of answers", 0.9),
        of("tpot_p99", "TPOT, p99 of answers", 0.99),
        gap,
    ]
}

fn tokens(own: &Deployed<'_>) -> Figure {
    let now = &own.own.now;
    let replicas = f64::from(own.own.replicas);
    let rate = now.output_rate.get() * replicas;
    let each = fine::number(Ratio::new(now.output_rate.get()));
    let text = format!(
        "{each} tokens/s × {} = {} tokens/s",
        fine::number(Ratio::new(replicas)),
        fine::number(Ratio::new(rate))
    );
    figure(
        "tokens_per_s",
        "Answers",
        Amount::TokenRate(Ratio::new(rate)),
        "tokens a second of one instance × instances",
        text,
        "tokens of answers alone; prompts come on top",
    )
}

fn each(own: &Deployed<'_>) -> Figure {
    let all = own.own.now.output_rate.get() * f64::from(own.own.replicas);
    let n = own.paid().max(1) as f64;
    let rate = all / n;
    let text = format!(
        "{} tokens/s / {} = {} tokens/s",
        fine::number(Ratio::new(all)),
        fine::number(Ratio::new(n)),
        fine::number(Ratio::new(rate))
    );
    figure(
        "tokens_per_gpu",
        "Each accelerator",
        Amount::TokenRate(Ratio::new(rate)),
        "tokens of answers a second / accelerators that are paid for",
        text,
        "follows from the figures above",
    )
}

fn accelerators(own: &Deployed<'_>) -> Figure {
    let ranks = own.own.at.instance.ranks();
    let n = own.accelerators();
    let needed = fine::count(own.own.replicas.into());
    let (formula, instances) = match own.ask.spares {
        0 => ("instances × accelerators of one", needed),
        spares => (
            "(instances that the demand needs + spare ones) × accelerators of one",
            format!("({needed} + {})", fine::count(spares.into())),
        ),
    };
    let text = format!("{instances} × {} = {}", fine::count(ranks), fine::count(n));
    figure(
        "accelerators",
        "Accelerators",
        Amount::Count(n),
        formula,
        text,
        &format!(
            "the least number of instances that keeps the goals{} under the demand, at the batch \
             limit and without the spare ones (N+1: one may fail or be replaced at any time)",
            super::wanted(own.ask)
        ),
    )
}

/// Machines, where they are paid for whole.
fn machines(own: &Deployed<'_>) -> Option<Figure> {
    let (n, size) = own.machines().filter(|(_, size)| *size > 1)?;
    let packing = deploy::packing(own.ask, &own.own.at);
    let instances = fine::count(own.instances().into());
    let text = match packing.per_machine {
        0 => format!("{instances} × {} = {}", packing.machines_each, fine::count(n)),
        each => {
            let exact = f64::from(own.instances()) / f64::from(each);
            let exact = fine::number(Ratio::new(exact));
            format!("{instances} / {each} = {exact} rounded up")
        }
    };
    Some(figure(
        "machines",
        "Machines",
        Amount::Count(n),
        "instances / instances that a machine holds, or × machines of one",
        text,
        &format!("a machine has {size} accelerators and is paid for whole"),
    ))
}

/// What the machines would cost whole, where accelerators are counted one by one at the price of one in a machine that
/// holds more of them.
fn whole_machines(own: &Deployed<'_>) -> Option<Figure> {
    let (machine, size) = (own.machine, own.machine.cluster.node_size.max(1));
    let price = machine.price?;
    let n = Packing::new(size, &own.own.at.instance).machines(own.instances());
    let all = u64::from(n) * u64::from(size);
    if machine.whole || machine.price_source.starts_with("typed") || all == own.paid() {
        return None;
    }
    let monthly = price * all as f64 * Seconds::hours(MONTH_HOURS);
    let text = format!(
        "{} × {size} × {} × {MONTH_HOURS} h = {}",
        fine::count(n.into()),
        show::price(price),
        show::dollars(monthly)
    );
    let source = format!(
        "the bill counts {} accelerators at the price of one in a machine of {size}, which is {} \
         machines; who has to take whole ones pays for {} (accelerators in a machine that is paid \
         for whole is an input): {}",
        fine::count(own.paid()),
        fine::number(Ratio::new(own.paid() as f64 / f64::from(size))),
        fine::count(n.into()),
        machine.price_source
    );
    Some(figure(
        "monthly_whole",
        "A month, whole machines",
        Amount::Dollars(monthly),
        "machines that hold the instances × accelerators of one × price of one × hours of a month",
        text,
        &source,
    ))
}

fn money(own: &Deployed<'_>) -> Vec<Figure> {
    let Some(bill) = bill::bill(own) else { return Vec::new() };
    let each = own.machine.price.map(show::price).unwrap_or_default();
    let source = format!("price of one: {}", own.machine.price_source);
    let hourly = show::price(bill.hourly);
    let requests = own.own.now.request_rate.get() * f64::from(own.own.replicas);
    let traffic = &own.ask.traffic;
    let million = |id, label, price, share: f64, tokens: f64| {
        let text = format!(
            "{hourly} × {} / ({} × {} tokens/s) × {} = {}",
            fine::percent(Ratio::new(share)),
            fine::number(Ratio::new(requests)),
            fine::number(Ratio::new(tokens)),
            show::grouped(1_000_000),
            show::million(price)
        );
        let formula = "dollars an hour × share of the time / tokens an hour × a million";
        let source = "prompts bear the share of the time that reading them takes, answers the \
            rest; idle time goes with them";
        let mut told = figure(id, label, Amount::Million(price), formula, text, source);
        told.derivation.parts = reading(own).into_iter().collect();
        told
    };
    let share = bill.reading.get();
    vec![
        million("input_price", "1M prompt tokens, billed apart", bill.input, share, traffic.prompt),
        million(
            "output_price",
            "1M answer tokens, billed apart",
            bill.output,
            1.0 - share,
            traffic.output,
        ),
        million(
            "whole_price",
            "1M answer tokens, prompts included",
            bill.alone,
            1.0,
            traffic.output,
        ),
        figure(
            "monthly",
            "A month",
            Amount::Dollars(bill.monthly),
            "accelerators that are paid for × price of one × hours of a month",
            format!(
                "{} × {each} × {MONTH_HOURS} h = {}",
                fine::count(own.paid()),
                show::dollars(bill.monthly)
            ),
            &source,
        ),
    ]
}

/// Share of the instances' time that goes to reading prompts; nothing where none is read.
#[must_use]
pub fn reading(own: &Deployed<'_>) -> Option<Figure> {
    let share = bill::reading(own);
    let now = &own.own.now;
    let number = |value: f64| fine::number(Ratio::new(value));
    let text = format!(
        "{} × {} / {} = {}",
        number(now.request_rate.get()),
        number(own.ask.traffic.prompt),
        number(now.prompt_rate.get()),
        number(share.get())
    );
    let told = figure(
        "reading",
        "Reading prompts",
        Amount::Share(share),
        "requests a second of an instance × tokens of a prompt / tokens that it reads a second",
        text,
        "at the pace at which prompts are read beside answers (estimate/serve/flow)",
    );
    (share > Ratio::ZERO && share < Ratio::ONE).then_some(told)
}

fn capacity(own: &Deployed<'_>) -> Vec<Figure> {
    let now = &own.own.now;
    let replicas = f64::from(own.own.replicas);
    let full = own.own.full.request_rate.get() * replicas;
    let used =
        Ratio::new((now.request_rate.get() / own.own.full.request_rate.get().max(1e-12)).min(1.0));
    let speed = Ratio::new(1.0 / now.per_token.get().max(1e-12));
    let number = super::text::number;
    let mut all = vec![
        figure(
            "speed",
            "Speed of one answer",
            Amount::TokenRate(speed),
            "1 / time of a further token",
            format!("1 / {} = {} tokens/s", fine::time(now.per_token), fine::number(speed)),
            "follows from the figures above",
        ),
        figure(
            "full",
            "Most it can answer",
            Amount::Requests(PerSecond::new(full)),
            "requests a second of one instance at its batch limit × instances",
            format!(
                "{} requests/s × {} = {} requests/s",
                number(own.own.full.request_rate.get()),
                number(replicas),
                unround(full)
            ),
            "at more than this a queue grows without end",
        ),
        figure(
            "used",
            "In use",
            Amount::Share(used),
            "requests asked for / requests at which it is full",
            format!(
                "{} / {} = {}",
                number(now.request_rate.get()),
                number(own.own.full.request_rate.get()),
                fine::percent(used)
            ),
            "follows from the figures above",
        ),
    ];
    // Where as much comes as can be answered, or each of all that run is followed by the next, all is in use.
    if own.ask.demand == Demand::Most || now.request_rate >= own.own.full.request_rate {
        all.pop();
    }
    all
}

/// What runs at once, what of it the memory holds, and how long an answer takes.
fn running(own: &Deployed<'_>) -> [Figure; 3] {
    let now = &own.own.now;
    let memory = own.serving().memory();
    let replicas = f64::from(own.own.replicas);
    let running = now.running.0 * replicas;
    let number = |value: f64| fine::number(Ratio::new(value));
    let whole = Seconds::new(now.whole.get());
    let cache = || Figure {
        id: "cache",
        label: "Cache, tokens an instance",
        amount: Amount::Count(memory.tokens.get()),
        derivation: super::memory::tokens(own),
    };
    [
        figure(
            "running",
            "Answers at once",
            Amount::Count((running + 0.5) as u64),
            "sequences that decode in one instance × instances",
            format!("{} × {} = {}", number(now.running.0), number(replicas), number(running)),
            "Little's law: requests a second × time that each is being answered",
        ),
        allocated(own).map_or_else(cache, |tokens| {
            let slots = own.own.batch.max(1);
            let each = tokens.as_f64() / f64::from(slots);
            let text = format!(
                "{} × {} = {}",
                fine::count(slots.into()),
                fine::number(Ratio::new(each)),
                fine::count(tokens.get())
            );
            let mut told = figure(
                "cache",
                "Cache, tokens an instance",
                Amount::Count(tokens.get()),
                "slots × tokens of context that the command asks for each",
                text,
                &longest_text(own),
            );
            told.derivation.constants = vec!["allocates".to_owned()];
            told.derivation.parts = vec![super::memory::room(own), super::memory::token(own)];
            told
        }),
        figure(
            "whole",
            "Time of a whole answer",
            Amount::Time(whole),
            "mean time to the first token + (tokens of the answer − 1) × time of a further token",
            format!(
                "{} + ({} − 1) × {} = {}",
                fine::time(now.first_token),
                number(own.ask.traffic.output),
                fine::time(now.per_token),
                fine::time(whole)
            ),
            "follows from the figures above",
        ),
    ]
}
