//! Which accelerators a stack has code for.

use super::stacks;
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
    let Some(row) = find(stack) else { return true };
    generation.is_empty() || row.platforms.iter().any(|platform| has(platform, generation))
}

/// Where that was read, when, and whether nobody has checked it; nothing for a stack that the table does not know.
#[must_use]
pub fn source(stack: &str) -> Option<&'static str> {
    find(stack).map(|row| row.source.as_str())
}

/// One stack of the table.
struct PlatformRow {
    stack: String,
    platforms: Vec<String>,
    source: String,
}

fn find(stack: &str) -> Option<&'static PlatformRow> {
    rows().iter().find(|row| row.stack == stack)
}

/// What to know where the stack has no code for that accelerator, `machine` being its name for people.
#[must_use]
pub fn caution(stack: &str, machine: &str, generation: &str) -> Option<String> {
    if runs_on(stack, generation) {
        return None;
    }
    let name = |key: &str| stacks::find(key).map_or_else(|| key.to_owned(), |own| own.name.clone());
    let other =
        own_stack(generation).map_or_else(String::new, |key| format!("; {} has", name(key)));
    Some(format!("{} has no code for {machine} that we know of{other}", name(stack)))
}

/// The stack to take on accelerators of that generation: the first that is made for their platform, or else runs
/// there too.
fn own_stack(generation: &str) -> Option<&'static str> {
    let rows = || rows().iter().filter(|row| row.stack != stacks::UNCONSTRAINED);
    let made = |own: &[String]| own.first().is_some_and(|platform| has(platform, generation));
    let found = rows().find(|row| made(&row.platforms));
    let found = found.or_else(|| rows().find(|row| runs_on(&row.stack, generation)));
    found.map(|row| row.stack.as_str())
}

fn has(platform: &str, generation: &str) -> bool {
    let known = GENERATIONS.iter().find(|(name, _)| *name == platform);
    known.is_some_and(|(_, generations)| generations.contains(&generation))
}

fn rows() -> &'static [PlatformRow] {
    static ROWS: OnceLock<Vec<PlatformRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/platforms.csv"));
        let words = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
        let row = |row: super::table::Row<'_>| PlatformRow {
            stack: row.text("stack").to_owned(),
            platforms: words(row.list("platforms", ' ')),
            source: ["source", "date", "checked"].map(|name| row.text(name)).join(", "),
        };
        table.rows().map(row).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stack_says_where_it_runs() {
        for key in stacks::keys() {
            let source = source(key).unwrap_or_else(|| panic!("{key}"));
            assert!(["read", "unverified", "by definition"].iter().any(|w| source.ends_with(w)));
        }
        assert!(runs_on("megatron", "hopper") && !runs_on("megatron", "tpu"));
        assert!(runs_on("maxtext", "tpu") && runs_on("own", "tpu") && runs_on("megatron", ""));
    }
}
