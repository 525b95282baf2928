//! What is passed on: the card that carries its plan, the table, the frame, and a promise held.

use autoparallel::api::{
    self, Answer, CardColours, Carried, Columns, PlanView, ServeView, broken_promise, card,
    embed_markup, plan_in, plan_table, png_with,
};
use autoparallel::catalogue::table::Table;
use autoparallel::link::{self, Promise, Promised, decode};
use autoparallel::plan::model_version;
use autoparallel::units::{Bytes, Seconds};
use proptest::prelude::*;

const LINK: &str = "1;m=meta-llama/Llama-2-7b-hf;n=8;b=64;s=4096;t=1T;c=2";

/// The smallest picture: one grey point, its chunks as an encoder writes them.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55\
    \0\0\0\nIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71\0\0\0\0IEND\xae\x42\x60\x82";

fn plan(link: &str) -> PlanView {
    let mut found = None;
    let mut take = |answer| {
        if let Answer::Plan { plan, .. } = answer {
            found = Some(*plan);
        }
    };
    api::answer(1, link, &|| 0.0, &mut || false, &mut take);
    found.expect("a plan")
}

fn run(promise: &Promise) -> (Seconds, Bytes) {
    match promise.figures {
        Promised::Run { step, memory } => (step, memory),
        Promised::Service { .. } => panic!("{promise:?} is of a model in service"),
    }
}

const SERVED: &str = "1;m=meta-llama/Llama-3.3-70B-Instruct;do=serve;sr=10/s";

fn served() -> ServeView {
    let mut found = None;
    api::serve(1, SERVED, &|| 0.0, &mut |answer| {
        if let Answer::Served { serve, .. } = answer {
            found = Some(*serve);
        }
    });
    found.expect("a deployment")
}

fn colours() -> CardColours {
    let named = |text: &str| text.to_owned();
    CardColours {
        surface: named("#fff"),
        wash: named("#eee"),
        text: named("#000"),
        muted: named("#555"),
        parts: vec![(named("#123456"), true); 9],
    }
}

#[test]
fn a_link_to_pass_on_promises_what_its_plan_has() {
    let plan = plan(LINK);
    let decoded = decode(&plan.link);
    let promise = decoded.promise.clone().expect("a promise");
    assert_eq!(link::encode(&decoded.inputs), LINK);
    assert_eq!(promise.version, model_version());
    let step = plan.figures.iter().find(|figure| figure.id == "step_time").expect("a step");
    let (told, memory) = run(&promise);
    assert!((told.get() / step.shown.value - 1.0).abs() < 1e-4);
    assert!((memory.get() as f64 / plan.memory.figure.shown.value - 1.0).abs() < 1e-4);
    assert!(plan.link.len() <= 200, "{}", plan.link);
    assert!(plan.markdown.contains(&plan.link));
    assert_eq!(broken_promise(&promise, Some(&plan.link)), None);
    // Another version that came to the same says nothing.
    let elsewhere = Promise { version: "0.0.9-000000".into(), ..promise };
    assert_eq!(broken_promise(&elsewhere, Some(&plan.link)), None);
}

#[test]
fn a_promise_that_is_not_kept_is_told_with_both_versions() {
    let plan = plan(LINK);
    let now = decode(&plan.link).promise.expect("a promise");
    let (step, memory) = run(&now);
    let then = Promise::run("0.0.9-abcdef", step * 2.0, Bytes::new(memory.get() / 2));
    let then = then.expect("numbers");
    let said = broken_promise(&then, Some(&plan.link)).expect("it is told").join("\n");
    assert!(said.starts_with("The model has changed"), "{said}");
    assert!(said.contains("0.0.9-abcdef") && said.contains(&model_version()), "{said}");
    assert!(said.contains("(\u{2212}50.0%)") && said.contains("(+100"), "{said}");
    let stuck = broken_promise(&then, None).expect("it is told").join("\n");
    assert!(stuck.contains("0.0.9-abcdef") && stuck.contains("nothing that fits"), "{stuck}");
    let by_hand = Promise { version: model_version(), ..then };
    let said = broken_promise(&by_hand, Some(&plan.link)).expect("it is told").join("\n");
    assert!(said.contains("by hand"), "{said}");
    let figures = Promised::Run { step: step * 1.0001, memory };
    let almost = Promise { figures, ..now };
    let said = broken_promise(&almost, Some(&plan.link)).expect("it is told").join("\n");
    assert!(said.contains("less than 0.1%") && said.contains("(the same)"), "{said}");
}

#[test]
fn the_card_carries_its_plan() {
    let plan = plan(LINK);
    let svg = card(&Carried::from(&plan), &colours());
    assert_eq!(plan_in(svg.as_bytes()).as_deref(), Some(&*plan.link));
    for figure in ["step_time", "mfu", "run_days", "run_cost"] {
        let figure = plan.figures.iter().find(|own| own.id == figure).expect(figure);
        let text = figure.shown.text.replace(['\u{202f}', '\u{a0}', '\u{2009}'], " ");
        assert!(svg.contains(&text), "{text}");
    }
    // Well formed: every mark that opens closes, and nothing is left unescaped.
    let opened = svg.matches("<text").count();
    assert!(opened > 15 && svg.matches("</text>").count() == opened);
    let hostile = PlanView { title: "a<script>&\" \u{b7} b\u{1}".into(), ..plan.clone() };
    let svg = card(&Carried::from(&hostile), &colours());
    assert!(!svg.contains("<script") && svg.contains("a&lt;script&gt;&amp;&quot;"), "{svg}");
    // A picture of points keeps it as well, and still is the picture that it was.
    let png = png_with(PNG, &plan.link);
    assert_eq!(plan_in(&png).as_deref(), Some(&*plan.link));
    assert_eq!(&png[..33], &PNG[..33]);
    assert_eq!(&png[png.len() - (PNG.len() - 33)..], &PNG[33..]);
    assert_eq!(plan_in(PNG), None);
    assert_eq!(png_with(b"GIF89a", LINK), b"GIF89a");
    // Anything altered is noticed or harmless, never another plan.
    for at in 33..png.len() {
        let mut altered = png.clone();
        altered[at] ^= 1;
        let found = plan_in(&altered);
        assert!(found.is_none() || found.as_deref() == Some(&*plan.link), "{at}: {found:?}");
        let _ = plan_in(&png[..at]);
    }
}

#[test]
fn texts_that_hold_a_plan_open_it() {
    let plan = plan(LINK);
    let frame = embed_markup("https://example.org/x/", &plan.link, &plan.title);
    assert!(frame.contains("src=\"https://example.org/x/embed.html#1;m=meta-llama/Llama-2-7b-hf;"));
    assert!(frame.contains("sandbox=\"allow-scripts\"") && frame.ends_with("></iframe>"));
    let markdown = plan.markdown.replace("`#", "`https://example.org/#");
    for text in [&frame, &markdown, &format!("https://example.org/#{}", plan.link)] {
        let found = plan_in(text.as_bytes()).expect(text);
        assert_eq!(link::encode(&decode(&found).inputs), LINK);
    }
    assert_eq!(plan_in(b"+1;n=8+1;n=16").as_deref(), Some("+1;n=8+1;n=16"));
    // What the page saved, and what systems make of an address.
    let table = plan_table(&Carried::from(&plan));
    let data = format!("{{\"version\":1,\"title\":\"a\",\"link\":\"{}\"}}", plan.link);
    let shortcut = format!("[InternetShortcut]\r\nURL=https://example.org/#{}\r\n", plan.link);
    let webloc = format!("<plist><string>https://example.org/#{}</string></plist>", plan.link);
    for text in [&table, &data, &shortcut, &webloc] {
        assert_eq!(plan_in(text.as_bytes()).as_deref(), Some(&*plan.link), "{text}");
    }
    let quoted = "kind,id,label,value,unit,text,low,high,source\r\n\
                  plan,link,Link,,,\"1;n=8;fx=aws:0.3,azure:0.1\",,,\r\n";
    assert_eq!(plan_in(quoted.as_bytes()).as_deref(), Some("1;n=8;fx=aws:0.3,azure:0.1"));
    let config = br##"{"hidden_size": 8, "note": "see #1;n=8"}"##;
    for text in [&config[..], b"", b"words", b"# A title\n1. one", b"2;n=8", b"\xff\xfe"] {
        assert_eq!(plan_in(text), None, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn the_table_has_every_figure_and_part() {
    let plan = plan(LINK);
    let text = plan_table(&Carried::from(&plan));
    let table = Table::read(&text);
    assert!(table.is_even());
    let of = |kind: &str| table.rows().filter(|row| row.text("kind") == kind).count();
    assert_eq!(of("figure"), plan.figures.len());
    assert!(of("memory") > 5 && of("time") > 5);
    let days = table.rows().find(|row| row.text("id") == "days").expect("days");
    let shown = &plan.figures.iter().find(|figure| figure.id == "days").expect("days").shown;
    assert_eq!(days.number("value"), Some(shown.value));
    assert!(!days.text("source").is_empty());
    // The parts of memory add up to the whole.
    let whole = table.rows().find(|row| row.text("id") == plan.memory.id).expect("memory");
    let ids: Vec<&str> = plan.memory.children.iter().map(|part| &*part.id).collect();
    let parts = table.rows().filter(|row| ids.contains(&row.text("id")));
    let sum: f64 = parts.filter_map(|row| row.number("value")).sum();
    assert_eq!(Some(sum), whole.number("value"));
    // Names come from links, and a spreadsheet must not run them.
    let hostile = PlanView { title: "=HYPERLINK(\"x\"),1".into(), ..plan };
    let text = plan_table(&Carried::from(&hostile));
    assert!(text.contains("plan,title,Plan,,,\"'=HYPERLINK(\"\"x\"\"),1\","), "{text}");
}

#[test]
fn a_model_in_service_is_passed_on_alike() {
    let own = served();
    let value = |id: &str| own.figures.iter().find(|figure| figure.id == id).expect(id).shown.value;
    // The link promises what users see and how many accelerators it takes.
    let decoded = decode(&own.link);
    let promise = decoded.promise.clone().expect("a promise");
    assert_eq!(link::encode(&decoded.inputs), SERVED);
    let Promised::Service { first_token, per_token, accelerators } = promise.figures else {
        panic!("{promise:?} is of a training run")
    };
    assert!((first_token.get() / value("ttft") - 1.0).abs() < 1e-4);
    assert!((per_token.get() / value("tpot") - 1.0).abs() < 1e-4);
    assert_eq!(accelerators as f64, value("accelerators"));
    assert!(own.link.len() <= 200, "{}", own.link);
    assert_eq!(broken_promise(&promise, Some(&own.link)), None);
    let times = (first_token * 2.0, per_token);
    let then = Promise::service("0.0.9-abcdef", times, accelerators + 4).expect("numbers");
    let said = broken_promise(&then, Some(&own.link)).expect("it is told").join("\n");
    assert!(said.starts_with("The model has changed"), "{said}");
    assert!(said.contains("(\u{2212}50.0%)") && said.contains("each further one (the same)"));
    // A promise of training in a link that serves was changed by hand, whoever made it.
    let other = Promise::run(&model_version(), first_token, Bytes::new(1 << 30)).expect("numbers");
    assert!(
        broken_promise(&other, Some(&own.link)).expect("it is told").join(" ").contains("by hand")
    );

    let carried = Carried::from(&own);
    let svg = card(&carried, &colours());
    assert_eq!(plan_in(svg.as_bytes()).as_deref(), Some(&*own.link));
    for id in ["ttft", "tpot", "tokens_per_s", "output_price", "monthly"] {
        let figure = own.figures.iter().find(|figure| figure.id == id).expect(id);
        let text = figure.shown.text.replace(['\u{202f}', '\u{a0}', '\u{2009}'], " ");
        assert!(svg.contains(&text), "{text}");
    }
    assert!(svg.contains(">vLLM (V1)") || svg.contains("with vLLM"), "the engine is named");
    assert_eq!(plan_in(&png_with(PNG, &own.link)).as_deref(), Some(&*own.link));

    let text = plan_table(&carried);
    let table = Table::read(&text);
    assert!(table.is_even());
    let of = |kind: &str| table.rows().filter(|row| row.text("kind") == kind).count();
    assert_eq!(of("figure"), own.figures.len());
    // A token of every answer and a prompt, each with its parts.
    assert_eq!(of("time"), 2 + own.decode.children.len() + own.prefill.children.len());
    let price = table.rows().find(|row| row.text("id") == "output_price").expect("a price");
    assert_eq!(price.number("value"), Some(value("output_price")));

    let link = format!("https://example.org/#{}", own.link);
    let markdown = own.markdown.replace("`#", "`https://example.org/#");
    assert!(markdown.contains(&link) && markdown.contains("| Requests | 10 requests/s |"));
    assert_eq!(plan_in(markdown.as_bytes()).as_deref(), Some(&*own.link));
    let frame = embed_markup("https://example.org/x/", &own.link, &own.title);
    assert_eq!(plan_in(frame.as_bytes()).as_deref(), Some(&*own.link));
}

#[test]
fn every_column_of_a_comparison_promises_its_own() {
    let links = [LINK.to_owned(), SERVED.to_owned(), "1;m=nosuch;n=8".to_owned()];
    let mut columns = Columns::default();
    while columns.work(&links) < links.len() {}
    let view = columns.view(&links);
    let made = view.promising();
    let split = link::split(&made).expect("a comparison");
    // What opens is what was asked, without the promises; those stand beside it.
    assert_eq!(split.links, links);
    let promises: Vec<bool> = split.promises.iter().map(Option::is_some).collect();
    assert_eq!(promises, [true, true, false]);
    for (promise, column) in split.promises.iter().zip(&view.columns) {
        let Some(promise) = promise else { continue };
        assert_eq!(broken_promise(promise, Some(&column.promising)), None, "{}", column.name);
    }
    assert_eq!(decode(&view.columns[0].promising).promise, decode(&plan(LINK).link).promise);
    assert_eq!(decode(&view.columns[1].promising).promise, decode(&served().link).promise);
    // An older one is told of its own column.
    let then = Promise::run("0.0.9-abcdef", Seconds::new(1.0), Bytes::new(1 << 30));
    let told = broken_promise(&then.expect("numbers"), Some(&view.columns[0].promising));
    assert!(told.expect("it is told").join(" ").contains("0.0.9-abcdef"));
}

proptest! {
    #[test]
    fn any_file_at_all_is_looked_at(bytes in any::<Vec<u8>>(), after in any::<Vec<u8>>()) {
        let _ = plan_in(&bytes);
        let picture = [&PNG[..8], &after].concat();
        let _ = plan_in(&picture);
        let _ = png_with(&picture, LINK);
    }
}
