//! The currency of an amount: a label that is shown and compared, never a rate.

use std::fmt;

/// A currency by its three letters (ISO 4217).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollars, in which every embedded list is kept.
    pub const USD: Self = Self(*b"USD");

    /// Reads three letters, whatever their case; empty is US dollars.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Self::USD);
        }
        let letters: [u8; 3] = text.as_bytes().try_into().ok()?;
        let upper = letters.map(|letter| letter.to_ascii_uppercase());
        upper.iter().all(u8::is_ascii_uppercase).then_some(Self(upper))
    }

    /// Its three letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::USD
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_letters_and_nothing_else() {
        assert_eq!(Currency::read(" eur "), Currency::read("EUR"));
        assert_eq!(Currency::read(""), Some(Currency::USD));
        for text in ["$", "EURO", "E1R", "é€"] {
            assert_eq!(Currency::read(text), None, "{text}");
        }
    }
}
