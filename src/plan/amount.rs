//! F6: a number with its unit, and where it comes from.

use crate::units::text::{fine, show};
use crate::units::{
    Bytes, Dollars, FlopsPerSecond, KilogramsCo2, PerSecond, Ratio, Seconds, Watts,
};

/// A quantity of any kind, for show.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Memory.
    Bytes(Bytes),
    /// Time in the unit that suits it.
    Time(Seconds),
    /// A long time, counted in days.
    Days(Seconds),
    /// US dollars.
    Dollars(Dollars),
    /// A share of a whole.
    Share(Ratio),
    /// How much more than another, as a share of that.
    Excess(Ratio),
    /// A whole number of things.
    Count(u64),
    /// Hours of accelerators together.
    Hours(Ratio),
    /// Tokens a second.
    TokenRate(Ratio),
    /// Operations a second.
    FlopRate(FlopsPerSecond),
    /// Kilowatt-hours.
    Energy(Ratio),
    /// Carbon.
    Carbon(KilogramsCo2),
    /// Requests a second.
    Requests(PerSecond),
    /// Dollars of a million tokens.
    Million(Dollars),
}

/// How a number follows from others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derivation {
    /// The formula in symbols.
    pub formula: String,
    /// The formula with this case's values, and its result.
    pub substituted: String,
    /// Paper and section, or document.
    pub source: String,
    /// Constants of the stack's profile that it rests on, by their names in the profile.
    pub constants: Vec<String>,
    /// Numbers that it follows from and that are told nowhere else.
    pub parts: Vec<Figure>,
}

impl Derivation {
    /// One that rests on no constant of a stack.
    #[must_use]
    pub fn of(formula: &str, substituted: String, source: &str) -> Self {
        Self {
            formula: formula.to_owned(),
            substituted,
            source: source.to_owned(),
            ..Self::default()
        }
    }

    /// With the numbers that it follows from.
    #[must_use]
    pub fn with(mut self, parts: Vec<Figure>) -> Self {
        self.parts = parts;
        self
    }
}

/// A named number with its derivation.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Stable name.
    pub id: &'static str,
    /// Name for people.
    pub label: &'static str,
    /// The number.
    pub amount: Amount,
    /// Where it comes from.
    pub derivation: Derivation,
}

impl Amount {
    /// For people: `7.31 s`.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Bytes(bytes) => show::bytes(bytes),
            Self::Time(time) => show::time(time),
            Self::Days(time) => show::time(time),
            Self::Dollars(dollars) => show::dollars(dollars),
            Self::Share(ratio) => show::percent(ratio),
            Self::Excess(ratio) => format!("+{}", show::percent(ratio)),
            Self::Count(n) => show::count(n),
            Self::Hours(hours) => large(hours),
            Self::TokenRate(rate) => format!("{}{}tokens/s", large(rate), show::GAP),
            Self::FlopRate(rate) => show::flop_rate(rate),
            Self::Carbon(carbon) => show::carbon(carbon),
            Self::Requests(rate) => show::frequency(rate),
            Self::Million(price) => show::million(price),
            Self::Energy(kwh) => format!("{}h", show::power(Watts::new(kwh.get() * 1000.0))),
        }
    }

    /// For derivations: with four digits where that is more.
    #[must_use]
    pub fn fine_text(self) -> String {
        match self {
            Self::Bytes(bytes) => fine::bytes(bytes),
            Self::Time(time) | Self::Days(time) => fine::time(time),
            Self::Share(ratio) => fine::percent(ratio),
            Self::Count(n) => fine::count(n),
            Self::Hours(hours) if hours.get() < 1e6 => fine::number(hours),
            Self::Hours(hours) => fine::count(hours.get() as u64),
            Self::FlopRate(rate) => fine::flop_rate(rate),
            other => other.text(),
        }
    }

    /// The same quantity, that many times as large; counts stay.
    #[must_use]
    pub fn times(self, factor: Ratio) -> Self {
        let factor = factor.get();
        match self {
            Self::Bytes(bytes) => Self::Bytes(Bytes::from_f64(bytes.as_f64() * factor)),
            Self::Time(time) => Self::Time(time * factor),
            Self::Days(time) => Self::Days(time * factor),
            Self::Dollars(dollars) => Self::Dollars(dollars * factor),
            Self::Share(ratio) => Self::Share(ratio * factor),
            Self::Excess(ratio) => Self::Excess(ratio * factor),
            Self::Count(n) => Self::Count(n),
            Self::Hours(hours) => Self::Hours(hours * factor),
            Self::TokenRate(rate) => Self::TokenRate(rate * factor),
            Self::FlopRate(rate) => Self::FlopRate(rate * factor),
            Self::Energy(kwh) => Self::Energy(kwh * factor),
            Self::Carbon(carbon) => Self::Carbon(carbon * factor),
            Self::Requests(rate) => Self::Requests(PerSecond::new(rate.get() * factor)),
            Self::Million(price) => Self::Million(price * factor),
        }
    }

    /// The number alone, in the unit that [`Amount::unit`] names.
    #[must_use]
    pub fn value(self) -> Ratio {
        Ratio::new(match self {
            Self::Bytes(bytes) => bytes.as_f64(),
            Self::Time(time) => time.get(),
            Self::Days(time) => time.as_days(),
            Self::Dollars(dollars) => dollars.get(),
            Self::Share(ratio) | Self::Excess(ratio) => ratio.get(),
            Self::Count(n) => n as f64,
            Self::TokenRate(amount) | Self::Hours(amount) => amount.get(),
            Self::FlopRate(rate) => rate.get(),
            Self::Energy(kwh) => kwh.get(),
            Self::Carbon(carbon) => carbon.get(),
            Self::Requests(rate) => rate.get(),
            Self::Million(price) => price.get(),
        })
    }

    /// Name of the unit of [`Amount::value`].
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Bytes(_) => "bytes",
            Self::Time(_) => "s",
            Self::Days(_) => "days",
            Self::Dollars(_) => "usd",
            Self::Share(_) | Self::Excess(_) => "ratio",
            Self::Count(_) | Self::Hours(_) => "count",
            Self::TokenRate(_) => "tokens_per_s",
            Self::FlopRate(_) => "flops_per_s",
            Self::Energy(_) => "kwh",
            Self::Carbon(_) => "kg_co2",
            Self::Requests(_) => "requests_per_s",
            Self::Million(_) => "usd_per_million",
        }
    }
}

/// Three digits of a small number, a prefix for a large one.
fn large(ratio: Ratio) -> String {
    if ratio.get() < 10_000.0 {
        show::rounded(ratio.get())
    } else {
        show::count(ratio.get() as u64)
    }
}
