//! Ways to buy, forecasts, searches over hyper-parameters and tornados: hand arithmetic, published tables, and plain
//! second implementations.

#![cfg(not(target_arch = "wasm32"))]

mod support;

use autoparallel::catalogue::reliability as catalogue;
use autoparallel::estimate::Book;
use autoparallel::estimate::outage::predict;
use autoparallel::inputs::Inputs;
use autoparallel::plan::budget::{Deal, Run};
use autoparallel::plan::buy::{Demand, Tariff, purchases, reserve, staged};
use autoparallel::plan::forecast::{Course, Flow, Forecast};
use autoparallel::plan::sweep::{Cadence, Stopping, hyperband, restarted, rungs, work};
use autoparallel::plan::tornado::tornado;
use autoparallel::plan::{Finding, find};
use autoparallel::units::{Dollars, DollarsPerHour, Moment, Ratio, Seconds};
use proptest::prelude::*;
use support::runs::hold;
use support::{LLAMA_7B, case};

const MONTH: Seconds = Seconds::hours(730.0);
const YEAR: Seconds = Seconds::hours(8760.0);

fn rate(value: f64) -> DollarsPerHour {
    DollarsPerHour::new(value)
}

fn near(what: &str, found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{what}: {found}");
}

/// 64 accelerators, 100 useful hours each: on demand at 2 $ and 0.8; a year at 1 $; spot at 1 $ with 0.5 of what is
/// paid useful, there for half of the time; in blocks of days at 1.8 $.
#[test]
fn a_run_costs_what_its_terms_say() {
    let goodput = Ratio::new(0.8);
    let spot = Tariff { pace: Ratio::new(0.25), ..Tariff::by_the_hour(rate(1.0), Ratio::new(0.5)) };
    let tariffs = [
        Tariff::by_the_hour(rate(2.0), goodput),
        Tariff::for_term(rate(1.0), goodput, YEAR),
        spot,
        Tariff::in_blocks(rate(1.8), goodput),
    ];
    let found = purchases(&tariffs, 64, Seconds::hours(100.0));
    let order: Vec<usize> = found.iter().map(|purchase| purchase.tariff).collect();
    assert_eq!(order, [2, 0, 3, 1]);
    // 200 paid hours; 125; 125 rounded up to six days, 144 h; all of 8,760 h.
    let costs = [200.0, 2.0 * 125.0, 1.8 * 144.0, 8760.0].map(|each| each * 64.0);
    for (purchase, cost) in found.iter().zip(costs) {
        near("cost", purchase.cost.get(), cost);
        near("useful hours", purchase.per_useful.get() * 6400.0, cost);
    }
    assert_eq!(found[0].time, Seconds::hours(400.0));
    assert_eq!(found[3].idle, Seconds::hours(8760.0 - 125.0));
    assert_eq!(tariffs[1].break_even(&tariffs[0]), Ratio::new(0.5));
    // No block is longer than 182 days.
    assert_eq!(tariffs[3].buy(64, Seconds::days(182.0)), None);
}

/// A year at 0.6 of the price by the hour, where 100 accelerators are wanted for eight months and 40 for four: 40 are
/// wanted for all of the year, 100 for 0.67 of it, so 100 are committed to; at 0.7, only 40.
#[test]
fn as_many_are_committed_to_as_are_used_for_long_enough() {
    let demand = [
        Demand { time: MONTH * 4.0, accelerators: 40 },
        Demand { time: MONTH * 8.0, accelerators: 100 },
    ];
    let by_hour = [Tariff::by_the_hour(rate(1.0), Ratio::ONE)];
    let commit = |price: f64| [Tariff::for_term(rate(price), Ratio::ONE, YEAR)];
    let high = reserve(&demand, &commit(0.6), &by_hour).expect("a plan");
    assert_eq!((high.baseline, high.bought), (100, 100));
    near("committed", high.committed.get(), 0.6 * 100.0 * 8760.0);
    near("no bursts", high.bursts.get(), 0.0);
    let low = reserve(&demand, &commit(0.7), &by_hour).expect("a plan");
    assert_eq!(low.baseline, 40);
    near("break-even", low.break_even.get(), 0.7);
    near("bursts", low.bursts.get(), 60.0 * 8.0 * 730.0);
    near("all by the hour", low.uncommitted.get(), (40.0 * 4.0 + 100.0 * 8.0) * 730.0);
    // 30 % less: 28 and 70; the 40 cost 0.7 a year, the best would be 28.
    let less = low.moved[0];
    near("less", less.cost.get(), 40.0 * 0.7 * 8760.0 + 30.0 * 8.0 * 730.0);
    let best = 28.0 * 0.7 * 8760.0 + 42.0 * 8.0 * 730.0;
    near("regret", less.regret.get(), less.cost.get() - best);
    // Six months of work never pay for a year at more than half of the price.
    let half = [Demand { time: MONTH * 6.0, accelerators: 64 }];
    let none = reserve(&half, &commit(0.6), &by_hour).expect("a plan");
    assert_eq!((none.baseline, none.commitment), (0, None));
    assert_eq!(reserve(&half, &commit(0.45), &by_hour).expect("a plan").baseline, 64);
}

/// The rule against trying every baseline, on random demand and prices.
#[test]
fn no_other_baseline_is_cheaper() {
    hold(500, |values| {
        let months = 1 + values[0] as usize % 24;
        let piece = |i: usize| Demand {
            time: MONTH * (1.0 + f64::from(values[i] % 3)),
            accelerators: values[30 + i % 30] * 3,
        };
        let demand: Vec<Demand> = (1..=months).map(piece).collect();
        let goodput = |i: usize| Ratio::new(0.3 + f64::from(values[i]) / 400.0);
        let price = |i: usize| rate(0.5 + f64::from(values[i]) / 100.0);
        let commitments = [
            Tariff::for_term(price(25), goodput(26), YEAR),
            Tariff::for_term(price(27), goodput(26), YEAR * 3.0),
        ];
        let bursts = [
            Tariff::by_the_hour(price(28), goodput(29)),
            Tariff::by_the_hour(price(30), goodput(31)),
        ];
        let Some(found) = reserve(&demand, &commitments, &bursts) else { return Ok(()) };
        let time: f64 = demand.iter().map(|piece| piece.time.get()).sum();
        let dear = |tariff: &Tariff| tariff.rate.get() / tariff.goodput.get();
        let burst = dear(&bursts[0]).min(dear(&bursts[1]));
        let mut least = f64::MAX;
        for n in 0..=765_u32 {
            let over: f64 = demand
                .iter()
                .map(|piece| f64::from(piece.accelerators.saturating_sub(n)) * piece.time.get())
                .sum();
            for own in &commitments {
                let terms = (time / own.least.get()).ceil() * own.least.get();
                let cost = (f64::from(n) * dear(own) * terms + over * burst) / 3600.0;
                least = least.min(cost);
            }
        }
        let cost = found.cost().get();
        prop_assert!((cost - least).abs() <= 1e-9 * least.max(1.0), "{} {}", cost, least);
        prop_assert!(found.cost() <= found.uncommitted + Dollars::new(1e-6 * cost));
        Ok(())
    });
}

/// Demand that begins in the seventh month of a year: a year is signed then, not at the start.
#[test]
fn commitments_are_signed_when_demand_comes() {
    let mut demand = [Demand { time: MONTH, accelerators: 100 }; 18];
    demand[..6].fill(Demand { time: MONTH, accelerators: 0 });
    demand[8].accelerators = 120;
    let by_hour = [Tariff::by_the_hour(rate(1.0), Ratio::ONE)];
    let year = [Tariff::for_term(rate(0.6), Ratio::ONE, YEAR)];
    let found = staged(&demand, &year, &by_hour).expect("a plan");
    let signed: Vec<(usize, u32)> =
        found.signings.iter().map(|signing| (signing.piece, signing.accelerators)).collect();
    assert_eq!(signed, [(6, 100)]);
    near("committed", found.committed.get(), 0.6 * 100.0 * 8760.0);
    near("bursts", found.bursts.get(), 20.0 * 730.0);
    // One baseline for all of the time would have to be paid for twice.
    let whole = reserve(&demand, &year, &by_hour).expect("a plan");
    assert_eq!(whole.baseline, 0);
    assert!(found.cost() < whole.cost());
}

/// Against every way to sign up to two of each commitment at each of four times.
#[test]
fn no_other_signings_are_cheaper() {
    hold(200, |values| {
        let demand: Vec<Demand> =
            (0..4).map(|i| Demand { time: MONTH, accelerators: values[i] % 3 }).collect();
        let price = |i: usize| rate(0.2 + f64::from(values[i]) / 256.0);
        let by_hour = [Tariff::by_the_hour(rate(1.0), Ratio::ONE)];
        let commitments = [
            Tariff::for_term(price(4), Ratio::new(0.9), MONTH * 2.0),
            Tariff::for_term(price(5), Ratio::new(0.9), MONTH * 3.0),
        ];
        let found = staged(&demand, &commitments, &by_hour).expect("a plan");
        let mut least = f64::MAX;
        for code in 0..3_u32.pow(8) {
            let signed = |i: u32| code / 3_u32.pow(i) % 3;
            let mut cost = 0.0;
            for (t, piece) in (0_u32..).zip(&demand) {
                let active = |(j, length): (u32, u32)| -> u32 {
                    (0..=t).filter(|s| t - s < length).map(|s| signed(4 * j + s)).sum()
                };
                let active = active((0, 2)) + active((1, 3));
                cost += f64::from(piece.accelerators.saturating_sub(active)) * 730.0;
            }
            for s in 0..4 {
                let each = |tariff: &Tariff, n: f64| tariff.per_useful().get() * 730.0 * n;
                cost += f64::from(signed(s)) * each(&commitments[0], 2.0);
                cost += f64::from(signed(4 + s)) * each(&commitments[1], 3.0);
            }
            least = least.min(cost);
        }
        let cost = found.cost().get();
        prop_assert!((cost - least).abs() < 1e-6, "{:?}: {} {}", found, cost, least);
        Ok(())
    });
}

/// On long random curves: never dearer than one baseline, nor than all by the hour, and what is told is what is paid.
#[test]
fn signings_are_never_dearer_than_a_baseline() {
    hold(100, |values| {
        let months = 1 + values[0] as usize % 60;
        let demand: Vec<Demand> =
            (1..=months).map(|i| Demand { time: MONTH, accelerators: values[i] }).collect();
        let by_hour = [Tariff::by_the_hour(rate(1.0), Ratio::ONE)];
        let commitments = [
            Tariff::for_term(rate(0.65), Ratio::ONE, YEAR),
            Tariff::for_term(rate(0.45), Ratio::ONE, YEAR * 3.0),
        ];
        let found = staged(&demand, &commitments, &by_hour).expect("a plan");
        let one = reserve(&demand, &commitments, &by_hour).expect("a plan").cost();
        prop_assert!(found.cost().get() <= one.get() * (1.0 + 1e-9));
        let mut active = vec![0_u32; months];
        let mut committed = 0.0;
        for signing in &found.signings {
            let length = [12, 36][signing.commitment];
            let covered = active.iter_mut().skip(signing.piece).take(length);
            covered.for_each(|n| *n += signing.accelerators);
            let own = &commitments[signing.commitment];
            let each = own.rate.get() * own.least.get() / 3600.0;
            committed += each * f64::from(signing.accelerators);
        }
        let over: u32 =
            demand.iter().zip(&active).map(|(d, n)| d.accelerators.saturating_sub(*n)).sum();
        prop_assert!((found.committed.get() - committed).abs() < 1e-6 * committed.max(1.0));
        let bursts = f64::from(over) * 730.0;
        prop_assert!((found.bursts.get() - bursts).abs() < 1e-6 * bursts.max(1.0));
        Ok(())
    });
}

/// A run of ten days at 100 $ a day after 50 $ for the data, begun at noon.
#[test]
fn spending_follows_the_calendar() {
    let flow = |until, amount| Flow {
        from: Seconds::ZERO,
        until: Seconds::days(until),
        amount: Dollars::new(amount),
    };
    let course = |days: f64| Course {
        flows: [flow(days, 100.0 * days), flow(days, 0.0), flow(0.0, 50.0), flow(0.0, 0.0)],
    };
    let start = Moment::read("2026-12-25 12:00").expect("a moment");
    let forecast = Forecast { start, courses: [course(8.0), course(10.0), course(12.5)] };
    let ends = forecast.ends().map(|end| end.to_string());
    assert_eq!(ends, ["2027-01-02 12:00", "2027-01-04 12:00", "2027-01-07 00:00"]);
    let crossed = forecast.crossings(Dollars::new(1000.0));
    assert_eq!(crossed[0], None);
    assert_eq!(crossed[1].map(|moment| moment.to_string()).as_deref(), Some("2027-01-04 00:00"));
    let spending = forecast.spending();
    assert_eq!(spending.len(), 14);
    assert_eq!(spending[0].spent[1], Dollars::new(100.0));
    assert_eq!(spending[1].spent[1], Dollars::new(200.0));
    let last = spending.last().expect("a day");
    assert_eq!(last.day.to_string(), "2027-01-07");
    assert_eq!(last.spent, [850.0, 1050.0, 1300.0].map(Dollars::new));
    assert!(spending.windows(2).all(|pair| pair[0].spent[2] <= pair[1].spent[2]));
    let at_once = forecast.crossings(Dollars::new(10.0));
    assert_eq!(at_once, [Some(start); 3]);
}

/// By hand: a block paid at once, data that moves for a day, machines of two days, and weights for half a day.
#[test]
fn a_budget_is_used_up_by_what_is_paid_then() {
    let flow = |from, until, amount| Flow {
        from: Seconds::days(from),
        until: Seconds::days(until),
        amount: Dollars::new(amount),
    };
    let flows =
        [flow(1.0, 3.0, 200.0), flow(0.0, 3.5, 35.0), flow(0.0, 1.0, 10.0), flow(3.0, 3.5, 5.0)];
    let course = Course { flows };
    assert_eq!((course.cost(), course.time()), (Dollars::new(250.0), Seconds::days(3.5)));
    for (day, spent) in [(0.0, 0.0), (0.5, 10.0), (1.0, 20.0), (2.0, 130.0), (3.5, 250.0)] {
        near("spent", course.spent(Seconds::days(day)).get(), spent);
    }
    for (budget, day) in [(10.0, 0.5), (75.0, 1.5), (240.0, 3.0)] {
        let day_found = course.exhausts(Dollars::new(budget)).expect("used up").as_days();
        near("used up on day", day_found, day);
    }
    assert_eq!(course.exhausts(Dollars::new(250.0)), None);
    // The same machines paid before they run.
    let mut flows = flows;
    flows[0] = flow(1.0, 1.0, 200.0);
    let block = Course { flows };
    near("before", block.spent(Seconds::days(0.999)).get(), 19.98);
    near("at once", block.spent(Seconds::days(1.0)).get(), 220.0);
    let used = |budget| block.exhausts(Dollars::new(budget)).expect("used up").as_days();
    assert_eq!((used(100.0), used(10.0)), (1.0, 0.5));
}

/// Li et al., JMLR 18 (2018), table 1: R = 81, eta = 3.
#[test]
fn hyperband_has_the_brackets_of_its_paper() {
    let published: [&[(u32, u32)]; 5] = [
        &[(81, 1), (27, 3), (9, 9), (3, 27), (1, 81)],
        &[(34, 3), (11, 9), (3, 27), (1, 81)],
        &[(15, 9), (5, 27), (1, 81)],
        &[(8, 27), (2, 81)],
        &[(5, 81)],
    ];
    let found = hyperband(81, 3);
    assert_eq!(found.len(), published.len());
    for (bracket, published) in found.iter().zip(published) {
        let rungs: Vec<(u32, u32)> = bracket
            .iter()
            .map(|rung| (rung.trials, (rung.reach.get() * 81.0 + 0.5) as u32))
            .collect();
        assert_eq!(rungs, published);
        // The paper gives every bracket up to (s_max + 1) R of work.
        assert!(restarted(bracket) <= Ratio::new(5.2), "{:?}", restarted(bracket));
    }
}

/// 16 trials halved four times: each rung costs one whole run afresh, and less where trials go on.
#[test]
fn halving_saves_what_it_says() {
    let halved = rungs(16, Stopping::Halving { eta: 2, rungs: 4 });
    let trials: Vec<u32> = halved.iter().map(|rung| rung.trials).collect();
    assert_eq!(trials, [16, 8, 4, 2, 1]);
    near("afresh", restarted(&halved).get(), 5.0);
    // 16/16, then 8/16, 4/8, 2/4, 1/2 more.
    near("going on", work(&halved).get(), 1.0 + 4.0 * 0.5);
    near("all", work(&rungs(16, Stopping::Never)).get(), 16.0);
}

/// A run of 45 days every 30 days: two at a time for half of the time.
#[test]
fn retraining_overlaps_where_runs_are_long() {
    let days = Seconds::days;
    let every =
        Cadence { every: days(30.0), run: days(45.0), accelerators: 8, horizon: days(365.0) };
    assert_eq!((every.runs(), every.overlap()), (13, 2));
    let [most, less] = every.demand();
    assert_eq!((most.time, most.accelerators), (days(15.0), 16));
    assert_eq!((less.time, less.accelerators), (days(15.0), 8));
    let short = Cadence { run: days(10.0), ..every };
    let [most, less] = short.demand();
    assert_eq!((most.time, most.accelerators), (days(10.0), 8));
    assert_eq!((less.time, less.accelerators), (days(20.0), 0));
    let hours: f64 = every.demand().iter().map(|d| d.time.get() * f64::from(d.accelerators)).sum();
    near("work", hours, 45.0 * 86_400.0 * 8.0);
}

/// Cost is proportional to price and, goodput held, to tokens; what a plan does not use moves nothing.
#[test]
fn a_tornado_moves_as_its_inputs_do() {
    let case = case(&LLAMA_7B);
    let Finding::Plan(plan) = find(&case) else { panic!("a plan") };
    let own = catalogue::usual();
    let book = Book::new(&case);
    let outage = predict(&book.job(&plan.layout, &plan.estimate), &own);
    let inputs = Inputs::default();
    let deal = Deal::of(&case, &inputs.fleet(), &inputs.budget());
    let run = Run { case: &case, plan: &plan, reliability: own, spot: None, deal: &deal };
    let machines = outage.cost(case.offer.rate).get();
    let money = run.money(&run.plain_ends()[1]);
    near("machines", money.machines.get(), machines);
    let cost = money.total().get();
    let swings = tornado(&run);
    let swing = |name: &str| swings.iter().find(|swing| swing.name.starts_with(name));
    let price = swing("Price").expect("a price");
    near("price down", price.cost[0].get(), cost - 0.3 * machines);
    near("price up", price.cost[1].get(), cost + 0.3 * machines);
    assert_eq!(price.time[0], price.time[1]);
    let tokens = swing("Tokens").expect("tokens");
    assert!((tokens.cost[1].get() / cost - 1.2).abs() < 1e-3);
    let (rate, failures) = (swing("Matrix").expect("a rate"), swing("Failures").expect("failures"));
    assert!(rate.cost[1] < rate.cost[0] && failures.cost[1] > failures.cost[0]);
    // Goodput hardly changes, so the run lasts as the step does.
    let (low, high) =
        case.stack.spread(&case.cluster.accelerator.generation).expect("a range").time;
    let step = swing("Step time").expect("a range");
    for (end, factor) in step.time.iter().zip([low, high]) {
        let ratio = end.get() / outage.time.total().get();
        assert!((ratio / factor.get() - 1.0).abs() < 1e-2, "{ratio} {factor:?}");
    }
    // Eight accelerators in one machine: no network, no spot.
    assert!(swing("Network").is_none() && swing("Time there").is_none());
    let widths: Vec<f64> = swings.iter().map(|swing| swing.cost_width().get()).collect();
    assert!(widths.windows(2).all(|pair| pair[0] >= pair[1]), "{widths:?}");
}
