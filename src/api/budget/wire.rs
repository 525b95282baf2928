//! What the page is told of buying and planning. Fields are only ever added.

use crate::api::Figure;
use crate::api::fleet::PriceList;
use serde::{Deserialize, Serialize};

/// Answers about money for one plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BudgetView {
    /// Version of these objects.
    pub version: u32,
    /// The list that prices were taken from, where there is one.
    pub list: Option<PriceList>,
    /// One for each question that was asked.
    pub sheets: Vec<SheetView>,
}

/// The answer to one question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SheetView {
    /// Stable name: `ways`, `months`, `forecast`, `whatif`, `moved`, `sweep`, `places`, `clients`.
    pub id: String,
    /// The answer in sentences, the most important first.
    pub says: Vec<String>,
    /// Numbers that open to their derivations.
    pub figures: Vec<Figure>,
    /// Pictures of the tables.
    pub charts: Vec<ChartView>,
    /// Tables.
    pub tables: Vec<TableView>,
    /// What is left out or assumed.
    pub notes: Vec<String>,
    /// Link that opens what is said as a plan of its own.
    pub link: Option<String>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableView {
    /// What it holds.
    pub caption: String,
    /// Titles, and whether they stand over numbers.
    pub columns: Vec<(String, bool)>,
    /// Lines of cells.
    pub rows: Vec<RowView>,
}

/// One line of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RowView {
    /// A cell for each column; the first one names the line.
    pub cells: Vec<CellView>,
    /// Whether it is the one that the rest is about.
    pub marked: bool,
}

/// One cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CellView {
    /// For people.
    pub text: String,
    /// A range or a remark below.
    pub below: String,
    /// The number, where it is one.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// Where it comes from, where that is told here.
    pub figure: Option<Figure>,
}

/// A picture: lines over two axes, or spans below one another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChartView {
    /// What it shows.
    pub title: String,
    /// Names of the axes; of spans the second is empty.
    pub axes: [String; 2],
    /// Units: `days`, `date` (days from 1970), `months`, `usd`, `count`.
    pub units: [String; 2],
    /// Lines are held until the next point.
    pub steps: bool,
    /// Points of the line.
    pub points: Vec<[f64; 2]>,
    /// Across, least and greatest, of the band about it.
    pub band: Vec<[f64; 3]>,
    /// Levels with a name.
    pub levels: Vec<(f64, String)>,
    /// Places across with a name.
    pub places: Vec<(f64, String)>,
    /// Where a rule stands across spans.
    pub rule: Option<f64>,
    /// Spans: name, from, value, to, text.
    pub spans: Vec<(String, [f64; 3], String)>,
}
