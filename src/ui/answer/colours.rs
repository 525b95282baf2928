//! Which category colour a part has: the same part has the same one everywhere.

use crate::chart::Ink;

/// Colour number of a part and whether it is hatched, by what its id says it is; others go by their
/// place.
pub fn of_part(id: &str, place: u32) -> (u8, bool) {
    const NAMED: &[(&str, u8, bool)] = &[
        ("weight", 0, false),
        ("param", 0, false),
        ("gradient", 1, false),
        ("optimizer", 2, false),
        ("activation", 3, false),
        ("logit", 4, false),
        ("loss", 4, false),
        ("buffer", 5, false),
        ("cache", 1, false),
        ("graphs", 5, false),
        ("context", 7, false),
        ("slack", 7, true),
        ("driver", 7, false),
    ];
    const TIMES: &[(&str, u8, bool)] = &[
        ("bubble", 7, true),
        ("matmul", 0, false),
        ("attention", 4, false),
        ("tensor", 1, false),
        ("context", 5, false),
        ("expert", 6, false),
        ("pipeline", 3, false),
        ("data", 2, true),
        ("grad", 2, true),
        ("optimizer", 2, false),
        ("recompute", 0, true),
    ];
    let list = if id.starts_with("time") { TIMES } else { NAMED };
    let leaf = id.rsplit('.').next().unwrap_or(id);
    match list.iter().find(|(name, ..)| leaf.contains(name)) {
        Some((_, series, hatched)) => (*series, *hatched),
        None => ((place % 8) as u8, place >= 8),
    }
}

/// The same as an ink.
pub fn ink(id: &str, place: u32) -> (Ink, bool) {
    let (series, hatched) = of_part(id, place);
    (Ink::Series(series), hatched)
}
