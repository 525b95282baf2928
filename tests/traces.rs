//! Traces of requests as people have them, row by row, against hand arithmetic.

#![cfg(not(target_arch = "wasm32"))]

use autoparallel::inputs::trace::{Trace, trace};

/// Rows, and the rate of their arrivals.
fn read(text: &str) -> (u32, Option<f64>) {
    let own = trace(text);
    assert_eq!(own.faults, Vec::<String>::new(), "{text}");
    (own.rows, own.rate.map(|rate| rate.get()))
}

fn faults(text: &str) -> (u32, Vec<String>) {
    let Trace { rows, faults, .. } = trace(text);
    (rows, faults)
}

#[track_caller]
fn near(found: Option<f64>, expected: f64) {
    let found = found.expect("a number");
    assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
}

#[test]
fn columns_are_parted_by_what_parts_the_first_line() {
    // A semicolon within a name is none between columns where commas are.
    assert_eq!(read("note;x,prompt,output\na,100,10\n"), (1, None));
    // One field of three that is no time makes a head of the line.
    let (rows, told) = faults("soon,100,10\n1,200,20\n");
    assert!(rows == 0 && told[0].contains("the head must name"), "{told:?}");
    // Names of messages in a table are notes.
    assert_eq!(read("prompt,output,note\n100,10,\"messages\"\n"), (1, None));
}

#[test]
fn what_no_row_is_to_blame_for_has_no_line() {
    for (text, word) in [
        ("PK\u{3}\u{4}abc", "unpack"),
        ("\u{1f}\u{8b}abc", "unpack"),
        ("a,b\u{0}c", "unpack"),
        ("PAR1abc", "Parquet"),
        ("{\"messages\": [\"hello\"]}", "tokenizer"),
    ] {
        let (rows, told) = faults(text);
        assert!(rows == 0 && told.len() == 1 && told[0].contains(word), "{text}: {told:?}");
        assert!(told[0].starts_with("the") || told[0].starts_with("this"), "{told:?}");
    }
    // Objects that are no talks lack their counts.
    let (_, told) = faults("{\"a\": 1}\n");
    assert!(told[0].starts_with("line 1: it has no tokens of the prompt"), "{told:?}");
}

#[test]
fn five_faults_are_named_and_the_others_counted() {
    let text = |n: usize| format!("prompt,output\n{}", "x,1\n".repeat(n));
    assert_eq!(faults(&text(5)).1.len(), 5);
    assert_eq!(faults(&text(6)).1[5], "and 1 more row");
    assert_eq!(faults(&text(7)).1[5], "and 2 more rows");
}

#[test]
fn requests_whose_time_is_not_known_count_for_their_tokens_alone() {
    let own = trace("time,prompt,output\n1,100,10\n,200,20\n11,300,30\n");
    assert_eq!((own.rows, own.prompt.get(), own.faults.len()), (3, 200.0, 0));
    near(own.rate.map(|rate| rate.get()), 0.1);
    let spaced = "{\"t\": 0 , \"prompt\": 100 , \"output\": 10 }\n\
        {\"t\": 5 , \"prompt\": 100, \"output\": 10}\n";
    near(read(spaced).1, 0.2);
}

#[test]
fn times_are_seconds_from_some_beginning() {
    // A day, an hour, two minutes and 30 seconds.
    let rows = |times: [&str; 2]| format!("{},100,10\n{},100,10\n", times[0], times[1]);
    for (times, span) in [
        (["2024-05-01 23:59:00", "2024-05-03T01:01:30Z"], 90_150.0),
        (["2024-05-01T00:00:01+02:00", "2024-05-01T00:00:11+02:00"], 10.0),
        (["2024-05-01T20:00:01.5-05:00", "2024-05-01T20:00:11.5-05:00"], 10.0),
        (["0", "7.5"], 7.5),
    ] {
        let (n, rate) = read(&rows(times));
        assert_eq!(n, 2);
        near(rate, 1.0 / span);
    }
    let table = "time,prompt,output\n1,100,10\n";
    for bad in ["inf", "-5", "nan", "2024-05-01", "2024-13-01 00:00:00", "2024-05-01 -99999:00"] {
        let (rows, told) = faults(&format!("{table}{bad},100,10\n"));
        assert_eq!((rows, told.len()), (1, 1), "{bad}");
        assert!(told[0].starts_with(&format!("line 3: \"{bad}\" is no time")), "{told:?}");
    }
}

#[test]
fn tokens_are_from_one_to_the_longest_that_there_is() {
    for (tokens, good) in [("0", false), ("1", true), ("16777216", true), ("16777217", false)] {
        let (rows, told) = faults(&format!("prompt,output\n{tokens},1\n"));
        assert_eq!((rows == 1, told.is_empty()), (good, good), "{tokens}: {told:?}");
    }
}

/// Quotes and braces within texts are no quotes and braces of the object.
#[test]
fn texts_beside_the_counts_are_passed_over() {
    let note = r#""note": "an \"odd } quote, \"prompt\": 7 {\\""#;
    let first = format!(r#"{{{note}, "prompt": 100, "output": 10, "in": {{"x": 1}}, "t": 0}}"#);
    let single = r#"{"tall": "5\" } or so", "prompt": 300, "output": 30, "t": 4}"#;
    for text in [
        format!("{first}\n{single}\n"),
        format!("[\"}}\", {first},\r\n {}]", single.replace(", ", ",\r\n")),
        format!("[{single},{first}]"),
    ] {
        let own = trace(&text);
        assert_eq!((own.rows, own.faults.len()), (2, 0), "{text}: {:?}", own.faults);
        assert_eq!((own.prompt.get(), own.answer.get()), (200.0, 20.0), "{text}");
        near(own.rate.map(|rate| rate.get()), 0.25);
    }
}

#[test]
fn a_row_that_is_no_object_is_named() {
    let good = r#"{"prompt": 1, "output": 2}"#;
    for bad in [
        format!("x {good}"),
        format!("{good} x"),
        format!("{good} \"x}}"),
        r#"{"prompt": 1, "output": 2, "a": [{}"#.to_owned(),
        r#"{"prompt": 1, "output": 2, "a": "}"#.to_owned(),
        r#"{"prompt": 1, "output": 2, "a": [1}"#.to_owned(),
        r#"{"prompt": 1, "output": 2, "a": {1]}"#.to_owned(),
    ] {
        let (rows, told) = faults(&format!("{good}\n{bad}\n"));
        assert_eq!((rows, told.len()), (1, 1), "{bad}: {told:?}");
        assert!(told[0].starts_with("line 2: it is no JSON object"), "{told:?}");
    }
}

/// Blocks of 512 tokens at the beginning of a prompt that stood before.
#[test]
fn hits_end_at_the_first_block_that_is_new_and_at_the_prompts_end() {
    let row = |prompt: u32, blocks: &str| {
        format!("{{\"input_length\": {prompt}, \"output_length\": 1, \"hash_ids\": [{blocks}]}}\n")
    };
    let cached = |text: String| trace(&text).cached.map(|share| share.get());
    // Two whole blocks of 600 tokens are 600 tokens.
    near(cached(row(600, "0, 1") + &row(600, "0, 1")), 600.0 / 1200.0);
    near(cached(row(2000, "0, 1") + &row(2000, "0, 1")), 1024.0 / 4000.0);
    // Block 1 stood before, behind another one.
    assert_eq!(cached(row(1024, "0, 1") + &row(1024, "9, 1")), Some(0.0));
    near(cached(row(1024, "0, 1") + &row(1536, "0, 9, 1")), 512.0 / 2560.0);
}
