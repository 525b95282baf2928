//! Parts of the page that follow what they are made of.
//!
//! A closure in a view makes all that Leptos does with it anew; through these, all of them are of two types, and the
//! module that a browser loads is so much smaller.

use leptos::prelude::*;

/// A view that is made again whenever what it reads changes.
pub fn live(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    live_boxed(Box::new(view))
}

/// The same of a text.
pub fn words(text: impl Fn() -> String + Send + 'static) -> AnyView {
    words_boxed(Box::new(text))
}

fn live_boxed(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
    (move || view()).into_any()
}

fn words_boxed(text: Box<dyn Fn() -> String + Send>) -> AnyView {
    (move || text()).into_any()
}
