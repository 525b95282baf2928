//! The result as comma-separated values (RFC 4180).

use super::{Carried, plain};
use crate::api::{Figure, PartView, Range};

pub(super) const HEAD: &str = "kind,id,label,value,unit,text,low,high,source";

/// The plan as a table: its link, the layout, every figure, memory and time by part.
#[must_use]
pub fn plan_table(plan: &Carried<'_>) -> String {
    let mut lines = vec![HEAD.to_owned()];
    let mut row = |cells: [&str; 9]| lines.push(cells.map(cell).join(","));
    row(["plan", "title", "Plan", "", "", plan.title, "", "", ""]);
    row(["plan", "link", "Link", "", "", plan.link, "", "", ""]);
    for degree in plan.degrees {
        row(["degree", &degree.key, &degree.label, "", "", &degree.value, "", "", ""]);
    }
    for figure in plan.figures {
        row(cells("figure", &figure.id, figure, figure.range.as_ref()).each_ref().map(|c| &**c));
    }
    let mut wholes = vec![("memory", plan.memory, plan.memory_range)];
    wholes.extend(plan.times.iter().map(|time| ("time", *time, None)));
    for (kind, whole, range) in wholes {
        row(cells(kind, &whole.id, &whole.figure, range).each_ref().map(|c| &**c));
        let mut parts = Vec::new();
        list(whole, &mut parts);
        for part in parts {
            row(cells(kind, &part.id, &part.figure, None).each_ref().map(|c| &**c));
        }
    }
    lines.join("\r\n") + "\r\n"
}

/// Every part below, parents first.
fn list<'a>(part: &'a PartView, into: &mut Vec<&'a PartView>) {
    for child in &part.children {
        into.push(child);
        list(child, into);
    }
}

fn cells(kind: &str, id: &str, figure: &Figure, range: Option<&Range>) -> [String; 9] {
    let shown = &figure.shown;
    let end = |pick: fn(&Range) -> f64| range.map(|r| pick(r).to_string()).unwrap_or_default();
    [
        kind.to_owned(),
        id.to_owned(),
        figure.label.clone(),
        shown.value.to_string(),
        shown.unit.clone(),
        shown.text.clone(),
        end(|range| range.low),
        end(|range| range.high),
        figure.source.clone(),
    ]
}

/// One cell. What a spreadsheet would take for a formula becomes a text: names come from links.
fn cell(text: &str) -> String {
    let text = plain(text);
    let formula = text.starts_with(['=', '+', '-', '@', '\t']) && text.parse::<f64>().is_err();
    let text = if formula { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}
