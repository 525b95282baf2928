//! Machines of one's own, machines to be had, and where the data set lies.

use super::fleet::name_of;
use super::{Inputs, Key, Value, read};
use crate::catalogue::accelerators;
use crate::catalogue::places;
use crate::prices::OnPremises;
use crate::units::text::{read as texts, short};
use crate::units::{Dollars, DollarsPerHour, DollarsPerKwh, Ratio, Seconds};

/// Most machines of one's own, or to be had.
const MACHINES_MAX: u32 = 1 << 20;
/// Seconds of a year of 8,760 hours.
const YEAR: f64 = 8760.0 * 3600.0;

/// Machines that are to be had: of a provider, in a region, of an accelerator or generation, or, where the name is
/// empty, of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Whose or of what.
    pub name: String,
    /// Machines.
    pub machines: u32,
}

/// Machines of one's own as the inputs describe them.
pub(super) fn machines(inputs: &Inputs, words: &[String]) -> Vec<OnPremises> {
    words.iter().filter_map(|word| machine(word)).map(|own| priced(inputs, own)).collect()
}

/// With what the other inputs say of all of them.
fn priced(inputs: &Inputs, own: OnPremises) -> OnPremises {
    let value = |key: Key| read(key, inputs.get(key)).ok();
    let years = match value(Key::OwnYears) {
        Some(Value::Count(years)) => years as f64,
        _ => 1.0,
    };
    let rate = |key| match value(key) {
        Some(Value::Price(rate)) => rate,
        _ => DollarsPerHour::ZERO,
    };
    let used = ratio(inputs, Key::OwnUse).filter(|share| *share > Ratio::ZERO);
    let power = match value(Key::PowerPrice) {
        Some(Value::Money(price)) => DollarsPerKwh::new(price.get()),
        _ => DollarsPerKwh::ZERO,
    };
    OnPremises {
        lifetime: Seconds::new(years * YEAR),
        utilisation: used.unwrap_or(Ratio::ONE),
        power,
        space: rate(Key::Space),
        staff: rate(Key::Staff),
        ..own
    }
}

/// The ratio of an input.
pub(super) fn ratio(inputs: &Inputs, key: Key) -> Option<Ratio> {
    match read(key, inputs.get(key)) {
        Ok(Value::Ratio(ratio)) => Some(ratio),
        _ => None,
    }
}

/// One word of each list in its canonical spelling.
pub(super) fn word_of(key: Key, word: &str) -> Option<String> {
    match key {
        Key::OwnMachines => {
            let own = machine(word)?;
            let price = short::dollars(own.purchase);
            Some(format!("{}:{}:{price}", own.accelerator, own.machines))
        }
        Key::Capacity => {
            let own = capacity(word)?;
            let n = own.machines;
            Some(if own.name.is_empty() { n.to_string() } else { format!("{}:{n}", own.name) })
        }
        Key::Stands => {
            let (provider, region) = stands(word)?;
            Some(match (&*provider, &*region) {
                ("", _) => OWN.to_owned(),
                (_, "") => provider,
                _ => format!("{provider}:{region}"),
            })
        }
        _ => home(word).map(|(provider, region)| format!("{provider}:{region}")),
    }
}

/// `accelerator:machines:dollars of one machine`.
fn machine(word: &str) -> Option<OnPremises> {
    let mut fields = word.split(':').map(str::trim);
    let (accelerator, machines, price) = (fields.next()?, fields.next()?, fields.next()?);
    let row = accelerators::find(accelerator).filter(|_| fields.next().is_none())?;
    Some(OnPremises {
        accelerator: row.key.clone(),
        machine_size: row.node_size,
        purchase: texts::dollars(price).ok().filter(|price| *price > Dollars::ZERO)?,
        lifetime: Seconds::new(YEAR),
        utilisation: Ratio::ONE,
        power: DollarsPerKwh::ZERO,
        space: DollarsPerHour::ZERO,
        staff: DollarsPerHour::ZERO,
        machines: number(machines)?,
    })
}

/// `machines` or `name:machines`.
pub(super) fn capacity(word: &str) -> Option<Capacity> {
    let (name, machines) = word.rsplit_once(':').unwrap_or(("", word));
    let name = match (name.trim(), accelerators::find(name)) {
        ("", _) => String::new(),
        (_, Some(row)) => row.key.clone(),
        (name, None) => name_of(name)?,
    };
    Some(Capacity { name, machines: number(machines.trim())? })
}

/// `provider:region`, both known.
pub(super) fn home(word: &str) -> Option<(String, String)> {
    let (provider, region) = word.split_once(':')?;
    let (provider, region) = (name_of(provider.trim())?, name_of(region.trim())?);
    let known = places::all().iter().any(|p| p.provider == provider && p.region == region);
    known.then_some((provider, region))
}

/// What is written for machines of one's own.
const OWN: &str = "own";

/// `provider`, `provider:region` or `own`, which is no provider.
pub(super) fn stands(word: &str) -> Option<(String, String)> {
    let (provider, region) = word.split_once(':').unwrap_or((word, ""));
    let provider = name_of(provider.trim())?;
    match region.trim() {
        "" if provider == OWN => Some((String::new(), String::new())),
        "" => Some((provider, String::new())),
        region => Some((provider, name_of(region)?)),
    }
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|n| (1..=MACHINES_MAX).contains(n))
}
