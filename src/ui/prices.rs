//! The list of prices that the sections share: fetched once, or a file of the user's.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use super::reader::beside;
use crate::api::fleet::LIST_BYTES_MAX;

/// The file that holds the list.
pub const TABLE: &str = "prices-v1.csv";

struct Shared {
    text: RefCell<Option<Rc<str>>>,
    /// Changes with every other list.
    changed: ArcRwSignal<u32>,
}

thread_local! {
    static SHARED: Shared = Shared { text: RefCell::new(None), changed: ArcRwSignal::new(0) };
}

/// The list in use, where there is one; whoever asks hears of another one.
pub fn current() -> Option<Rc<str>> {
    SHARED.with(|shared| {
        shared.changed.track();
        shared.text.borrow().clone()
    })
}

/// Puts a list into use.
pub fn put(text: &str) {
    SHARED.with(|shared| {
        if shared.text.borrow().as_deref() == Some(text) {
            return;
        }
        *shared.text.borrow_mut() = Some(text.into());
        shared.changed.update(|n| *n = n.wrapping_add(1));
    });
}

/// The list in use, fetched from beside the page where there is none.
pub async fn fetched() -> Result<Rc<str>, String> {
    if let Some(text) = untrack(current) {
        return Ok(text);
    }
    let text = beside(TABLE, LIST_BYTES_MAX as usize).await?;
    // Another may have come meanwhile.
    if untrack(current).is_none() {
        put(&text);
    }
    untrack(current).ok_or_else(String::new)
}
