//! F6: the stages of a plan, for a table.

use super::Plan;
use crate::case::Case;
use crate::estimate::Book;
use crate::units::{Bytes, Seconds};

/// One pipeline stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageRow {
    /// Number, from 0.
    pub stage: u32,
    /// Layers on it.
    pub layers: u32,
    /// `embedding`, `head`, `MTP`.
    pub extras: Vec<&'static str>,
    /// Time of one micro-batch, forward and backward.
    pub time: Seconds,
    /// Peak memory of one rank.
    pub memory: Bytes,
}

/// Every stage, in order.
#[must_use]
pub fn stages(case: &Case, plan: &Plan) -> Vec<StageRow> {
    let reports = Book::new(case).stages_report(&plan.layout);
    let row = |report: &crate::estimate::StageReport| {
        let mut extras = Vec::new();
        if report.embedding {
            extras.push("embedding");
        }
        if report.head {
            extras.push("head");
            if case.model.mtp_layers > 0 {
                extras.push("MTP");
            }
        }
        StageRow {
            stage: report.stage,
            layers: report.layers,
            extras,
            time: report.time(),
            memory: report.memory.total(),
        }
    };
    reports.iter().map(row).collect()
}
