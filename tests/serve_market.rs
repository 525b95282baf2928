//! Where to serve, as the page is told it: rows, bills, workers, sellers, misses, links.

#[path = "plan/equations.rs"]
mod equations;

use autoparallel::api::Answer;
use autoparallel::api::fleet::{
    Asked, FleetAnswer, FleetRow, FleetView, Prices, ServedRow, Session, open,
};
use autoparallel::inputs::Key;
use autoparallel::link;
use autoparallel::plan::serve::{Deployed, bill, figures, find, goals};
use autoparallel::units::{Day, Moment, Seconds};

const LIST: &str = include_str!("../public/prices-v1.csv");
const LINK: &str = "1;m=meta-llama/Llama-3.1-8B;do=serve;sr=20/s;ff=h100-sxm,l40s,b200,a100-80g";
/// 2026-11-28.
const TODAY: i32 = 20_785;

/// Works through a question in that many workers, which tell one another what they find, in turns.
fn searched(link: &str, n: u32) -> FleetView {
    let prices = Prices::read(LIST);
    let now = Some(Moment::new(Day::from_epoch(TODAY), Seconds::ZERO));
    let session = |i| open(&prices, Asked { run: 7, link, now, share: (i, n) }, None);
    let mut all: Vec<Box<dyn Session>> =
        (0..n).map(|i| session(i).unwrap_or_else(|answer| panic!("{link}: {answer:?}"))).collect();
    let (mut last, mut told) = (None, 0);
    loop {
        let mut idle = true;
        for i in 0..all.len() {
            idle &= all[i].advance();
            if let Some(Answer::FleetNews { run: 7, news }) = all[i].news() {
                told += 1;
                let others = all.iter_mut().enumerate().filter(|(j, _)| *j != i);
                others.for_each(|(_, other)| other.hear(&news));
            }
            if all[i].leads()
                && let Some(Answer::Fleet { run: 7, fleet }) = all[i].fresh()
            {
                last = Some(*fleet);
            }
        }
        if idle && last.as_ref().is_some_and(|view| view.complete) {
            break;
        }
    }
    assert!(n == 1 || told >= n, "the work was shared");
    last.expect("a view")
}

fn served(row: &FleetRow) -> &ServedRow {
    row.served.as_ref().expect("what it gives")
}

/// Hours of a month times dollars an hour are the bill; tokens a second times their price are the dollars; all parts
/// are worked out again from their texts.
#[test]
fn rows_carry_money_power_age_and_source() {
    let view = searched(LINK, 1);
    assert!(view.complete && view.looked_at == view.pairs && view.rows.len() >= 5);
    for row in &view.rows {
        let own = served(row);
        assert!(own.keeps && own.lost.is_empty());
        assert!(!row.source.is_empty() && !row.as_of.is_empty() && row.age_days.is_some());
        let month = f64::from(row.count) * row.rate.value * 730.0;
        assert!((month / row.cost.value - 1.0).abs() < 1e-9, "{}", row.link);
        // 20 requests of 512 tokens a second.
        let tokens = 20.0 * 512.0 * 730.0 * 3600.0;
        let price = row.cost.value / tokens * 1e6;
        assert!((price / own.price.value - 1.0).abs() < 1e-9, "{price}");
        let parts: f64 = row.bill.children.iter().map(|part| part.figure.shown.value).sum();
        assert!((parts / row.cost.value - 1.0).abs() < 1e-9, "{}: {parts}", row.link);
        let figures = row.bill.children.iter().map(|part| &part.figure).chain(&own.power);
        for figure in figures {
            let told = equations::check(&figure.substituted);
            assert!(told.as_ref().is_ok_and(|n| *n > 0), "{}: {told:?}", figure.id);
            assert!(!figure.formula.is_empty() && !figure.source.is_empty(), "{}", figure.id);
        }
        // Each number of the row says where it comes from.
        for (id, shown) in [
            ("ttft", &own.first_token),
            ("tpot", &own.per_token),
            ("tokens_per_gpu", &own.each),
            ("whole_price", &own.price),
        ] {
            let told = own.power.iter().find(|figure| figure.id == id);
            let value = told.unwrap_or_else(|| panic!("{id}")).shown.value;
            assert!((value / shown.value - 1.0).abs() < 1e-9, "{}: {id} {value}", row.link);
        }
        let energy = own.power.iter().find(|figure| figure.id == "energy").expect("energy");
        // No machine draws more than a rated 10.2 kW for eight of 700 W, at any PUE of the list, nor less than idle.
        let watts = energy.shown.value * 1000.0 / 730.0 / f64::from(row.count);
        assert!((40.0..2500.0).contains(&watts), "{watts} W each");
    }
    for pair in view.rows.windows(2) {
        let (a, b) = (served(&pair[0]), served(&pair[1]));
        assert!(a.price.value <= b.price.value);
    }
}

#[test]
fn any_number_of_workers_finds_the_same() {
    let alone = searched(LINK, 1);
    for n in [2, 3, 8] {
        let view = searched(LINK, n);
        assert_eq!(view.rows, alone.rows, "{n} workers");
        assert_eq!(view.kinds, alone.kinds, "{n} workers");
        assert_eq!((view.sellers, view.lost), (alone.sellers.clone(), alone.lost.clone()));
        assert_eq!(view.answers, alone.answers, "{n} workers");
    }
}

/// The deployment that a row opens says the same: instances, machines, dollars, both times, energy, and how and where it
/// is bought.
fn opens_to_itself(row: &FleetRow) {
    let own = served(row);
    let inputs = link::decode(&row.link).inputs;
    let opened = inputs.resolve();
    let ask = opened.ask.unwrap_or_else(|| panic!("{}: {:?}", row.link, opened.problems));
    let best = find(&ask).best.unwrap_or_else(|| panic!("{} serves nothing", row.link));
    let found = Deployed::new(&ask, &best).expect("a deployment");
    let near = |what: &str, found: f64, told: f64| {
        assert!((found / told - 1.0).abs() < 1e-9, "{what}: {found}, {told} at {}", row.link);
    };
    assert_eq!((found.machine.label.as_str(), ask.machines.len()), (row.accelerator.as_str(), 1));
    assert_eq!(found.instances(), own.replicas, "{}", row.link);
    let (machines, size) = found.machines().expect("whole machines");
    assert_eq!((machines, found.paid()), (row.machines.into(), row.count.into()), "{}", row.link);
    assert_eq!(machines * u64::from(size), found.paid());
    near("price", found.machine.price.expect("a price").get(), row.rate.value);
    near("a million", bill(&found).expect("a bill").alone.get(), own.price.value);
    near("a month", bill(&found).expect("a bill").monthly.get(), row.cost.value);
    near("first token", best.first_token.get(), own.first_token.value);
    near("further tokens", best.per_token.get(), own.per_token.value);
    for goal in goals(&found).iter().filter(|_| ask.sure.is_some()) {
        let chance = goal.chance.as_ref().expect("a range").amount.value().get();
        let wanted = ask.sure.expect("a chance").get();
        assert!(chance >= wanted - 1e-9, "{}: {} {chance}", row.link, goal.label);
    }
    let figures = figures(&found);
    let figure = |id: &str| figures.iter().find(|own| own.id == id).map(|own| own.amount.value());
    near("tokens", figure("tokens_per_gpu").expect("a figure").get(), own.each.value);
    for told in &own.power {
        let known = figure(&told.id).unwrap_or_else(|| panic!("no {} at {}", told.id, row.link));
        near(&told.id, known.get(), told.shown.value);
    }
    let stands = format!("{}:{}", row.provider, row.region).to_lowercase();
    assert_eq!(inputs.get(Key::Stands), stands.trim_end_matches(':'), "{}", row.link);
    let bought = match row.terms.as_str() {
        "on demand" => "own",
        terms if terms.starts_with("spot") => "spot",
        "1-year commitment" => "1y",
        "3-year commitment" => "3y",
        _ => "block",
    };
    assert_eq!(inputs.get(Key::Bought), bought, "{}", row.link);
}

/// Of many models, goals, demands and ways to buy, every row that keeps the goals; those of machines whose price is not
/// theirs by the hour too.
#[test]
fn what_a_row_opens_says_the_same() {
    let base = "1;do=serve;m=";
    let few = "ff=h100-sxm,l40s,b200,a100-80g";
    let questions = [
        format!("{base}meta-llama/Llama-3.1-8B;sr=20/s;{few}"),
        format!("{base}meta-llama/Llama-3.1-8B;sr=300/s;ds=0;sf=400ms;st=15ms;{few},h200-sxm"),
        format!("{base}meta-llama/Llama-3.1-8B;sr=0.2/s;ds=2;sp=p99;spt=p99;{few}"),
        format!("{base}meta-llama/Llama-3.1-8B;sr=20/s;ft=spot,1y,3y,block;fp=aws,gcp,nebius"),
        format!("{base}meta-llama/Llama-3.1-8B;sr=20/s;fo=acme:h100:4:7.3;fx=nebius:30%;{few}"),
        format!("{base}meta-llama/Llama-3.1-8B;{few}"),
        format!("{base}meta-llama/Llama-3.1-8B;sc=200;{few}"),
        format!("{base}meta-llama/Llama-3.3-70B-Instruct;sr=20/s;ff=h100-sxm,mi300x,gh200-96g"),
        format!("{base}meta-llama/Llama-3.3-70B-Instruct;spt=p90;ff=h200-sxm,l40s"),
        format!("{base}meta-llama/Llama-3.3-70B-Instruct;sr=20/s;sb=24;stp=4;sl=9;{few}"),
        format!("{base}deepseek-ai/DeepSeek-R1;se=sglang;sr=9/s;spt=p90;ff=h200-sxm,b200,h100-sxm"),
        format!("{base}Qwen/Qwen3-30B-A3B;se=trtllm;sr=50/s;sh=0.4;sw=fp8;sk=fp8;{few}"),
        format!("{base}openai/gpt-oss-120b;sr=10/s;st=25ms;sw=mxfp4;{few}"),
        format!("{base}meta-llama/Llama-3.1-8B;sr=20/s;sure=80;{few}"),
        format!("{base}Qwen/Qwen3-30B-A3B;se=trtllm;sc=100;sure=95;ff=h200-sxm,b200,h100-sxm"),
    ];
    let mut n = 0;
    for question in &questions {
        let view = searched(question, 1);
        let answers = view.answers.iter().filter_map(|own| own.row.as_ref());
        let all = view.rows.iter().chain(&view.sellers).chain(&view.kinds).chain(answers);
        let kept: Vec<&FleetRow> = all.filter(|row| served(row).keeps).collect();
        assert!(kept.len() >= 4, "{question}: {}", kept.len());
        kept.iter().for_each(|row| opens_to_itself(row));
        n += kept.len();
    }
    assert!(n > 200, "{n} rows");
}

/// The cheapest of all, which stands second where its price is old.
fn cheapest(view: &FleetView) -> &FleetAnswer {
    view.answers.iter().find(|own| own.id == "cheapest").expect("an answer")
}

/// Prices older than is allowed are kept out and counted.
#[test]
fn old_prices_can_be_kept_out() {
    let view = searched(&format!("{LINK};fage=150d"), 1);
    assert!(
        view.rows.iter().chain(&view.sellers).all(|row| row.age_days.is_some_and(|n| n <= 150))
    );
    let older = searched(LINK, 1);
    assert!(older.rows.iter().chain(&older.sellers).any(|row| row.age_days > Some(150)));
    assert!(view.lost.iter().any(|cut| cut.reason.contains("older than you allow")));
    // Where the cheapest is old, the cheapest of the last half year stands before it: what a narrower market finds.
    let [recent, first] = [&older.answers[0], &older.answers[1]];
    assert_eq!([&*recent.id, &*first.id], ["recent", "cheapest"]);
    assert!(first.row.as_ref().expect("a row").age_days > Some(182));
    let narrow = searched(&format!("{LINK};fage=182d"), 1);
    let [recent, narrow] = [recent, &narrow.answers[0]].map(|own| own.row.clone().expect("a row"));
    assert_eq!(served(&recent).price.value, served(&narrow).price.value);
    assert!(recent.age_days <= Some(182) && narrow.link.contains(&recent.provider));
}

/// The best of each is no better than the best of all; the first is the best.
#[test]
fn accelerators_and_sellers_stand_in_order() {
    let view = searched(LINK, 1);
    let best = served(cheapest(&view).row.as_ref().expect("a row")).price.value;
    for rows in [&view.kinds, &view.sellers] {
        assert!(rows.len() >= 3);
        assert!((served(&rows[0]).price.value / best - 1.0).abs() < 1e-12);
        let kept: Vec<f64> =
            rows.iter().map(served).filter(|own| own.keeps).map(|own| own.price.value).collect();
        assert!(kept.windows(2).all(|pair| pair[0] <= pair[1]), "{kept:?}");
    }
    let mut sellers: Vec<&str> = view.sellers.iter().map(|row| row.provider.as_str()).collect();
    sellers.sort_unstable();
    sellers.dedup();
    assert_eq!(sellers.len(), view.sellers.len());
    let lost = |row: &FleetRow| served(row).lost.clone();
    assert!(lost(&view.kinds[0]).is_empty() && lost(&view.kinds[1]).contains("dearer"));
}

#[test]
fn the_market_is_narrowed_and_offers_of_ones_own_are_in_it() {
    let only = searched(&format!("{LINK};fp=lambda,nebius"), 1);
    let known = ["lambda", "nebius"];
    assert!(only.sellers.iter().all(|row| known.contains(&row.provider.as_str())));
    assert_eq!(only.sellers.len(), 2);
    let plain = searched(LINK, 1);
    let cost = |view: &FleetView| served(cheapest(view).row.as_ref().expect("a row")).price.value;
    assert!(cost(&plain) <= cost(&only));
    let private = searched(&format!("{LINK};fo=acme:h100:8:0.8"), 1);
    let row = cheapest(&private).row.as_ref().expect("a row");
    assert_eq!((row.provider.as_str(), row.source.as_str()), ("acme", "typed"));
    let spot = searched(&format!("{LINK};ft=spot"), 1);
    assert!(spot.rows.iter().all(|row| row.terms.starts_with("spot")));
    assert!(cost(&spot) < cost(&plain));
    let north = searched(&format!("{LINK};fj=SE"), 1);
    assert!(!north.rows.is_empty() && north.rows.iter().all(|row| row.country == "SE"));
}

/// Where nothing keeps the goals, the nearest is told with what it misses; where nothing is for sale, that is told.
#[test]
fn misses_are_told() {
    let view = searched(&format!("{LINK};st=1ms"), 1);
    assert!(view.rows.is_empty() && view.complete);
    let answer = &view.answers[0];
    assert_eq!(answer.id, "nearest");
    let own = served(answer.row.as_ref().expect("a row"));
    assert!(!own.keeps && own.per_token.value > 1e-3);
    assert!(answer.reasons[0].contains("further token in"), "{:?}", answer.reasons);
    let nobody = searched(&format!("{LINK};fp=nobody"), 1);
    assert!(nobody.complete && nobody.answers[0].text.starts_with("Nothing that is offered"));
    let large = searched("1;m=deepseek-ai/DeepSeek-R1;do=serve;sn=1;ff=l4,t4", 1);
    assert!(large.kinds.iter().all(|row| served(row).lost.contains("do not fit")));
}

/// Every deployment of the space is accounted for.
#[test]
fn what_lost_is_counted() {
    let view = searched(LINK, 1);
    let count = |name: &str| -> f64 {
        view.lost.iter().filter(|cut| cut.name == name).map(|cut| cut.count.value).sum()
    };
    assert_eq!(count("layouts"), f64::from(view.searches));
    let kinds = f64::from(view.pairs);
    assert!(count("offers") + kinds > 3000.0, "{}", count("offers"));
}

/// A link without a model is no question.
#[test]
fn what_is_no_question_is_said_to_be_none() {
    let prices = Prices::read(LIST);
    let asked = Asked { run: 3, link: "1;do=serve;si=0", now: None, share: (0, 1) };
    let Err(answer) = open(&prices, asked, None) else { panic!("a session") };
    assert!(matches!(*answer, Answer::Invalid { run: 3, .. }));
}

/// The market pays for whole machines; where the plan above pays for accelerators one by one, it says so.
#[test]
fn whole_machines_are_told_beside_a_plan_of_single_ones() {
    for (link, told) in [(LINK.to_owned(), true), (format!("{LINK};snn=8"), false)] {
        let view = searched(&link, 1);
        let whole = |own: &String| own.contains("Machines are paid for whole");
        let said = view.answers.iter().filter(|own| own.reasons.iter().any(whole)).count();
        assert_eq!(said > 0, told, "{:?}", view.answers);
        let first = &view.answers[0];
        let row = first.row.as_ref().expect("a row");
        let reason = first.reasons.iter().find(|own| whole(own));
        let counted = |own: &String| own.contains(&format!("here, {} accelerators", row.count));
        assert!(!told || reason.is_some_and(counted), "{first:?}");
    }
}

/// Bought on the spot market, the market is asked for that.
#[test]
fn the_market_is_asked_for_the_way_to_buy() {
    let view = searched(&format!("{LINK};by=spot"), 1);
    assert!(!view.rows.is_empty());
    assert!(view.rows.iter().all(|row| row.terms.contains("spot")), "{:?}", view.rows[0]);
    // Ways that are named among what narrows it come first.
    let named = searched(&format!("{LINK};by=spot;ft=demand"), 1);
    assert!(named.rows.iter().all(|row| row.terms == "on demand"), "{:?}", named.rows[0]);
}
