//! The longest request that an instance lets in, and what llama.cpp allocates for it.

use super::Deployed;
use crate::units::chance::lognormal;
use crate::units::{Ratio, Tokens};

/// Requests of a thousand that an instance lets in.
const LET_IN: f64 = 999.0;
/// Standard deviations below which that share of a normal distribution lies.
const DEVIATIONS: f64 = 3.090;
/// Lengths are rounded up to so many tokens.
const STEP: u64 = 1024;

/// The longest request that an instance lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Longest {
    /// Its prompt and answer.
    pub tokens: Tokens,
    /// What 999 of 1,000 requests stay within.
    pub asked: Tokens,
    /// Most positions that the model was made for, where that is less than the mean request.
    pub beyond: Option<Tokens>,
}

/// The length that 999 of 1,000 requests stay within, no more than the model's positions or than one instance's cache
/// holds. Prompt and answer vary on their own, prompts at least as much as answers; their sum is a lognormal of the
/// same mean and deviation (Fenton 1960).
#[must_use]
pub fn longest(own: &Deployed<'_>) -> Longest {
    let traffic = &own.ask.traffic;
    let mean = (traffic.prompt + traffic.output).max(1.0);
    let (prompt, answer) = (traffic.prompt_spread.max(traffic.spread), traffic.spread);
    let (prompt, answer) = (prompt * traffic.prompt, answer * traffic.output);
    let deviation = prompt * prompt + answer * answer;
    let asked = mean * lognormal(Ratio::new(deviation.sqrt() / mean), DEVIATIONS).get();
    let asked = (asked.max(mean).min(1e15).ceil() as u64).div_ceil(STEP) * STEP;
    let positions = own.ask.model.max_positions.map_or(u64::MAX, u64::from);
    let held = own.serving().memory().tokens.get() / u64::from(own.own.at.instance.dp.max(1));
    let beyond = (mean > positions as f64).then(|| Tokens::new(positions));
    let tokens = Tokens::new(asked.min(positions).min(held).max(1));
    Longest { tokens, asked: Tokens::new(asked), beyond }
}

/// Tokens of cache that the engine's command asks for, where it allocates what it is told (llama.cpp, Neuron, MaxText: the
/// longest request for each slot, no more than fits).
#[must_use]
pub fn allocated(own: &Deployed<'_>) -> Option<Tokens> {
    if !own.ask.engine.memory.allocates {
        return None;
    }
    let all = longest(own).tokens.get().saturating_mul(own.own.batch.max(1).into());
    Some(Tokens::new(all.min(own.serving().memory().tokens.get()).max(1)))
}

/// How the longest request was found, in a sentence.
#[must_use]
pub fn longest_text(own: &Deployed<'_>) -> String {
    let found = longest(own);
    let show = |tokens: Tokens| crate::units::text::show::grouped(tokens.get());
    if let Some(positions) = found.beyond {
        return format!(
            "Prompt and answer are longer than the {} positions that the model was made for: the \
             engine refuses them. Shorten the prompt, take a model with more positions, or stretch \
             its own (YaRN, rope scaling) at a loss of quality.",
            show(positions)
        );
    }
    let asked = show(found.asked);
    if found.tokens < found.asked {
        return format!(
            "Requests of up to {} tokens are let in, which is all that the model or the cache \
             holds: {LET_IN} of 1 000 stay within {asked}, where prompts vary at least as much \
             as answers, so that more of them are refused.",
            show(found.tokens)
        );
    }
    format!(
        "{LET_IN} of 1 000 requests are let in: prompt and answer within {asked} tokens, where \
         prompts vary at least as much as answers."
    )
}
