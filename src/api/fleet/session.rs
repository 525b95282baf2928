//! A search of the market as a worker holds it, whatever it is for.

use super::{Asked, FleetSession, Prices};
use crate::api::Answer;
use crate::api::serve::MarketSession;
use crate::inputs::Inputs;
use crate::link;

/// A search in slices, alone or as one of several workers.
pub trait Session {
    /// Number of the run.
    fn run(&self) -> u32;

    /// Works on for a slice; true when nothing is left to do, for now where other workers are still searching.
    fn advance(&mut self) -> bool;

    /// What was found since this was last called, for the other workers; nothing where there is none.
    fn news(&mut self) -> Option<Answer>;

    /// Takes in what another worker on the same question found.
    fn hear(&mut self, news: &str);

    /// Whether this worker puts the answers together.
    fn leads(&self) -> bool;

    /// What has been found so far, if it is time for another look.
    fn fresh(&mut self) -> Option<Answer>;

    /// The search as one for where to train, from which others learn.
    fn training(&self) -> Option<&FleetSession> {
        None
    }
}

/// The search that a link asks for, with what an earlier one found.
///
/// # Errors
/// [`Answer::Invalid`] where the link does not make a question.
pub fn open(
    prices: &Prices,
    asked: Asked<'_>,
    earlier: Option<&dyn Session>,
) -> Result<Box<dyn Session>, Box<Answer>> {
    if Inputs::is_serving(&link::decode(asked.link).inputs) {
        return Ok(Box::new(MarketSession::over(prices, asked)?));
    }
    let mut session = FleetSession::over(prices, asked)?;
    if let Some(earlier) = earlier.and_then(Session::training) {
        session.learn(earlier);
    }
    Ok(Box::new(session))
}

impl Session for FleetSession {
    fn run(&self) -> u32 {
        Self::run(self)
    }

    fn advance(&mut self) -> bool {
        Self::advance(self, super::SLICE)
    }

    fn news(&mut self) -> Option<Answer> {
        Self::news(self)
    }

    fn hear(&mut self, news: &str) {
        Self::hear(self, news);
    }

    fn leads(&self) -> bool {
        Self::leads(self)
    }

    fn fresh(&mut self) -> Option<Answer> {
        Self::fresh(self)
    }

    fn training(&self) -> Option<&FleetSession> {
        Some(self)
    }
}
