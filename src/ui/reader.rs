//! Reads a text from an address, when the user asked for it: within a time and up to a size.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Cache, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache,
    RequestCredentials, RequestInit, RequestMode, Response, Url,
};

use super::dom::later;

/// How long a file beside the page may take.
const BESIDE_MS: u32 = 20_000;

/// Name under which a page that is one file hands out the files that it holds.
const WITHIN: &str = "autoparallelFile";

/// Under this name the browser keeps what was asked for by name.
const KEPT: &str = "autoparallel-kept";

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// No answer: no network, or refused by the browser.
    Unreachable,
    /// No whole answer in time.
    Late,
    /// Longer than what it should be ever is.
    TooLong,
    /// Answered with that status.
    Refused(u16),
    /// Held by the page, which is one file, but not to be read.
    Damaged,
}

/// Where a file beside the page is served; nothing where the page is one file and holds it.
pub fn address_beside(name: &str) -> Option<String> {
    let page = window().location().href().ok().filter(|_| holder().is_none())?;
    Url::new_with_base(name, &page).ok().map(|url| url.href())
}

/// The same file asked of its server once more, past what the browser keeps.
pub async fn beside_anew(name: &str, bytes_max: usize) -> Result<String, Failure> {
    let options = RequestInit::new();
    options.set_cache(RequestCache::NoStore);
    served(name, &options, bytes_max).await
}

/// What hands out the files of a page that is one file.
fn holder() -> Option<Function> {
    Reflect::get(&js_sys::global(), &WITHIN.into()).ok()?.dyn_into().ok()
}

/// A file that is served beside the page, or held by it where the page is one file.
pub async fn beside(name: &str, bytes_max: usize) -> Result<String, Failure> {
    if let Some(held) = holder() {
        let text = held.call1(&JsValue::NULL, &name.into()).map_err(|_| Failure::Damaged)?;
        let text = JsFuture::from(text.unchecked_into::<Promise>()).await;
        return text.ok().and_then(|text| text.as_string()).ok_or(Failure::Damaged);
    }
    served(name, &RequestInit::new(), bytes_max).await
}

async fn served(name: &str, options: &RequestInit, bytes_max: usize) -> Result<String, Failure> {
    read(&format!("./{name}"), options, (bytes_max, BESIDE_MS)).await
}

impl Failure {
    /// In words, of a file beside the page.
    pub fn beside(self, name: &str) -> String {
        match self {
            Self::Unreachable => format!(
                "It lies in a file beside the page, {name}, which could not be fetched: is there \
                 a connection, and does the page come from a server rather than from a file? All \
                 else works without it."
            ),
            Self::Late => format!("The server did not send {name} within 20 s."),
            Self::TooLong => {
                format!("The file {name} is far longer than it should be; it was not read.")
            }
            Self::Refused(status) => format!("The server answered {status} for {name}."),
            Self::Damaged => format!("{name}, which this page holds, could not be unpacked."),
        }
    }
}

/// Keeps a text under a name, where the browser lets it.
pub async fn keep(name: &str, text: &str) {
    let (Some(cache), Ok(response)) = (store().await, Response::new_with_opt_str(Some(text)))
    else {
        return;
    };
    drop(JsFuture::from(cache.put_with_str(&format!("./{name}"), &response)).await);
}

/// What was kept under a name.
pub async fn kept(name: &str) -> Option<String> {
    let found = JsFuture::from(store().await?.match_with_str(&format!("./{name}"))).await.ok()?;
    let text = found.dyn_into::<Response>().ok()?.text().ok()?;
    JsFuture::from(text).await.ok()?.as_string()
}

/// Where texts are kept; none where the browser has no such place: a page that is a file, or one without encryption.
async fn store() -> Option<Cache> {
    if !window().is_secure_context() || holder().is_some() {
        return None;
    }
    let opened = window().caches().ok()?.open(KEPT);
    JsFuture::from(opened).await.ok()?.dyn_into().ok()
}

/// A file of another site, which is told nothing about who asks.
pub async fn foreign(address: &str, bytes_max: usize, ms: u32) -> Result<String, Failure> {
    let options = RequestInit::new();
    options.set_mode(RequestMode::Cors);
    options.set_credentials(RequestCredentials::Omit);
    options.set_referrer_policy(ReferrerPolicy::NoReferrer);
    read(address, &options, (bytes_max, ms)).await
}

async fn read(
    address: &str,
    options: &RequestInit,
    (bytes_max, ms): (usize, u32),
) -> Result<String, Failure> {
    let abort = AbortController::new().map_err(|_| Failure::Unreachable)?;
    options.set_signal(Some(&abort.signal()));
    let late = Rc::new(Cell::new(false));
    later(ms, {
        let (abort, late) = (abort.clone(), late.clone());
        move || {
            late.set(true);
            abort.abort();
        }
    });
    let text = whole(address, options, bytes_max).await;
    if text.is_err() {
        // What is still on its way is no longer wanted.
        abort.abort();
    }
    text.map_err(|failure| if late.get() { Failure::Late } else { failure })
}

/// Piece by piece, so that a file without end is given up at the limit.
async fn whole(address: &str, options: &RequestInit, bytes_max: usize) -> Result<String, Failure> {
    let lost = |_: JsValue| Failure::Unreachable;
    let asked = window().fetch_with_str_and_init(address, options);
    let response: Response =
        JsFuture::from(asked).await.and_then(JsCast::dyn_into).map_err(lost)?;
    if !response.ok() {
        return Err(Failure::Refused(response.status()));
    }
    let Some(body) = response.body() else { return Ok(String::new()) };
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut bytes = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(lost)?;
        let value = Reflect::get(&piece, &"value".into()).map_err(lost)?;
        let Ok(value) = value.dyn_into::<Uint8Array>() else { break };
        if bytes.len() + value.length() as usize > bytes_max {
            return Err(Failure::TooLong);
        }
        bytes.extend(value.to_vec());
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
