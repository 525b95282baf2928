//! Instances over a day and their money: hand arithmetic, sums, and what more or less of anything may do.

use autoparallel::catalogue::{accelerators, engines, models, power, reliability};
use autoparallel::estimate::capacity::{
    DayCurve, Grid, Held, MINUTES, Minute, MonthPart, Packing, Policy, PowerCurve, Prices,
    Requests, Scaled, Spend, SpotShare, TokenPrice, break_even, fixed, held_while, load_time,
    replicas, scale, spend,
};
use autoparallel::estimate::serve::{Answer, Sequences, ServeMemoryPart, Serving};
use autoparallel::plan::buy::Tariff;
use autoparallel::plan::serve::baseline;
use autoparallel::serving::{Goals, Instance, KvFormat, Mode, Service, Traffic, WeightFormat};
use autoparallel::units::{
    Bytes, BytesPerSecond, DollarsPerHour, GramsPerKwh, PerSecond, Ratio, Seconds, Tokens, Watts,
};
use proptest::prelude::*;

const TRAFFIC: Traffic =
    Traffic { prompt: 1000.0, output: 250.0, spread: 0.7, cached: Ratio::ZERO };

fn rate(value: f64) -> PerSecond {
    PerSecond::new(value)
}

fn policy(delay: f64, ahead: f64, hold: f64) -> Policy {
    Policy {
        least: 1,
        most: u32::MAX,
        spares: 0,
        delay: Seconds::new(delay),
        ahead: Seconds::new(ahead),
        hold: Seconds::new(hold),
    }
}

fn grid() -> Grid {
    Grid {
        machine: Some(Watts::new(8000.0)),
        curve: PowerCurve { points: power::curve() },
        full: rate(4.0),
        pue: Some(Ratio::new(1.25)),
        carbon: Some(GramsPerKwh::new(400.0)),
    }
}

fn spent(day: &Scaled, packing: &Packing, prices: &Prices) -> Spend {
    let requests = Requests { traffic: TRAFFIC, reading: Ratio::new(0.4) };
    spend(day, packing, prices, &requests, &grid())
}

const HOURLY: Prices = Prices { demand: DollarsPerHour::new(20.0), spot: None };

/// Ten requests a second at four an instance: three instances and a spare one, two in a machine, for a month of 730
/// hours at $20.
#[test]
fn a_flat_day_by_hand() {
    let day = fixed(&DayCurve::flat(rate(10.0)), rate(4.0), 1);
    assert!(day.minutes.iter().all(|minute| (minute.paid, minute.ready) == (4, 4)));
    assert_eq!((day.paid_hours().get(), day.late_share()), (96.0, Ratio::ZERO));
    assert_eq!((day.short_time(), day.orders()), (Seconds::ZERO, 0));
    let packing = Packing::new(8, &Instance { tp: 4, ..Instance::ONE });
    let told = spent(&day, &packing, &HOURLY);
    let near = |value: f64, wanted: f64| (value / wanted - 1.0).abs() < 1e-9;
    assert!(near(told.machine_hours.get(), 2.0 * 730.0));
    assert!(near(told.month.total().get(), 2.0 * 730.0 * 20.0));
    // 2.5 instances answer, half of one rounds them up, one is spare: of two to a machine.
    let part = |part| told.month.get(part).get() / (730.0 * 20.0);
    assert!(near(part(MonthPart::Traffic), 1.25) && near(part(MonthPart::Rounding), 0.25));
    assert!(near(part(MonthPart::Spare), 0.5) && part(MonthPart::Packing) < 1e-9);
    assert!(near(told.requests.get(), 10.0 * 730.0 * 3600.0));
    // 40 % of 29,200 $ for 26,280 million tokens of prompts, 60 % for 6,570 million of answers.
    assert!(near(told.tokens.input.get(), 0.4 * 29_200.0 / 26_280.0));
    assert!(near(told.tokens.output.get(), 0.6 * 29_200.0 / 6_570.0));
    assert!(near(told.per_user(Ratio::new(1000.0)).get(), 29.2));
    // Two machines at 10 of 16 requests: 0.716 + 0.284 x 0.125 / 0.5 of 8 kW, and a quarter for the building.
    let kwh = 2.0 * 8.0 * (0.716 + 0.284 * 0.25) * 1.25 * 730.0;
    assert!(near(told.energy.expect("power is known").get(), kwh));
    assert!(near(told.carbon.expect("the grid is known").get(), kwh * 0.4));
}

/// Three instances in machines of two leave a place empty.
#[test]
fn empty_places_are_paid_for() {
    let day = fixed(&DayCurve::flat(rate(10.0)), rate(4.0), 0);
    let packing = Packing::new(8, &Instance { tp: 4, ..Instance::ONE });
    let told = spent(&day, &packing, &HOURLY);
    let share = told.month.get(MonthPart::Packing).get() / told.month.total().get();
    assert!((share - 0.25).abs() < 1e-9, "{share}");
    let wide = Packing::new(8, &Instance { tp: 8, pp: 2, ..Instance::ONE });
    let hours = spent(&day, &wide, &HOURLY).machine_hours.get();
    assert!((hours / (6.0 * 730.0) - 1.0).abs() < 1e-12, "{hours}");
}

/// A day of two halves, 4 and 12 requests a second: what is ordered, kept and ready follows by the minute.
#[test]
fn an_order_is_ready_after_its_delay_and_goes_after_its_hold() {
    let mut slots = vec![rate(4.0); MINUTES];
    slots[600..1200].fill(rate(12.0));
    let day = DayCurve::new(slots).expect("a day");
    let at = |policy: &Policy| {
        let scaled = scale(&day, rate(4.0), policy);
        let all = scaled.minutes.iter().map(|minute| (minute.paid, minute.ready));
        (all.collect::<Vec<_>>(), scaled)
    };
    let (plain, _) = at(&policy(0.0, 0.0, 0.0));
    assert_eq!(
        (plain[599], plain[600], plain[1199], plain[1200]),
        ((1, 1), (3, 3), (3, 3), (1, 1))
    );
    let (late, scaled) = at(&policy(300.0, 0.0, 600.0));
    assert_eq!((late[600], late[604], late[605]), ((3, 1), (3, 1), (3, 3)));
    assert_eq!((late[1209], late[1210]), ((3, 3), (1, 1)));
    // Five minutes in which 8 of 12 requests a second are too many, of 840 minutes of 4 and 600 of 12.
    let share = 5.0 * 8.0 / (840.0 * 4.0 + 600.0 * 12.0);
    assert!((scaled.late_share().get() - share).abs() < 1e-12);
    assert_eq!(scaled.short_time(), Seconds::new(300.0));
    assert_eq!((scaled.orders(), scaled.most()), (2, 3));
    assert!((scaled.paid_hours().get() - (24.0 + 2.0 * 610.0 / 60.0)).abs() < 1e-12);
    let (ahead, scaled) = at(&policy(300.0, 300.0, 0.0));
    assert_eq!((ahead[594], ahead[595], ahead[600]), ((1, 1), (3, 1), (3, 3)));
    assert_eq!(scaled.late_share(), Ratio::ZERO);
}

/// 130 GB at 5 GB/s take 26 s (arXiv 2401.14351, section 1); the machine and the engine start beside that.
#[test]
fn weights_are_read_before_anything_is_answered() {
    let read = |machine, engine| {
        let size = Bytes::new(130_000_000_000);
        load_time(Seconds::new(machine), size, BytesPerSecond::gb(5.0), Seconds::new(engine))
    };
    assert_eq!(read(0.0, 0.0), Seconds::new(26.0));
    assert_eq!(read(120.0, 60.0), Seconds::new(206.0));
}

fn service(model: &str, machine: &str, weights: WeightFormat, tp: u32) -> (Service, Instance) {
    let row = accelerators::find(machine).expect("a machine");
    let service = Service {
        model: models::find(model).expect("a model").model.clone(),
        cluster: accelerators::cluster(row, tp),
        engine: engines::find("vllm").expect("an engine").clone(),
        weights,
        cache: KvFormat::Wide,
        speculation: None,
    };
    (service, Instance { tp, ..Instance::ONE })
}

/// The highest rate within goals for the first token at a share, or on the mean, and for the others on the mean.
fn held(serving: &Serving<'_>, goals: &Goals, share: Option<Ratio>) -> Option<Held> {
    let keeps = |answer: &Answer| {
        let first = share.map_or(answer.first_token, |share| answer.first_token_at(share));
        !answer.saturated && goals.kept_by(first, answer.per_token)
    };
    held_while(serving, &TRAFFIC, &keeps)
}

/// What is held keeps to the goals; a little more does not, and the open-loop answer agrees.
#[test]
fn the_rate_that_is_held_is_the_highest() {
    let (service, instance) = service("Llama-3.3-70B-Instruct", "h100-sxm", WeightFormat::Fp8, 4);
    let serving = Serving::new(&service, &instance);
    let goals = Goals { first_token: Some(Seconds::new(0.8)), per_token: Some(Seconds::new(0.03)) };
    let share = Ratio::new(0.9);
    let found = held(&serving, &goals, Some(share)).expect("a rate");
    assert!(found.utilisation > Ratio::new(0.05) && found.utilisation < Ratio::ONE);
    let open = |rate: PerSecond| {
        let answer = serving.answer(&TRAFFIC, Mode::Open { rate, requests: None });
        (answer.per_token, answer.first_token_at(share))
    };
    let (per_token, first) = open(found.rate * 0.98);
    assert!(per_token.get() <= 0.03 * 1.01 && first.get() <= 0.8 * 1.01);
    let (per_token, first) = open(found.rate * 1.05);
    assert!(per_token.get() > 0.03 || first.get() > 0.8);
    assert!(found.reading_share(&TRAFFIC) > Ratio::ZERO);
    let never = Goals { first_token: None, per_token: Some(Seconds::new(1e-5)) };
    assert_eq!(held(&serving, &never, None), None);
}

/// Two of four 8-bit weights are five bits each: a step that waits for weights takes between five and eight eighths of
/// the time, and five eighths of the layers' bytes are held.
#[test]
fn two_of_four_weights_are_fewer_bytes() {
    let at = |weights| {
        let (service, instance) = service("Llama-3.3-70B-Instruct", "h100-sxm", weights, 4);
        let serving = Serving::new(&service, &instance);
        let step = serving.writing(Sequences(1.0), Tokens::new(500)).get();
        (step, serving.memory().get(ServeMemoryPart::Weights).as_f64())
    };
    let (full, sparse) = (at(WeightFormat::Fp8), at(WeightFormat::Fp8Sparse));
    assert!(sparse.0 < 0.85 * full.0 && sparse.0 > 0.625 * full.0, "{sparse:?} {full:?}");
    // Tables of 128,256 x 8,192 twice stay in 16 bits.
    let tables = 2.0 * 2.0 * 128_256.0 * 8192.0 / 4.0;
    let share = (sparse.1 - tables) / (full.1 - tables);
    assert!((share - 0.625).abs() < 0.002, "{share}");
}

/// Goals that allow more are held at no lower rate; a percentile further out at no higher one.
#[test]
fn looser_goals_hold_no_less() {
    let (service, instance) = service("Llama-3.1-8B", "l40s", WeightFormat::Fp8, 1);
    let serving = Serving::new(&service, &instance);
    let at = |first: f64, each: f64, share: Option<f64>| {
        let goals =
            Goals { first_token: Some(Seconds::new(first)), per_token: Some(Seconds::new(each)) };
        held(&serving, &goals, share.map(Ratio::new)).map_or(0.0, |held| held.rate.get())
    };
    let steps = [0.3, 0.5, 1.0, 2.0, 4.0];
    for two in steps.windows(2) {
        assert!(at(two[0], 0.05, Some(0.9)) <= at(two[1], 0.05, Some(0.9)) * 1.001);
        assert!(at(1.0, two[0] / 20.0, None) <= at(1.0, two[1] / 20.0, None) * 1.001);
    }
    for two in [0.5, 0.9, 0.95, 0.99].windows(2) {
        assert!(at(0.6, 0.05, Some(two[0])) >= at(0.6, 0.05, Some(two[1])) * 0.999);
    }
}

/// At the break-even the machines cost what the tokens do.
#[test]
fn an_api_is_cheaper_below_the_break_even() {
    let price = TokenPrice {
        input: autoparallel::units::Dollars::new(0.5),
        output: autoparallel::units::Dollars::new(1.5),
    };
    let packing = Packing::new(8, &Instance { tp: 8, ..Instance::ONE });
    let day = |per_second: f64| fixed(&DayCurve::flat(rate(per_second)), rate(40.0), 1);
    let month = spent(&day(10.0), &packing, &HOURLY).month.total();
    // Two machines, 29,200 $; a request costs 0.5 x 1,000 + 1.5 x 250 millionths.
    let even = break_even(month, &price, &TRAFFIC);
    assert!((even.get() - 29_200.0 / (875e-6 * 730.0 * 3600.0)).abs() < 1e-9);
    let told = spent(&day(even.get()), &packing, &HOURLY);
    let bought = told.bought(&price, &TRAFFIC);
    assert!((told.month.total().get() / bought.get() - 1.0).abs() < 1e-9);
}

/// A baseline for a year is the cheapest of all baselines: tried one by one.
#[test]
fn a_commitment_is_the_cheapest_of_all() {
    let day = DayCurve::wave(rate(40.0), rate(8.0), Ratio::new(15.0));
    let scaled = scale(&day, rate(2.0), &policy(300.0, 0.0, 300.0));
    let packing = Packing::new(8, &Instance { tp: 4, ..Instance::ONE });
    let year = Seconds::days(365.0);
    for off in [0.3, 0.45, 0.6, 0.9] {
        let term = Tariff::for_term(DollarsPerHour::new(20.0 * off), Ratio::ONE, year);
        let found = baseline(&scaled, &packing, HOURLY.demand, &[term], year).expect("a day");
        let cost = |base: u32| {
            let above = |minute: &Minute| {
                f64::from(packing.machines(minute.paid).saturating_sub(base)) / 60.0
            };
            let bursts: f64 = scaled.minutes.iter().map(above).sum();
            f64::from(base) * 20.0 * off * 8760.0 + bursts * 365.0 * 20.0
        };
        let best = (0..=12).map(cost).fold(f64::INFINITY, f64::min);
        assert!((found.cost().get() / best - 1.0).abs() < 1e-9, "{off}: {found:?} {best}");
        assert!((cost(found.baseline) / best - 1.0).abs() < 1e-9);
    }
}

prop_compose! {
    fn days()(slots in proptest::collection::vec(0.0..40.0f64, 1..48)) -> DayCurve {
        DayCurve::new(slots.into_iter().map(PerSecond::new).collect()).expect("a day")
    }
}

prop_compose! {
    fn policies()(
        least in 1u32..6,
        more in 0u32..60,
        spares in 0u32..3,
        delay in 0.0..7200.0f64,
        ahead in 0.0..7200.0f64,
        hold in 0.0..7200.0f64,
    ) -> Policy {
        Policy { least, most: least + more, spares, ..policy(delay, ahead, hold) }
    }
}

fn no_less(a: &Scaled, b: &Scaled) -> bool {
    let pairs = a.minutes.iter().zip(&b.minutes);
    pairs.into_iter().all(|(a, b)| a.paid >= b.paid && a.ready >= b.ready)
}

fn cases() -> u32 {
    let more = std::env::var("AUTOPARALLEL_CASES").ok().and_then(|n| n.parse::<u32>().ok());
    64 * more.unwrap_or(1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    /// More demand, spare instances or hold never leave fewer; a longer delay never leaves more.
    #[test]
    fn more_never_needs_fewer(
        day in days(), policy in policies(), each in 0.5..8.0f64, factor in 1.0..3.0f64,
    ) {
        let at = |policy: &Policy, day: &DayCurve| scale(day, rate(each), policy);
        let plain = at(&policy, &day);
        let busy = at(&policy, &day.times(Ratio::new(factor)));
        let spared = at(&Policy { spares: policy.spares + 1, ..policy }, &day);
        let kept = at(&Policy { hold: policy.hold * factor, ..policy }, &day);
        let ahead = at(&Policy { ahead: policy.ahead * factor, ..policy }, &day);
        for more in [busy, spared, kept, ahead] {
            prop_assert!(no_less(&more, &plain));
        }
        let late = at(&Policy { delay: policy.delay * factor, ..policy }, &day);
        prop_assert!(no_less(&plain, &late) && late.late_share() >= plain.late_share());
        prop_assert_eq!(late.paid_hours(), plain.paid_hours());
        for minute in &plain.minutes {
            prop_assert!(minute.ready <= minute.paid);
            prop_assert!((policy.least..=policy.most).contains(&minute.paid));
        }
    }

    /// What looks ahead as far as a start takes is never late; as many as the peak needs are never late either, and
    /// what follows the traffic with nothing ahead and nothing kept costs no more.
    #[test]
    fn looking_ahead_as_far_as_the_delay_is_never_late(
        day in days(), each in 0.5..8.0f64, delay in 0.0..7200.0f64, spares in 0u32..3,
    ) {
        let ahead = Policy { spares, ..policy(delay, delay, 0.0) };
        prop_assert_eq!(scale(&day, rate(each), &ahead).late_share(), Ratio::ZERO);
        let all_day = fixed(&day, rate(each), spares);
        prop_assert_eq!(all_day.late_share(), Ratio::ZERO);
        prop_assert!(scale(&day, rate(each), &ahead).paid_hours() <= all_day.paid_hours());
        prop_assert!(all_day.most() == replicas(day.peak(), rate(each)) + spares);
    }

    /// Money is the sum of its parts, machine-hours times the rate, and what all tokens pay.
    #[test]
    fn money_is_the_sum_of_its_parts(
        (day, policy) in (days(), policies()),
        each in 0.5..8.0f64,
        tp in 0u32..5,
        reading in 0.0..1.0f64,
    ) {
        let scaled = scale(&day, rate(each), &policy);
        let packing = Packing::new(8, &Instance { tp: 1 << tp, ..Instance::ONE });
        let requests = Requests { traffic: TRAFFIC, reading: Ratio::new(reading) };
        let told = spend(&scaled, &packing, &HOURLY, &requests, &grid());
        let total = told.month.total().get();
        let parts: f64 = MonthPart::ALL.iter().map(|part| told.month.get(*part).get()).sum();
        prop_assert!((parts - total).abs() <= 1e-9 * total);
        prop_assert!((told.machine_hours.get() * 20.0 - total).abs() <= 1e-6 * total);
        let n = told.requests.get();
        prop_assume!(n > 1.0);
        prop_assert!((told.tokens.request(&TRAFFIC).get() * n - total).abs() <= 1e-6 * total);
        let least = 0.126 * 8.0 * 1.25 * told.machine_hours.get();
        let energy = told.energy.expect("power is known").get();
        prop_assert!(energy >= least * (1.0 - 1e-9) && energy <= least / 0.126 * (1.0 + 1e-9));
    }

    /// Spot machines that are cheaper never make a month dearer, and never all of it cheaper than they are.
    #[test]
    fn cheaper_spot_is_never_dearer(
        share in 0.0..1.0f64,
        more in 0.0..1.0f64,
        off in 0.0..0.9f64,
    ) {
        let demand = DollarsPerHour::new(20.0);
        let spot = DollarsPerHour::new(20.0 * (1.0 - off));
        for zone in reliability::zones() {
            let at = |share: f64| {
                let part = SpotShare { share: Ratio::new(share), spot: zone.spot };
                (part.rate(demand, spot), part.told(Seconds::new(30.0), Seconds::new(600.0)))
            };
            let ((some, told), (most, all)) = (at(share * more), at(share));
            prop_assert!(most <= some && some <= demand);
            prop_assert!(spot.get() <= most.get() * (1.0 + 1e-12));
            prop_assert!(told.missing <= all.missing && told.cut <= all.cut);
            let hours = all.given.get() + all.stood_in.get();
            prop_assert!((hours - share).abs() < 1e-12);
        }
    }
}
