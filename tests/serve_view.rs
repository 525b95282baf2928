//! A question about serving, end to end: every number follows from what stands beside it, money and requests are
//! conserved, the goals that are said to be kept are kept, and whoever is stuck is told what would help.

#![cfg(not(target_arch = "wasm32"))]

#[path = "plan/equations.rs"]
mod equations;
#[path = "support/told.rs"]
mod told;

use autoparallel::api::{Figure, PartView, ServeView, TradeView};
use autoparallel::catalogue::{engines, presets, support};
use autoparallel::estimate::serve::{Sequences, Serving};
use autoparallel::link::{self, decode};
use autoparallel::plan::serve::{self, Deployed, Loss};
use autoparallel::search::deploy::{allowed, sequences_most};
use autoparallel::search::serve::{Offer, Question, frontier};
use autoparallel::serving::{Ask, Demand, FixedServing, Goals};
use autoparallel::units::text::fine;
use autoparallel::units::{Bytes, DollarsPerHour, Ratio, Seconds};
use told::{served, stuck, study, value};

const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

/// Links that are looked at in full: all presets and corners.
fn links() -> Vec<String> {
    let served = presets::all().iter().filter(|preset| preset.link.contains(";do=serve"));
    let mut all: Vec<String> = served.map(|preset| preset.link.clone()).collect();
    assert!(all.len() >= 5, "{all:?}");
    let corners = [
        "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sg=h100-sxm,h200-sxm,b200;sr=40/s;sp=p99",
        "1;m=meta-llama/Llama-3.1-8B;do=serve;sg=a100-80g;sc=64;sq=3;sx=0.1;sz=0.4",
        "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=trtllm;sg=b200;sw=nvfp4;sr=20/s;sh=0.5",
        "1;m=Qwen/Qwen3-8B;do=serve;sg=custom;sn=4;sr=2/s",
        "1;m=meta-llama/Llama-3.1-8B;do=serve;se=vllm-tpu;sg=v6e;sn=8;sr=1/s",
        "1;m=meta-llama/Llama-3.1-8B;do=serve;sf=none;st=none;sp=mean;sn=8",
        "1;m=openai/gpt-oss-120b;do=serve;sg=h100-sxm;sn=1;si=1k;so=1k;sc=4;sf=none;st=none;stp=1",
        "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;se=vllm-neuron;sg=trainium2;sr=2/s",
        "1;m=deepseek-ai/DeepSeek-R1;do=serve;sg=h200;sn=64;sr=2/s;spp=4;sp=mean",
        "1;m=Qwen/Qwen3-8B;do=serve;se=sglang;sg=h100-sxm;sr=2/s;sp=mean",
        "1;m=meta-llama/Llama-2-7b-hf;do=serve;se=llamacpp;sg=m4-max;sn=1;sc=1;sf=none;st=none",
        "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sg=h100-sxm,b200;sr=10/s;sure=90",
        "1;m=openai/gpt-oss-120b;do=serve;se=trtllm;sg=h100-sxm;sc=64;spt=p90;sure=0.75",
    ];
    all.extend(corners.iter().map(|link| (*link).to_owned()));
    all
}

fn ask_of(link: &str) -> Ask {
    let resolution = decode(link).inputs.resolve();
    let problems: Vec<String> = resolution.problems.iter().map(ToString::to_string).collect();
    resolution.ask.unwrap_or_else(|| panic!("{link}: {problems:?}"))
}

fn every_part(part: &PartView, see: &mut impl FnMut(&PartView)) {
    see(part);
    part.children.iter().for_each(|child| every_part(child, see));
}

/// Figures and their parts, all the way down.
fn every_figure(figure: &Figure, see: &mut impl FnMut(&Figure)) {
    see(figure);
    figure.parts.iter().for_each(|part| every_figure(part, see));
}

/// Every number of a plan with what it is made of.
fn all_figures(view: &ServeView) -> Vec<Figure> {
    let mut all = Vec::new();
    let mut see = |figure: &Figure| all.push(figure.clone());
    view.figures.iter().for_each(|figure| every_figure(figure, &mut see));
    let goals = view.goals.iter().filter_map(|goal| goal.figure.as_ref());
    goals.for_each(|figure| every_figure(figure, &mut see));
    for root in [&view.memory, &view.decode, &view.prefill] {
        every_part(root, &mut |part| every_figure(&part.figure, &mut see));
    }
    all
}

#[test]
fn every_number_follows_from_what_stands_beside_it() {
    for link in links() {
        let view = served(&link).unwrap_or_else(|| panic!("{link} has no deployment"));
        for figure in &all_figures(&view) {
            let told = !figure.formula.is_empty() && !figure.source.is_empty();
            assert!(told, "{link}: {} has no formula or source", figure.id);
            if let Err(wrong) = equations::check(&figure.substituted) {
                panic!("{link}: {}: {wrong}", figure.id);
            }
        }
        for figure in &view.figures {
            let n = equations::check(&figure.substituted).unwrap();
            assert!(n > 0, "{link}: {} is not derived", figure.id);
        }
    }
}

/// A time or size of an engine that a number cites, and the factor of the machine on it, stand in its equation: with
/// the value that is cited, not one that was multiplied out of sight.
#[test]
fn constants_that_are_cited_stand_in_the_equation() {
    let mut seen = std::collections::BTreeSet::new();
    for link in links() {
        let view = served(&link).expect("a deployment");
        for figure in &all_figures(&view) {
            let mut factors = std::collections::BTreeMap::<String, f64>::new();
            for cited in figure.source.split(". ").filter_map(|text| text.split_once(": ")) {
                let Some((name, value)) = cited.0.rsplit_once(' ') else { continue };
                let Ok(value) = value.parse::<f64>() else { continue };
                let field = name.rsplit(' ').next().unwrap_or(name);
                let told = match field.rsplit_once('_') {
                    Some((_, "us")) => fine::time(Seconds::us(value)),
                    Some((_, "ms")) => fine::time(Seconds::us(value * 1e3)),
                    Some((_, "gib")) if value > 0.0 => {
                        fine::bytes(Bytes::from_f64(value * (1u64 << 30) as f64))
                    }
                    _ => {
                        if let Some((of, _)) = field.split_once('@') {
                            *factors.entry(of.to_owned()).or_insert(1.0) *= value;
                        }
                        continue;
                    }
                };
                seen.insert(field.to_owned());
                let text = &figure.substituted;
                assert!(text.contains(&told), "{link}: {}: no {told} in {text}", figure.id);
            }
            for (of, value) in factors {
                let told = format!("\u{d7} {}", fine::number(Ratio::new(value)));
                let text = &figure.substituted;
                assert!(text.contains(&told), "{link}: {}: no {of}{told} in {text}", figure.id);
                seen.insert(of);
            }
        }
    }
    for field in
        ["request_ms", "token_us", "gap_us", "step_us", "sequence_us", "launch_us", "collective_us"]
    {
        assert!(seen.contains(field), "{field} is cited nowhere: {seen:?}");
    }
    assert!(["overhead", "start", "network"].iter().all(|of| seen.contains(*of)), "{seen:?}");
}

/// Neuron's cache is what its command compiles for: sequences of one length, no more than fits.
#[test]
fn neuron_allocates_what_its_command_asks_for() {
    let link = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;se=vllm-neuron;sg=trainium2;sr=2/s";
    let view = served(link).expect("a deployment");
    let command = view.launch.as_ref().expect("a command").command.clone();
    let flag = |name: &str| {
        let rest = command.split(name).nth(1).unwrap_or_else(|| panic!("{name} in {command}"));
        rest.split_whitespace().next().and_then(|n| n.parse::<f64>().ok()).expect("a number")
    };
    let asked = flag("--max-num-seqs") * flag("--max-model-len");
    assert_eq!(value(&view, "cache"), asked);
    let ranks = flag("--tensor-parallel-size");
    // By hand: 80 layers, as many of 8 heads as ranks hold, four ranks a chip, 256 numbers of 2 bytes.
    let each = 80.0 * (8.0 / ranks).ceil() * 4.0 * 256.0 * 2.0;
    let cache = view.memory.children.iter().find(|part| part.id == "memory.cache");
    let found = cache.expect("a cache").figure.shown.value;
    assert!((found / (asked * each) - 1.0).abs() < 1e-6, "{found} {asked} {each}");
}

/// Both sides of the pools are worked out again, and what is said of who is cheaper is so.
#[test]
fn pools_are_told_with_numbers_that_follow() {
    let mut verdicts = Vec::new();
    let tight = format!("{LLAMA};si=8000;so=200;st=20ms;sn=128");
    for link in links().into_iter().chain([tight]) {
        let pools = study(&link).pools;
        assert!(pools.id == "pools" && !pools.says.is_empty(), "{link}");
        let Some(table) = pools.tables.first() else { continue };
        for cell in table.rows.iter().flat_map(|row| &row.cells) {
            let Some(figure) = &cell.figure else { continue };
            let told = equations::check(&figure.substituted);
            assert!(told.as_ref().is_ok_and(|n| *n > 0), "{link}: {told:?}");
            assert!(!figure.formula.is_empty() && !figure.source.is_empty(), "{link}");
        }
        let last = table.rows.last().expect("what they cost");
        let (both, apart) = (&last.cells[1].shown, &last.cells[2].shown);
        if both.unit == "usd_per_million" && apart.unit == both.unit {
            let says = &pools.says[0];
            // What differs by less than a digit that is shown is the same.
            let gap = apart.value / both.value - 1.0;
            assert_eq!(says.contains("Apart is"), gap < -5e-4, "{link}: {says}");
            assert_eq!(says.contains("Together is"), gap > 5e-4, "{link}: {says}");
        }
        verdicts.push(pools.says[0].chars().take(8).collect::<String>());
    }
    verdicts.sort_unstable();
    verdicts.dedup();
    assert!(verdicts.len() >= 3, "{verdicts:?}");
}

/// Eight H200 of 700 W at full load: 76 % of a machine of 10.2 kW, as published; PUE and grid of Stockholm, or the
/// usual PUE and no grid.
#[test]
fn energy_and_carbon_by_hand() {
    let link = "1;m=meta-llama/Llama-3.1-8B;do=serve;sn=8";
    let machine = 10.2 * 0.76;
    let near = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    let view = served(link).expect("a deployment");
    assert_eq!(value(&view, "accelerators"), 8.0);
    assert!(near(value(&view, "energy"), machine * 1.56 * 730.0));
    assert!(view.figures.iter().all(|figure| figure.id != "carbon"));
    let view = served(&format!("{link};bs=aws:eu-north-1")).expect("a deployment");
    let kwh = machine * 1.1 * 730.0;
    assert!(near(value(&view, "energy"), kwh));
    assert!(near(value(&view, "carbon"), kwh * 0.025));
    let tokens = value(&view, "tokens_per_s") * 730.0 * 3600.0 / 1e6;
    assert!(near(value(&view, "energy_million"), kwh / tokens));
    // Half of the load draws 71.6 % (data/power.csv), less than all and more than half.
    let full = value(&view, "full");
    let half = served(&format!("{link};sl=8;stp=1;bs=aws:eu-north-1;sr={}/s", full * 0.5));
    let half = half.expect("a deployment");
    assert_eq!(value(&half, "accelerators"), 8.0);
    let share = value(&half, "energy") / kwh;
    assert!((0.6..0.85).contains(&share), "{share}");
}

#[test]
fn totals_are_the_sums_of_their_parts_and_memory_fits() {
    for link in links() {
        let view = served(&link).expect("a deployment");
        for root in [&view.memory, &view.decode, &view.prefill] {
            every_part(root, &mut |part| {
                if !part.children.is_empty() {
                    let sum: f64 = part.children.iter().map(|own| own.figure.shown.value).sum();
                    let whole = part.figure.shown.value;
                    assert!((sum - whole).abs() <= 1e-9 * whole, "{link}: {}", part.id);
                }
            });
        }
        let (used, free) = (view.memory.figure.shown.value, view.memory_free.value);
        assert_eq!(used + free, view.memory_capacity.value, "{link}");
    }
}

/// What all tokens cost by their prices is what all accelerators cost.
#[test]
fn money_is_conserved() {
    for link in links() {
        let ask = ask_of(&link);
        let best = serve::find(&ask).best.expect("a deployment");
        let own = Deployed::new(&ask, &best).expect("a deployment");
        let Some(bill) = serve::bill(&own) else { continue };
        let requests = best.now.request_rate.get() * f64::from(best.replicas) * 3600.0;
        let input = bill.input.get() * ask.traffic.prompt / 1e6;
        let output = bill.output.get() * ask.traffic.output / 1e6;
        let sum = requests * (input + output);
        assert!((sum / bill.hourly.get() - 1.0).abs() < 1e-9, "{link}: {sum}");
        let price = own.machine.price.expect("a price").get();
        let all = price * own.accelerators() as f64;
        assert!((bill.hourly.get() / all - 1.0).abs() < 1e-12, "{link}");
        assert!((bill.monthly.get() / (all * 730.0) - 1.0).abs() < 1e-12, "{link}");
        assert!(bill.alone >= bill.output, "{link}: answers alone bear the prompts as well");
    }
}

#[test]
fn goals_that_are_said_to_be_kept_are_kept_and_the_demand_is_met() {
    for link in links() {
        let ask = ask_of(&link);
        let view = served(&link).expect("a deployment");
        for goal in view.goals.iter().filter(|goal| goal.label != "Requests") {
            assert!(goal.reached.value <= goal.goal.value, "{link}: {}", goal.label);
            // A tenth of the runs lie above a range: its end well within the goal is a chance of nine tenths and more
            // (told in steps of a twentieth).
            let figure = view.figures.iter().find(|figure| figure.label == goal.label);
            let high = figure.and_then(|figure| figure.range.as_ref()).expect("a range").high;
            let sure = ["about 90%", "about 95%", "over 95%"].contains(&goal.chance.as_str());
            let edge = (high / goal.goal.value).ln().abs() < 0.2;
            assert!(edge || sure == (high < goal.goal.value), "{link}: {high} {}", goal.chance);
            assert!(!goal.chance.starts_with("under"), "{link}: {}", goal.chance);
        }
        let best = serve::find(&ask).best.expect("a deployment");
        let n = f64::from(best.replicas);
        match ask.demand {
            Demand::Rate(rate) => {
                let answered = best.now.request_rate.get() * n;
                assert!((answered / rate.get() - 1.0).abs() < 1e-6, "{link}: {answered}");
                assert!(best.full.request_rate.get() * n >= rate.get(), "{link}: it overflows");
            }
            Demand::InFlight(flight) => assert!(f64::from(best.batch) * n >= f64::from(flight)),
            Demand::Most => assert_eq!(best.now, best.full),
        }
        let machine = &ask.machines[best.at.machine];
        let used = best.at.instance.ranks() * u64::from(best.replicas);
        assert!(used <= u64::from(machine.cluster.count), "{link}");
    }
}

/// No layout of the space serves the demand with fewer dollars: each is asked by itself.
#[test]
fn nothing_that_was_looked_at_is_cheaper() {
    for link in links() {
        let ask = ask_of(&link);
        let survey = serve::find(&ask);
        let best = survey.best.expect("a deployment");
        let least = autoparallel::search::deploy::worth(&ask, &best);
        for looked in &survey.looked {
            if let Ok(other) = autoparallel::search::deploy::settle(&ask, looked) {
                let worth = autoparallel::search::deploy::worth(&ask, &other);
                assert!(worth >= least, "{link}: {:?} at {worth:?} beats {least:?}", other.at);
            }
        }
        let lost: u64 = serve::losses(&survey).iter().map(|loss| loss.count).sum();
        assert_eq!(lost + 1, survey.looked.len() as u64, "{link}: the losers and the winner");
    }
}

/// The batch limit goes into the engine; a larger one misses a goal, answers less or does not fit.
#[test]
fn the_batch_limit_is_the_best_one() {
    let ask = ask_of(LLAMA);
    let best = serve::find(&ask).best.expect("a deployment");
    let own = Deployed::new(&ask, &best).expect("a deployment");
    assert_eq!(own.service.engine.sequences, best.batch.div_ceil(best.at.instance.dp));
    let free = autoparallel::search::deploy::service(&ask, &best.at, None).expect("a service");
    let serving = Serving::new(&free, &best.at.instance);
    let most = serving.most_running(&ask.traffic).0;
    for batch in autoparallel::search::serve::batches(Sequences(most)) {
        let answer = serving.loaded(&ask.traffic, Sequences(f64::from(batch)));
        let first = answer.first_token_at(ask.share.expect("a share"));
        let keeps = ask.goals.per_token.is_none_or(|goal| answer.per_token <= goal)
            && ask.goals.first_token.is_none_or(|goal| first <= goal);
        assert!(!keeps || answer.request_rate <= best.full.request_rate, "{batch}");
    }
}

/// The step that is shown part by part is the step that a token waits for.
#[test]
fn the_step_that_is_shown_is_the_one_that_is_timed() {
    for link in links() {
        let ask = ask_of(&link);
        let best = serve::find(&ask).best.expect("a deployment");
        let own = Deployed::new(&ask, &best).expect("a deployment");
        let serving = own.serving();
        let timed = serving.writing(own.running(), own.context()).get();
        let shown = serve::decode(&own).amount.value().get();
        assert!((shown / timed - 1.0).abs() < 1e-9, "{link}: {shown} {timed}");
        let timed = serving.reading(Sequences(1.0), own.fresh()).get();
        let shown = serve::prefill(&own).amount.value().get();
        if best.at.instance.pp == 1 && own.fresh().get() > 0 {
            assert!((shown / timed - 1.0).abs() < 1e-9, "{link}: {shown} {timed}");
        }
    }
}

#[test]
fn more_demand_takes_no_fewer_accelerators_and_looser_goals_no_more() {
    let count = |link: &str| {
        let ask = ask_of(link);
        let best = serve::find(&ask).best.expect("a deployment");
        autoparallel::search::deploy::worth(&ask, &best)
    };
    let base = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sn=256";
    let by_rate: Vec<_> =
        [1, 5, 20, 80].iter().map(|rate| count(&format!("{base};sr={rate}/s"))).collect();
    assert!(by_rate.windows(2).all(|pair| pair[0] <= pair[1]), "{by_rate:?}");
    let by_goal: Vec<_> =
        [15, 25, 50, 100].iter().map(|ms| count(&format!("{base};sr=20/s;st={ms}ms"))).collect();
    assert!(by_goal.windows(2).all(|pair| pair[0] >= pair[1]), "{by_goal:?}");
    let by_share: Vec<_> = ["p50", "p90", "p99"]
        .iter()
        .map(|share| count(&format!("{base};sr=20/s;sf=400ms;sp={share}")))
        .collect();
    assert!(by_share.windows(2).all(|pair| pair[0] <= pair[1]), "{by_share:?}");
}

#[test]
fn links_of_rivals_and_of_the_layout_open_to_what_they_promise() {
    let view = served(LLAMA).expect("a deployment");
    let again = served(&view.pinned_link).expect("the same deployment");
    let degrees = |view: &ServeView| {
        view.degrees.iter().map(|own| (own.key.clone(), own.value.clone())).collect::<Vec<_>>()
    };
    assert_eq!(degrees(&again), degrees(&view));
    let study = study(LLAMA);
    assert!(study.rivals.len() >= 2);
    for rival in &study.rivals {
        let own = served(&rival.link).unwrap_or_else(|| panic!("{} opens", rival.link));
        assert_eq!(value(&own, "accelerators"), rival.accelerators.value, "{}", rival.layout);
        assert_eq!(value(&own, "tpot"), rival.per_token.value, "{}", rival.layout);
    }
}

/// Against either latency, of each kind of machine: what is slower gives more, and nothing that is known beats it.
#[test]
fn the_trade_is_what_nothing_beats_in_the_latency_that_is_shown() {
    for link in [LLAMA, &format!("{LLAMA};sg=h200,b200;si=6000;so=300;sp=p99;spt=p99;sf=800ms")] {
        let study = study(link);
        let times: [fn(&TradeView) -> f64; 2] =
            [|own| own.per_token.value, |own| own.first_token.value];
        for (line, time) in study.lines.iter().zip(times) {
            let of = |machine: u32| line.iter().filter(move |own| own.machine == machine);
            for machine in 0..study.machines.len() as u32 {
                let own: Vec<&TradeView> = of(machine).collect();
                assert!(own.len() >= 8, "{link}: {}", own.len());
                for two in own.windows(2) {
                    assert!(time(two[0]) < time(two[1]), "{link}");
                    assert!(two[0].rate.value < two[1].rate.value, "{link}");
                }
            }
            for own in line {
                let beats = |other: &&TradeView| {
                    let sooner = time(own) - time(other);
                    let more = other.rate.value - own.rate.value;
                    other.machine == own.machine
                        && sooner >= 0.0
                        && more >= 0.0
                        && sooner + more > 0.0
                };
                let better = study.lines.iter().flatten().find(beats);
                assert!(better.is_none(), "{link}: {better:?} beats {}", own.layout);
            }
        }
        assert!(study.own.chosen);
    }
}

/// A bounded search of its own finds the same line of time a token.
#[test]
fn the_trade_agrees_with_the_search_for_a_frontier() {
    let ask = ask_of(&format!("{LLAMA};sp=mean"));
    let machine = &ask.machines[0];
    let mut engine = ask.engine.clone();
    engine.sequences = sequences_most(&engine);
    let question = Question {
        model: ask.model.clone(),
        engine,
        offers: vec![Offer { cluster: machine.cluster.clone(), price: DollarsPerHour::new(1.0) }],
        formats: machine.formats.clone(),
        speculation: ask.speculation,
        traffic: ask.traffic,
        goals: Goals::default(),
    };
    let mut line: Vec<(f64, f64)> = Vec::new();
    for point in frontier(&question).points {
        let ranks = point.instance.ranks() as f64 * f64::from(point.replicas);
        let rate = point.rate.get() / ranks;
        let free = FixedServing::default();
        let more = line.last().is_none_or(|last| rate > last.1 * (1.0 + 1e-12));
        if allowed(&point.instance, &machine.degrees, &free) && more {
            line.push((point.per_token.get(), rate));
        }
    }
    let [own, _] = serve::tradeoff(&ask);
    let own: Vec<_> = own.iter().map(|own| (own.per_token.get(), own.rate.get())).collect();
    assert!(line.len() > 8 && line.len() <= 40, "{}", line.len());
    assert_eq!(own.len(), line.len(), "{own:?} {line:?}");
    for (one, other) in own.iter().zip(&line) {
        assert!((one.0 / other.0 - 1.0).abs() < 1e-9 && (one.1 / other.1 - 1.0).abs() < 1e-9);
    }
}

/// What is marked as missing a goal misses it at the share that the goal is about, and each time opens to itself.
#[test]
fn the_trade_tells_both_goals_apart() {
    let tight = format!("{LLAMA};si=6000;so=300;sf=600ms;st=40ms;sn=128");
    let shares = [("mean", ""), ("p90", ", p90"), ("p99", ", p99")];
    for (share, named) in shares {
        let link = format!("{tight};sp={share};spt={share}");
        let ask = ask_of(&link);
        let study = study(&link);
        let [further, first] = &study.latencies;
        assert!(first.name.starts_with("First token (TTFT)"), "{}", first.name);
        assert!(first.name.ends_with(if share == "mean" { ", mean" } else { named }), "{link}");
        assert_eq!(further.goal.as_ref().map(|own| own.value), Some(0.04));
        assert_eq!(first.goal.as_ref().map(|own| own.value), Some(0.6));
        let mut kinds = std::collections::BTreeSet::new();
        for own in study.lines.iter().flatten().chain([&study.own]) {
            let late = [own.per_token.value > 0.04, own.first_token.value > 0.6];
            assert_eq!(own.misses, late, "{link}: {}", own.layout);
            kinds.insert(own.misses);
            for (id, amount) in [
                ("per_token", &own.per_token),
                ("first_token", &own.first_token),
                ("rate", &own.rate),
            ] {
                let figure = own.figures.iter().find(|figure| figure.id == id).expect("a figure");
                assert_eq!(figure.shown.value, amount.value, "{link}: {id}");
                let told = equations::check(&figure.substituted);
                assert!(told.as_ref().is_ok_and(|n| *n > 0), "{link}: {id}: {told:?}");
            }
        }
        // Inside the box of one goal and yet too late by the other: what one axis alone would hide.
        assert!(kinds.contains(&[false, false]) && kinds.contains(&[false, true]), "{kinds:?}");
        let chosen = &study.own;
        assert_eq!(chosen.misses, [false, false], "{link}");
        // The answer under full load at the asked share, as the search takes it.
        let best = serve::find(&ask).best.expect("a deployment");
        let first = ask.share.map_or(best.full.first_token, |own| best.full.first_token_at(own));
        assert_eq!(chosen.first_token.value, first.get(), "{link}");
    }
}

/// The mean gap is the mean time of a token, its 99th percentile may yet be shorter: where fewer than one gap in 100 has a
/// prompt in it. That is told beside the number, and only then.
#[test]
fn a_gap_that_is_shorter_than_the_mean_is_explained() {
    let rare = "1;m=openai/gpt-oss-120b;do=serve;sg=h200;sn=64;si=100000;so=200;sf=none;st=none";
    let (mut explained, mut longer) = (0, 0);
    for link in
        links().into_iter().chain(["sr=0.1/s", "sr=1/s"].map(|rate| format!("{rare};{rate}")))
    {
        let (view, ask) = (served(&link).expect("a deployment"), ask_of(&link));
        let best = serve::find(&ask).best.expect("a deployment");
        let gap = view.figures.iter().find(|figure| figure.id == "gap").expect("the gap");
        let shorter = gap.shown.value < best.now.per_token.get() * (1.0 - 1e-9);
        assert_eq!(gap.source.contains("shorter than the mean"), shorter, "{link}: {}", gap.source);
        assert!(!gap.label.contains("no prompt") || shorter, "{link}: {}", gap.label);
        if gap.label.contains("no prompt") {
            // Prompts, a piece for each 8,192 tokens or fewer, that come while a token is written.
            let prompts = best.now.request_rate.get() * gap.shown.value;
            assert!(prompts < 0.0101, "{link}: {prompts}");
            explained += 1;
        }
        longer += u32::from(!shorter);
    }
    assert!(explained > 0 && longer > 10, "{explained} {longer}");
}

#[test]
fn whoever_is_stuck_is_told_what_stands_in_the_way_and_what_helps() {
    // A token in 2 ms: less than reading the weights takes on any split within a machine.
    let slow = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;st=2ms";
    let view = stuck(slow);
    assert!(view.headline.contains("within 2\u{a0}ms: the nearest takes"), "{}", view.headline);
    // 671 GB of weights on two cards of 80 GB.
    let full = "1;m=deepseek-ai/DeepSeek-R1;do=serve;sg=h100-sxm;sn=2";
    let view_full = stuck(full);
    assert!(view_full.headline.contains("does not fit"), "{}", view_full.headline);
    assert!(view_full.headline.contains("GiB of"), "{}", view_full.headline);
    let few = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sn=8;sr=500/s";
    let view_few = stuck(few);
    assert!(view_few.headline.contains("accelerators; there may be 8"), "{}", view_few.headline);
    for stuck in [view, view_full, view_few] {
        assert!(!stuck.remedies.is_empty(), "{}", stuck.headline);
        for remedy in &stuck.remedies {
            assert!(served(&remedy.link).is_some(), "{}: {}", stuck.headline, remedy.text);
        }
    }
}

#[test]
fn a_format_that_engine_or_hardware_lacks_is_named_with_the_nearest_that_runs() {
    let said = |link: &str| {
        let resolution = decode(link).inputs.resolve();
        assert!(resolution.ask.is_none(), "{link}");
        resolution.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let text = said("1;do=serve;sg=b200;sw=int8");
    assert!(
        text.contains("vLLM (V1) has no int8 on B200") && text.contains("nearest that runs: fp8"),
        "{text}"
    );
    let text = said("1;do=serve;sg=a100-80g;sk=fp8");
    assert!(
        text.contains("no fp8 cache on A100") && text.contains("nearest that runs: fp16"),
        "{text}"
    );
    let text = said("1;do=serve;se=trtllm;sg=mi300x");
    assert!(text.contains("on these run vLLM"), "{text}");
    let text = said("1;do=serve;se=sglang;sw=q4_k_m");
    assert!(text.contains("nearest that runs"), "{text}");
    let text = said("1;do=serve;sr=5/s;sc=3");
    assert!(text.contains("clear one of the two"), "{text}");
    // On one of two kinds it is only left out, and that is said.
    let resolution = decode("1;do=serve;sg=h200,b200;sw=int8").inputs.resolve();
    assert_eq!(resolution.ask.map(|ask| ask.machines.len()), Some(1));
    assert!(resolution.notes.iter().any(|note| note.text.contains("no int8 on B200")));
}

#[test]
fn what_is_not_typed_is_what_people_serve_in() {
    let weights = |link: &str| {
        let machines = ask_of(link).machines;
        machines[0].formats.iter().map(|(own, _)| own.key()).collect::<Vec<_>>()
    };
    assert_eq!(weights("1;do=serve"), ["bf16", "fp8"]);
    assert_eq!(weights("1;do=serve;sg=a100-80g"), ["bf16"], "no 8-bit products");
    let home = "1;m=Qwen/Qwen3-8B;do=serve;se=llamacpp;sn=1;sg=";
    assert_eq!(weights(&format!("{home}m4-max")), ["q8_0", "q4_k_m"]);
    assert_eq!(weights(&format!("{home}snapdragon-x-elite")), ["q8_0", "q4_0"]);
}

#[test]
fn every_engine_that_is_offered_runs_somewhere() {
    use autoparallel::catalogue::accelerators as machines;
    let rows = || machines::all().iter().chain(machines::edge());
    for engine in support::engines() {
        assert!(engines::find(engine).is_some(), "{engine}");
        let on: Vec<_> =
            rows().filter_map(|row| support::find(engine, &row.accelerator.generation)).collect();
        assert!(!on.is_empty(), "{engine} runs nowhere");
        for can in on {
            assert!(!can.degrees.is_empty(), "{engine}");
            for degree in &can.degrees {
                assert!(["tp", "pp", "dp", "ep"].contains(&degree.as_str()), "{engine} {degree}");
            }
        }
    }
    // What people run at home is what llama.cpp runs on.
    for key in ["m4-max", "snapdragon-x-elite", "orin-64g", "rtx-4090", "xeon-6787p", "gb10"] {
        let row = machines::find_serving(key).expect("a machine");
        assert!(support::find("llamacpp", &row.accelerator.generation).is_some(), "{key}");
    }
    let hopper = support::find("vllm", "hopper").expect("support");
    // Marlin reads 4-bit floats and multiplies in 16 (vllm-project/vllm pull 17687); Blackwell has no kernel for int8.
    assert!(!hopper.weights.iter().any(|own| own.key() == "mxfp8"));
    assert!(hopper.weights.iter().any(|own| own.key() == "nvfp4"));
    let blackwell = support::find("vllm", "blackwell").expect("support");
    assert!(!blackwell.weights.iter().any(|own| own.key() == "int8"));
}

#[test]
fn the_command_says_what_the_plan_says() {
    let view =
        served("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s;stp=4;spp=1;sb=64;sk=fp8");
    let command = view.expect("a deployment").launch.expect("a command").command;
    for flag in [
        "vllm serve meta-llama/Llama-3.3-70B-Instruct",
        "--tensor-parallel-size 4",
        "--max-num-seqs",
        "--kv-cache-dtype fp8",
    ] {
        assert!(command.contains(flag), "{flag} in {command}");
    }
    assert!(!command.contains("pipeline"), "{command}");
    // SGLang counts attention groups within tensor parallel.
    let view =
        served("1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sn=16;stp=2;sdp=8;spp=1;sep=16");
    let command = view.expect("a deployment").launch.expect("a command").command;
    assert!(command.contains("--tp-size 16 ") && command.contains("--dp-size 8 "), "{command}");
    assert!(command.contains("--enable-dp-attention"), "{command}");
}

/// By hand: 8.03 B parameters, 4.89 bits each, fit 8 GB; in 16 bits they do not.
#[test]
fn what_fits_where_agrees_with_arithmetic() {
    let link = "1;m=meta-llama/Llama-3.1-8B;do=serve;se=llamacpp;sg=orin-nano-8g;sn=1;\
        si=512;so=256;sc=1;sf=none;st=none";
    let fits = study(link).fits;
    let of = |format: &str| fits.iter().find(|own| own.weights == format).expect("a row");
    let four = of("q4_k_m");
    assert!(four.accelerators.is_some());
    let by_hand = 8.03e9 * 4.89 / 8.0;
    assert!((four.bytes.value / by_hand - 1.0).abs() < 0.03, "{} {by_hand}", four.bytes.value);
    assert!(of("bf16").accelerators.is_none());
    // No token comes sooner than its weights can be read at 102.4 GB/s.
    assert!(four.speed.value <= 102.4e9 / four.bytes.value, "{}", four.speed.value);
    assert!(of("q2_k").speed.value > of("q8_0").speed.value);
}

#[test]
fn break_even_is_where_both_cost_the_same() {
    let base = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";
    let ask = ask_of(&format!("{base};sx=0.5;sz=2"));
    let best = serve::find(&ask).best.expect("a deployment");
    let own = Deployed::new(&ask, &best).expect("a deployment");
    let bill = serve::bill(&own).expect("a bill");
    let even = serve::break_even(&own, &bill).expect("a price");
    // 10 requests of 2,048 and 512 tokens a second.
    let by_hand = 10.0 * 3600.0 * (2048.0 * 0.5 + 512.0 * 2.0) / 1e6;
    assert!((even.api.get() / by_hand - 1.0).abs() < 1e-6, "{} {by_hand}", even.api.get());
    assert!((even.share.get() * even.api.get() / bill.hourly.get() - 1.0).abs() < 1e-9);
}

#[test]
fn a_goal_that_all_miss_is_lost_by_name() {
    let ask = ask_of("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;st=2ms");
    let survey = serve::find(&ask);
    assert!(survey.best.is_none());
    let goal = Seconds::new(0.002);
    for looked in &survey.looked {
        match looked.loss {
            Some(Loss::Slow(time)) => assert!(time > goal),
            Some(Loss::Full | Loss::Short) => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(link::encode(&decode(LLAMA).inputs) == LLAMA);
}
