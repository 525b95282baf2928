//! Texts of a grammar of their own: prices by way to buy, dates, what-ifs, prices of data.

use super::demand;
use crate::catalogue::{offers, places};
use crate::inputs::limits::{MOVE_MAX, PHRASE_CHARS_MAX, PRICE_MAX};
use crate::inputs::{Key, Problem};
use crate::prices::Terms;
use crate::units::text::{read as texts, short, show};
use crate::units::{Dollars, DollarsPerGb, DollarsPerHour, Moment, Ratio};

/// By what each slider moves its input, in the order of [`Moves::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moves(pub [Ratio; Moves::NAMES.len()]);

/// What a gigabyte costs that leaves a place.
#[derive(Clone, Debug, PartialEq)]
pub struct Egress {
    /// The price.
    pub price: DollarsPerGb,
    /// Where it was read.
    pub source: String,
}

impl Moves {
    /// What can be moved, by its name in links.
    pub const NAMES: [&'static str; 5] = ["price", "speed", "failures", "count", "tokens"];
    /// Nothing moved.
    pub const NONE: Self = Self([Ratio::ONE; Self::NAMES.len()]);
}

impl Default for Moves {
    fn default() -> Self {
        Self::NONE
    }
}

/// The first tier of AWS, where nothing else is said.
const EGRESS_USUAL: (&str, &str) = ("aws", "");

impl Egress {
    /// What was typed; else that of the seller near, else that of AWS.
    pub(super) fn of(text: &str, near: &(String, String), own_regions: bool) -> Self {
        if let Some(price) = dollars_per_gb(text) {
            return Self { price, source: "typed".to_owned() };
        }
        let (provider, region) = text.split_once(' ').unwrap_or((text, ""));
        let asked = [(provider, region), (&near.0, &near.1), EGRESS_USUAL];
        let found = asked.into_iter().find_map(|(provider, region)| {
            let place = places::find(provider, region)?;
            let tariff = &place.tariff;
            let price = if own_regions { tariff.between.or(tariff.egress) } else { tariff.egress };
            let kind = if own_regions { "between its regions" } else { "to anywhere" };
            let at = [provider, region].join(" ");
            let source = offers::sources_text(&place.source);
            Some(Self { price: price?, source: format!("{}, {kind}: {source}", at.trim()) })
        });
        found.unwrap_or(Self { price: DollarsPerGb::ZERO, source: "none known".to_owned() })
    }
}

/// A phrase in its canonical spelling.
pub(in crate::inputs) fn phrase(key: Key, text: &str) -> Result<String, Problem> {
    let expected = match key {
        Key::WayPrices => "prices of one accelerator an hour",
        Key::Months => "demand by month",
        Key::WhatIf => "what is moved, and by how much",
        Key::Egress => "a price of a gigabyte, or a provider",
        _ => "a day",
    };
    let fail = |hint: &str| Problem::new(key, text, expected, hint);
    if text.chars().nth(PHRASE_CHARS_MAX).is_some() {
        return Err(fail("the text is too long"));
    }
    match key {
        Key::Months => demand::canonical(text).map_err(fail),
        Key::WayPrices => {
            let hint = "write for example demand:3.5, spot:1.2, 1y:2.1, 3y:1.6, block:3";
            let all = prices(text).filter(|all| !all.is_empty()).ok_or_else(|| fail(hint))?;
            let word = |(terms, rate): &(Terms, DollarsPerHour)| {
                format!("{}:{}", terms.key(), short::price(*rate))
            };
            Ok(all.iter().map(word).collect::<Vec<_>>().join(","))
        }
        Key::WhatIf => {
            let hint = "write for example price:-20%, count:2, of price, speed, failures, count \
                        and tokens, each between a sixteenth and sixteen times";
            let Moves(all) = moves(text).ok_or_else(|| fail(hint))?;
            let moved = Moves::NAMES.iter().zip(all).filter(|(_, by)| *by != Ratio::ONE);
            let words = moved.map(|(name, by)| format!("{name}:{}", short::ratio(by)));
            Ok(words.collect::<Vec<_>>().join(","))
        }
        Key::Egress => {
            let hint = "write for example 0.09, aws, or gcp us-west1";
            egress_word(text).ok_or_else(|| fail(hint))
        }
        _ => {
            let hint = "write for example 2027-01-15, or 2027-01-15 18:00";
            let moment = Moment::read(text).ok_or_else(|| fail(hint))?.to_string();
            let (day, time) = moment.split_once(' ').unwrap_or((&moment, "00:00"));
            Ok(if time == "00:00" { day.to_owned() } else { format!("{day}T{time}") })
        }
    }
}

/// A phrase in words.
pub(in crate::inputs) fn meaning(key: Key, text: &str) -> Option<String> {
    Some(match key {
        Key::Months => demand::meaning(text)?,
        Key::WayPrices => {
            let all = prices(text)?;
            let one = |(terms, rate): &(Terms, DollarsPerHour)| {
                format!("{} {}", terms.label(), show::price(*rate))
            };
            all.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Key::Egress => Egress::of(text, &(String::new(), String::new()), false).price_text(),
        Key::WhatIf => text.replace(',', ", "),
        _ => Moment::read(text)?.to_string().trim_end_matches(" 00:00").to_owned(),
    })
}

impl Egress {
    /// `$0.09/GB`.
    #[must_use]
    pub fn price_text(&self) -> String {
        format!("${}/GB", show::rounded(self.price.get()))
    }
}

/// `demand:3.5, spot 1.2`.
pub(super) fn prices(text: &str) -> Option<Vec<(Terms, DollarsPerHour)>> {
    let mut all: Vec<(Terms, DollarsPerHour)> = Vec::new();
    for word in text.split([',', ';', '\n']).map(str::trim).filter(|word| !word.is_empty()) {
        let (name, rate) = parted(word)?;
        let terms = terms(name)?;
        let rate = texts::price(rate).ok()?;
        let good = rate > DollarsPerHour::ZERO && rate.get() <= PRICE_MAX;
        if !good || all.iter().any(|(known, _)| *known == terms) {
            return None;
        }
        all.push((terms, rate));
    }
    Some(all)
}

/// `price:-20%, count:2`.
pub(super) fn moves(text: &str) -> Option<Moves> {
    let mut all = Moves::NONE;
    for word in text.split([',', ';', '\n']).map(str::trim).filter(|word| !word.is_empty()) {
        let (name, by) = parted(word)?;
        let place = Moves::NAMES.iter().position(|known| *known == name.to_ascii_lowercase())?;
        let by = factor(by)?;
        let within = by.get() <= MOVE_MAX && by.get() * MOVE_MAX >= 1.0;
        *all.0.get_mut(place)? = within.then_some(by)?;
    }
    Some(all)
}

/// `+20%` and `-20%` are changes, all else is a factor.
fn factor(text: &str) -> Option<Ratio> {
    let text = text.trim().replace('\u{2212}', "-");
    let share = |text: &str| texts::ratio(text.trim()).ok();
    match (text.strip_prefix('+'), text.strip_prefix('-')) {
        (Some(more), _) => Ratio::checked(1.0 + share(more)?.get()),
        (_, Some(less)) => Ratio::checked(1.0 - share(less)?.get()),
        _ => share(&text),
    }
}

/// A name and what follows it.
fn parted(word: &str) -> Option<(&str, &str)> {
    let cut = word.split_once([':', '=']).or_else(|| {
        let at = word.rfind(' ')?;
        Some((&word[..at], &word[at + 1..]))
    });
    cut.map(|(name, rest)| (name.trim(), rest.trim()))
}

/// Ways to buy as people call them.
fn terms(name: &str) -> Option<Terms> {
    let plain: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match plain.to_ascii_lowercase().as_str() {
        "ondemand" | "hour" | "hourly" => Terms::OnDemand,
        "year" | "1year" | "oneyear" => Terms::Year,
        "3years" | "3year" | "threeyears" => Terms::ThreeYears,
        "capacityblock" | "blocks" => Terms::Block,
        plain => Terms::from_key(plain)?,
    })
}

fn dollars_per_gb(text: &str) -> Option<DollarsPerGb> {
    let lower = text.trim().to_ascii_lowercase();
    let number = lower.trim_end_matches("/gb").trim_end_matches("per gb").trim();
    let dollars: Dollars = texts::dollars(number).ok()?;
    DollarsPerGb::checked(dollars.get()).filter(|price| price.get() <= PRICE_MAX)
}

fn egress_word(text: &str) -> Option<String> {
    if let Some(price) = dollars_per_gb(text) {
        return Some(short::price(DollarsPerHour::new(price.get())));
    }
    let lower = text.trim().to_ascii_lowercase();
    let (provider, region) = lower.split_once(' ').unwrap_or((&lower, ""));
    places::find(provider, region.trim())?.tariff.egress?;
    Some(lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(key: Key, text: &str) -> String {
        phrase(key, text).unwrap_or_else(|problem| panic!("{text}: {problem}"))
    }

    #[test]
    fn phrases_have_one_spelling() {
        let prices = "demand:3.5,spot:1.2,1y:2.1";
        assert_eq!(said(Key::WayPrices, "on demand $3.50/h, spot: 1.2; 1-year = 2.1"), prices);
        assert_eq!(said(Key::WayPrices, prices), prices);
        assert_eq!(said(Key::WhatIf, "price -20%, count:2, speed:1"), "price:0.8,count:2");
        assert_eq!(said(Key::Start, "2027-01-15 18:00"), "2027-01-15T18:00");
        assert_eq!(said(Key::Start, "2027-01-15T00:00"), "2027-01-15");
        assert_eq!(said(Key::Egress, "$0.02/GB"), "0.02");
        assert_eq!(said(Key::Egress, "AWS us-east-1"), "aws us-east-1");
    }

    #[test]
    fn what_cannot_be_read_says_how_to_write_it() {
        for (key, text, hint) in [
            (Key::WayPrices, "lease:3", "write for example demand:3.5"),
            (Key::WayPrices, "spot:1,spot:2", "write for example demand:3.5"),
            (Key::WhatIf, "price:-100%", "between a sixteenth"),
            (Key::WhatIf, "weather:2", "of price, speed"),
            (Key::Start, "tomorrow", "2027-01-15"),
            (Key::Egress, "nobody", "gcp us-west1"),
        ] {
            let problem = phrase(key, text).unwrap_err().to_string();
            assert!(problem.contains(hint), "{problem}");
        }
    }

    #[test]
    fn data_that_leaves_is_priced_by_its_provider() {
        let near = ("gcp".to_owned(), String::new());
        assert_eq!(Egress::of("", &near, false).price, DollarsPerGb::new(0.12));
        assert_eq!(Egress::of("aws", &near, false).price, DollarsPerGb::new(0.09));
        assert_eq!(Egress::of("aws", &near, true).price, DollarsPerGb::new(0.02));
        assert_eq!(Egress::of("0.5", &near, true).price, DollarsPerGb::new(0.5));
    }
}
