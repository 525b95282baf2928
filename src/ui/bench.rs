//! The benchmark of the search in the browser: `window.__autoparallel_bench()` gives a promise of
//! rows.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::worker::{Handle, READY};
use crate::api::{self, Answer};
use crate::units::order;

/// What the page says to a worker that should measure.
pub const ASK: &str = "bench";

const HOOK: &str = "__autoparallel_bench";
/// Searches of each case; the median counts.
const ROUNDS: u32 = 21;
const CASES: &[(&str, &str)] = &[
    ("Llama-3.1-405B, 16,384 H100", "1"),
    ("Llama-3.1-405B, 131,072 H100", "1;n=131072"),
    (
        "DeepSeek-V3, 2,048 H800",
        "1;m=deepseek-ai/DeepSeek-V3;g=h800;n=2048;b=15360;s=4096;t=14.8T;p=fp8",
    ),
];

/// Worker side: the rows.
pub fn rows(now_ms: &dyn Fn() -> f64) -> JsValue {
    CASES.iter().map(|(name, link)| row(name, link, now_ms)).collect::<Array>().into()
}

fn row(name: &str, link: &str, now_ms: &dyn Fn() -> f64) -> JsValue {
    let mut searches = Vec::new();
    let mut answers = Vec::new();
    for _ in 0..ROUNDS {
        let start = now_ms();
        api::answer(0, link, now_ms, &mut || false, &mut |answer| {
            if let Answer::Plan { search_ms, .. } = answer {
                searches.push(search_ms);
            }
        });
        answers.push(now_ms() - start);
    }
    let row = Object::new();
    let cells = [
        ("case", JsValue::from_str(name)),
        ("search, median ms", median(&mut searches)),
        ("whole answer, median ms", median(&mut answers)),
    ];
    for (key, cell) in cells {
        drop(Reflect::set(&row, &key.into(), &cell));
    }
    row.into()
}

fn median(values: &mut [f64]) -> JsValue {
    order::sort_by(values, f64::total_cmp);
    values.get(values.len() / 2).map_or(JsValue::NULL, |ms| JsValue::from_f64(*ms))
}

/// Page side: leaves the hook on the window.
pub fn install() {
    let start = Closure::<dyn FnMut() -> Promise>::new(|| Promise::new(&mut measure));
    let window = leptos::prelude::window();
    drop(Reflect::set(&window, &HOOK.into(), start.as_ref()));
    start.forget();
}

fn measure(resolve: Function, reject: Function) {
    let seat: Rc<RefCell<Option<Handle>>> = Rc::default();
    let worker = Handle::start(
        {
            let seat = seat.clone();
            move |reply: JsValue| {
                if reply.as_string().is_some_and(|word| word == READY) {
                    drop(seat.borrow().as_ref().map(|worker| worker.say(ASK)));
                } else {
                    drop(resolve.call1(&JsValue::NULL, &reply));
                }
            }
        },
        move |reason| drop(reject.call1(&JsValue::NULL, &reason.into())),
    );
    *seat.borrow_mut() = worker.ok();
}
