//! The plan that a file carries.

use super::card::{METADATA_END, METADATA_START};
use super::png;
use super::table::HEAD as TABLE_HEAD;
use crate::link;

/// The link in a picture of this page (PNG or SVG), in what it saved (CSV, JSON), in a shortcut, or in a text that
/// holds one: a link, or what "Copy as Markdown" and "Copy frame" made. Nothing where there is none that opens.
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
    inside.or_else(|| saved(text)).or_else(|| shortcut(text)).or_else(|| {
        // A config.json may hold anything, signs of addresses among it.
        (!text.starts_with(['{', '['])).then(|| link::cleaned(text))
    })
}

/// The link in what "Save" made: a table or the whole answer.
fn saved(text: &str) -> Option<String> {
    let (start, end) = match text.starts_with('{') {
        true => ("\"link\":\"", '"'),
        false => (text.starts_with(TABLE_HEAD).then_some("plan,link,Link,,,")?, ','),
    };
    let (_, rest) = text.split_once(start)?;
    let (rest, end) = rest.strip_prefix('"').map_or((rest, end), |quoted| (quoted, '"'));
    rest.split_once(end).map(|(link, _)| link.to_owned())
}

/// The link in a shortcut to a page as Windows keeps it (`.url`).
fn shortcut(text: &str) -> Option<String> {
    let lines = text.starts_with("[InternetShortcut]").then(|| text.lines())?;
    let address = lines.filter_map(|line| line.trim().strip_prefix("URL=")).next()?;
    Some(link::cleaned(address))
}

fn opens(text: &str) -> bool {
    match link::split(text) {
        Some(columns) => !columns.links.is_empty(),
        None => text.contains(';') && !link::decode(text).is_lost(),
    }
}
