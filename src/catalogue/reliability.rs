//! How often machines fail and spot zones go, as published, and what is usually done about it.

use super::fact::{self, Fact};
use super::table::{Row, Table};
use crate::reliability::{Checkpointing, Reliability, Spares, Spot, Stragglers, Way};
use crate::units::{BytesPerSecond, Frequency, Ratio, Seconds};
use std::sync::OnceLock;

/// The three fleets by name, from good to young.
pub const LEVELS: [&str; 3] = ["failures_good", "failures_usual", "failures_young"];

/// One zone of the spot market, as measured or told by its owner.
#[derive(Clone, Debug, PartialEq)]
pub struct SpotRow {
    /// Stable name.
    pub key: String,
    /// Name for people.
    pub label: String,
    /// How it comes and goes, with no notice.
    pub spot: Spot,
    /// Where it was read.
    pub source: String,
    /// When that was published.
    pub date: String,
}

/// All figures, in the order of the table.
#[must_use]
pub fn facts() -> &'static [Fact] {
    static FACTS: OnceLock<Vec<Fact>> = OnceLock::new();
    FACTS.get_or_init(|| fact::read(include_str!("data/reliability.csv")))
}

/// The figure of that name.
#[must_use]
pub fn find(key: &str) -> Option<&'static Fact> {
    facts().iter().find(|fact| fact.key == key)
}

/// All zones, in the order of the table.
#[must_use]
pub fn zones() -> &'static [SpotRow] {
    static ROWS: OnceLock<Vec<SpotRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/spot.csv"));
        table.rows().filter_map(spot).collect()
    })
}

/// The zone of that name.
#[must_use]
pub fn zone(key: &str) -> Option<&'static SpotRow> {
    zones().iter().find(|row| row.key == key)
}

/// Failures of one node in a fleet of that name (`failures_usual`).
#[must_use]
pub fn failures(level: &str) -> Option<Frequency> {
    find(level).map(|fact| per_thousand_days(fact.value))
}

/// That many events in a thousand days of a node.
#[must_use]
pub fn per_thousand_days(events: Ratio) -> Frequency {
    Frequency::per_day(events.get() / 1000.0)
}

/// The usual fleet with the usual remedies: asynchronous checkpoints, no spares, whole restarts, no spot.
#[must_use]
pub fn usual() -> Reliability {
    let value = |key: &str| find(key).map_or(0.0, |fact| fact.value.get());
    Reliability {
        failures: failures("failures_usual").unwrap_or_default(),
        interventions: Frequency::per_day(value("interventions")),
        restart: Seconds::new(value("restart")),
        replacement: Seconds::new(value("replacement")),
        repair: Seconds::new(value("repair")),
        checkpoint: Checkpointing {
            way: Way::Asynchronous,
            write: BytesPerSecond::gb(value("write")),
            read: BytesPerSecond::gb(value("read")),
            interval: None,
        },
        spares: Spares::Nodes(0),
        stragglers: Stragglers {
            factor: Ratio::new(value("straggler")),
            chance: slow_chance(value("straggler_hit"), value("straggler_nodes")),
        },
        elastic: None,
        spot: None,
    }
}

/// Chance that one machine is slow, where that share of jobs of so many machines has a slow one.
fn slow_chance(hit: f64, nodes: f64) -> Ratio {
    Ratio::new(-libm::expm1(libm::log1p(-hit.clamp(0.0, 0.999)) / nodes.max(1.0)))
}

/// How long all replicas stall when one leaves or joins, for [`Reliability::elastic`].
#[must_use]
pub fn elastic_stall() -> Seconds {
    Seconds::new(find("elastic_stall").map_or(0.0, |fact| fact.value.get()))
}

/// Share of the time for which spares should suffice, for [`Spares::Enough`].
#[must_use]
pub fn enough_spares() -> Spares {
    Spares::Enough(find("spares").map_or(Ratio::ZERO, |fact| fact.value))
}

/// Warning before spot machines of a provider go: `aws`, `gcp`, `azure`; none elsewhere.
#[must_use]
pub fn notice(provider: &str) -> Seconds {
    let fact = find(&format!("notice_{provider}"));
    Seconds::new(fact.map_or(0.0, |fact| fact.value.get()))
}

/// Share of the bandwidth between leaves that is left where switches do not route adaptively, for
/// [`Fabric::congestion`](crate::cluster::Fabric).
#[must_use]
pub fn congestion() -> Ratio {
    find("congestion").map_or(Ratio::ONE, |fact| fact.value)
}

fn spot(row: Row<'_>) -> Option<SpotRow> {
    let hours = |column| row.number(column).map(Seconds::hours);
    Some(SpotRow {
        key: row.text("key").to_owned(),
        label: row.text("label").to_owned(),
        spot: Spot {
            available: hours("available_h").filter(|time| *time > Seconds::ZERO)?,
            median: hours("median_h"),
            away: hours("away_h")?,
            notice: Seconds::ZERO,
            zones: 1,
        },
        source: row.text("source").to_owned(),
        date: row.text("date").to_owned(),
    })
}
