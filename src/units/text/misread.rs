//! Why a text is not the quantity that was asked for.

use std::fmt;

/// A text that could not be read, with what would have been.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What was typed, shortened if long.
    pub given: String,
    /// What is wrong with it.
    pub fault: Fault,
    /// What was asked for, such as `a number of tokens`.
    pub expected: &'static str,
    /// A text that would be read.
    pub example: &'static str,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing was typed.
    Empty,
    /// Longer than any quantity.
    TooLong,
    /// It does not begin with a number.
    NotANumber,
    /// Infinity or "not a number".
    NotFinite,
    /// Below zero.
    Negative,
    /// One comma that may be a decimal point or may group digits.
    Comma,
    /// Digits are grouped irregularly.
    Grouping,
    /// More than one point.
    Points,
    /// Digits of a script other than 0-9.
    Digits,
    /// A unit is needed.
    NoUnit,
    /// The unit measures something else (named here).
    WrongUnit(&'static str),
    /// The unit is not known.
    UnknownUnit(String),
    /// The unit can be read in two ways (both named here).
    AmbiguousUnit(&'static str),
    /// A whole number is needed.
    NotWhole,
    /// Too large to mean anything.
    TooLarge,
    /// Not zero, but too small to mean anything.
    TooSmall,
}

impl Misread {
    pub(super) fn new(given: &str, fault: Fault, expected: &'static str, eg: &'static str) -> Self {
        const KEPT: usize = 40;
        let given = given.trim();
        let mut kept: String = given.chars().take(KEPT).collect();
        if given.chars().nth(KEPT).is_some() {
            kept.push('…');
        }
        Self { given: kept, fault, expected, example: eg }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "nothing is typed"),
            Self::TooLong => write!(f, "the text is too long for a quantity"),
            Self::NotANumber => write!(f, "it does not begin with a number"),
            Self::NotFinite => write!(f, "it is not a finite number"),
            Self::Negative => write!(f, "it is below zero"),
            Self::Comma => write!(
                f,
                "the comma may be a decimal point or may group digits; write 1.5 or 1,500"
            ),
            Self::Grouping => write!(f, "the digits are not grouped in threes"),
            Self::Points => write!(f, "it has more than one point; group digits by commas"),
            Self::Digits => write!(f, "only the digits 0-9 are read"),
            Self::NoUnit => write!(f, "the unit is missing"),
            Self::WrongUnit(what) => write!(f, "that is {what}"),
            Self::UnknownUnit(unit) => write!(f, "the unit \"{unit}\" is not known"),
            Self::AmbiguousUnit(both) => {
                write!(f, "the unit can be read in two ways; write {both}")
            }
            Self::NotWhole => write!(f, "it is not a whole number"),
            Self::TooLarge => write!(f, "it is too large"),
            Self::TooSmall => write!(f, "it is too small"),
        }
    }
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { given, fault, expected, example } = self;
        write!(f, "\"{given}\": {fault}. Expected {expected}, such as \"{example}\".")
    }
}

impl std::error::Error for Misread {}
