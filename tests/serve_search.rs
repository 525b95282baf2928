//! The search of deployments against a second, plain one, and what its answers must keep to.

use autoparallel::catalogue::{accelerators, engines, models, support};
use autoparallel::estimate::serve::{Answer, Sequences, Serving};
use autoparallel::link;
use autoparallel::search::deploy::{self, Candidate};
use autoparallel::search::serve::{
    Offer, Point, Question, batches, frontier, instances, point, service,
};
use autoparallel::serving::{Ask, Demand, Goals, KvFormat, Traffic, WeightFormat};
use autoparallel::units::chance::chance;
use autoparallel::units::{DollarsPerHour, Ratio, Seconds};
use proptest::prelude::*;

const MODELS: [&str; 4] =
    ["Llama-3.1-8B", "Llama-3.3-70B-Instruct", "Qwen3-30B-A3B", "DeepSeek-R1"];
const MACHINES: [&str; 4] = ["h200-sxm", "h100-sxm", "l40s", "mi300x"];
const ENGINES: [&str; 3] = ["vllm", "sglang", "trtllm"];

fn question(
    (model, machine, engine): (usize, usize, usize),
    count: u32,
    (prompt, output): (f64, f64),
    goals: Goals,
) -> Question {
    let offer = |name: &str, price| Offer {
        cluster: accelerators::cluster(accelerators::find(name).expect("a machine"), count),
        price: DollarsPerHour::new(price),
    };
    let second = MACHINES[(machine + 1) % MACHINES.len()];
    Question {
        model: models::find(MODELS[model]).expect("a model").model.clone(),
        engine: engines::find(ENGINES[engine]).expect("an engine").clone(),
        offers: vec![offer(MACHINES[machine], 3.0), offer(second, 2.0)],
        formats: vec![(WeightFormat::Bf16, KvFormat::Wide), (WeightFormat::Fp8, KvFormat::Fp8)],
        degrees: support::degrees(ENGINES[engine]),
        speculation: None,
        traffic: Traffic { prompt, output, spread: 0.5, prompt_spread: 0.0, cached: Ratio::ZERO },
        goals,
    }
}

/// Every deployment of the space, priced; then those that no other beats.
fn naive(question: &Question) -> Vec<Point> {
    let mut all = Vec::new();
    for offer in 0..question.offers.len() {
        for format in 0..question.formats.len() {
            let service = service(question, offer, format).expect("numbers in range");
            for instance in instances(&question.model, &service.cluster) {
                let serving = Serving::new(&service, &instance);
                // TensorRT-LLM's attention groups are of one rank each (its mapping.py).
                let whole = question.engine.key != "trtllm" || instance.dp == 1 || instance.tp == 1;
                let fits = whole
                    && service.check(&instance).is_ok()
                    && !serving.memory().too_full
                    && serving.holds_one(&question.traffic);
                for batch in batches(serving.most_running(&question.traffic)) {
                    if let Some(point) =
                        point(question, (offer, format), &serving, batch).filter(|_| fits)
                    {
                        all.push(point);
                    }
                }
            }
        }
    }
    let kept: Vec<Point> = all.into_iter().filter(|point| point.keeps(&question.goals)).collect();
    kept.iter().filter(|point| !kept.iter().any(|other| other.beats(point))).copied().collect()
}

/// What a point is worth: its three measures.
fn worth(points: &[Point]) -> Vec<[u64; 3]> {
    let bits = |point: &Point| {
        [point.per_token.get(), point.rate.get(), point.cost.get()].map(f64::to_bits)
    };
    let mut all: Vec<[u64; 3]> = points.iter().map(bits).collect();
    all.sort_unstable();
    all.dedup();
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn the_frontier_is_that_of_the_plain_search(
        kinds in (0..MODELS.len(), 0..MACHINES.len(), 0..ENGINES.len()),
        count in 1u32..=16,
        lengths in (16.0..6000.0f64, 2.0..2000.0f64),
        first in proptest::option::of(0.05..5.0f64),
        each in proptest::option::of(0.004..0.2f64),
    ) {
        let (first_token, per_token) = (first.map(Seconds::new), each.map(Seconds::new));
        let goals = Goals { first_token, per_token };
        let question = question(kinds, count, lengths, goals);
        let found = frontier(&question);
        prop_assert_eq!(worth(&found.points), worth(&naive(&question)));
        let tally = found.tally;
        prop_assert_eq!(
            tally.all,
            tally.too_full + tally.priced + tally.too_slow + tally.dominated
        );
        prop_assert!(found.points.iter().all(|point| point.keeps(&goals)));
    }
}

/// Of all batch limits of a layout that its memory holds, each looked at in full, the one that answers most within the
/// goals; of those in flight, the one that lets most of them run together.
fn naive_limit(ask: &Ask, at: &Candidate) -> Option<(u32, Answer)> {
    let service = deploy::service(ask, at, None)?;
    let serving = Serving::new(&service, &at.instance);
    let one = deploy::service(ask, at, Some(1))?;
    let alone = Serving::new(&one, &at.instance);
    if alone.memory().too_full || !alone.holds_one(&ask.traffic) {
        return None;
    }
    let told = serving.most_running(&ask.traffic).0;
    let holds = |batch: &u32| {
        let own = deploy::service(ask, at, Some(*batch)).expect("a service");
        let most = Serving::new(&own, &at.instance).most_running(&ask.traffic).0;
        f64::from(*batch) <= told || most >= f64::from(*batch)
    };
    let limit = deploy::sequences_most(&ask.engine) * at.instance.dp;
    let mut all = batches(Sequences(f64::from(limit)));
    let flight = match ask.demand {
        Demand::InFlight(n) => Some(n),
        _ => None,
    };
    if let Some(n) = flight {
        let whole = (1..=n.min(limit)).rev().find(holds);
        all.retain(|batch| *batch < n);
        all.extend(whole.filter(|whole| !all.contains(whole)));
    }
    // Where memory leaves small steps, a limit may leave room for larger ones.
    let small = serving.rows_most() < ask.engine.chunk;
    let with = |batch: u32| deploy::service(ask, at, small.then_some(batch)).expect("a service");
    let answer = |batch: u32| {
        Serving::new(&with(batch), &at.instance).loaded(&ask.traffic, Sequences(f64::from(batch)))
    };
    let first = |answer: &Answer| {
        ask.share.map_or(answer.first_token, |share| answer.first_token_at(share))
    };
    let all = all.into_iter().filter(holds).map(|batch| (batch, answer(batch)));
    let kept = all.filter(|(batch, answer)| {
        let own = with(*batch);
        let further = deploy::per_token(ask, &Serving::new(&own, &at.instance), answer);
        !answer.saturated && is_kept(ask, at, *batch, first(answer), further)
    });
    let more = |best: &(u32, Answer), next: &(u32, Answer)| match flight {
        Some(_) => next.0 > best.0,
        None => next.1.request_rate > best.1.request_rate,
    };
    kept.reduce(|best, next| if more(&best, &next) { next } else { best })
}

/// Whether both times keep the goals: as predicted, or by the chance that the engine's ranges give them.
fn is_kept(ask: &Ask, at: &Candidate, batch: u32, first: Seconds, further: Seconds) -> bool {
    let Some(wanted) = ask.sure else { return ask.goals.kept_by(first, further) };
    let generation = &ask.machines[at.machine].cluster.accelerator.generation;
    let range = |figure: &str, mode: &str| {
        let (low, high) = ask.engine.range(figure, generation, mode).expect("a range").factor;
        [low, high].map(Ratio::get)
    };
    let own = match batch {
        1 => range("tok_s", "single").map(|end| 1.0 / end),
        _ => range("tpot", "closed"),
    };
    let kept = |time: Seconds, goal: Option<Seconds>, [one, other]: [f64; 2]| {
        let ends = [one.min(other), 1.0, one.max(other)].map(|end| Ratio::new(end * time.get()));
        goal.is_none_or(|goal| chance(ends, Ratio::new(goal.get())) >= wanted)
    };
    kept(first, ask.goals.first_token, range("ttft", "closed"))
        && kept(further, ask.goals.per_token, own)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn every_layout_gets_the_limit_that_answers_most(
        kinds in (0..MODELS.len(), 0..MACHINES.len(), 0..ENGINES.len()),
        (prompt, output) in (16u32..6000, 2u32..2000),
        (first, each) in (50u32..5000, 4u32..200),
        share in 0usize..3,
        demand in 0usize..3,
        sure in proptest::option::of(51u32..=99),
    ) {
        let (model, machine, engine) = (MODELS[kinds.0], MACHINES[kinds.1], ENGINES[kinds.2]);
        let share = ["mean", "p90", "p99"][share];
        let demand = ["", ";sr=20/s", ";sc=300"][demand];
        let sure = sure.map_or(String::new(), |percent| format!(";sure={percent}"));
        let text = format!(
            "1;m={model};do=serve;se={engine};sg={machine};si={prompt};so={output}\
             ;sf={first}ms;st={each}ms;spt={share}{demand}{sure}"
        );
        let ask = link::decode(&text).inputs.resolve().ask;
        // Not every engine runs on every machine.
        prop_assume!(ask.is_some());
        let ask = ask.expect("a question");
        let survey = deploy::survey(&ask);
        prop_assert!(!survey.looked.is_empty());
        for looked in &survey.looked {
            let at = &looked.at;
            prop_assert_eq!(looked.limit, naive_limit(&ask, at), "{} {:?}", text, at);
        }
    }
}

fn cases() -> u32 {
    let more = std::env::var("AUTOPARALLEL_CASES").ok().and_then(|n| n.parse::<u32>().ok());
    24 * more.unwrap_or(1)
}

/// Goals that nothing meets are answered by what misses them least.
#[test]
fn an_impossible_goal_gets_the_nearest() {
    let goals = Goals { first_token: None, per_token: Some(Seconds::new(1e-5)) };
    let found = frontier(&question((1, 0, 0), 8, (1024.0, 256.0), goals));
    assert!(found.points.is_empty());
    let nearest = found.nearest.expect("a nearest deployment");
    assert!(nearest.per_token > Seconds::new(1e-5));
    assert_eq!(nearest.batch, 1);
}

/// DeepSeek-R1's 671 GB of 8-bit weights do not fit on four H100 of 80 GB (320 GB), and do on sixteen.
#[test]
fn what_cannot_be_loaded_is_not_offered() {
    let none = frontier(&question((3, 1, 1), 4, (1024.0, 256.0), Goals::default()));
    assert!(none.points.iter().all(|point| point.offer != 0), "{none:?}");
    let some = frontier(&question((3, 1, 1), 16, (1024.0, 256.0), Goals::default()));
    assert!(some.points.iter().any(|point| point.offer == 0));
}
