//! F6: columns of facts put together.

use super::facts::{Better, Fact, Section};
use crate::plan::{Amount, Range};
use crate::units::Ratio;

/// Figures whose best column is said in words: name, and what the best one is.
const SAID: [(&str, &str); 6] = [
    ("run_days", "Done soonest"),
    ("run_cost", "Costs least"),
    ("mfu", "Uses its hardware best"),
    ("monthly", "Costs least a month"),
    ("ttft", "Answers soonest"),
    ("tpot", "Writes fastest"),
];

/// What one column says in one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// For people.
    pub text: String,
    /// The number, where it is one.
    pub amount: Option<Amount>,
    /// Where 80 % of measured runs of this kind lay.
    pub range: Option<Range>,
    /// The number over that of the first column; none in that column, and where all say the same.
    pub ratio: Option<Ratio>,
    /// Whether no other column is better, and one is worse.
    pub best: bool,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it stands.
    pub section: Section,
    /// Stable name.
    pub id: String,
    /// Name for people.
    pub label: String,
    /// A cell for each column; none where that has nothing to say.
    pub cells: Vec<Option<Cell>>,
    /// Whether two columns say different things, or one says nothing that another says.
    pub differs: bool,
    better: Better,
    main: bool,
}

/// Columns put together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Rows in the order of the table.
    pub rows: Vec<Row>,
    /// The column that ratios are against: the first that says anything.
    pub base: Option<usize>,
    /// Which column is best at what, in sentences.
    pub verdicts: Vec<String>,
}

/// Puts columns together, each named by `names`; a column that says nothing differs from none.
#[must_use]
pub fn table(columns: &[&[Fact]], names: &[&str]) -> Comparison {
    let mut rows = gathered(columns);
    let base = columns.iter().position(|facts| !facts.is_empty());
    for row in &mut rows {
        row.differs = differs(row, columns);
        judge(row, base);
    }
    // A step of fewer tokens is no better for being shorter.
    let steps_differ = rows.iter().any(|row| row.id == "step_tokens" && row.differs);
    for row in rows.iter_mut().filter(|row| steps_differ && row.id == "step_time") {
        row.cells.iter_mut().flatten().for_each(|cell| cell.best = false);
    }
    rows.retain(|row| row.main || row.differs);
    let verdicts = SAID.iter().filter_map(|own| verdict(&rows, own, names)).collect();
    Comparison { rows, base, verdicts }
}

/// A row for every fact of any column. What only a later column says stands behind what it says
/// before it.
fn gathered(columns: &[&[Fact]]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (index, facts) in columns.iter().enumerate() {
        let mut next = 0;
        for fact in *facts {
            let known = rows.iter().position(|row| row.id == fact.id);
            let at = known.unwrap_or_else(|| {
                // Never before a row of an earlier section.
                let first = rows.partition_point(|row| row.section < fact.section);
                let last = rows.partition_point(|row| row.section <= fact.section);
                let at = next.clamp(first, last);
                rows.insert(at, empty_row(fact, columns.len()));
                at
            });
            if let Some(row) = rows.get_mut(at) {
                row.main |= fact.main;
                if let Some(cell) = row.cells.get_mut(index) {
                    *cell = Some(cell_of(fact));
                }
            }
            next = at + 1;
        }
    }
    rows
}

fn empty_row(fact: &Fact, n_columns: usize) -> Row {
    Row {
        section: fact.section,
        id: fact.id.clone(),
        label: fact.label.clone(),
        cells: vec![None; n_columns],
        differs: false,
        better: fact.better,
        main: false,
    }
}

fn cell_of(fact: &Fact) -> Cell {
    Cell {
        text: fact.text.clone(),
        amount: fact.amount,
        range: fact.range,
        ratio: None,
        best: false,
    }
}

fn differs(row: &Row, columns: &[&[Fact]]) -> bool {
    let speaking = row.cells.iter().zip(columns).filter(|(_, facts)| {
        // Where nothing fits, only what was asked can differ.
        facts.iter().any(|fact| fact.section == row.section)
    });
    let mut texts = speaking.map(|(cell, _)| cell.as_ref().map(|cell| &cell.text));
    let first = texts.next();
    texts.any(|text| Some(text) != first)
}

/// The number in the unit of its kind.
fn number(cell: &Cell) -> Option<f64> {
    cell.amount.map(|amount| amount.value().get())
}

/// Ratios to the base, and the best.
fn judge(row: &mut Row, base: Option<usize>) {
    let against = base.and_then(|base| row.cells.get(base)?.as_ref());
    let against = against.and_then(number).filter(|value| *value > 0.0);
    let best = best(row);
    let differs = row.differs;
    for (index, cell) in row.cells.iter_mut().enumerate() {
        let Some(cell) = cell else { continue };
        cell.best = differs && best.as_ref() == Some(&cell.text);
        let apart = differs && Some(index) != base;
        if let (Some(value), Some(against), true) = (number(cell), against, apart) {
            cell.ratio = Ratio::checked(value / against);
        }
    }
}

/// What the best cell says; those that say the same are as good.
fn best(row: &Row) -> Option<String> {
    let cells = row.cells.iter().flatten();
    let valued = cells.filter_map(|cell| Some((number(cell)?, &cell.text)));
    let best = match row.better {
        Better::Less => valued.min_by(|a, b| a.0.total_cmp(&b.0)),
        Better::More => valued.max_by(|a, b| a.0.total_cmp(&b.0)),
        Better::Neither => None,
    };
    let (_, text) = best?;
    // Alone in its row, it is the best of nothing.
    (row.cells.iter().flatten().count() > 1).then(|| text.clone())
}

/// `Costs least: B, $36.1 M.`; none where all say the same.
fn verdict(rows: &[Row], (id, words): &(&str, &str), names: &[&str]) -> Option<String> {
    let row = rows.iter().find(|row| row.id == *id)?;
    let all =
        || row.cells.iter().zip(names).filter_map(|(cell, name)| Some((cell.as_ref()?, name)));
    let best: Vec<&str> = all().filter(|(cell, _)| cell.best).map(|(_, name)| *name).collect();
    let (cell, _) = all().find(|(cell, _)| cell.best)?;
    let near: Vec<&str> =
        all().filter(|(other, _)| !other.best && overlap(cell, other)).map(|own| *own.1).collect();
    let doubt = match near.as_slice() {
        [] => String::new(),
        near => format!("; the range reaches that of {}", near.join(" and ")),
    };
    Some(format!("{words}: {}, {}{doubt}.", best.join(" and "), cell.text))
}

/// Whether the ranges of two cells meet.
fn overlap(one: &Cell, other: &Cell) -> bool {
    let ends = |range: &Range| (range.low.value(), range.high.value());
    match (one.range.as_ref().map(ends), other.range.as_ref().map(ends)) {
        (Some(one), Some(other)) => one.0 <= other.1 && other.0 <= one.1,
        _ => false,
    }
}
