//! Guessing ahead against not guessing, for the same question.

use super::Deployed;
use crate::search::deploy;
use crate::serving::{Ask, Demand};
use crate::units::Ratio;
use crate::units::text::show;

/// Costs that differ by less are told as the same.
const SAME: f64 = 5e-4;

/// What guessing ahead comes to, and whether it makes things worse; nothing where none is asked for.
#[must_use]
pub fn guessing(own: &Deployed<'_>) -> Option<(String, bool)> {
    own.ask.speculation?;
    let plain = Ask { speculation: None, ..own.ask.clone() };
    let Some(other) = deploy::survey(&plain).best else {
        return Some(("Without guessing ahead nothing keeps the goals.".to_owned(), false));
    };
    let (mine, theirs) =
        (deploy::worth(own.ask, &own.own).get(), deploy::worth(&plain, &other).get());
    let gap = mine / theirs.max(1e-18) - 1.0;
    let times = format!(
        "each further token in {} against {} without",
        show::time(own.own.per_token),
        show::time(other.per_token)
    );
    let what = if own.ask.demand == Demand::Most { " a token" } else { "" };
    if gap.abs() < SAME {
        let slower = own.own.per_token.get() > other.per_token.get() * 1.005;
        let verdict = if slower { "Guessing ahead hurts" } else { "Guessing ahead costs the same" };
        return Some((format!("{verdict}: {times}."), slower));
    }
    let share = |value: f64| show::percent(Ratio::new(value));
    let text = if gap > 0.0 {
        format!("Guessing ahead hurts: {} dearer{what} than without; {times}.", share(gap))
    } else {
        let less = 1.0 - mine / theirs;
        format!("Guessing ahead makes it {} cheaper{what}, {times}.", share(less))
    };
    Some((text, gap > 0.0))
}
