//! Regions: country, building, grid, and what data costs there.

use super::table::{Row, Table};
use crate::prices::{Place, Tariff};
use crate::units::{BytesPerSecond, DollarsPerGb, GramsPerKwh, Ratio};
use std::sync::OnceLock;

/// All regions, in the order of the table; one without a region holds what a provider has in general.
#[must_use]
pub fn all() -> &'static [Place] {
    static ROWS: OnceLock<Vec<Place>> = OnceLock::new();
    ROWS.get_or_init(|| Table::read(include_str!("data/places.csv")).rows().map(read).collect())
}

/// The region of that name, what is not known of it taken from its provider in general.
/// Nothing where neither is known.
#[must_use]
pub fn find(provider: &str, region: &str) -> Option<Place> {
    // In whatever case: links and people write names small.
    let at = |region: &str| {
        all().iter().find(|place| {
            place.provider.eq_ignore_ascii_case(provider)
                && place.region.eq_ignore_ascii_case(region)
        })
    };
    let general = at("");
    let Some(own) = at(region) else {
        // Its grid is not the provider's in general.
        return general.map(|place| Place { region: region.to_owned(), ..place.clone() });
    };
    let mut place = own.clone();
    if let Some(general) = general {
        let Tariff { egress, between, storage } = general.tariff;
        place.pue = place.pue.or(general.pue);
        place.tariff.egress = place.tariff.egress.or(egress);
        place.tariff.between = place.tariff.between.or(between);
        place.tariff.storage = place.tariff.storage.or(storage);
        place.source = [place.source.as_str(), general.source.as_str()].join(" ");
    }
    if place.carbon.is_none()
        && let Some(other) = dirtiest(&place.country)
    {
        place.carbon = other.carbon;
        place.source = [place.source.as_str(), "country", other.source.as_str()].join(" ");
    }
    Some(place)
}

/// How fast data leaves a place where nothing else is said: to another provider, to another region of the same one.
pub const WAYS_OUT: [BytesPerSecond; 2] = [BytesPerSecond::gbit(10.0), BytesPerSecond::gbit(50.0)];
/// Where these come from.
pub const WAYS_SOURCE: &str = "ways out unless typed: 10 Gbit/s to another provider (assumed: \
    two flows of 5 Gbit/s), 50 Gbit/s between regions of one (half of a machine of 100 Gbit/s): \
    Amazon EC2 User Guide, instance network bandwidth";

/// Whose tariff stands for those that are not known.
const USUAL: &str = "aws";

/// What data costs in a region, and where that was read; what nobody states is taken from AWS in general, so that
/// nothing unknown looks free.
#[must_use]
pub fn tariff(provider: &str, region: &str) -> (Tariff, String) {
    let own = find(provider, region);
    let usual = find(USUAL, "").map(|place| place.tariff).unwrap_or_default();
    let known = own.as_ref().map(|own| own.tariff).unwrap_or_default();
    let Tariff { egress, between, storage } = known;
    let whole = egress.is_some() && between.is_some() && storage.is_some();
    let source = own.map(|own| own.source).filter(|_| egress.is_some() || storage.is_some());
    let source = match (whole, source) {
        (true, Some(source)) => source,
        (_, source) => [source.as_deref().unwrap_or(""), "assumed aws-watch"].join(" "),
    };
    let tariff = Tariff {
        egress: egress.or(usual.egress),
        between: between.or(usual.between),
        storage: storage.or(usual.storage),
    };
    (tariff, source.trim_start().to_owned())
}

/// Countries whose grids differ so much from one region to another that none stands for another.
const MANY_GRIDS: [&str; 3] = ["AU", "CA", "US"];

/// The region of a country whose grid emits most: what stands for others there of which nothing is known.
fn dirtiest(country: &str) -> Option<&'static Place> {
    if country.is_empty() || MANY_GRIDS.contains(&country) {
        return None;
    }
    let there = all().iter().filter(|place| place.country == country && place.carbon.is_some());
    there.max_by_key(|place| place.carbon)
}

/// Countries of the European Economic Area (for data that must stay there), as ISO 3166-1 letters.
pub const EEA: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Whether a country is within a jurisdiction: its own letters, or `EU` for the European Economic Area.
#[must_use]
pub fn within(country: &str, jurisdiction: &str) -> bool {
    let same = country.eq_ignore_ascii_case(jurisdiction) && !country.is_empty();
    same || (jurisdiction.eq_ignore_ascii_case("EU") && EEA.contains(&country))
}

fn read(row: Row<'_>) -> Place {
    let gb = |column| row.number(column).and_then(DollarsPerGb::checked);
    Place {
        provider: row.text("provider").to_owned(),
        region: row.text("region").to_owned(),
        country: row.text("country").to_owned(),
        pue: row.number("pue").and_then(Ratio::checked),
        carbon: row.number("gco2_kwh").and_then(GramsPerKwh::checked),
        tariff: Tariff {
            egress: gb("egress_usd_gb"),
            between: gb("between_usd_gb"),
            storage: gb("storage_usd_gb_month"),
        },
        source: [row.text("source"), row.text("date")].join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_falls_back_on_its_provider() {
        let stockholm = find("aws", "eu-north-1").unwrap();
        assert_eq!(stockholm.country, "SE");
        assert_eq!(stockholm.carbon, Some(GramsPerKwh::new(25.0)));
        assert_eq!(stockholm.pue, Some(Ratio::new(1.1)));
        assert_eq!(stockholm.tariff.egress, Some(DollarsPerGb::new(0.09)));
        let paris = find("aws", "eu-west-3").unwrap();
        assert_eq!(paris.pue, Some(Ratio::new(1.135)));
        let nowhere = find("aws", "mars-1").unwrap();
        assert_eq!((nowhere.carbon, nowhere.country.as_str()), (None, ""));
        assert_eq!(find("nobody", "x"), None);
        // Of the Finnish grid one figure is known: 39 g/kWh at GCP europe-north1. Of that of Japan, the highest.
        let finland = find("verda", "FIN-01").unwrap();
        assert_eq!(finland.carbon, Some(GramsPerKwh::new(39.0)));
        assert!(finland.source.contains("gcp-carbon"), "{}", finland.source);
        assert_eq!(find("azure", "japanwest").unwrap().carbon, Some(GramsPerKwh::new(536.0)));
        assert_eq!(find("lambda", "us-east-1").unwrap().carbon, None);
    }

    #[test]
    fn the_union_holds_its_members_alone() {
        assert!(within("SE", "EU") && within("SE", "se") && within("NO", "EU"));
        assert!(!within("CH", "EU") && !within("", "EU") && !within("", ""));
    }

    #[test]
    fn every_row_is_whole() {
        for place in all() {
            assert!(!place.source.trim().is_empty(), "{place:?}");
            assert!(place.region.is_empty() || place.country.len() == 2, "{place:?}");
            assert!(place.pue.is_none_or(|pue| pue >= Ratio::ONE), "{place:?}");
        }
    }
}
