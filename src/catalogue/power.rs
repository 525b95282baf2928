//! What a machine draws at a share of its load (`data/power.csv`).

use super::table::Table;
use crate::units::Ratio;
use std::sync::OnceLock;

/// Load, power over that at full load, and where it was read; loads rise from none to all.
#[must_use]
pub fn all() -> &'static [(Ratio, Ratio, String)] {
    static ROWS: OnceLock<Vec<(Ratio, Ratio, String)>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/power.csv"));
        let rows = table.rows().filter_map(|row| {
            let share = |column| Ratio::checked(row.number(column)?);
            let source = [row.text("source"), row.text("date")].join(", ");
            Some((share("load")?, share("power")?, source))
        });
        rows.collect()
    })
}

/// Load and power alone.
#[must_use]
pub fn curve() -> Vec<(Ratio, Ratio)> {
    all().iter().map(|(load, power, _)| (*load, *power)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_rises_from_none_to_all() {
        let rows = curve();
        assert_eq!(rows.first().map(|row| row.0), Some(Ratio::ZERO));
        assert_eq!(rows.last(), Some(&(Ratio::ONE, Ratio::ONE)));
        assert!(rows.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
    }
}
