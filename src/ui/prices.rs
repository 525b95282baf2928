//! The list of prices that the sections share: that of this version, a newer one that was asked for by name, or a file
//! of the user's.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use leptos::prelude::*;

use super::reader;
use crate::api::fleet::{LIST_BYTES_MAX, Prices};
use crate::catalogue::offers;
use crate::units::Day;

/// The list that is refreshed where the page is served; asked for on a click alone.
pub const REFRESHED: &str = "prices-v1.csv";

const BYTES_MAX: usize = LIST_BYTES_MAX as usize;

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

/// The list in use; where there is none yet, the one to begin with.
pub async fn fetched() -> Result<Rc<str>, String> {
    if let Some(text) = untrack(current) {
        return Ok(text);
    }
    let text = first().await?;
    // Another may have come meanwhile.
    if untrack(current).is_none() {
        put(&text);
    }
    untrack(current).ok_or_else(String::new)
}

thread_local! {
    static OWN: Cell<bool> = const { Cell::new(false) };
}

/// Takes note of whether the list in use is a file of the user's, which no link carries.
pub fn note_own(own: bool) {
    OWN.set(own);
}

/// Whether it is.
pub fn is_own() -> bool {
    OWN.get()
}

/// The list to begin with: the newer one that was last asked for, where there is one, else that of this version.
async fn first() -> Result<String, String> {
    let built = offers::built();
    if let Some(kept) = reader::kept(REFRESHED).await
        && newest(&kept).is_some_and(|day| day.to_string() > built.newest)
    {
        return Ok(kept);
    }
    // Its name is made from what is in it; where no build gave it that name, it may lie under the other one.
    let name = format!("prices-{}.csv", built.hash);
    let list = match reader::beside(&name, BYTES_MAX).await {
        Err(reader::Failure::Refused(_)) => reader::beside(REFRESHED, BYTES_MAX).await,
        list => list,
    };
    let list = list.map_err(|failure| failure.beside(&name))?;
    if offers::hash(&list) == built.hash {
        Ok(list)
    } else {
        Err("What the server sent is not the price list that this version was built with. \
             Loading the page again may help."
            .to_owned())
    }
}

/// The list that is served now, past what the browser keeps.
pub async fn served() -> Result<String, String> {
    reader::beside_anew(REFRESHED, BYTES_MAX).await.map_err(|failure| match failure {
        reader::Failure::Unreachable => "The server is not reachable.".to_owned(),
        other => other.beside(REFRESHED),
    })
}

/// Keeps a list for later visits and for times without a network.
pub async fn keep(list: &str) {
    reader::keep(REFRESHED, list).await;
}

/// Day of the newest price; none where no price can be used.
pub fn newest(list: &str) -> Option<Day> {
    Prices::read(list).newest()
}
