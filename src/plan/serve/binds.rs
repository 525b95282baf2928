//! Why the deployment is as it is: what binds batch, step and number of instances.

use super::{Deployed, Roof, bill};
use crate::estimate::serve::Serving;
use crate::plan::Part;
use crate::search::deploy;
use crate::serving::Demand;
use crate::units::Ratio;
use crate::units::text::show;

/// What binds, the most important first.
#[must_use]
pub fn binds(own: &Deployed<'_>, roof: &Roof, decode: &Part) -> Vec<String> {
    let mut all = vec![batch(own)];
    all.extend(step(roof, decode));
    all.push(number(own));
    let reading = bill::reading(own);
    if reading.get() > 0.02 {
        all.push(format!(
            "Reading prompts takes {} of the instances' time.",
            show::percent(reading)
        ));
    }
    all
}

/// What keeps the batch from being larger.
fn batch(own: &Deployed<'_>) -> String {
    let n = show::grouped(own.own.batch.into());
    let together = format!("{n} {} at once", show::plural(own.own.batch.into(), "sequence"));
    let Some(free) = deploy::service(own.ask, &own.own.at, None) else { return together };
    let serving = Serving::new(&free, &own.own.at.instance);
    let most = serving.most_running(&own.ask.traffic).0.floor();
    let next = f64::from(own.own.batch) * 1.34;
    let limit = f64::from(free.engine.sequences) * f64::from(own.own.at.instance.dp.max(1));
    if own.ask.fixed.batch.is_some_and(|most| f64::from(most) < next) {
        return format!("{together}: what you allow.");
    }
    if next <= most {
        let goals = &own.ask.goals;
        let why = match goals.first_token.is_some() || goals.per_token.is_some() {
            true if own.ask.sure.is_some() => {
                "more at once would keep a goal with less than the wanted chance, or answer no \
                 more requests a second"
            }
            true => "more at once would miss a goal, or answer no more requests a second",
            false => "more at once would answer no more requests a second",
        };
        return format!("{together} in one instance: {why}.");
    }
    if most >= limit {
        return format!("{together} in one instance: the most that is tried.");
    }
    format!("{together} in one instance: the cache holds no more of them, so memory binds.")
}

/// Whether a step waits for memory or for arithmetic, and its largest part.
fn step(roof: &Roof, decode: &Part) -> Option<String> {
    let ridge = roof.peak.get() / roof.bandwidth.get().max(1.0);
    let point = roof.points.get(1)?;
    let largest = decode.children.iter().max_by_key(|part| part.share)?;
    let (at, ridge) = (point.intensity.get(), ridge);
    let what = if at < ridge { "memory bandwidth binds" } else { "arithmetic binds" };
    Some(format!(
        "Decoding does {} operations a byte where the accelerator can do {}: {what}. {} take{} {} \
         of a step.",
        show::rounded(at),
        show::rounded(ridge),
        largest.label,
        if largest.label.ends_with('s') { "" } else { "s" },
        show::percent(largest.share)
    ))
}

fn number(own: &Deployed<'_>) -> String {
    let n = own.own.replicas;
    let used = own.own.now.request_rate.get() / own.own.full.request_rate.get().max(1e-12);
    let used = show::percent(Ratio::new(used.min(1.0)));
    let instances = format!("{} {}", show::grouped(n.into()), show::plural(n.into(), "instance"));
    match own.ask.demand {
        Demand::Most => format!("{instances}: as many as the accelerators make."),
        _ if n == 1 && own.ask.spares == 0 => {
            format!("{instances} is enough, {used} of what it can take in use.")
        }
        _ if own.ask.spares == 0 => {
            format!("{instances} at {used} of what they can take; fewer miss a goal or overflow.")
        }
        _ => format!(
            "{instances} and {} to spare: without the spare, {used} of what they can take is in \
             use; fewer miss a goal or overflow.",
            show::grouped(own.ask.spares.into())
        ),
    }
}
