//! Serving over a market: exact against a plain sweep of every offer, and what any market must obey.

use autoparallel::catalogue::{accelerators, engines, formats, models, offers};
use autoparallel::estimate::capacity::{DayCurve, Packing, replicas};
use autoparallel::estimate::serve::{Sequences, Serving};
use autoparallel::plan::fleet::{Limits, Refusal};
use autoparallel::plan::serve::{DayQuestion, Market, Question, month, open};
use autoparallel::prices::{Listing, Terms};
use autoparallel::search::serve::fleet::{
    Asked, Deployment, Kind, ServeFleet, deployment, service, staircase,
};
use autoparallel::search::serve::{batches, instances};
use autoparallel::serving::{FixedServing, Goals, Instance, KvFormat, Mode, Traffic, WeightFormat};
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

fn asked(model: &str, goals: Goals, rate: Option<f64>) -> Asked {
    Asked {
        model: models::find(model).expect("a model").model.clone(),
        engine: engines::find("vllm").expect("an engine").clone(),
        formats: vec![
            (WeightFormat::Bf16, KvFormat::Wide),
            (WeightFormat::Fp8, KvFormat::Fp8),
            (WeightFormat::Nvfp4, KvFormat::Wide),
        ],
        speculation: None,
        traffic: Traffic {
            prompt: 1500.0,
            output: 300.0,
            spread: 0.7,
            prompt_spread: 0.0,
            cached: Ratio::ZERO,
        },
        goals,
        share: Some(Ratio::new(0.9)),
        rate: rate.map(PerSecond::new),
        spares: 1,
        fixed: FixedServing::default(),
        further_share: None,
    }
}

const GOALS: Goals =
    Goals { first_token: Some(Seconds::new(1.5)), per_token: Some(Seconds::new(0.04)) };

fn done(listings: &[Listing], asked: Asked, limits: &Limits) -> (ServeFleet, Market) {
    let question = Question { listings, limits, discounts: &[], ranks_max: 16 };
    let (mut search, market) = open(&question, asked);
    while !search.advance(3) {}
    (search, market)
}

/// Every deployment of every row of the market on demand, none merged with another and nothing cut.
fn sweep(listings: &[Listing], asked: &Asked) -> Vec<Deployment> {
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
        let market = Market::new(&one, &asked.engine, &asked.formats);
        let Some(kind) = market.kinds.first() else { continue };
        assert_eq!((kind.rate, kind.machine_size), (rate, size));
        for format in 0..asked.formats.len() {
            let generation = &row.accelerator.generation;
            if formats::runs("vllm", generation, asked.formats[format]) {
                every(asked, kind, format, &mut all);
            }
        }
    }
    all
}

fn every(asked: &Asked, kind: &Kind, format: usize, all: &mut Vec<Deployment>) {
    let service = service(asked, kind, format).expect("numbers in range");
    for instance in instances(&asked.model, &service.cluster) {
        let serving = Serving::new(&service, &instance);
        let fits = service.check(&instance).is_ok()
            && !serving.memory().too_full
            && serving.holds_one(&asked.traffic);
        if !fits {
            continue;
        }
        let full = serving.full(&asked.traffic);
        for batch in batches(serving.most_running(&asked.traffic)) {
            all.extend(deployment(asked, kind, (0, format), &serving, &full, batch));
        }
    }
}

fn worth(points: &[Deployment]) -> Vec<[u64; 3]> {
    let bits = |at: &Deployment| {
        [at.first_token.get(), at.per_token.get(), at.cost.get()].map(f64::to_bits)
    };
    let mut all: Vec<[u64; 3]> = points.iter().map(bits).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn the_frontier_is_that_of_a_plain_sweep() {
    let listings = listings();
    assert!(listings.len() >= 12, "{} rows", listings.len());
    for (goals, rate) in [(GOALS, Some(25.0)), (Goals::default(), None)] {
        let asked = asked("Llama-3.1-8B", goals, rate);
        let all = sweep(&listings, &asked);
        assert!(all.len() > 2000, "{} deployments", all.len());
        let kept: Vec<Deployment> = all.into_iter().filter(|at| at.keeps(&goals)).collect();
        let same = |a: &Deployment, b: &Deployment| a.covers(b) && b.covers(a);
        let beaten =
            |at: &&Deployment| !kept.iter().any(|other| other.covers(at) && !same(other, at));
        let best: Vec<Deployment> = kept.iter().filter(beaten).copied().collect();
        let (search, _) = done(&listings, asked, &Limits::default());
        assert_eq!(worth(search.frontier()), worth(&best));
        let cheapest = kept.iter().map(|at| at.cost).min().expect("one that keeps to the goals");
        assert_eq!(search.cheapest().expect("the same").cost, cheapest);
    }
}

/// A page may work in slices of any size.
#[test]
fn slices_change_nothing() {
    let listings = listings();
    let limits = Limits::default();
    let question = Question { listings: &listings, limits: &limits, discounts: &[], ranks_max: 16 };
    let at_once = |slice| {
        let asked = asked("Llama-3.1-8B", GOALS, Some(25.0));
        let (mut search, _) = open(&question, asked);
        while !search.advance(slice) {}
        search.frontier().to_vec()
    };
    assert_eq!(at_once(1), at_once(u32::MAX));
}

/// The cheapest is among the best of each kind, and no kind's best is cheaper.
#[test]
fn each_kind_has_its_own_best() {
    let (search, _) =
        done(&listings(), asked("Llama-3.1-8B", GOALS, Some(25.0)), &Limits::default());
    let best: Vec<Dollars> = search
        .outcomes()
        .iter()
        .map(|outcome| outcome.expect("all are done"))
        .filter_map(|outcome| outcome.cheapest.map(|at| at.cost))
        .collect();
    assert_eq!(best.iter().min(), search.cheapest().map(|at| &at.cost));
    for outcome in search.outcomes().iter().flatten() {
        assert!(outcome.too_full + outcome.too_slow + outcome.missed <= outcome.all);
        let none = outcome.cheapest.is_none() && outcome.missed > 0;
        assert_eq!(outcome.nearest.is_some(), none);
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
        let (search, _) =
            done(listings, asked("Llama-3.1-8B", goals, Some(25.0)), &Limits::default());
        search.cheapest().map_or(Dollars::UNBOUNDED, |at| at.cost)
    };
    let all = cost(&listings, GOALS);
    assert!(all <= cost(&listings[..listings.len() / 2], GOALS));
    let loose = Goals { per_token: Some(Seconds::new(0.08)), ..GOALS };
    assert!(cost(&listings, loose) <= all);
    let never = Goals { first_token: None, per_token: Some(Seconds::new(1e-6)) };
    let (search, _) = done(&listings, asked("Llama-3.1-8B", never, Some(25.0)), &Limits::default());
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
    let (search, market) =
        done(&listings(), asked("Llama-3.1-8B", GOALS, Some(25.0)), &Limits::default());
    for at in search.frontier() {
        let needed = (25.0 / at.each.get()).ceil() as u32;
        assert_eq!(at.replicas, needed + 1);
        let offer = &market.offers[at.kind];
        let (node, ranks) = (offer.row.node_size, at.instance.ranks() as u32);
        // So many in each machine, or so many machines for each.
        let machines = match node / ranks {
            0 => at.replicas * ranks.div_ceil(node),
            held => at.replicas.div_ceil(held),
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
    let (search, market) =
        done(&listings(), asked("Llama-3.1-8B", GOALS, None), &Limits::default());
    for (kind, offer) in search.kinds().iter().zip(&market.offers) {
        let generation = offer.row.accelerator.generation.as_str();
        let four = ["ampere", "ada", "hopper", "blackwell"].contains(&generation);
        assert_eq!(kind.formats.contains(&2), four, "{generation}");
        assert_eq!(kind.formats.contains(&1), generation != "ampere", "{generation}");
    }
    let counted: u32 = market.refused.iter().sum();
    assert_eq!(counted + market.kinds.len() as u32, market.n_offers);
    assert!(market.refused[Refusal::Terms as usize] > 0);
}

/// The load at which so many decode on the mean is the open-loop answer at that rate, but for a step of tiles.
#[test]
fn a_load_is_the_open_loop_at_its_rate() {
    let asked = asked("Llama-3.3-70B-Instruct", GOALS, None);
    let kind = Kind {
        cluster: accelerators::cluster(accelerators::find("h100-sxm").expect("a machine"), 8),
        machine_size: 8,
        rate: autoparallel::units::DollarsPerHour::new(20.0),
        formats: vec![1],
        degrees: Vec::new(),
        machines_max: 1,
    };
    let service = service(&asked, &kind, 1).expect("a service");
    let serving = Serving::new(&service, &Instance { tp: 8, ..Instance::ONE });
    let full = serving.full(&asked.traffic);
    for batch in [2.0, 8.0, 40.0, 100.0] {
        let told = serving.arriving(&asked.traffic, Sequences(batch), &full);
        let mode = Mode::Open { rate: told.request_rate, requests: None };
        let open = serving.answer(&asked.traffic, mode);
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
    let (search, market) =
        done(&listings, asked("Llama-3.1-8B", GOALS, Some(25.0)), &Limits::default());
    let at = search.cheapest().expect("one that keeps to the goals");
    let (kind, offer) = (&search.kinds()[at.kind], &market.offers[at.kind]);
    let day = DayCurve::wave(PerSecond::new(25.0), PerSecond::new(5.0), Ratio::new(14.0));
    let question = DayQuestion::usual(day);
    let from = (kind, offer, &listings[offer.listing]);
    let plan = month(search.asked(), from, at, &question).expect("a month");
    let needed = (25.0 / plan.held.rate.get()).ceil() as u32;
    assert_eq!(plan.fixed.most(), needed + 1);
    let machines = plan.packing.machines(needed + 1);
    let month = f64::from(machines) * kind.rate.get() * 730.0;
    assert!((plan.fixed_spend.month.total().get() / month - 1.0).abs() < 1e-9);
    assert!(plan.spend.month.total() < plan.fixed_spend.month.total());
    // An instance holds at least what the search found for it, as it looks at every load and not at some.
    assert!(plan.held.rate.get() >= at.each.get() * 0.999, "{plan:?}");
    let (keeps, answer) = (plan.held.answer, search.asked());
    assert!(answer.goals.per_token.is_some_and(|most| keeps.per_token <= most));
    // 8.03e9 weights of 4.5 (tables of 16) to 16 bits at 5 GB/s after 180 s and 60 s.
    assert!((240.0 + 1.2..240.0 + 3.5).contains(&plan.delay.get()), "{:?}", plan.delay);
    assert!(plan.spend.energy < plan.fixed_spend.energy);
}
