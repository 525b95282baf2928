//! Serving over a market: exact against a plain sweep of every offer, and what any market must obey.

use autoparallel::catalogue::{accelerators, formats, offers};
use autoparallel::estimate::capacity::{DayCurve, Packing, replicas};
use autoparallel::estimate::serve::{Answer, Arrivals, Sequences, Serving};
use autoparallel::link;
use autoparallel::plan::fleet::{Limits, Refusal};
use autoparallel::plan::serve::{DayQuestion, Market, Question, month, open};
use autoparallel::prices::{Listing, Terms};
use autoparallel::search::deploy::service;
use autoparallel::search::serve::fleet::{DEAREST, Deployment, Kind, STEPS, ServeFleet, staircase};
use autoparallel::search::serve::{batches, instances};
use autoparallel::serving::{Ask, Demand, Goals, Instance, KvFormat, Mode, WeightFormat};
use autoparallel::units::{Dollars, PerSecond, Ratio, Seconds};

/// Rows of the market that the sweep looks at: whole machines of a few kinds in a few places.
fn listings() -> Vec<Listing> {
    let places = ["us-east-1", "eu-north-1", "europe-central-1", "eastus", "us-east-2"];
    let machines = ["h100-sxm", "l40s", "b200", "a100-80g", "mi300x"];
    let pick = |listing: &&Listing| {
        places.contains(&listing.region.as_str())
            && machines.contains(&listing.accelerator.as_str())
    };
    offers::all().iter().filter(pick).cloned().collect()
}

const FORMATS: [(WeightFormat, KvFormat); 3] = [
    (WeightFormat::Bf16, KvFormat::Wide),
    (WeightFormat::Fp8, KvFormat::Fp8),
    (WeightFormat::Nvfp4, KvFormat::Wide),
];

/// A question of 1,500 and 300 tokens under vLLM, nine of ten first tokens within 1.5 s and a token within 40 ms, with
/// what is said beside.
fn ask(beside: &str) -> Ask {
    let link = format!(
        "1;do=serve;m=meta-llama/Llama-3.1-8B;si=1500;so=300;sf=1.5s;st=40ms;sn=16{beside}"
    );
    link::decode(&link).inputs.resolve().ask.expect("a question")
}

/// 25 requests a second, one instance to spare.
fn usual() -> Ask {
    ask(";sr=25/s")
}

fn done(listings: &[Listing], ask: Ask, limits: &Limits) -> (ServeFleet, Market) {
    let question = Question { listings, limits, discounts: &[], ranks_max: 16 };
    let (mut search, market) = open(&question, ask, &FORMATS);
    while !search.advance(3) {}
    (search, market)
}

/// A layout at some limit for the demand, with what users see.
#[derive(Clone, Copy)]
struct Tried {
    machines: u32,
    cost: f64,
    first_token: Seconds,
    per_token: Seconds,
}

/// Every deployment of every row of the market on demand, none merged with another and nothing cut.
fn sweep(listings: &[Listing], ask: &Ask) -> Vec<Tried> {
    let mut all = Vec::new();
    for listing in listings {
        let Some(rate) = listing.rate(Terms::OnDemand) else { continue };
        let row = accelerators::find(&listing.accelerator).expect("a machine");
        let size = listing.machine_size().expect("whole accelerators");
        let own = Limits::default();
        let one = Question {
            listings: std::slice::from_ref(listing),
            limits: &own,
            discounts: &[],
            ranks_max: 16,
        };
        let market = Market::new(&one, &ask.engine, &FORMATS);
        let Some(kind) = market.kinds.first() else { continue };
        assert!((kind.rate().get() / rate.get() - 1.0).abs() < 1e-12);
        assert_eq!(kind.machine.size(), size);
        let generation = &row.accelerator.generation;
        let runs = FORMATS.into_iter().filter(|pair| formats::runs("vllm", generation, *pair));
        assert_eq!(kind.machine.formats, runs.collect::<Vec<_>>());
        let own = Ask { machines: vec![kind.machine.clone()], ..ask.clone() };
        (0..kind.machine.formats.len()).for_each(|format| every(&own, kind, format, &mut all));
    }
    all
}

/// What users see, at the shares that are asked for.
fn seen(ask: &Ask, serving: &Serving<'_>, answer: &Answer) -> (Seconds, Seconds) {
    let random = matches!(ask.demand, Demand::Rate(_));
    let arrivals = if random { Arrivals::Random } else { Arrivals::Answered };
    let first = ask.share.map_or(answer.first_token, |share| answer.first_token_at(share));
    let pace = serving.pace(&ask.traffic, answer, arrivals);
    let further = ask.further_share.map_or(answer.per_token, |share| pace.per_token_at(share));
    (first, further)
}

fn every(ask: &Ask, kind: &Kind, format: usize, all: &mut Vec<Tried>) {
    let at = |instance| autoparallel::search::deploy::Candidate { machine: 0, format, instance };
    for instance in instances(&ask.model, &kind.machine.cluster) {
        let free = service(ask, &at(instance), None).expect("numbers in range");
        let serving = Serving::new(&free, &instance);
        let fits = free.check(&instance).is_ok()
            && !serving.memory().too_full
            && serving.holds_one(&ask.traffic);
        if !fits {
            continue;
        }
        let kept: Vec<(u32, Answer)> = batches(serving.most_running(&ask.traffic))
            .into_iter()
            .map(|batch| (batch, serving.loaded(&ask.traffic, Sequences(f64::from(batch)))))
            .filter(|(_, answer)| {
                let (first, further) = seen(ask, &serving, answer);
                ask.goals.kept_by(first, further)
            })
            .collect();
        let packing = Packing::new(kind.machine.size(), &instance);
        let tried = |replicas: u32, served: f64, times: (Seconds, Seconds)| {
            let machines = packing.machines(replicas + ask.spares);
            let hour = kind.rate().get() * f64::from(machines);
            let cost = hour / (served * ask.traffic.output * 3600.0) * 1e6;
            Tried { machines, cost, first_token: times.0, per_token: times.1 }
        };
        let Demand::Rate(rate) = ask.demand else {
            let n = packing.instances(1).max(1);
            all.extend(kept.iter().map(|(_, answer)| {
                let served = answer.request_rate.get() * f64::from(n);
                tried(n, served, seen(ask, &serving, answer))
            }));
            continue;
        };
        // Of limits that answer as many the smaller.
        let Some((limit, full)) = kept.iter().rev().max_by_key(|(_, own)| own.request_rate) else {
            continue;
        };
        let with = service(ask, &at(instance), Some(*limit)).expect("numbers in range");
        let serving = Serving::new(&with, &instance);
        let under = |n: u32| {
            let each = PerSecond::new(rate.get() / f64::from(n));
            let answer = serving.answer(&ask.traffic, Mode::Open { rate: each, requests: None });
            let (first, further) = seen(ask, &serving, &answer);
            (!answer.saturated && ask.goals.kept_by(first, further))
                .then(|| tried(n, rate.get(), (first, further)))
        };
        let needed = replicas(rate, full.request_rate);
        let Some(fewest) = (needed..needed + 200).find(|n| under(*n).is_some()) else { continue };
        let least = packing.machines(fewest + ask.spares);
        let more = STEPS.iter().map(|(times, over)| (least * times).div_ceil(*over));
        let more = more.filter(|machines| *machines > least);
        let more = more.map(|machines| packing.instances(machines) - ask.spares);
        all.extend(std::iter::once(fewest).chain(more).filter_map(under));
    }
}

/// Whether two figures are one but for rounding.
fn same(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-9
}

/// Nothing of the sweep beats the frontier, and all of the frontier is in it.
#[test]
fn the_frontier_is_that_of_a_plain_sweep() {
    let listings = listings();
    assert!(listings.len() >= 12, "{} rows", listings.len());
    for beside in
        [";sr=25/s", ";sr=3/s;ds=0;sp=p50;spt=p99;st=20ms", ";sf=none;st=none", ";spt=p90"]
    {
        let ask = ask(beside);
        let all = sweep(&listings, &ask);
        assert!(all.len() > 200, "{} deployments", all.len());
        let (search, _) = done(&listings, ask, &Limits::default());
        let found = search.frontier();
        let cheapest = all.iter().map(|at| at.cost).fold(f64::INFINITY, f64::min);
        assert!(same(search.cheapest().expect("a deployment").cost.get(), cheapest), "{beside}");
        for at in found {
            let own = |one: &&Tried| {
                one.machines == at.machines
                    && same(one.cost, at.cost.get())
                    && same(one.first_token.get(), at.first_token.get())
                    && same(one.per_token.get(), at.per_token.get())
            };
            assert!(all.iter().any(|one| own(&one)), "{beside}: {at:?}");
        }
        let dear = cheapest * DEAREST * (1.0 - 1e-9);
        for one in all.iter().filter(|one| one.cost < dear) {
            let covers = |at: &&Deployment| {
                at.cost.get() <= one.cost * (1.0 + 1e-9)
                    && at.first_token <= one.first_token * (1.0 + 1e-9)
                    && at.per_token <= one.per_token * (1.0 + 1e-9)
            };
            let (first, further) = (one.first_token.get(), one.per_token.get());
            assert!(found.iter().any(|at| covers(&at)), "{beside}: {} {first} {further}", one.cost);
        }
        let beaten = |at: &Deployment| found.iter().any(|own| own != at && own.covers(at));
        assert!(!found.iter().any(beaten), "{beside}");
    }
}

/// A page may work in slices of any size.
#[test]
fn slices_change_nothing() {
    let listings = listings();
    let limits = Limits::default();
    let question = Question { listings: &listings, limits: &limits, discounts: &[], ranks_max: 16 };
    let at_once = |slice| {
        let (mut search, _) = open(&question, usual(), &FORMATS);
        while !search.advance(slice) {}
        search.frontier().to_vec()
    };
    assert_eq!(at_once(1), at_once(u32::MAX));
}

/// The cheapest is among the best of each kind, and no kind's best is cheaper.
#[test]
fn each_kind_has_its_own_best() {
    let (search, _) = done(&listings(), usual(), &Limits::default());
    let best: Vec<Dollars> = search
        .outcomes()
        .iter()
        .map(|outcome| outcome.expect("all are done"))
        .filter_map(|outcome| outcome.cheapest.map(|at| at.cost))
        .collect();
    assert_eq!(best.iter().min(), search.cheapest().map(|at| &at.cost));
    for outcome in search.outcomes().iter().flatten() {
        assert!(outcome.too_full + outcome.too_slow + outcome.missed <= outcome.all);
        assert!(outcome.cheapest.is_none() || outcome.nearest.is_none());
    }
    let steps = staircase(search.frontier(), |at| at.per_token);
    assert!(steps.len() > 3);
    assert!(
        steps
            .windows(2)
            .all(|two| two[0].cost < two[1].cost && two[0].per_token > two[1].per_token)
    );
}

/// An impossible goal is answered by what misses it least; a wider market is never dearer; a looser goal neither.
#[test]
fn more_to_choose_from_is_never_dearer() {
    let listings = listings();
    let cost = |listings: &[Listing], goals| {
        let (search, _) = done(listings, Ask { goals, ..usual() }, &Limits::default());
        search.cheapest().map_or(Dollars::UNBOUNDED, |at| at.cost)
    };
    let goals = usual().goals;
    let all = cost(&listings, goals);
    assert!(all <= cost(&listings[..listings.len() / 2], goals));
    let loose = Goals { per_token: Some(Seconds::new(0.08)), ..goals };
    assert!(cost(&listings, loose) <= all);
    let never = Goals { first_token: None, per_token: Some(Seconds::new(1e-6)) };
    let (search, _) = done(&listings, Ask { goals: never, ..usual() }, &Limits::default());
    let (excess, at) = search.nearest().expect("a nearest");
    assert!(search.frontier().is_empty() && at.per_token > Seconds::new(1e-6));
    assert!((excess.get() - at.per_token.get() / 1e-6).abs() < 1e-6 * excess.get());
}

/// One spare more is one instance more; the machines hold them; the hour and the month follow.
#[test]
fn machines_and_money_by_hand() {
    let four = Instance { tp: 4, ..Instance::ONE };
    let sixteen = Instance { tp: 8, pp: 2, ..Instance::ONE };
    let packing = |instance| Packing::new(8, instance);
    assert_eq!((packing(&four).machines(5), packing(&sixteen).machines(5)), (3, 10));
    assert_eq!(replicas(PerSecond::new(10.0), PerSecond::new(3.0)), 4);
    assert_eq!(replicas(PerSecond::ZERO, PerSecond::new(3.0)), 1);
    let (search, market) = done(&listings(), usual(), &Limits::default());
    for at in search.frontier() {
        assert!(f64::from(at.replicas) * at.each.get() >= 25.0, "{at:?}");
        let all = at.replicas + 1;
        let offer = &market.offers[at.kind];
        let (node, ranks) = (offer.row.node_size, at.instance.ranks() as u32);
        // So many in each machine, or so many machines for each.
        let machines = match node / ranks {
            0 => all * ranks.div_ceil(node),
            held => all.div_ceil(held),
        };
        assert_eq!(at.machines, machines, "{at:?}");
        // 25 requests of 300 tokens for an hour: 27 million tokens.
        let cost = at.hour.get() / 27.0;
        assert!((at.cost.get() - cost).abs() < 1e-9 * cost);
    }
}

/// What an engine has no kernels for is not offered: 4-bit floats go from Ampere on (vLLM's Marlin kernels widen them),
/// 8-bit floats in weights and cache not on Ampere.
#[test]
fn formats_are_those_that_the_hardware_has() {
    let (search, market) = done(&listings(), ask(""), &Limits::default());
    for (kind, offer) in search.kinds().iter().zip(&market.offers) {
        let generation = offer.row.accelerator.generation.as_str();
        let four = ["ampere", "ada", "hopper", "blackwell"].contains(&generation);
        let has = |format: usize| kind.machine.formats.contains(&FORMATS[format]);
        assert_eq!(has(2), four, "{generation}");
        assert_eq!(has(1), generation != "ampere", "{generation}");
    }
    let counted: u32 = market.refused.iter().sum();
    assert_eq!(counted + market.kinds.len() as u32, market.n_offers);
    assert!(market.refused[Refusal::Terms as usize] > 0);
}

/// The load at which so many decode on the mean is the open-loop answer at that rate, but for a step of tiles.
#[test]
fn a_load_is_the_open_loop_at_its_rate() {
    let ask = ask(";m=meta-llama/Llama-3.3-70B-Instruct;sg=h100-sxm;sw=fp8;sk=fp8");
    let instance = Instance { tp: 8, ..Instance::ONE };
    let at = autoparallel::search::deploy::Candidate { machine: 0, format: 0, instance };
    let service = service(&ask, &at, None).expect("a service");
    let serving = Serving::new(&service, &instance);
    let full = serving.full(&ask.traffic);
    for batch in [2.0, 8.0, 40.0, 100.0] {
        let told = serving.arriving(&ask.traffic, Sequences(batch), &full);
        let mode = Mode::Open { rate: told.request_rate, requests: None };
        let open = serving.answer(&ask.traffic, mode);
        let near = |a: Seconds, b: Seconds| (a.get() / b.get() - 1.0).abs() < 1e-2;
        assert!(near(open.per_token, told.per_token), "{batch}: {open:?} {told:?}");
        assert!(near(open.first_token, told.first_token), "{batch}: {open:?} {told:?}");
    }
}

/// A month of what was found: the peak's instances and the spare one; machines by the hour; what scales costs less and
/// starts by its weights; every instance holds the goals at the rate that the month is reckoned with.
#[test]
fn a_month_of_a_deployment_by_hand() {
    let listings = listings();
    let (search, market) = done(&listings, usual(), &Limits::default());
    let at = search.cheapest().expect("one that keeps to the goals");
    let (kind, offer) = (&search.kinds()[at.kind], &market.offers[at.kind]);
    let day = DayCurve::wave(PerSecond::new(25.0), PerSecond::new(5.0), Ratio::new(14.0));
    let question = DayQuestion::usual(day);
    let from = (offer, &listings[offer.listing]);
    let plan = month(&search, from, at, &question).expect("a month");
    let needed = (25.0 / plan.held.rate.get()).ceil() as u32;
    assert_eq!(plan.fixed.most(), needed + 1);
    let machines = plan.packing.machines(needed + 1);
    let month = f64::from(machines) * kind.rate().get() * 730.0;
    assert!((plan.fixed_spend.month.total().get() / month - 1.0).abs() < 1e-9);
    assert!(plan.spend.month.total() < plan.fixed_spend.month.total());
    // An instance holds at least its share of the demand, and the day takes as many instances as the deployment.
    assert!(plan.held.rate.get() >= 25.0 / f64::from(at.replicas) * 0.999, "{plan:?}");
    assert_eq!(plan.fixed.most(), at.replicas + 1);
    let (keeps, ask) = (plan.held.answer, search.ask());
    assert!(ask.goals.per_token.is_some_and(|most| keeps.per_token <= most));
    // 8.03e9 weights of 4.5 (tables of 16) to 16 bits at 5 GB/s after 180 s and 60 s.
    assert!((240.0 + 1.2..240.0 + 3.5).contains(&plan.delay.get()), "{:?}", plan.delay);
    assert!(plan.spend.energy < plan.fixed_spend.energy);
}
