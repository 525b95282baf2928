//! A comparison as Markdown, to be pasted.

use super::{CompareCell, CompareRow, CompareView};
use crate::units::text::show;
use std::fmt::Write as _;

/// The table, what differs in bold, and the link that opens it. `rows` are those that are shown.
#[must_use]
pub fn comparison_markdown(view: &CompareView, rows: &[&CompareRow]) -> String {
    let mut text = String::from("| |");
    for column in &view.columns {
        let _ = write!(text, " {}: {} {} |", column.name, plain(&column.title), column.machines);
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(view.columns.len()));
    let mut section = "";
    for row in rows {
        if row.section != section {
            section = &row.section;
            let _ = write!(text, "\n| **{section}** |{}", " |".repeat(view.columns.len()));
        }
        let mark = if row.differs { "\u{2260} " } else { "" };
        let _ = write!(text, "\n| {mark}{} |", row.label);
        for cell in &row.cells {
            let _ = write!(text, " {} |", said(cell));
        }
    }
    text.push('\n');
    for column in &view.columns {
        for problem in &column.problems {
            let _ = write!(text, "\n{}: {}\n", column.name, plain(problem));
        }
    }
    for verdict in &view.verdicts {
        let _ = write!(text, "\n{verdict}\n");
    }
    for note in &view.notes {
        let _ = write!(text, "\nIn brackets: {note}\n");
    }
    let _ = writeln!(text, "\nComparison: `#{}`", view.promising());
    text.replace([show::GAP, show::GROUP], " ")
}

/// `**4.54 s** (4.3 to 5.3 s), 1.24×`, bold where it is the best.
fn said(cell: &CompareCell) -> String {
    let words = plain(&cell.shown.text);
    let mut text = if cell.best { format!("**{words}**") } else { words };
    if let Some(range) = &cell.range {
        let _ = write!(text, " ({})", range.text);
    }
    if let Some(ratio) = &cell.ratio {
        let _ = write!(text, ", {}", ratio.text);
    }
    text
}

/// Without what would end a cell.
fn plain(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
