//! Money of a deployment against paying by the token, against whole machines, and by what a day makes of it.

#![cfg(not(target_arch = "wasm32"))]

#[path = "plan/equations.rs"]
mod equations;
#[path = "support/told.rs"]
mod told;

use autoparallel::api::{Answer, budget::BudgetDesk};
use autoparallel::link::decode;
use autoparallel::plan::serve::{self, Deployed};
use told::{served, study, value};

/// 2,048 and 512 tokens at $0.40 and $0.60: $0.0011264 a request. Two H200 an instance, one to spare.
const LLAMA: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sx=0.4;sz=0.6;sq=3;\
    stp=2;spp=1";
const REQUEST: f64 = (2048.0 * 0.4 + 512.0 * 0.6) / 1e6;
/// The same at $0.66 and $0.90: $0.00181248 a request.
const DEARER: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sx=0.66;sz=0.9;sq=3;\
    stp=2;spp=1";
const DEARER_REQUEST: f64 = (2048.0 * 0.66 + 512.0 * 0.9) / 1e6;

fn rate_of(text: &str) -> f64 {
    let rate = text.split("It turns at ").nth(1).unwrap_or_else(|| panic!("{text}"));
    rate.split(' ').next().and_then(|own| own.parse().ok()).expect("a rate")
}

fn with_own<T>(link: &str, see: impl Fn(&Deployed<'_>) -> T) -> T {
    let ask = decode(link).inputs.resolve().ask.expect("a question");
    let best = serve::find(&ask).best.unwrap_or_else(|| panic!("{link}"));
    see(&Deployed::new(&ask, &best).expect("a deployment"))
}

/// The rate where it turns is the same from wherever one asks, and there a deployment costs what the tokens do.
#[test]
fn it_turns_where_a_deployment_of_that_rate_costs_as_much() {
    let little = served(&format!("{DEARER};sr=10/s")).expect("a deployment");
    let turn = rate_of(&little.break_even);
    let more = served(&format!("{DEARER};sr={}/s;sn=512", turn * 0.8)).expect("a deployment");
    assert!((rate_of(&more.break_even) / turn - 1.0).abs() < 1e-3, "{}", more.break_even);
    let there = format!("{DEARER};sr={turn}/s;sn=512");
    with_own(&there, |own| {
        let bill = serve::bill(own).expect("a bill");
        let api = turn * 3600.0 * DEARER_REQUEST;
        assert!((bill.hourly.get() / api - 1.0).abs() < 0.005, "{bill:?} {api}");
    });
    // Half of it is cheaper by the token, twice as much is not.
    for (times, dear) in [(0.5, true), (2.0, false)] {
        let link = format!("{DEARER};sr={}/s;sn=512", turn * times);
        let even = with_own(&link, |own| {
            let bill = serve::bill(own).expect("a bill");
            serve::break_even(own, &bill).expect("a price").share.get()
        });
        assert_eq!(even > 1.0, dear, "{link}: {even}");
    }
    // With a spare one beside them several must share its price, without one a single instance does.
    let alone = served(&format!("{DEARER};sr=0.1/s;ds=0")).expect("a deployment").break_even;
    assert!(alone.contains(": 1 such instance, which may take up to "), "{alone}");
    let several = &little.break_even;
    let n = several.split("H200 SXM: ").nth(1).and_then(|rest| rest.split(' ').next());
    let n: u32 = n.and_then(|own| own.parse().ok()).unwrap_or_else(|| panic!("{several}"));
    assert!(n > 1 && several.contains("such instances and 1 to spare"), "{several}");
    for figure in &little.even {
        let told = equations::check(&figure.substituted);
        assert!(told.as_ref().is_ok_and(|n| *n > 0), "{}: {told:?}", figure.label);
        assert!(!figure.formula.is_empty() && !figure.source.is_empty());
    }
    assert!(little.even.len() >= 4, "{:?}", little.even);
}

/// Two H200 over what one instance holds with the goals is what a request costs at best; the spare one is not in it. As
/// much as 4,096 accelerators hold is no cheaper.
#[test]
fn it_never_turns_where_a_full_instance_is_dearer() {
    let link = format!("{LLAMA};sr=10/s");
    let view = served(&link).expect("a deployment");
    for text in [&view, &served(&format!("{LLAMA};sr=400/s;sn=4096")).expect("a deployment")] {
        assert!(text.break_even.contains("It never turns"), "{}", text.break_even);
    }
    let of = |id: &str| view.even.iter().find(|own| own.id == id).expect("a figure").shown.value;
    let price = with_own(&link, |own| own.machine.price.expect("a price").get());
    let by_hand = 2.0 * price / (3600.0 * of("even_each")) * 1000.0;
    assert!((of("even_thousand") / by_hand - 1.0).abs() < 1e-9, "{by_hand}");
    assert!((of("even_thousand_api") / (REQUEST * 1000.0) - 1.0).abs() < 1e-9);
    assert!(of("even_thousand") > of("even_thousand_api"));
}

/// A rate and a price that are said are those that follow: dearer by the token by far, cheaper by far.
#[test]
fn rates_and_prices_of_the_sentence_follow_from_its_numbers() {
    let text = |link: &str| served(link).expect("a deployment").break_even;
    let after = |text: &str, words: &str| -> f64 {
        let rest = text.split(words).nth(1).unwrap_or_else(|| panic!("{words}: {text}"));
        let word = rest.split([' ', ':']).next().unwrap_or_default();
        word.trim_end_matches('.').parse().unwrap_or_else(|_| panic!("{words}: {text}"))
    };
    let never = text(&format!("{LLAMA};sr=10/s"));
    let thousand = after(&never, "by the token they cost $");
    assert!((thousand / (1e3 * REQUEST) - 1.0).abs() < 0.005, "{never}");
    // At ten times the price: so many times fewer requests than ten a second cost as much.
    let dear = LLAMA.replace("sx=0.4;sz=0.6", "sx=4;sz=6");
    let cheap = text(&format!("{dear};sr=10/s"));
    let hourly =
        with_own(&format!("{dear};sr=10/s"), |own| serve::bill(own).expect("a bill").hourly.get());
    let rate = after(&cheap, "of this demand on, ");
    assert!((rate / (hourly / 3600.0 / (10.0 * REQUEST)) - 1.0).abs() < 0.01, "{cheap}");
}

/// Machines of eight that are paid for whole hold four instances of two: at best a request costs a fourth of a machine.
#[test]
fn an_instance_in_whole_machines_is_its_part_of_one() {
    let link = format!("{LLAMA};sr=10/s;snn=8");
    let view = served(&link).expect("a deployment");
    let of = |id: &str| view.even.iter().find(|own| own.id == id).expect("a figure").shown.value;
    let price = with_own(&link, |own| own.machine.price.expect("a price").get());
    let by_hand = 8.0 * price / 4.0 / (3600.0 * of("even_each")) * 1000.0;
    assert!((of("even_thousand") / by_hand - 1.0).abs() < 1e-9, "{by_hand}");
}

/// H200 at the price of one in a machine of eight: whole machines, four instances of two in each.
#[test]
fn what_whole_machines_would_cost_is_told_and_is_what_they_cost_where_asked_for() {
    let link = format!("{LLAMA};sr=10/s");
    let view = served(&link).expect("a deployment");
    let price = with_own(&link, |own| own.machine.price.expect("a price").get());
    let taken = value(&view, "accelerators");
    assert!(taken % 2.0 == 0.0 && taken % 8.0 != 0.0, "{taken}");
    assert!((value(&view, "monthly") / (taken * price * 730.0) - 1.0).abs() < 1e-9);
    let whole = value(&view, "monthly_whole");
    let by_hand = (taken / 2.0 / 4.0).ceil() * 8.0 * price * 730.0;
    assert!((whole / by_hand - 1.0).abs() < 1e-9, "{whole}");
    let asked = format!("{link};snn=8");
    let asked = served(&asked).expect("a deployment");
    assert!((value(&asked, "monthly") / whole - 1.0).abs() < 1e-9);
    assert!(asked.figures.iter().all(|figure| figure.id != "monthly_whole"));
    // A typed price is of what is counted; eight fill a machine.
    for link in [format!("{link};sd=3"), "1;m=meta-llama/Llama-3.1-8B;do=serve;sn=8".to_owned()] {
        let view = served(&link).expect("a deployment");
        assert!(view.figures.iter().all(|figure| figure.id != "monthly_whole"), "{link}");
    }
}

/// Where as much comes at any time, prompts and answers bear of a day what they bear of the headline.
#[test]
fn a_flat_day_splits_its_price_as_the_headline_does() {
    for link in [
        "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;ds=0;sr=1/s",
        "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;ds=0;sr=10/s",
    ] {
        let view = served(link).expect("a deployment");
        let rate = link.split("sr=").nth(1).expect("a rate");
        let mut desk = BudgetDesk::default();
        let day = format!("{link};dt={rate};dq={rate}");
        let Answer::Budget { budget, .. } = desk.answer(1, &day, &["day".to_owned()]) else {
            panic!("no day");
        };
        let tables = budget.sheets.iter().flat_map(|sheet| &sheet.tables);
        let table = tables.into_iter().find(|table| table.caption.starts_with("A month, against"));
        let table = table.unwrap_or_else(|| panic!("{:?}", budget.sheets));
        let at = |name: &str| {
            let found = table.columns.iter().position(|own| own.contains(name));
            found.unwrap_or_else(|| panic!("{:?}", table.columns))
        };
        let (prompts, answers) = (at("prompt"), at("answer"));
        for row in &table.rows {
            let told = [prompts, answers].map(|at| row.cells[at].shown.value);
            let wanted = [value(&view, "input_price"), value(&view, "output_price")];
            let split =
                |[input, output]: [f64; 2]| 2048.0 * input / (2048.0 * input + 512.0 * output);
            let (own, head) = (split(told), split(wanted));
            assert!((own / head - 1.0).abs() < 1e-3, "{link} {:?}: {own} {head}", row.cells[0]);
        }
    }
}

/// A cache of a prompt crosses what the engine reaches of the network, and times say of whom they are.
#[test]
fn pools_say_what_they_move_over_and_at_which_share() {
    let link = format!("{LLAMA};sr=10/s");
    let table = study(&link).pools.tables.remove(0);
    let row = |name: &str| {
        let found = table.rows.iter().find(|row| row.cells[0].shown.text == name);
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    // 80 layers and the draft's one, of 2 x 8 heads of 128 in 16 bits, 2,048 tokens, half on each of two accelerators; 400
    // Gb/s each, of which 75 % are reached.
    let bytes = 81.0 * 2.0 * 8.0 * 128.0 * 2.0 * 2048.0 / 2.0;
    let moved = row("Cache of a prompt moves in").cells[2].shown.value;
    assert!((moved / (bytes / (50e9 * 0.75)) - 1.0).abs() < 1e-6, "{moved}");
    assert!(row("First token (TTFT), p90").cells[2].shown.value <= 2.0);
    // Both sides by the same measure: what is asked is within it.
    let most = &row("Most requests with the goals").cells;
    assert!(most[1].shown.value >= 10.0 && most[2].shown.value >= 10.0);
    assert!(most[1].shown.value <= value(&served(&link).expect("a deployment"), "full"));
    let told = row("Time that readers read").cells[2].figure.as_ref().expect("it opens");
    assert!(told.formula.contains("time that each takes"), "{}", told.formula);
}

/// Pools that are shown keep the goals at the rate that is asked for: DeepSeek-R1 in pipelines on B200.
#[test]
fn pools_that_are_shown_keep_the_goals() {
    let r1 = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=trtllm;sg=b200;si=1k;so=1k;sq=3;sy=0.8";
    for rate in ["5/s", "10/s", "20/s", "40/s"] {
        let table = study(&format!("{r1};sr={rate};sn=256")).pools.tables.remove(0);
        let of = |name: &str| {
            let row = table.rows.iter().find(|row| row.cells[0].shown.text.starts_with(name));
            row.unwrap_or_else(|| panic!("no {name}")).cells[2].shown.value
        };
        assert!(of("First token") <= 2.0, "{rate}: {}", of("First token"));
        assert!(of("Each further token") <= 0.05, "{rate}");
        assert!(of("Time that readers read") <= 1.0 && of("Readers, of what") <= 1.0, "{rate}");
    }
}

/// DeepSeek-R1 under a peak of 30 requests/s: what is said to be held is what pools are told of the same instances, is
/// served by as many, and a little more is not.
#[test]
fn what_is_held_at_a_peak_is_what_serves() {
    let link = "1;m=deepseek-ai/DeepSeek-R1;do=serve;se=sglang;sr=12/s";
    let at = served(&format!("{link};dt=30/s")).expect("a deployment");
    let held = at.peak.split("holds ").nth(1).and_then(|own| own.split(char::is_whitespace).next());
    let held: f64 = held.and_then(|own| own.parse().ok()).unwrap_or_else(|| panic!("{}", at.peak));
    let table = study(link).pools.tables.remove(0);
    let row = table.rows.iter().find(|row| row.cells[0].shown.text.starts_with("Most requests"));
    let told = row.expect("a row").cells[1].shown.value;
    assert!((held / told - 1.0).abs() < 5e-3, "{} against {told}", at.peak);
    let pinned = |rate: f64| {
        let own = with_own(link, |own| own.own.at.instance);
        let (tp, pp, dp, ep) = (own.tp, own.pp, own.dp, own.ep);
        let link = link.replace("sr=12/s", &format!("sr={rate}/s"));
        let view = served(&format!("{link};stp={tp};spp={pp};sdp={dp};sep={ep}"));
        value(&view.expect("a deployment"), "accelerators")
    };
    assert!(pinned(told * 0.99) <= value(&at, "accelerators"));
    assert!(pinned(told * 1.02) > value(&at, "accelerators"));
    // No more than is held: nothing is said.
    assert!(served(&format!("{link};dt={}/s", told * 0.98)).expect("one").peak.is_empty());
    assert!(!served(&format!("{link};dt={}/s", told * 1.05)).expect("one").peak.is_empty());
}

/// The rate where it turns is no more than what the instances there may take, and both are said.
#[test]
fn it_turns_below_what_its_instances_take() {
    let view = served(&format!("{DEARER};sr=10/s")).expect("a deployment");
    let text = &view.break_even;
    let after = |words: &str| -> f64 {
        let rest = text.split(words).nth(1).unwrap_or_else(|| panic!("{text}"));
        rest.split(' ').next().and_then(|own| own.parse().ok()).unwrap_or_else(|| panic!("{text}"))
    };
    let (turn, most, n) = (rate_of(text), after("take up to "), after("H200 SXM: "));
    let each = view.even.iter().find(|own| own.id == "even_each").expect("a figure").shown.value;
    assert!((most / (each * n) - 1.0).abs() < 5e-3 && turn <= most, "{text}: {each}");
    assert!(text.contains("1 to spare"), "{text}");
    // Tokens that are free are never dearer, by no factor.
    let free = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sx=0;sz=0;sr=10/s";
    let view = served(free).expect("a deployment");
    assert!(view.break_even.contains("cost nothing"), "{}", view.break_even);
    assert!(view.even.is_empty());
    let ratio = with_own(free, |own| serve::break_even(own, &serve::bill(own).expect("a bill")));
    assert_eq!(ratio, None);
}

/// What the plan takes as given is what it has: as many spare instances as it says.
#[test]
fn spare_instances_are_assumed_as_there_are() {
    for (beside, words) in
        [(";ds=0", "No spare instance,"), ("", "1 spare instance,"), (";ds=3", "3 spare")]
    {
        let link = format!("1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s{beside}");
        let view = served(&link).expect("a deployment");
        let told = view.assumptions.iter().filter(|own| own.text.contains("no failures"));
        let told: Vec<&str> = told.map(|own| own.text.as_str()).collect();
        assert!(told.len() == 1 && told[0].starts_with(words), "{told:?}");
    }
}

/// Where no machine has a price, none is of the same cost as another.
#[test]
fn without_prices_no_cost_is_the_same() {
    let edge = "1;m=Qwen/Qwen3-8B;do=serve;se=llamacpp;sg=rtx-4090,m4-max;sc=1";
    let study = study(edge);
    assert!(!study.rivals.is_empty());
    assert!(study.rivals.iter().all(|own| own.dearer.text == "no price"), "{:?}", study.rivals);
}
