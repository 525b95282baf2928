//! What every parser must withstand, whatever it is given: no panic, and what came out goes in again.
//!
//! Driven by libFuzzer (`fuzz/fuzz_targets`) and by seeded mutations on stable Rust (`tests/fuzz.rs`).
#![allow(dead_code)]

use autoparallel::api::own::OwnRuns;
use autoparallel::api::packed::{pack, unpack};
use autoparallel::api::truth::Runs;
use autoparallel::api::{self, Answer, Request};
use autoparallel::catalogue::offers::{PROBLEMS_MAX, ROWS_MAX, read_listings};
use autoparallel::fit;
use autoparallel::inputs::trace;
use autoparallel::inputs::{Inputs, Key, read};
use autoparallel::link;
use autoparallel::model::config;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a parser must withstand.
pub type Body = fn(&[u8]);

/// By name.
pub const BODIES: [(&str, Body); 10] = [
    ("link", link),
    ("config", config),
    ("prices", prices),
    ("runs", runs),
    ("file", file),
    ("quantity", quantity),
    ("plan", plan),
    ("serve", serve),
    ("trace", trace),
    ("packed", packed),
];

/// Rows of a table of runs that are made cases.
const SETUPS_MAX: usize = 8;
/// Largest cluster that is searched, and deepest model that is trained on one.
const SEARCHED_MAX: u32 = 64;

/// A link opens to inputs, and their link to the same.
pub fn link(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let decoded = link::decode(&text);
    let encoded = link::encode_whole(&decoded.inputs);
    assert!(encoded.text.len() <= link::limits::LINK_BYTES_MAX);
    if encoded.left_out.is_empty() {
        let again = link::decode(&encoded.text);
        assert_eq!(again.problems, []);
        assert_eq!(again.inputs, decoded.inputs.canonical());
        assert_eq!(link::encode(&again.inputs), encoded.text);
    }
    if let Some(promise) = &decoded.promise {
        let again = link::decode(&link::encode_promising(&Inputs::default(), promise));
        assert_eq!(again.promise.as_ref(), Some(promise));
    }
    if let Some(columns) = link::split(&text).filter(|own| !own.links.is_empty()) {
        assert!(columns.links.len() <= link::limits::COLUMNS_MAX);
        assert_eq!(
            link::split(&link::join(&columns.links)).map(|own| own.links),
            Some(columns.links)
        );
    }
    let _ = decoded.inputs.resolve();
}

/// A config.json is read or refused in words, and one that is read can be planned with.
pub fn config(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let reading = config::read(&text);
    assert!(reading.model.is_some() || !reading.problems.is_empty());
    if reading.model.is_some() {
        let inputs = Inputs::default().with(Key::Model, "config").with(Key::Config, text);
        let _ = inputs.resolve();
        let _ = link::encode_whole(&inputs);
        assert_eq!(inputs.canonical().canonical(), inputs.canonical());
        if let Some(short) = config::trimmed(&String::from_utf8_lossy(data)) {
            assert_eq!(config::read(&short).model, reading.model);
            assert_eq!(config::trimmed(&short).as_ref(), Some(&short));
        }
    }
    let _ = config::hub_id(&String::from_utf8_lossy(data));
}

/// A list of prices gives rows and problems, neither without end.
pub fn prices(data: &[u8]) {
    let (listings, problems) = read_listings(&String::from_utf8_lossy(data));
    assert!(listings.len() <= ROWS_MAX && problems.len() <= PROBLEMS_MAX + 64);
}

/// Tables of measured runs, of training, of serving and of the page.
pub fn runs(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = Runs::read(&text);
    let _ = OwnRuns::read(&text, &Inputs::default()).found();
    for (run, _) in fit::run::read(&text).iter().take(SETUPS_MAX) {
        let _ = fit::setup(run);
    }
    for (run, _) in fit::serve::run::read(&text).iter().take(SETUPS_MAX) {
        let _ = fit::serve::setup(run);
    }
}

/// A file that is dropped on the page.
pub fn file(data: &[u8]) {
    if let Some(link) = api::plan_in(data) {
        assert!(link::split(&link).is_some() || !link::decode(&link).is_lost());
    }
    let picture = api::png_with(data, "1;n=8");
    assert!(picture == data || api::plan_in(&picture).is_some());
}

/// The text of an input; the first byte says of which.
pub fn quantity(data: &[u8]) {
    let Some((which, text)) = data.split_first() else { return };
    let key = Key::ALL[usize::from(*which) % Key::ALL.len()];
    let text = String::from_utf8_lossy(text);
    let _ = read(key, &text);
    let inputs = Inputs::default().with(key, text);
    assert_eq!(inputs.canonical().canonical(), inputs.canonical());
    let resolution = inputs.resolve();
    assert_eq!(inputs.canonical().resolve().case, resolution.case);
}

/// A small case is answered in full.
pub fn plan(data: &[u8]) {
    let link = String::from_utf8_lossy(data);
    let resolution = link::decode(&link).inputs.resolve();
    let Some(case) = resolution.case else { return };
    if case.cluster.count <= SEARCHED_MAX && case.model.n_layers() <= SEARCHED_MAX {
        let mut asked = 0;
        let mut few = || {
            asked += 1;
            asked < 4
        };
        api::answer(1, &link, &|| 0.0, &mut few, &mut |answer| returns(&answer));
    }
}

/// A service on few accelerators is answered in full, with what comes after.
pub fn serve(data: &[u8]) {
    let link = String::from_utf8_lossy(data);
    let resolution = link::decode(&link).inputs.resolve();
    let Some(ask) = resolution.ask else { return };
    let most = ask.machines.iter().map(|own| own.most).max().unwrap_or(0);
    if most <= SEARCHED_MAX {
        api::serve(1, &link, &|| 0.0, &mut |answer| returns(&answer));
        api::serve_study(1, &link, &mut |answer| returns(&answer));
    }
}

/// What a trace comes to is typed as texts that are all read.
pub fn trace(data: &[u8]) {
    let own = trace::trace(&String::from_utf8_lossy(data));
    let before = Inputs::default().with(Key::Purpose, "serve");
    let mut after = before.clone();
    own.type_into(&mut after);
    let _ = (own.text(), own.kept(&after));
    assert_eq!(after.resolve().problems, before.resolve().problems);
    let _ = link::encode_whole(&after);
}

/// Bytes of the page and its workers are a message or are refused.
pub fn packed(data: &[u8]) {
    if let Ok(own) = unpack::<Request>(data) {
        returns(&own);
    }
    if let Ok(own) = unpack::<Answer>(data) {
        returns(&own);
    }
}

/// A message goes there and back; bytes are compared, as not every fraction equals itself.
fn returns<T: Serialize + DeserializeOwned>(message: &T) {
    let bytes = pack(message).expect("a message of the wire");
    let back = unpack::<T>(&bytes).expect("what was packed");
    assert_eq!(pack(&back).as_ref(), Ok(&bytes));
}
