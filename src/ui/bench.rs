//! The benchmark of the search in the browser: `window.__autoparallel_bench()` gives a promise of
//! rows.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;

use super::worker::{Handle, READY};
use crate::api::{self, Measured};

/// What the page says to a worker that should measure.
pub const ASK: &str = "bench";

const HOOK: &str = "__autoparallel_bench";

/// Worker side: the rows.
pub fn rows(now_ms: &dyn Fn() -> f64) -> JsValue {
    api::measure(now_ms).iter().map(row).collect::<Array>().into()
}

fn row(measured: &Measured) -> JsValue {
    let row = Object::new();
    for (key, value) in measured.cells() {
        drop(Reflect::set(&row, &key.into(), &JsValue::from_f64(value)));
    }
    drop(Reflect::set(&row, &"case".into(), &JsValue::from_str(measured.case)));
    row.into()
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
