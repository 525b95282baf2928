//! A comparison as a link: `+` before the link of each of its columns, `+1;n=64+1;n=128`.
//!
//! Frozen with the first release. The link of a plan begins with a digit and holds no `+` (version
//! 1 writes it `~2B`), so that neither is ever taken for the other. A column's link has a version of
//! its own; one that cannot be read stays as it is beside the others.

use super::limits::{ARRIVING_BYTES_MAX, COLUMNS_MAX, SETTLINGS_MAX, UNREAD_BYTES_MAX};
use super::{Decoded, Promise, clean, decode, encode, v1};

/// What stands before each column.
pub(super) const SIGN: char = '+';

/// The columns of a comparison.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    /// The link of each, canonical where all of it could be read.
    pub links: Vec<String>,
    /// What the link of each promised of its plan.
    pub promises: Vec<Option<Promise>>,
    /// Columns beyond the most that are compared; they were dropped.
    pub beyond: usize,
}

/// The link of a comparison, without `#`.
#[must_use]
pub fn join(links: &[String]) -> String {
    links.iter().fold(String::new(), |all, link| format!("{all}{SIGN}{link}"))
}

/// The columns of a link in whatever state it arrives, as [`decode`] takes it; none where it is not
/// the link of a comparison.
#[must_use]
pub fn split(link: &str) -> Option<Columns> {
    if link.len() > ARRIVING_BYTES_MAX {
        return None;
    }
    let text = clean::clean(link);
    let all = text.strip_prefix(SIGN)?.split(SIGN).map(settled);
    let mut columns = Columns::default();
    for column in all.filter(|column| !column.is_empty()) {
        if columns.links.len() == COLUMNS_MAX {
            columns.beyond += 1;
            continue;
        }
        let decoded = decode(&column);
        let link = canonical(&decoded).unwrap_or_else(|| {
            let sealed = sealed(&column);
            canonical(&decode(&sealed)).unwrap_or(sealed)
        });
        columns.links.push(link);
        columns.promises.push(decoded.promise);
    }
    Some(columns)
}

/// The link as it would be written, where all of it could be read.
fn canonical(decoded: &Decoded) -> Option<String> {
    decoded.problems.is_empty().then(|| encode(&decoded.inputs))
}

/// What one column says, cleaned until nothing more comes off, as it will be read once it was joined.
fn settled(column: &str) -> String {
    let mut text = clean::clean(column);
    for _ in 0..SETTLINGS_MAX {
        let again = clean::clean(&text);
        if again == text {
            break;
        }
        text = again;
    }
    text
}

/// A column that cannot be read, with everything escaped that cleaning or splitting would act on, so that what is
/// joined comes apart the same.
fn sealed(column: &str) -> String {
    let mut all = String::with_capacity(column.len());
    for c in column.chars() {
        if all.len() >= UNREAD_BYTES_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() || "-._/:,@;=~".contains(c) {
            all.push(c);
        } else {
            v1::escape(&mut all, c);
        }
    }
    // A text fragment would end the link, and several `=3D` be taken for mail's.
    clean::clean(&all.replace(":~:", ":~7E:").replace("=3D", "=~33D"))
}

impl Columns {
    /// Place of the column that the page takes for its inputs: the last that can be read.
    #[must_use]
    pub fn own(&self) -> Option<usize> {
        self.links.iter().rposition(|link| !decode(link).is_lost())
    }

    /// Whether there is something to compare: several columns, one of which can be read.
    #[must_use]
    pub fn is_comparison(&self) -> bool {
        self.links.len() > 1 && self.own().is_some()
    }
}
