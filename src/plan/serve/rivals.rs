//! The best deployments of other kinds, and what they lose on.

use super::{Deployed, bill};
use crate::plan::Derivation;
use crate::search::deploy::{self, Survey};
use crate::serving::{Ask, Demand};
use crate::units::Ratio;
use crate::units::text::{fine, show};

/// A deployment that lost.
#[derive(Clone, Debug)]
pub struct Rival<'a> {
    /// It.
    pub own: Deployed<'a>,
    /// How much more it costs than the best, as a share of that.
    pub dearer: Ratio,
    /// Where that comes from.
    pub derivation: Derivation,
    /// What it loses, or wins, in words.
    pub text: String,
}

/// Rivals of the best, the cheapest first.
#[must_use]
pub fn rivals<'a>(ask: &'a Ask, survey: &Survey, best: &Deployed<'_>) -> Vec<Rival<'a>> {
    let worth = deploy::worth(ask, &best.own).get().max(1e-18);
    let formula = match ask.demand {
        Demand::Most => {
            "price of an instance / tokens a second of it, over that of the answer, − 1"
        }
        _ => "dollars an hour (accelerators where no price is known) / those of the answer − 1",
    };
    let rival = |other: &deploy::Deployment| {
        let own = Deployed::new(ask, other)?;
        let mine = deploy::worth(ask, other).get();
        let dearer = Ratio::new((mine / worth - 1.0).max(0.0));
        let number = |value: f64| fine::number(Ratio::new(value));
        let told = fine::percent(dearer);
        // In units of the answer's, so that no digit is lost of small prices.
        let substituted = format!("{} / {} − 1 = {told}", number(mine / worth), number(1.0));
        let derivation = Derivation::of(formula, substituted, "in units of the answer's own");
        let text = text(&own, best);
        Some(Rival { own, dearer, derivation, text })
    };
    deploy::others(ask, survey).iter().filter_map(rival).collect()
}

fn text(own: &Deployed<'_>, best: &Deployed<'_>) -> String {
    let mut parts = Vec::new();
    let (mine, least) = (own.accelerators(), best.accelerators());
    if mine != least {
        parts.push(format!(
            "{} accelerators against {}",
            show::grouped(mine),
            show::grouped(least)
        ));
    }
    let (mine, least) = (own.own.per_token, best.own.per_token);
    if mine.get() > least.get() * 1.005 || least.get() > mine.get() * 1.005 {
        parts.push(format!("a token in {} against {}", show::time(mine), show::time(least)));
    }
    let (mine, least) = (own.own.first_token, best.own.first_token);
    if mine.get() > least.get() * 1.05 || least.get() > mine.get() * 1.05 {
        let (mine, least) = (show::time(mine), show::time(least));
        parts.push(format!("the first token in {mine} against {least}"));
    }
    let full = |deployed: &Deployed<'_>| {
        deployed.own.full.output_rate.get() / deployed.own.at.instance.ranks().max(1) as f64
    };
    let (mine, most) = (full(own), full(best));
    if mine < most * 0.995 {
        let (mine, most) = (show::rounded(mine), show::rounded(most));
        parts.push(format!("at most {mine} tokens/s an accelerator against {most}"));
    }
    if let (Some(mine), Some(least)) = (bill(own), bill(best))
        && mine.hourly != least.hourly
    {
        parts.push(format!("{} against {}", show::price(mine.hourly), show::price(least.hourly)));
    }
    parts.join("; ")
}
