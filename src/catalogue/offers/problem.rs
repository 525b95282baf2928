//! What is wrong with a row of a price list.

use std::fmt;

/// A row or column of a list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListProblem {
    /// Line of the text, from 1.
    pub line: u32,
    /// The column; empty where it is about the whole row or list.
    pub column: String,
    /// What was given.
    pub given: String,
    /// What was expected.
    pub expected: String,
}

impl fmt::Display for ListProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": \"{}\" is not {}", self.given, self.expected)
    }
}
