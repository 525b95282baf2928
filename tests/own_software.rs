//! A stack and an engine of the user's own: what they change, that links carry them, and the pace that follows from what
//! was measured.

use autoparallel::api;
use autoparallel::api::own::{OwnRuns, own_rows, pace_of_step, pace_of_token};
use autoparallel::api::{Answer, PartView, PlanView, ServeView};
use autoparallel::case::Case;
use autoparallel::catalogue::constants::{Constant, SERVING, TRAINING};
use autoparallel::catalogue::{engines, stacks};
use autoparallel::estimate::{Book, TimePart};
use autoparallel::inputs::{Inputs, Key};
use autoparallel::layout::{Layout, ZeroStage};
use autoparallel::link::{self, decode, encode};
use autoparallel::plan::{Finding, basis, find};
use autoparallel::serving::FactorOf;
use autoparallel::stack::Technique;

const SMALL: &str = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1B";

fn inputs(own: &str) -> Inputs {
    decode(SMALL).inputs.with(Key::OwnStack, own)
}

fn case(own: &str) -> Case {
    let resolution = inputs(own).resolve();
    assert!(resolution.problems.is_empty(), "{own}: {:?}", resolution.problems);
    resolution.case.expect("a case")
}

fn plan(link: &str) -> PlanView {
    let mut found = None;
    api::answer(1, link, &|| 0.0, &mut || false, &mut |answer| match answer {
        Answer::Plan { plan, .. } => found = Some(*plan),
        other => panic!("{link}: {other:?}"),
    });
    found.expect("a plan")
}

fn served(link: &str) -> ServeView {
    let mut found = None;
    api::serve(1, link, &|| 0.0, &mut |answer| match answer {
        Answer::Served { serve, .. } => found = Some(*serve),
        other => panic!("{link}: {other:?}"),
    });
    found.expect("a deployment")
}

fn value(figures: &[api::Figure], id: &str) -> f64 {
    figures.iter().find(|figure| figure.id == id).expect("a figure").shown.value
}

/// The part of that name, wherever it stands.
fn part<'a>(of: &'a PartView, id: &str) -> Option<&'a PartView> {
    if of.id == id { Some(of) } else { of.children.iter().find_map(|child| part(child, id)) }
}

/// Tensor parallel over all eight, one sequence at a time.
fn split() -> Layout {
    Layout { tp: 8, sp: true, dp: 1, micro_batch: 1, ..Layout::SINGLE }
}

fn near(one: f64, other: f64, off: f64) {
    assert!((one / other - 1.0).abs() < off, "{one} {other}");
}

#[test]
fn every_constant_of_the_catalogue_lies_within_its_bounds() {
    let within = |table: &[Constant], field: &str, value: &str, of: &str| {
        let Some(own) = table.iter().find(|own| own.field == field) else { return };
        let number: f64 = value.parse().expect("a number");
        assert!((own.min..=own.max).contains(&number), "{of}: {field} {value}");
    };
    for stack in stacks::all() {
        for own in TRAINING {
            let fact = stacks::holds(&stack.key, own.field).expect("a fact");
            within(&TRAINING, own.field, &fact.value, &stack.key);
        }
    }
    for engine in engines::all() {
        for own in SERVING {
            let fact = engines::holds(&engine.key, own.field).expect("a fact");
            within(&SERVING, own.field, &fact.value, &engine.key);
        }
    }
}

/// With every constant typed as it is, the stack computes as its base does.
#[test]
fn typed_as_it_is_a_stack_is_its_base() {
    for base in stacks::all() {
        let typed = TRAINING.iter().map(|own| {
            let fact = stacks::holds(&base.key, own.field).expect("a fact");
            format!("{}:{}", own.field, fact.value)
        });
        let typed: Vec<String> = typed.collect();
        let inputs = inputs(&typed.join(",")).with(Key::Stack, &base.key);
        let own = inputs.resolve().case.expect("a case").stack;
        assert_eq!(own.profile, base.profile, "{}", base.key);
        assert_eq!(own.techniques, base.techniques, "{}", base.key);
        assert_eq!(own.paces, base.paces, "{}", base.key);
        assert_eq!(own.own.expect("one's own").changes.len(), TRAINING.len());
    }
    for base in engines::all() {
        let own = autoparallel::stack::Own { base: base.name.clone(), changes: Vec::new() };
        let same = engines::with_own(base, own, &base.name, &base.version).expect("an engine");
        let base = autoparallel::serving::Engine { date: String::new(), ..base.clone() };
        assert_eq!(autoparallel::serving::Engine { own: None, ..same }, base);
    }
}

#[test]
fn half_the_rate_of_products_is_twice_their_time() {
    let before = case("matmul:0.8");
    let after = case("matmul:0.4");
    let time = |case: &Case| Book::new(case).estimate(&split()).time;
    let (before, after) = (time(&before), time(&after));
    let part = |time: &autoparallel::estimate::Time, part| time.get(part).get();
    near(part(&after, TimePart::Matmul), 2.0 * part(&before, TimePart::Matmul), 1e-9);
    for same in [TimePart::Attention, TimePart::Pointwise, TimePart::Overhead] {
        near(part(&after, same), part(&before, same), 1e-9);
    }
}

/// All-gathers and reduce-scatters of tensor parallelism: what hides at a share of one half is as much as what does not,
/// so with nothing hidden they take twice as long.
#[test]
fn communication_that_nothing_hides_is_all_exposed() {
    let time = |own: &str| {
        let case = case(own);
        Book::new(&case).estimate(&split()).time.get(TimePart::Tensor).get()
    };
    near(time("overlap_tensor:0"), 2.0 * time("overlap_tensor:0.5"), 1e-9);
    // Half the share of the link, twice the bytes' time: with no start of a collective that is all there is of it.
    let bare = "overlap_tensor:0,collective_us:0,link_inside:";
    let slower = time(&format!("{bare}0.3")) / time(&format!("{bare}0.6"));
    assert!((1.8..=2.0).contains(&slower), "{slower}");
}

#[test]
fn a_fixed_time_of_the_step_is_added_as_typed() {
    let step = |own: &str| Book::new(&case(own)).estimate(&split()).step().get();
    let added = step("step_overhead_ms:500") - step("step_overhead_ms:100");
    assert!((added - 0.4).abs() < 1e-9, "{added}");
}

#[test]
fn techniques_are_added_and_taken_away() {
    let has = |own: &str, technique| case(own).stack.techniques.has(technique);
    assert!(has("matmul:0.8", Technique::Zero3) && !has("-zero3", Technique::Zero3));
    assert!(!has("matmul:0.8", Technique::DualPipe) && has("dualpipe", Technique::DualPipe));
    // A layout that needs it is gone, and the reason names it.
    let with = inputs("matmul:0.8").with(Key::Zero, "3").resolve().case.expect("a case");
    let Finding::Plan(plan) = find(&with) else { panic!("a plan") };
    assert_eq!(plan.layout.zero, ZeroStage::Three);
    let without = inputs("-zero3").with(Key::Zero, "3").resolve().case.expect("a case");
    assert!(matches!(find(&without), Finding::Nothing(_)));
    let free = inputs("-zero3,-zero2,-zero1").resolve().case.expect("a case");
    if let Finding::Plan(plan) = find(&free) {
        assert_eq!(plan.layout.zero, ZeroStage::Zero);
    }
    // What the base cannot run together, its fork cannot either; what it lacks needs no reason.
    let pairs = |own: &str| case(own).stack.exclusions.len();
    assert!(pairs("-zero3") < pairs("matmul:0.8"));
}

#[test]
fn a_plan_says_whose_stack_it_is_for() {
    let own = plan(&encode(&inputs("matmul:0.8,-zero3")));
    let told = "your stack (Megatron-Core with matmul 0.8, without ZeRO stage 3)";
    assert!(own.summary.contains(told), "{}", own.summary);
    assert!(own.title.ends_with(&format!("with {told}")), "{}", own.title);
    let trust = own.trust.expect("a basis");
    assert!(!trust.measured && trust.text.starts_with(&format!("No run of {told}")), "{trust:?}");
    let source = &part(&own.time, "time.compute.matmul").expect("products").figure.source;
    assert!(source.contains("matmul 0.8: yours; 0."), "{source}");
    let yours = own.assumptions.iter().find(|own| own.text.starts_with("Your stack"));
    assert!(yours.is_some_and(|own| own.text.contains("80.0%") && own.source.contains("yours")));
    // Named, with a version; its name alone changes no figure and no range.
    let named = inputs("").with(Key::OwnStackName, "Acme").with(Key::OwnStackVersion, "1.2");
    let named = plan(&encode(&named));
    let base = plan(SMALL);
    assert!(named.summary.contains("with Acme 1.2 (Megatron-Core):"), "{}", named.summary);
    assert_eq!(value(&named.figures, "step_time"), value(&base.figures, "step_time"));
    assert_eq!(named.trust.map(|own| own.measured), base.trust.map(|own| own.measured));
    assert!(named.link.contains(";kn=Acme;kv=1.2"), "{}", named.link);
}

#[test]
fn ranges_are_wider_where_nothing_was_measured() {
    let width = |case: &Case| {
        let own = case.stack.spread(&case.cluster.accelerator.generation).expect("a spread");
        own.time.1.get() / own.time.0.get()
    };
    let (own, base) = (case("matmul:0.8"), decode(SMALL).inputs.resolve().case.expect("a case"));
    assert!(width(&own) > width(&base));
    assert!(!basis(&own, "H100").expect("a basis").measured);
}

/// `read` -> `resolve` -> the same answer from its link, in any order of what was typed.
#[test]
fn a_link_gives_the_same_answer() {
    let typed = inputs("-zero3, overlap tensor: 0%, Matmul=80 %, pace@H100:0.9");
    let link = encode(&typed);
    assert!(
        link.ends_with("ko=matmul:0.8,overlap_tensor:0,pace@h100-sxm/bf16:0.9,-zero3"),
        "{link}"
    );
    assert_eq!(decode(&link).inputs.resolve().case, typed.resolve().case);
    let echo = typed.resolve();
    let echo = &echo.echo(Key::OwnStack).expect("an echo").meaning;
    assert!(echo.contains("matmul 0.8 (not 0.") && echo.contains("without ZeRO stage 3"), "{echo}");
    let wrong = inputs("mat_mul:0.8").resolve();
    assert!(wrong.case.is_none());
    let said = wrong.problem(Key::OwnStack).expect("a problem").to_string();
    assert!(said.contains("near it: matmul"), "{said}");
}

/// A step that takes a fifth longer than estimated: at the pace that is found it does.
#[test]
fn a_measured_step_makes_the_pace() {
    let base = plan(SMALL);
    let step = value(&base.figures, "step_time");
    let found = pace_of_step(&base.pinned_link, &format!("{} ms", step * 1.2e3));
    assert!(found.faults.is_empty() && found.text.contains("At a pace of"), "{found:?}");
    let [(field, pace)] = &found.changes[..] else { panic!("{found:?}") };
    assert_eq!(field, "pace@h100-sxm/bf16");
    let own = decode(&base.pinned_link).inputs.with(Key::OwnStack, format!("{field}:{pace}"));
    near(value(&plan(&encode(&own)).figures, "step_time"), 1.2 * step, 1e-3);
    // Found again from there, it is the same, whatever pace stood there before.
    let again = pace_of_step(&plan(&encode(&own)).pinned_link, &format!("{} ms", step * 1.2e3));
    assert_eq!(again.changes, found.changes);
    for (typed, fault) in [("", "nothing is typed"), ("1 us", "no pace"), ("fast", "number")] {
        let found = pace_of_step(&base.pinned_link, typed);
        assert!(found.changes.is_empty() && found.faults[0].contains(fault), "{typed}: {found:?}");
    }
}

/// Two layouts, each measured at what the estimate says at a known pace: that pace comes back. A third run measured 10 %
/// slower lies ln 1.1 off.
#[test]
fn runs_of_ones_own_make_a_pace() {
    let at = |tp: u32, mbs: u32, pace: f64| {
        let fixed = format!("tp={tp};cp=1;pp=1;mbs={mbs};zero=1");
        let link = format!("{SMALL};{fixed};ko=pace@h100-sxm/bf16:{pace}");
        value(&plan(&link).figures, "step_time")
    };
    let line = |tp: u32, mbs: u32, step: f64| {
        format!("Llama-2-7b-hf,H100-80GB-SXM,8,{tp},1,1,{mbs},1,64,4096,{step}")
    };
    let head = "model,accel,num_accel,tp,pp,cp,mbs,zero_stage,gbs,seq_len,step_time_s";
    let look = |lines: &[String]| {
        let text = format!("{head}\n{}\n", lines.join("\n"));
        let mut runs = OwnRuns::read(&text, &decode(SMALL).inputs);
        while runs.advance() {}
        runs.found()
    };
    let found = look(&[(2, 1), (4, 1), (4, 2)].map(|(tp, mbs)| line(tp, mbs, at(tp, mbs, 0.8))));
    assert_eq!(found.faults, [""; 0]);
    let [(field, pace)] = &found.changes[..] else { panic!("{found:?}") };
    assert_eq!(field, "pace@h100-sxm/bf16");
    near(pace.parse().expect("a number"), 0.8, 1e-3);
    assert!(found.text.contains("3 runs, a pace of 0.80 ") && found.text.contains("0.0% off"));
    let found = look(
        &[(2, 1, 1.0), (4, 1, 1.0), (4, 2, 1.1)]
            .map(|(tp, mbs, by)| line(tp, mbs, by * at(tp, mbs, 0.8))),
    );
    assert!(found.text.contains("9.5% at most"), "{}", found.text);
    let found = look(&[line(3, 1, 1.0), "x,H100,8,1,1,1,1,1,64,4096,1".into(), line(2, 1, 0.0)]);
    assert_eq!((found.changes.len(), found.faults.len()), (0, 3), "{found:?}");
    assert!(found.faults.iter().any(|fault| fault.contains("Line 3: model")), "{found:?}");
    assert!(found.faults.iter().any(|fault| fault.contains("Line 4: no time")), "{found:?}");
}

/// The file that `examples/fit` writes, as it lies in the repository: all that it says of the stack that is chosen.
#[test]
fn a_fitted_profile_is_taken() {
    let text = include_str!("../src/catalogue/data/fitted.csv");
    for base in stacks::all().iter().filter(|base| base.key != stacks::UNCONSTRAINED) {
        let inputs = Inputs::default().with(Key::Stack, &base.key);
        let found = OwnRuns::read(text, &inputs).found();
        let of = text.lines().filter(|line| line.starts_with(&format!("{},", base.key))).count();
        assert_eq!(found.changes.len(), of, "{found:?}");
        if of == 0 {
            continue;
        }
        let words = found.changes.iter().map(|(name, value)| format!("{name}:{value}"));
        let words = words.collect::<Vec<_>>().join(",");
        // It fits a link whole.
        let link = link::encode_whole(&inputs.clone().with(Key::OwnStack, words));
        assert_eq!(link.left_out, [], "{}", base.key);
        let resolution = decode(&link.text).inputs.resolve();
        assert_eq!(resolution.problems, [], "{}", base.key);
        let own = resolution.case.expect("a case").stack;
        assert_eq!(own.profile, base.profile);
        for pace in &base.paces {
            let of = |stack: &autoparallel::stack::Stack| {
                stack.pace(&pace.accelerator, "", &pace.precision).cloned()
            };
            assert_eq!(of(&own), of(base));
        }
    }
}

const SERVED: &str = "1;do=serve;m=meta-llama/Llama-3.1-8B;sg=h100-sxm;sc=32;st=none;sf=none";

/// The product of an engine's factors on an H100 with 16-bit weights.
fn on_h100(engine: &autoparallel::serving::Engine, of: FactorOf) -> f64 {
    let held = engine.factors_on(of, ("h100-sxm", "hopper"), "wide");
    held.fold(1.0, |all, factor| all * factor.value.get())
}

#[test]
fn an_engine_of_ones_own_changes_what_it_says() {
    let base = served(SERVED);
    let link = format!("{SERVED};stp=1;sn=1;seo=step_us:20000;sen=fork");
    let slow = served(&link);
    let fast = served(&link.replace("20000", "10000"));
    // A step of decoding makes a token of every sequence: ten milliseconds more of the host are ten more each, times
    // what hosts of such machines were measured at, and what prompts in between take on top.
    let more = value(&slow.figures, "tpot") - value(&fast.figures, "tpot");
    let ask = decode(SERVED).inputs.resolve().ask.expect("a question");
    let factor = on_h100(&ask.engine, FactorOf::Overhead);
    assert!((0.0099..0.015).contains(&(more / factor)), "{more} {factor}");
    assert!(slow.summary.contains("fork (vLLM (V1) with step us 20000)"), "{}", slow.summary);
    let trust = slow.trust.expect("a basis");
    assert!(!trust.measured && trust.text.starts_with("No run of fork (vLLM"), "{trust:?}");
    assert!(base.trust.expect("a basis").measured);
    let host = slow.decode.children.iter().find(|part| part.figure.source.contains("yours"));
    assert!(host.is_some(), "no part says that it is yours");
    // The command is that of the engine it is based on.
    assert!(slow.launch.expect("a command").command.starts_with("vllm serve"));
    // What a pace acts on: all but the experts' share of plain products, rates one way and times the other.
    let ask = decode(&format!("{SERVED};seo=pace@h100-sxm:0.5")).inputs.resolve().ask.expect("one");
    let plain = decode(SERVED).inputs.resolve().ask.expect("one");
    for of in FactorOf::ALL {
        let wanted = match of {
            FactorOf::Experts => 1.0,
            FactorOf::Overhead | FactorOf::Start | FactorOf::Network => 2.0,
            _ => 0.5,
        };
        near(on_h100(&ask.engine, of), wanted * on_h100(&plain.engine, of), 1e-12);
    }
}

#[test]
fn a_measured_token_makes_the_pace() {
    let base = served(SERVED);
    let now = value(&base.figures, "tpot");
    let found = pace_of_token(&base.pinned_link, &format!("{} ms", 1.25e3 * now));
    let [(field, pace)] = &found.changes[..] else { panic!("{found:?}") };
    assert_eq!(field, "pace@h100-sxm");
    let number: f64 = pace.parse().expect("a number");
    assert!((0.75..0.85).contains(&number), "{number}");
    let own = decode(&base.pinned_link).inputs.with(Key::OwnEngine, format!("{field}:{pace}"));
    near(value(&served(&encode(&own)).figures, "tpot"), 1.25 * now, 2e-3);
    let again = pace_of_token(&encode(&own), &format!("{} ms", 1.25e3 * now));
    near(again.changes[0].1.parse().expect("a number"), number, 1e-3);
}

#[test]
fn rows_show_the_values_of_the_base_and_their_sources() {
    for (key, link, first) in [
        (Key::OwnStack, SMALL, "Pace of H100 SXM5 in bf16"),
        (Key::OwnEngine, SERVED, "Pace on H100 SXM5"),
    ] {
        let inputs = decode(link).inputs;
        let rows = own_rows(key, &inputs, &inputs.resolve());
        assert_eq!(rows[0].label, first);
        assert!(rows.iter().all(|row| !row.base.is_empty() && !row.source.is_empty()), "{rows:?}");
    }
    let row = |own: &str| {
        let inputs = inputs(own);
        let rows = own_rows(Key::OwnStack, &inputs, &inputs.resolve());
        rows.into_iter().find(|row| row.field == "matmul").expect("a row").base
    };
    // The base's value, whatever is typed over it.
    assert_eq!(row(""), row("matmul:0.1"));
}
