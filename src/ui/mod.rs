//! F8: the page. It shows what the core says and computes no quantity itself.

// A view takes closures: a bare name would move what it captures.
#![allow(clippy::redundant_closure)]

mod address;
mod answer;
mod bench;
mod budget;
mod compare;
mod copier;
mod day;
mod dom;
mod engine;
pub mod fault;
mod fleet;
mod form;
mod lists;
mod live;
mod plot;
mod prices;
mod reader;
mod segments;
mod serve;
mod share;
mod shell;
mod state;
mod table;
mod theme;
mod truth;
pub mod worker;

use leptos::prelude::*;

/// Replaces the static fallback by the live page.
pub fn mount() {
    if let Some(fallback) = document().get_element_by_id("fallback") {
        fallback.remove();
    }
    bench::install();
    leptos::mount::mount_to_body(shell::App);
}
