//! Which list this version was built with, known without carrying it: `examples/offers` and `examples/refresh` write
//! the line, and a test holds it against the list.

use std::sync::OnceLock;

/// What is known of the list of this version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Day of its newest price: `2026-08-20`.
    pub newest: String,
    /// Rows that can be read.
    pub rows: u32,
    /// [`hash`] of its text.
    pub hash: String,
}

/// The list that this version was built with.
#[must_use]
pub fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut words = include_str!("../data/offers_built.txt").split_whitespace();
        let newest = words.next().unwrap_or_default().to_owned();
        let rows = words.next().and_then(|rows| rows.parse().ok()).unwrap_or(0);
        Built { newest, rows, hash: words.next().unwrap_or_default().to_owned() }
    })
}

/// The line of a list: newest day, rows, hash.
#[must_use]
pub fn line_of(list: &str) -> String {
    let (listings, _) = super::read_listings(list);
    let newest = super::newest(&listings).map(|day| day.to_string()).unwrap_or_default();
    format!("{newest} {} {}\n", listings.len(), hash(list))
}

/// A hash of a text that tells lists apart, not one that withstands forgery: FNV-1a of 64 bits over its lines
/// (G. Fowler, L. C. Noll, K.-P. Vo, 1991), so that the ends of lines do not matter.
#[must_use]
pub fn hash(text: &str) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let bytes = text.lines().flat_map(|line| line.bytes().chain([b'\n']));
    let hash = bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    format!("{hash:016x}")
}
