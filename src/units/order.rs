//! Sorting of short lists.
//!
//! The sorts of the standard library are made for long lists, and each type that they sort costs
//! eight kilobytes of the module that a browser loads. The lists of reasons, rows and problems here
//! have some tens of entries, at most a few hundred.

use std::cmp::Ordering;

/// Puts a short list in ascending order of `key`; equal ones stay as they were.
pub fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(list, |a, b| key(a).cmp(&key(b)));
}

/// Puts a short list in the order of `compare`; equal ones stay as they were.
pub fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    for end in 1..list.len() {
        let mut at = end;
        while at > 0 && compare(&list[at], &list[at - 1]) == Ordering::Less {
            list.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Puts a list of any length in ascending order: one sort for all that can say their order in such numbers. Amounts that
/// are never negative are in the order of their bits.
#[inline(never)]
pub fn sort_keys(list: &mut [[u64; 3]]) {
    list.sort_unstable();
}

/// Letters to put in, take out or change until one text is the other (Levenshtein 1966).
#[must_use]
pub fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(other.bytes()) {
            let changed = diagonal + usize::from(a != b);
            diagonal = *cell;
            left = changed.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lists_come_out_in_order_and_equal_ones_as_they_were() {
        let mut list = [(3, 'a'), (1, 'b'), (3, 'c'), (2, 'd'), (1, 'e')];
        sort_by_key(&mut list, |entry| entry.0);
        assert_eq!(list, [(1, 'b'), (1, 'e'), (2, 'd'), (3, 'a'), (3, 'c')]);
        sort_by_key::<u8, u8>(&mut [], |n| *n);
        let mut measures = [2.5, f64::INFINITY, -1.0, 0.0];
        sort_by(&mut measures, |a, b| b.total_cmp(a));
        assert_eq!(measures, [f64::INFINITY, 2.5, 0.0, -1.0]);
    }
}
