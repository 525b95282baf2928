//! Weights in fewer bits than the checkpoint has: that it is so, what it does to answers, what the checkpoint's own cost.

use super::Deployed;
use crate::search::deploy::{self, Survey};
use crate::serving::{Demand, WeightFormat};
use crate::units::Ratio;
use crate::units::text::show;

/// Costs that differ by less are told as the same.
const SAME: f64 = 5e-4;
/// Where it was measured what fewer bits cost: over 500,000 evaluations of Llama-3.1 of 8 B to 405 B.
const MEASURED: &str = "arXiv 2411.02355";

/// The checkpoint's own format, where the plan serves another of fewer bits.
fn stored(own: &Deployed<'_>) -> Option<WeightFormat> {
    let stored = own.ask.stored.unwrap_or(WeightFormat::Bf16);
    (own.formats.0.bits() < stored.bits()).then_some(stored)
}

/// That the checkpoint has more bits and what that does to answers, and the source.
#[must_use]
pub fn narrowed(own: &Deployed<'_>) -> Option<(String, &'static str)> {
    let stored = stored(own)?;
    let (quality, source) = match (stored, own.formats.0) {
        (WeightFormat::Bf16, WeightFormat::Fp8) => {
            ("tests of Llama-3.1 found no loss of accuracy", MEASURED)
        }
        (WeightFormat::Bf16, WeightFormat::Int8) => {
            ("tests of Llama-3.1 found 1 to 3 % less accuracy", MEASURED)
        }
        (WeightFormat::Bf16, WeightFormat::Int4Awq | WeightFormat::Int4Gptq) => {
            ("tests of Llama-3.1 found it close to 8-bit integers", MEASURED)
        }
        _ => ("what that costs in quality goes by model and recipe: try it", "no source taken"),
    };
    let (from, to) = (stored.key(), own.formats.0.key());
    Some((format!("The checkpoint has {from}, this plan serves {to}: {quality}."), source))
}

/// The same in a headline, with what it takes to stay in the checkpoint's format.
#[must_use]
pub fn narrowed_told(own: &Deployed<'_>, survey: &Survey) -> Option<String> {
    let (ask, stored) = (own.ask, stored(own)?);
    let (told, source) = narrowed(own)?;
    let told = format!("{} ({source}).", told.trim_end_matches('.'));
    let formats = |at: &deploy::Candidate| {
        let machine = ask.machines.get(at.machine)?;
        machine.formats.get(at.format).filter(|own| own.0 == stored)
    };
    let asked = ask.machines.iter().any(|own| own.formats.iter().any(|one| one.0 == stored));
    if !asked {
        return Some(told);
    }
    let order = deploy::by_price(ask, &survey.looked).into_iter();
    let looked = order.filter_map(|i| survey.looked.get(i));
    let mut same = looked.filter(|looked| formats(&looked.at).is_some());
    let name = stored.key();
    let Some(other) = same.find_map(|looked| deploy::settle(ask, looked).ok()) else {
        return Some(format!("{told} In {name} nothing that was asked for serves it."));
    };
    let more = deploy::worth(ask, &other).get() / deploy::worth(ask, &own.own).get() - 1.0;
    let more = match more {
        more if more.abs() < SAME => "costs the same".to_owned(),
        more => format!("costs {} more", show::percent(Ratio::new(more))),
    };
    let n = deploy::paid(ask, &other.at, other.replicas);
    let label = ask.machines.get(other.at.machine).map_or("", |own| own.label.as_str());
    let on = match ask.demand {
        Demand::Most => String::new(),
        _ => format!(", on {} {label} instead of {}", show::grouped(n), show::grouped(own.paid())),
    };
    Some(format!("{told} Staying in {name} {more}{on}."))
}
