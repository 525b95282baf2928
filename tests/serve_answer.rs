//! What stands beside a deployment: pools in the first line, numbers that open down to steps, one rival on every kind of
//! machine, remedies of a load that is too high, guessing ahead, and words for what no engine has.

#![cfg(not(target_arch = "wasm32"))]

#[path = "plan/equations.rs"]
mod equations;
#[path = "support/told.rs"]
mod told;

use autoparallel::api::budget::TableView;
use autoparallel::api::{Answer, Figure, ServeView};
use autoparallel::estimate::serve::{Sequences, Serving};
use autoparallel::inputs::Key;
use autoparallel::link::decode;
use autoparallel::plan::serve;
use autoparallel::search::deploy::{self, Candidate};
use autoparallel::serving::Instance;
use autoparallel::units::text::show;
use autoparallel::units::{Ratio, Tokens};
use told::{answers, stuck, study, value};

const APART: &str =
    "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=20/s;si=4000;so=1000;ds=0;sn=128";
const ONLY_APART: &str = "1;m=deepseek-ai/DeepSeek-V3;do=serve;se=sglang-ep;sg=h100-sxm;sn=96;\
    sr=100/s;si=2000;so=100;sf=5s;st=100ms;ds=0";
const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

fn served(link: &str) -> ServeView {
    told::served(link).unwrap_or_else(|| panic!("{link} has no deployment"))
}

fn problems(link: &str) -> String {
    let resolution = decode(link).inputs.resolve();
    resolution.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A figure and all that it follows from.
fn every(figure: &Figure, see: &mut impl FnMut(&Figure)) {
    see(figure);
    figure.parts.iter().for_each(|part| every(part, see));
}

#[test]
fn the_first_line_knows_of_pools_and_both_sides_are_the_answers_own() {
    let (view, found) = (served(APART), study(APART));
    assert!(found.apart_wins && found.apart.contains("cheaper"), "{}", found.apart);
    assert_eq!(found.of, view.pinned_link, "it stands beside this answer");
    let table = &found.pools.tables[0];
    let row = |name: &str| {
        let row = table.rows.iter().find(|row| row.cells[0].shown.text.starts_with(name));
        row.unwrap_or_else(|| panic!("no {name}"))
    };
    let number = |name: &str, column: usize| row(name).cells[column].shown.value;
    assert_eq!(number("Accelerators", 1), value(&view, "accelerators"));
    assert_eq!(number("First token", 1), value(&view, "ttft"));
    assert_eq!(number("Each further token", 1), value(&view, "tpot"));
    // What is said of the saving is the ratio of what both take at one rate and price.
    let cost = "1M answer tokens, prompts included";
    let less = 1.0 - number(cost, 2) / number(cost, 1);
    assert!(less > 0.1, "{less}");
    assert!(found.apart.contains(&format!("{:.1}%", less * 100.0)), "{}", found.apart);
    assert!(number("First token", 2) <= 2.0 && number("Each further token", 2) <= 0.05);
    // Where pools lose, the line says so and does not win.
    let other = study(LLAMA);
    let costs = other.pools.tables[0].rows.last().expect("a price");
    let (both, apart) = (costs.cells[1].shown.value, costs.cells[2].shown.value);
    assert_eq!(other.apart_wins, apart < both * (1.0 - 5e-4), "{}", other.apart);
    // llama.cpp has none.
    let edge = study("1;m=Qwen/Qwen3-8B;do=serve;se=llamacpp;sg=m4-max;sn=1;sc=1;sf=none;st=none");
    assert!(edge.apart.is_empty() && edge.pools.says[0].contains("hands no prompt's cache"));
}

#[test]
fn pools_that_serve_where_nothing_else_does_are_told() {
    let view = stuck(ONLY_APART);
    let pools = view.pools.expect("pools");
    assert!(pools.says.contains("apart serve it"), "{}", pools.says);
    let table = &pools.sheet.tables[0];
    let row = table.rows.iter().find(|row| row.cells[0].shown.text == "Accelerators");
    let n = row.expect("accelerators").cells[2].shown.value;
    assert!((2.0..=96.0).contains(&n), "{n}");
    for cell in table.rows.iter().flat_map(|row| &row.cells) {
        let Some(figure) = &cell.figure else { continue };
        every(figure, &mut |own| {
            if let Err(wrong) = equations::check(&own.substituted) {
                panic!("{}: {wrong}", own.label);
            }
        });
    }
    // Where the weights do not fit at all, neither do pools.
    assert!(stuck("1;m=deepseek-ai/DeepSeek-R1;do=serve;sg=h100-sxm;sn=2").pools.is_none());
}

/// What the pools are told is what they were sized by, and both are started as their engine says.
#[test]
fn pools_can_be_taken() {
    let found = study(APART);
    let [beside, settings] = found.pools.tables.as_slice() else { panic!("two tables") };
    let row = |table: &TableView, name: &str| -> Vec<String> {
        let row = table.rows.iter().find(|row| row.cells[0].shown.text.starts_with(name));
        let cells = &row.unwrap_or_else(|| panic!("{name}")).cells;
        cells[1..].iter().map(|cell| cell.shown.text.clone()).collect()
    };
    let whole = |text: &String| -> f64 {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap_or_else(|_| panic!("{text}"))
    };
    let [n, each] = ["Instances", "Accelerators of one"].map(|name| row(settings, name));
    let all: f64 = n.iter().zip(&each).map(|(n, each)| whole(n) * whole(each)).sum();
    assert_eq!(all, whole(&row(beside, "Accelerators")[1]), "{n:?} {each:?}");
    // No fewer than decode in a writer at that load.
    let limits = row(settings, "Sequences at once");
    let running: f64 = row(beside, "Decode together")[1].parse().expect("a number");
    assert!(whole(&limits[1]) >= running, "{limits:?} {running}");
    // Times have the ranges of measured pools.
    for name in ["First token", "Each further token"] {
        let own = beside.rows.iter().find(|row| row.cells[0].shown.text.starts_with(name));
        assert!(!own.expect(name).cells[2].below.is_empty(), "{name}");
    }
    assert!(found.pools.notes.iter().any(|note| note.contains("runs of pools")));
    assert!(found.pools.notes.iter().any(|note| note.contains("No link holds both pools")));
    let command = &found.pools_launch.command;
    for (flag, value) in
        [("max-running-requests", &limits[0]), ("max-running-requests", &limits[1])]
    {
        assert!(command.contains(&format!("--{flag} {}", whole(value))), "{command}");
    }
    assert!(command.contains(&format!("# On each of {} readers", n[0])), "{command}");
    for flag in ["--disaggregation-mode prefill", "--disaggregation-mode decode"] {
        assert_eq!(command.matches(flag).count(), 1, "{command}");
    }
    assert!(command.contains("launch_router --pd-disaggregation"), "{command}");
    // Where only pools serve they stand beside what stands in the way.
    let told = |engine: &str| {
        let link = APART.replace("se=sglang", engine);
        match told::served(&link) {
            Some(_) => study(&link).pools_launch,
            None => stuck(&link).pools.expect("pools").launch,
        }
    };
    let vllm = told("se=vllm").command;
    for role in ["kv_producer", "kv_consumer"] {
        let role = format!("\"kv_role\": \"{role}\"}}'");
        let flag = format!("--kv-transfer-config '{{\"kv_connector\": \"NixlConnector\", {role}");
        assert_eq!(vllm.matches(&flag).count(), 1, "{vllm}");
    }
    let trtllm = told("se=trtllm").command;
    for part in ["context_servers:", "generation_servers:", "trtllm-serve disaggregated -c"] {
        assert_eq!(trtllm.matches(part).count(), 1, "{trtllm}");
    }
    assert_eq!(trtllm.matches("cache_transceiver_config:").count(), 2, "{trtllm}");
    assert_eq!(trtllm.matches("disable_overlap_scheduler").count(), 1, "only readers: {trtllm}");
    // An engine that nobody may start so says so.
    let own = study(&format!("{LLAMA};se=vllm-2024")).pools_launch;
    assert!(own.command.is_empty() && own.notes[0].contains("No commands"), "{own:?}");
    // The instance that does both is started as ever.
    assert!(!served(APART).launch.expect("a command").command.contains("disaggregation"));
}

/// Whoever leaves the format to the planner reads that the checkpoint has another, what that does, and what the other costs.
#[test]
fn weights_in_fewer_bits_than_the_checkpoint_are_told() {
    let view = served(LLAMA);
    let told = view.doubts.join(" ");
    assert!(told.contains("The checkpoint has bf16, this plan serves fp8"), "{told}");
    assert!(told.contains("arXiv 2411.02355"), "{told}");
    assert!(view.summary.contains("fp8 (the checkpoint has bf16)"), "{}", view.summary);
    let taken = |view: &ServeView| {
        view.assumptions.iter().any(|own| own.text.starts_with("The checkpoint has bf16"))
    };
    assert!(taken(&view));
    // What it takes to stay is what the format typed takes.
    let wide = served(&format!("{LLAMA};sw=bf16"));
    let n = value(&wide, "accelerators");
    assert!(told.contains(&format!("on {n} H200 SXM instead of")), "{n}: {told}");
    let more = value(&wide, "monthly") / value(&view, "monthly") - 1.0;
    assert!(told.contains(&format!("costs {} more", show::percent(Ratio::new(more)))), "{told}");
    assert!(wide.doubts.is_empty() && !taken(&wide), "{:?}", wide.doubts);
    // Typed alone nothing else was asked for, and what is stored so is as published.
    let typed = served(&format!("{LLAMA};sw=fp8")).doubts.join(" ");
    assert!(typed.contains("this plan serves fp8") && !typed.contains("Staying"), "{typed}");
    assert!(served("1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=12/s").doubts.is_empty());
}

/// Requests that are too long for the model are told where the longer part was typed, and shortening that serves.
#[test]
fn what_is_too_long_is_told_where_it_was_typed() {
    for (typed, key, noun) in
        [("so=200000", Key::Answer, "Answers of"), ("si=200000", Key::Prompt, "Prompts of")]
    {
        let link = format!("{LLAMA};{typed}");
        let notes = decode(&link).inputs.resolve().notes;
        let own: Vec<_> = notes.iter().filter(|own| own.text.contains("positions that")).collect();
        assert_eq!(own.iter().map(|own| own.key).collect::<Vec<_>>(), [key], "{typed}");
        if answers(&link).iter().any(|answer| matches!(answer, Answer::Stuck { .. })) {
            let remedies = stuck(&link).remedies;
            assert!(!remedies.is_empty(), "{typed}");
            for own in remedies {
                assert!(own.text.starts_with(noun), "{typed}: {}", own.text);
                served(&own.link);
            }
        }
    }
}

#[test]
fn numbers_open_down_to_steps_and_every_level_adds_up() {
    let links = [
        LLAMA,
        APART,
        "1;m=meta-llama/Llama-3.1-8B;do=serve;sg=a100-80g;sc=64;sq=3;sx=0.1;sz=0.4",
        "1;m=meta-llama/Llama-3.1-8B;do=serve;sf=none;st=none;sp=mean;sn=8",
        "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sg=h100-sxm,h200-sxm,b200;sr=40/s;sp=p99",
        "1;m=Qwen/Qwen3-30B-A3B;do=serve;se=sglang;sr=10/s;sv=0",
    ];
    for link in links {
        let (view, found) = (served(link), study(link));
        let mut deepest = 0;
        let mut all: Vec<Figure> = view.figures.clone();
        all.extend(view.why.clone());
        all.extend(view.roof.points.iter().flat_map(|point| point.figures.clone()));
        all.extend(found.rivals.iter().flat_map(|own| own.figures.clone()));
        let trade = || found.lines.iter().flatten().chain([&found.own]);
        all.extend(trade().flat_map(|own| own.figures.clone()));
        all.extend(found.fits.iter().flat_map(|own| own.figures.clone()));
        assert!(view.why.len() >= 2 && trade().all(|own| own.figures.len() == 3));
        for figure in &all {
            every(figure, &mut |own| {
                assert!(!own.formula.is_empty() && !own.source.is_empty(), "{link}: {}", own.label);
                if let Err(wrong) = equations::check(&own.substituted) {
                    panic!("{link}: {} of {}: {wrong}", own.label, figure.label);
                }
                deepest = deepest.max(own.parts.len());
            });
        }
        let ttft = view.figures.iter().find(|figure| figure.id == "ttft").expect("a first token");
        let names: Vec<&str> = ttft.parts.iter().map(|part| part.id.as_str()).collect();
        assert_eq!(names, ["handling_reading", "waiting"], "{link}");
        let own = &ttft.parts[0];
        let sum: f64 = own.parts.iter().map(|part| part.shown.value).sum();
        assert!((sum / own.shown.value - 1.0).abs() < 1e-9, "{link}: {sum}");
        assert!(deepest >= 2, "{link}");
    }
}

#[test]
fn every_kind_of_machine_that_was_asked_for_is_told_of() {
    let kinds = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s;\
        sg=h200-sxm,h100-sxm,b200,mi300x";
    let edge = "1;m=Qwen/Qwen3-8B;do=serve;se=llamacpp;sn=1;sc=1;sf=none;st=none;si=512;so=256;\
        sg=m4-max,m4-pro,rtx-4090,rtx-3090,orin-nano-8g,snapdragon-x-elite,rtx-5090,m2-ultra";
    for link in [kinds, edge] {
        let (view, found) = (served(link), study(link));
        assert!(found.machines.len() >= 4, "{:?}", found.machines);
        for machine in &found.machines {
            let chosen = view.title.contains(machine.as_str());
            let rival = found.rivals.iter().any(|own| own.layout.ends_with(machine.as_str()));
            let refused = found.unserved.iter().any(|text| text.starts_with(machine.as_str()));
            assert!(chosen || rival || refused, "{link}: {machine}");
            assert!(!(rival && refused), "{link}: {machine}");
        }
        assert!(found.rivals.iter().all(|own| own.dearer.value >= 0.0));
    }
}

#[test]
fn a_load_that_is_too_high_says_what_is_held_and_each_remedy_holds() {
    let view = stuck(&LLAMA.replace("10/s", "1000000/s"));
    assert!(view.headline.contains("which hold") && view.headline.contains("there may be 64"));
    let lower = view.remedies.iter().find(|own| own.text.starts_with("Lower the rate to"));
    let lower = lower.unwrap_or_else(|| panic!("{:?}", view.remedies));
    let best = served(&lower.link);
    assert!(value(&best, "accelerators") <= 64.0);
    // A little too much: less of anything helps.
    let view = stuck(&LLAMA.replace("sr=10/s", "sn=8;sr=14/s"));
    for start in ["Lower the rate", "Prompts of"] {
        assert!(view.remedies.iter().any(|own| own.text.starts_with(start)), "{:?}", view.remedies);
    }
    for remedy in &view.remedies {
        served(&remedy.link);
    }
}

#[test]
fn guessing_ahead_is_told_against_not_guessing_and_stands_in_the_command() {
    let command = |link: &str| served(link).launch.expect("a command").command;
    let bad = format!("{LLAMA};sq=8;sy=0.3");
    let found = study(&bad);
    assert!(found.guessing_hurts && found.guessing.contains("hurts"), "{}", found.guessing);
    assert!(command(&bad).contains("\"num_speculative_tokens\": 8"), "{}", command(&bad));
    assert!(study(LLAMA).guessing.is_empty());
    let alone = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sc=1;sn=8;sf=none;st=none";
    let good = study(&format!("{alone};sq=3;sy=0.8"));
    assert!(!good.guessing_hurts, "{}", good.guessing);
    let own = command("1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=5/s;sq=1;sy=0.8");
    for flag in ["--speculative-algorithm EAGLE", "--speculative-num-draft-tokens 2"] {
        assert!(own.contains(flag), "{own}");
    }
    assert!(!own.contains("draft-model-path"), "its own head guesses: {own}");
    let old = command("1;m=meta-llama/Llama-3.1-8B;do=serve;se=sglang;sr=5/s;sq=2");
    assert!(old.contains("--speculative-draft-model-path path/to/draft"), "{old}");
    // Neither engine guesses in a pipeline.
    for engine in ["vllm", "sglang"] {
        let link = format!("{LLAMA};se={engine};sq=2");
        let ask = decode(&link).inputs.resolve().ask.expect("a question");
        let survey = serve::find(&ask);
        assert!(survey.looked.iter().all(|looked| looked.at.instance.pp == 1), "{engine}");
    }
}

#[test]
fn what_no_engine_has_is_told_with_what_to_do() {
    let text = problems("1;do=serve;sw=pruned50");
    assert!(text.contains("zeros") && text.contains("fp8-2of4"), "{text}");
    let text = problems("1;do=serve;sk=int8");
    assert!(text.contains("engines that have it there: ") && text.contains("TensorRT"), "{text}");
    assert_eq!(problems("1;do=serve;sh=99.9%"), "");
    assert!(!problems("1;do=serve;sh=1").is_empty());
}

/// At the rate where it turns, one instance costs what its requests cost by the token.
#[test]
fn paying_by_the_token_turns_where_both_cost_the_same_or_never() {
    let dear = served(&format!("{LLAMA};sx=0.0001;sz=0.0001")).break_even;
    assert!(dear.contains("It never turns"), "{dear}");
    let little = LLAMA.replace("10/s", "0.01/s");
    let text = served(&format!("{little};sx=3;sz=15")).break_even;
    let rate = text.split("It turns at ").nth(1).unwrap_or_else(|| panic!("{text}"));
    let rate: f64 = rate.split(' ').next().and_then(|own| own.parse().ok()).expect("a rate");
    let ask = decode(&little).inputs.resolve().ask.expect("a question");
    let best = serve::find(&ask).best.expect("a deployment");
    let hour = deploy::hourly(&ask, &best).expect("a price").get() / f64::from(best.replicas);
    // 2,048 tokens of prompt and 512 of answer, as the defaults are.
    let paid = rate * 3600.0 * (2048.0 * 3.0 + 512.0 * 15.0) / 1e6;
    assert!((paid / hour - 1.0).abs() < 0.01, "{paid} {hour}");
}

/// A pipeline passes one sequence from stage to stage: it never writes one sequence sooner than its stages' width does.
#[test]
fn stages_never_shorten_a_token_of_one_sequence() {
    for (engine, model) in [
        ("sglang", "deepseek-ai/DeepSeek-R1"),
        ("sglang", "meta-llama/Llama-3.3-70B-Instruct"),
        ("vllm", "meta-llama/Llama-3.3-70B-Instruct"),
        ("trtllm", "Qwen/Qwen3-30B-A3B"),
    ] {
        let link = format!("1;m={model};do=serve;se={engine}");
        let ask = decode(&link).inputs.resolve().ask.expect("a question");
        let token = |pp: u32, tp: u32| {
            let instance = Instance { tp, pp, ..Instance::ONE };
            let format = ask.machines[0].formats.len() - 1;
            let at = Candidate { machine: 0, format, instance };
            let service = deploy::service(&ask, &at, None).expect("a service");
            Serving::new(&service, &instance).writing(Sequences(1.0), Tokens::new(2000)).get()
        };
        for tp in [4, 8] {
            assert!(token(2, tp) >= token(1, tp), "{link} TP {tp}");
            assert!(token(4, tp) >= token(2, tp), "{link} TP {tp}");
        }
    }
}

#[test]
fn constants_of_ones_own_are_told_as_such_at_every_depth() {
    let view = served(&format!("{LLAMA};seo=request_ms:20"));
    let first = view.figures.iter().find(|figure| figure.id == "ttft").expect("a first token");
    let mut found = false;
    every(first, &mut |own| {
        found |= own.id == "handling" && own.source.contains("request_ms 20: yours");
    });
    assert!(found, "the host's work rests on it");
}
