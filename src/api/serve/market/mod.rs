//! Where to serve, for the page: a search of the market in slices, alone or as one of several workers.

mod news;
mod rows;
mod view;

use crate::api::Answer;
use crate::api::fleet::{Asked, Prices, Session, narrow_market};
use crate::inputs::Inputs;
use crate::link;
use crate::plan::fleet::Limits;
use crate::plan::serve::market_search::{Deployment, ServeFleet};
use crate::plan::serve::{Hired, Market, Question, open};
use crate::prices::Listing;
use crate::serving::Ask;
use crate::units::Moment;

/// Kinds of machine in a slice.
const SLICE: u32 = 2;
/// Kinds, at most, after which something is shown first.
const FIRST_KINDS_MAX: u32 = 12;
/// Slices from one picture to the next.
const QUIET_SLICES: u32 = 6;

/// One question about where to serve.
pub struct MarketSession {
    run: u32,
    now: Option<Moment>,
    /// Which of how many workers this is; the first one leads.
    share: (u32, u32),
    inputs: Inputs,
    ask: Ask,
    listings: Vec<Listing>,
    list: crate::api::fleet::PriceList,
    market: Market,
    search: ServeFleet,
    /// Whether its first slice, which is as short as can be, was worked on.
    begun: bool,
    /// Whether all of its own share is done.
    done: bool,
    /// Slices since it was last shown; none before it was.
    quiet: Option<u32>,
    /// Whether all was shown.
    whole: bool,
}

impl MarketSession {
    /// The question of a link over a list of prices.
    ///
    /// # Errors
    /// [`Answer::Invalid`] where the link does not make a question.
    pub fn over(prices: &Prices, wanted: Asked<'_>) -> Result<Self, Box<Answer>> {
        let Asked { run, link, now, share } = wanted;
        let inputs = link::decode(link).inputs;
        let resolution = inputs.resolve();
        let Some(ask) = resolution.ask else {
            let problems = resolution.problems.iter().map(ToString::to_string).collect();
            return Err(Box::new(Answer::Invalid { run, problems }));
        };
        let fleet = inputs.fleet();
        let today = now.map(Moment::day);
        let mut listings = prices.aged(today);
        listings.extend(fleet.offers.iter().cloned());
        let mut limits = Limits::default();
        narrow_market(&mut limits, &fleet, today);
        // Bought as the plan above is, unless ways to buy are named.
        if limits.terms.is_empty() {
            limits.terms.extend(inputs.budget().bought);
        }
        let most = ask.machines.iter().map(|machine| machine.cluster.count).max();
        let question = Question {
            listings: &listings,
            limits: &limits,
            discounts: &fleet.discounts,
            ranks_max: most.unwrap_or(1),
        };
        let formats = inputs.market_formats(&ask.engine);
        let (search, market) = open(&question, ask.clone(), &formats);
        Ok(Self {
            run,
            now,
            share,
            list: prices.about(today),
            inputs,
            ask,
            market,
            search: search.share(share.0, share.1),
            listings,
            begun: false,
            done: false,
            quiet: None,
            whole: false,
        })
    }

    /// Whether all workers have looked at all.
    fn complete(&self) -> bool {
        self.search.n_left() == 0
    }

    /// A deployment with all that its money follows from.
    fn hired<'a>(&'a self, at: &'a Deployment) -> Option<Hired<'a>> {
        let offer = self.market.offers.get(at.kind)?;
        Some(Hired {
            ask: self.search.ask(),
            kind: self.search.kinds().get(at.kind)?,
            offer,
            listing: self.listings.get(offer.listing)?,
            at,
        })
    }
}

impl Session for MarketSession {
    fn run(&self) -> u32 {
        self.run
    }

    fn advance(&mut self) -> bool {
        if !std::mem::replace(&mut self.begun, true) {
            let mut looked = 0;
            // What costs more and is quicker is left for the slices after it.
            while looked < FIRST_KINDS_MAX
                && self.search.cheapest().is_none()
                && self.search.begin()
            {
                looked += 1;
            }
        } else if !self.done {
            self.done = self.search.advance(SLICE);
        }
        self.done
    }

    fn news(&mut self) -> Option<Answer> {
        (self.share.1 > 1).then(|| news::told(self)).flatten()
    }

    fn hear(&mut self, news: &str) {
        news::hear(self, news);
    }

    fn leads(&self) -> bool {
        self.share.0 == 0
    }

    fn fresh(&mut self) -> Option<Answer> {
        let due = self.quiet.is_none_or(|quiet| quiet + 1 >= QUIET_SLICES);
        let last = self.complete() && !self.whole;
        self.quiet = Some(self.quiet.map_or(0, |quiet| quiet + 1));
        if !last && (!due || self.whole) {
            return None;
        }
        self.whole = self.complete();
        self.quiet = Some(0);
        Some(Answer::Fleet { run: self.run, fleet: Box::new(view::view(self)) })
    }
}
