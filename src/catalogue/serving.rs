//! What a service is usually run with, as published or assumed (`data/serving.csv`).

use super::fact::{self, Fact};
use crate::units::{BytesPerSecond, Ratio, Seconds};
use std::sync::OnceLock;

/// All figures, in the order of the table.
#[must_use]
pub fn facts() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| fact::read(include_str!("data/serving.csv")))
}

/// The figure of that name.
#[must_use]
pub fn find(key: &str) -> Option<&'static Fact> {
    facts().iter().find(|fact| fact.key == key)
}

/// A time of that name.
#[must_use]
pub fn time(key: &str) -> Seconds {
    Seconds::new(find(key).map_or(0.0, |fact| fact.value.get()))
}

/// Rate at which weights are read from storage.
#[must_use]
pub fn read_rate() -> BytesPerSecond {
    BytesPerSecond::gb(find("read").map_or(0.0, |fact| fact.value.get()))
}

/// Traffic of the quietest time over that of the peak, where nobody says.
#[must_use]
pub fn quiet() -> Ratio {
    find("quiet").map_or(Ratio::ONE, |fact| fact.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_is_there() {
        assert_eq!(time("hold"), Seconds::new(300.0));
        assert_eq!(read_rate(), BytesPerSecond::gb(5.0));
        let known = ["machine", "engine", "spares", "quiet", "access"];
        assert!(known.iter().all(|key| find(key).is_some()));
    }
}
