//! Serves two models on the cheapest of all embedded offers and says how long that took to find:
//! `cargo run --release --example serve_fleet`.

use autoparallel::catalogue::{offers, reliability};
use autoparallel::estimate::capacity::{DayCurve, MonthPart, SpotShare};
use autoparallel::link;
use autoparallel::plan::fleet::{Limits, Refusal};
use autoparallel::plan::serve::{DayQuestion, Market, Offer, Question, month, open};
use autoparallel::search::serve::fleet::{Deployment, ServeFleet, staircase};
use autoparallel::serving::{Ask, KvFormat, WeightFormat};
use autoparallel::units::{PerSecond, Ratio};
use std::time::Instant;

/// Most accelerators of one instance.
const RANKS_MAX: u32 = 64;
/// Points that are printed of a frontier.
const SHOWN: usize = 10;

fn main() {
    for (model, engine) in
        [("meta-llama/Llama-3.3-70B-Instruct", "vllm"), ("deepseek-ai/DeepSeek-R1", "sglang")]
    {
        let Some(ask) = ask(model, engine) else {
            eprintln!("{model} or {engine} is not in the catalogue");
            continue;
        };
        let limits = Limits::default();
        let question = Question {
            listings: offers::all(),
            limits: &limits,
            discounts: &[],
            ranks_max: RANKS_MAX,
        };
        let start = Instant::now();
        let (mut search, market) = open(&question, ask, &FORMATS);
        let opened = start.elapsed();
        let mut first = None;
        while !search.advance(1) {
            if search.cheapest().is_some() && first.is_none() {
                first = Some(start.elapsed());
            }
        }
        let whole = start.elapsed();
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
        println!(
            "{model} under {}: market {:.1} ms, first answer {:.1} ms, all {:.1} ms",
            search.ask().engine.name,
            ms(opened),
            first.map_or(f64::NAN, ms),
            ms(whole)
        );
        print(&search, &market);
        print_day(&search, &market);
    }
}

const FORMATS: [(WeightFormat, KvFormat); 4] = [
    (WeightFormat::Bf16, KvFormat::Wide),
    (WeightFormat::Fp8, KvFormat::Wide),
    (WeightFormat::Fp8, KvFormat::Fp8),
    (WeightFormat::Int4Awq, KvFormat::Wide),
];

/// 20 requests a second of 2,048 and 512 tokens with one spare instance; nine of ten first tokens within 2 s, and a
/// token within 50 ms.
fn ask(model: &str, engine: &str) -> Option<Ask> {
    let link = format!("1;do=serve;m={model};se={engine};sr=20/s");
    link::decode(&link).inputs.resolve().ask
}

fn print(search: &ServeFleet, market: &Market) {
    let (mut all, mut too_full, mut too_slow, mut missed) = (0, 0, 0, 0);
    for outcome in search.outcomes().iter().flatten() {
        all += outcome.all;
        too_full += outcome.too_full;
        too_slow += outcome.too_slow;
        missed += outcome.missed;
    }
    println!("  {} offers, {} kinds, {all} deployments", market.n_offers, market.kinds.len());
    println!(
        "  {too_full} do not fit, {too_slow} cut, {missed} miss the goals; {} on the frontier",
        search.frontier().len()
    );
    for refusal in Refusal::ALL {
        let n = market.refused[refusal as usize];
        if n > 0 {
            println!("  refused {n}: {}", refusal.text());
        }
    }
    let steps = staircase(search.frontier(), |at| at.per_token);
    println!("  dollars against time between tokens, {} points:", steps.len());
    for at in steps.iter().step_by(steps.len().div_ceil(SHOWN).max(1)) {
        println!("  {}", line(search, market, at));
    }
    let mut best: Vec<&Deployment> = search
        .outcomes()
        .iter()
        .flatten()
        .filter_map(|outcome| outcome.cheapest.as_ref())
        .collect();
    best.sort_by_key(|at| at.cost);
    println!("  the best of each kind that can, {} kinds:", best.len());
    for at in best.iter().take(SHOWN) {
        println!("  {}", line(search, market, at));
    }
}

fn line(search: &ServeFleet, market: &Market, at: &Deployment) -> String {
    let Offer { row, listing, .. } = &market.offers[at.kind];
    let listing = &offers::all()[*listing];
    let (weights, cache) = search.kinds()[at.kind].machine.formats[at.format];
    let Deployment { instance, .. } = at;
    let machines = format!(
        "{} x {} {} {} ({})",
        at.machines, listing.provider, listing.region, listing.instance, row.key
    );
    let layout = format!(
        "{} x TP {} PP {} DP {} EP {}, {}/{}, batch {}",
        at.replicas,
        instance.tp,
        instance.pp,
        instance.dp,
        instance.ep,
        weights.key(),
        cache.key(),
        at.batch
    );
    format!(
        "{:9.0} $/month {:7.3} $/M: {machines}, {layout}: TTFT {:.0} ms, TPOT {:.1} ms",
        at.hour.get() * 730.0,
        at.cost.get(),
        at.first_token.get() * 1e3,
        at.per_token.get() * 1e3
    )
}

/// A day between 4 and 20 requests a second on the cheapest, with half of it on the spot market.
fn print_day(search: &ServeFleet, market: &Market) {
    let Some(at) = search.cheapest() else { return };
    let offer = &market.offers[at.kind];
    let from = (offer, &offers::all()[offer.listing]);
    let rate = PerSecond::new;
    let day = DayCurve::wave(rate(20.0), rate(4.0), Ratio::new(15.0));
    let zone = reliability::zone("usual").map(|zone| zone.spot);
    let spot = zone.map(|spot| SpotShare { share: Ratio::new(0.5), spot });
    let question = DayQuestion { spot, ..DayQuestion::usual(day) };
    let Some(plan) = month(search, from, at, &question) else { return };
    println!(
        "  a day: {:.2} requests/s each ({:.0} % of the most), start {:.0} s, {} at the peak",
        plan.held.rate.get(),
        plan.held.utilisation.get() * 100.0,
        plan.delay.get(),
        plan.fixed.most()
    );
    for (name, scaled, spend) in
        [("all day", &plan.fixed, &plan.fixed_spend), ("scaled", &plan.scaled, &plan.spend)]
    {
        println!(
            "  {name}: {:.0} h/day, {:.2} % late, {:.0} $, {:.3} $/M in, {:.3} out, {} MWh, {} t",
            scaled.paid_hours().get(),
            scaled.late_share().get() * 100.0,
            spend.month.total().get(),
            spend.tokens.input.get(),
            spend.tokens.output.get(),
            spend.energy.map_or("?".to_owned(), |kwh| format!("{:.1}", kwh.get() / 1e3)),
            spend.carbon.map_or("?".to_owned(), |kg| format!("{:.2}", kg.get() / 1e3))
        );
        for part in MonthPart::ALL {
            println!("    {:10.0} $ {}", spend.month.get(*part).get(), part.key());
        }
    }
    println!("  spot: {:?}", plan.spot);
}
