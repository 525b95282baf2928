//! The functions of the core as JavaScript calls them: plain objects in, plain objects out, a plain object thrown.
//! `js/*.js` beside this file makes classes and promises of them.
#![cfg(target_arch = "wasm32")]

use autoparallel::api::script::{self, Fault, Plain, Wrong};
use serde::{Deserialize as _, Serialize};
use serde_wasm_bindgen::{Deserializer, Serializer};
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};

type Answer = Result<JsValue, JsValue>;

/// Objects rather than maps, and null rather than undefined, so that what comes out is JSON.
const OUT: Serializer = Serializer::json_compatible();

#[wasm_bindgen]
pub fn analyze(question: JsValue) -> Answer {
    answer(question, script::analyze)
}

#[wasm_bindgen]
pub fn best_config(question: JsValue) -> Answer {
    answer(question, script::best_config)
}

#[wasm_bindgen]
pub fn check_memory(question: JsValue) -> Answer {
    answer(question, script::check_memory)
}

#[wasm_bindgen]
pub fn estimate_cost(question: JsValue) -> Answer {
    answer(question, script::estimate_cost)
}

#[wasm_bindgen]
pub fn describe(question: JsValue) -> Answer {
    answer(question, script::describe)
}

#[wasm_bindgen]
pub fn compare_models(models: JsValue, question: JsValue) -> Answer {
    let text = |name: Plain| match name {
        Plain::Text(name) => Some(name),
        _ => None,
    };
    let models = match plain(models)? {
        Plain::List(list) => list.into_iter().map(text).collect::<Option<Vec<String>>>(),
        _ => None,
    };
    let none = || fault(&Wrong::not_plain("the models are not a list of names").into());
    let models = models.ok_or_else(none)?;
    answer(question, |question| script::compare_models(&models, question))
}

#[wasm_bindgen]
pub fn encode_link(question: JsValue) -> Answer {
    answer(question, script::encode_link)
}

#[wasm_bindgen]
pub fn decode_link(link: &str) -> Answer {
    give(script::decode_link(link))
}

#[wasm_bindgen]
pub fn read_field(field: &str, text: &str) -> Answer {
    give(script::read_field(field, text))
}

#[wasm_bindgen]
pub fn models() -> Answer {
    out(&script::models())
}

#[wasm_bindgen]
pub fn accelerators() -> Answer {
    out(&script::accelerators())
}

#[wasm_bindgen]
pub fn edge_accelerators() -> Answer {
    out(&script::edge_accelerators())
}

#[wasm_bindgen]
pub fn engines() -> Answer {
    out(&script::engines())
}

#[wasm_bindgen]
pub fn stacks() -> Answer {
    out(&script::stacks())
}

#[wasm_bindgen]
pub fn constants() -> Answer {
    out(&script::constants())
}

#[wasm_bindgen]
pub fn presets() -> Answer {
    out(&script::presets())
}

fn answer<T: Serialize>(question: JsValue, ask: impl FnOnce(&Plain) -> Result<T, Fault>) -> Answer {
    give(ask(&plain(question)?))
}

fn give<T: Serialize>(answer: Result<T, Fault>) -> Answer {
    match answer {
        Ok(value) => out(&value),
        Err(wrong) => Err(fault(&wrong)),
    }
}

fn plain(value: JsValue) -> Result<Plain, JsValue> {
    if value.is_undefined() {
        return Ok(Plain::Nothing);
    }
    let read = Plain::deserialize(Deserializer::from(value));
    read.map_err(|error| fault(&Wrong::not_plain(&error.to_string()).into()))
}

fn out<T: Serialize>(value: &T) -> Answer {
    value.serialize(&OUT).map_err(JsValue::from)
}

fn fault(wrong: &Fault) -> JsValue {
    wrong.serialize(&OUT).unwrap_or(JsValue::NULL)
}
