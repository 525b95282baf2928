//! The wire types of a comparison. Fields are only ever added.

use crate::api::{Range, Shown};
use crate::link;
use serde::{Deserialize, Serialize};

/// Two to four plans side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompareView {
    /// One for each link that was asked about, in their order.
    pub columns: Vec<CompareColumn>,
    /// What is said of them, in the order of the table.
    pub rows: Vec<CompareRow>,
    /// Name of the column that ratios are against; empty where none says anything.
    pub base: String,
    /// Which column is best at what, in sentences.
    pub verdicts: Vec<String>,
    /// On which measured runs the ranges rest, in sentences.
    pub notes: Vec<String>,
}

/// One column's head.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompareColumn {
    /// `A` to `D`.
    pub name: String,
    /// The model; empty where the column is not a case.
    pub title: String,
    /// The machines: `64 × H100 SXM5`.
    pub machines: String,
    /// Link that opens it as a plan.
    pub link: String,
    /// The same with the figures that it has now, to be passed on; empty where there is no plan.
    #[serde(default)]
    pub promising: String,
    /// What is wrong with it.
    pub problems: Vec<String>,
    /// Whether its link can be read, so that there is something to open.
    pub opens: bool,
    /// Whether it is worked out.
    pub done: bool,
}

/// One row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompareRow {
    /// Title of the part of the table that it stands in.
    pub section: String,
    /// Stable id: `cost`, `memory.weights`, `layout.tp`.
    pub id: String,
    /// For people.
    pub label: String,
    /// Whether the columns differ in it.
    pub differs: bool,
    /// A cell for each column.
    pub cells: Vec<CompareCell>,
}

impl CompareView {
    /// The link of the comparison, each column with the figures that it has now.
    #[must_use]
    pub fn promising(&self) -> String {
        let own = |column: &CompareColumn| match column.promising.as_str() {
            "" => column.link.clone(),
            promising => promising.to_owned(),
        };
        link::join(&self.columns.iter().map(own).collect::<Vec<_>>())
    }
}

/// What one column says in one row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CompareCell {
    /// The number or the words; an empty unit where it is words.
    pub shown: Shown,
    /// Where 80 % of measured runs of this kind lay, where it is predicted.
    #[serde(default)]
    pub range: Option<Range>,
    /// The number over the one of the base.
    #[serde(default)]
    pub ratio: Option<Shown>,
    /// Whether no column is better, and one is worse.
    pub best: bool,
}
