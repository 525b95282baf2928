//! The plan that a file carries.

use super::card::{METADATA_END, METADATA_START};
use super::png;
use crate::link;

/// The link in a picture of this page (PNG or SVG), or in a text that holds one: a link, or what "Copy as
/// Markdown" and "Copy frame" made. Nothing where there is none that opens.
#[must_use]
pub fn plan_in(file: &[u8]) -> Option<String> {
    let link = match png::link_of(file) {
        Some(link) => link,
        None => text_link(std::str::from_utf8(file).ok()?)?,
    };
    opens(&link).then_some(link)
}

fn text_link(text: &str) -> Option<String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let inside = text.split_once(METADATA_START).and_then(|(_, rest)| {
        rest.split_once(METADATA_END).map(|(link, _)| link.trim().to_owned())
    });
    // A config.json may hold anything, signs of addresses among it.
    inside.or_else(|| (!text.starts_with(['{', '['])).then(|| link::cleaned(text)))
}

fn opens(text: &str) -> bool {
    match link::split(text) {
        Some(columns) => !columns.links.is_empty(),
        None => text.contains(';') && !link::decode(text).is_lost(),
    }
}
