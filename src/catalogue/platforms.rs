//! Which accelerators a stack has code for.

use super::table::Table;
use std::sync::OnceLock;

/// Generations of accelerators by platform.
const GENERATIONS: [(&str, &[&str]); 5] = [
    (
        "cuda",
        &["volta", "turing", "ampere", "ada", "hopper", "blackwell", "blackwell-rtx", "rubin"],
    ),
    ("rocm", &["cdna2", "cdna3", "cdna4", "cdna5", "rdna3"]),
    ("tpu", &["tpu"]),
    ("trainium", &["trainium"]),
    ("gaudi", &["gaudi"]),
];

/// Whether the stack runs on accelerators of that generation. A stack that the table does not know, and an
/// accelerator by hand (no generation), are taken at the user's word.
#[must_use]
pub fn runs_on(stack: &str, generation: &str) -> bool {
    let Some((_, platforms)) = rows().iter().find(|(key, _)| key == stack) else {
        return true;
    };
    let of = |platform: &String| {
        let known = GENERATIONS.iter().find(|(name, _)| name == platform);
        known.is_some_and(|(_, generations)| generations.contains(&generation))
    };
    generation.is_empty() || platforms.iter().any(of)
}

fn rows() -> &'static [(String, Vec<String>)] {
    static ROWS: OnceLock<Vec<(String, Vec<String>)>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/platforms.csv"));
        let words = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
        let row = |row: super::table::Row<'_>| {
            (row.text("stack").to_owned(), words(row.list("platforms", ' ')))
        };
        table.rows().map(row).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::stacks;

    #[test]
    fn every_stack_says_where_it_runs() {
        for key in stacks::keys() {
            assert!(rows().iter().any(|(known, _)| known == key), "{key}");
        }
        assert!(runs_on("megatron", "hopper") && !runs_on("megatron", "tpu"));
        assert!(runs_on("maxtext", "tpu") && runs_on("own", "tpu") && runs_on("megatron", ""));
    }
}
