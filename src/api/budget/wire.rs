//! What the page is told of buying and planning. Fields are only ever added.

use crate::api::fleet::PriceList;
use crate::api::{Figure, Shown};
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
    /// Titles.
    pub columns: Vec<String>,
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
    /// What it says; of words the unit is empty.
    pub shown: Shown,
    /// A range or a remark below.
    pub below: String,
    /// Where the number comes from, where that is told here.
    pub figure: Option<Figure>,
}

/// A picture: a line over two axes, or spans below one another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChartView {
    /// What it shows.
    pub title: String,
    /// Names of the axes, across and up; of spans there is one.
    pub axes: Vec<String>,
    /// Units of both: `days`, `date` (days from 1970), `months`, `usd`, `count`.
    pub units: Vec<String>,
    /// The line is held until the next point.
    pub steps: bool,
    /// Points of the line: across, up, across, up, ...
    pub points: Vec<f64>,
    /// The band about it: across, least, greatest, across, ...
    pub band: Vec<f64>,
    /// What has a name.
    pub marks: Vec<MarkView>,
}

/// Something with a name on a picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MarkView {
    /// `level` (a place up), `place` (a place across), `rule` (across spans), `span` (least, value, greatest).
    pub kind: String,
    /// Its name.
    pub name: String,
    /// What is said beside it.
    pub text: String,
    /// Where.
    pub at: Vec<f64>,
}
