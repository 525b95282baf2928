//! F6: plans side by side: what was asked of each, what it takes, and where they differ.
//!
//! [`column`] says what there is to say of one plan; [`table`] puts columns together, finds the
//! rows that differ, the ratio of each number to the first column's, and the best of each row.

mod facts;
mod table;

pub use facts::{Better, Fact, Named, Section, column};
pub(super) use facts::{measured, parts, said};
pub use table::{Cell, Comparison, Row, table};
