//! Buying and planning, for the page: what is known of a plan is kept, so that an answer about money costs no search.

mod convert;
mod wire;

pub(in crate::api) use convert::sheet as sheet_view;
pub use wire::{BudgetView, CellView, ChartView, MarkView, RowView, SheetView, TableView};

use super::fleet::{PriceList, Prices};
use super::{Answer, WIRE_VERSION};
use crate::case::Case;
use crate::inputs::{BudgetInputs, FleetInputs, Inputs, Key, Moves};
use crate::link;
use crate::plan::budget::{self, Deal, ForecastAsked, Limits, Run, Sheet};
use crate::plan::{self, Plan};
use crate::prices::Listing;
use crate::units::text::short;
use crate::units::{Day, Ratio};
use std::borrow::Cow;

/// Questions by their stable names, in the order of the page.
pub const PARTS: [&str; 7] = ["ways", "months", "forecast", "whatif", "sweep", "places", "clients"];

/// Where questions about money are answered.
#[derive(Default)]
pub struct BudgetDesk {
    prices: Prices,
    list: Option<PriceList>,
    today: Option<Day>,
    /// Plans by what they depend on, the latest last.
    plans: Vec<(String, Option<(Case, Plan)>)>,
}

/// Factors that a slider stops at; the middle one moves nothing.
pub const STOPS: [f64; 17] =
    [0.25, 0.35, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.35, 1.5, 2.0, 3.0, 4.0];

/// The stop that is nearest to a factor.
#[must_use]
pub fn stop(by: Ratio) -> u32 {
    let far = |stop: &f64| (libm::log(by.get().max(1e-9)) - libm::log(*stop)).abs();
    let nearest = (0..).zip(&STOPS).min_by(|a, b| far(a.1).total_cmp(&far(b.1)));
    nearest.map_or(STOPS.len() as u32 / 2, |(i, _)| i)
}

/// The text of [`Key::WhatIf`] for these stops, in the order of [`Moves::NAMES`].
#[must_use]
pub fn moves_text(stops: &[u32]) -> String {
    let moved = Moves::NAMES.iter().zip(stops).filter_map(|(name, stop)| {
        let by = STOPS.get(*stop as usize).filter(|by| **by != 1.0)?;
        Some(format!("{name}:{by}"))
    });
    moved.collect::<Vec<_>>().join(",")
}

/// Plans that are kept.
const KEPT: usize = 12;

impl BudgetDesk {
    /// Takes a list of prices (the text of a `prices-v1.csv`), as of a day in days from 1970-01-01.
    pub fn take(&mut self, list: &str, today: Option<i32>) {
        let prices = Prices::read(list);
        self.today = today.map(Day::from_epoch);
        self.list = Some(prices.about(self.today));
        self.prices = prices;
    }

    /// Answers the questions of these names ([`PARTS`]) about the plan of a link; of one about a model in service
    /// [`super::OPERATION_PARTS`].
    pub fn answer(&mut self, run: u32, link: &str, parts: &[String]) -> Answer {
        let inputs = link::decode(link).inputs;
        if inputs.is_serving() {
            return match super::serve::operation(&inputs, &self.fresh(&inputs.fleet()), parts) {
                Ok(sheets) => self.said(run, sheets),
                Err(problems) => Answer::Invalid { run, problems },
            };
        }
        let Some((case, plan)) = self.plan(&inputs) else { return refused(run, &inputs) };
        let (asked, fleet) = (inputs.budget(), inputs.fleet());
        let deal = Deal::of(&case, &fleet, &asked);
        let mut sheets = Vec::new();
        for part in parts {
            sheets.extend(self.sheets(part, (&inputs, &case, &plan), (&asked, &fleet, &deal)));
        }
        self.said(run, sheets)
    }

    /// What becomes of the plan of a link when inputs are moved by these factors, in the order of [`Moves::NAMES`].
    pub fn moved(&mut self, run: u32, link: &str, by: &[f64]) -> Answer {
        let inputs = link::decode(link).inputs;
        let mut moves = Moves::NONE;
        for (own, by) in moves.0.iter_mut().zip(by) {
            *own = Ratio::checked(*by).filter(|by| by.get() > 0.0).unwrap_or(Ratio::ONE);
        }
        let Some((case, plan)) = self.plan(&inputs) else { return refused(run, &inputs) };
        let fleet = inputs.fleet();
        let deal = Deal::of(&case, &fleet, &inputs.budget());
        let sheets = self.moved_sheet(&inputs, &Run::of(&case, &plan, &fleet, &deal), &moves);
        self.said(run, sheets.into_iter().collect())
    }

    /// The offers whose prices are no older than is asked.
    fn fresh(&self, asked: &FleetInputs) -> Cow<'_, [Listing]> {
        let since = asked.since(self.today);
        let all = self.prices.listings();
        if since.is_none() {
            return Cow::Borrowed(all);
        }
        all.iter().map(|own| own.clone().fresh(since)).collect()
    }

    fn said(&self, run: u32, sheets: Vec<SheetView>) -> Answer {
        let list = self.list.clone();
        let budget = BudgetView { version: WIRE_VERSION, list, sheets };
        Answer::Budget { run, budget: Box::new(budget) }
    }

    /// The plan of the inputs; what is asked of money does not change it.
    fn plan(&mut self, inputs: &Inputs) -> Option<(Case, Plan)> {
        let mut bare = inputs.canonical();
        let aside = Key::ALL.iter().filter(|key| key.group().is_aside());
        aside.for_each(|key| bare.clear(*key));
        let key = link::encode(&bare);
        let offer = inputs.resolve().case?.offer;
        let priced = |found: &Option<(Case, Plan)>| {
            let (case, plan) = found.clone()?;
            Some((Case { offer: offer.clone(), ..case }, plan))
        };
        if let Some((_, found)) = self.plans.iter().find(|(known, _)| *known == key) {
            return priced(found);
        }
        let found = bare.resolve().case.and_then(|case| {
            let plan = plan::find(&case).plan()?;
            Some((case, plan))
        });
        if self.plans.len() >= KEPT {
            self.plans.remove(0);
        }
        let own = priced(&found);
        self.plans.push((key, found));
        own
    }

    fn sheets(
        &mut self,
        part: &str,
        (inputs, case, plan): (&Inputs, &Case, &Plan),
        (asked, fleet, deal): (&BudgetInputs, &FleetInputs, &Deal),
    ) -> Vec<SheetView> {
        let run = Run::of(case, plan, fleet, deal);
        let own = deal.terms.is_none() || inputs.typed(Key::Price).is_some();
        let prices = || budget::prices((case, own), &self.fresh(fleet), fleet, &asked.prices);
        let forecast = ForecastAsked {
            bought: asked.bought,
            start: asked.start,
            deadline: asked.deadline,
            budget: asked.budget,
        };
        let own: Sheet = match part {
            "ways" => {
                let limits = Limits { time: forecast.time(), cost: asked.budget };
                budget::ways_sheet(&run, &prices(), limits)
            }
            "months" => budget::months_sheet(&run, &prices(), &asked.demand),
            "forecast" => budget::forecast_sheet(&run, &prices(), &forecast),
            "sweep" => budget::sweep_sheet(&run, asked),
            "whatif" => {
                let mut all = vec![convert::sheet(&budget::whatif_sheet(&run))];
                all.extend(self.moved_sheet(inputs, &run, &asked.moves));
                return all;
            }
            "places" => {
                let site = self.site(inputs, case, asked);
                let site = site.as_ref().map(|(case, plan)| (case, plan));
                budget::places_sheet(&run, site, asked)
            }
            "clients" => match &asked.federation {
                Some((own, step)) => budget::clients_sheet(&run, own, *step),
                None => Sheet {
                    id: "clients",
                    says: vec!["Type how many edge clients there are.".to_owned()],
                    ..Sheet::default()
                },
            },
            _ => return Vec::new(),
        };
        vec![convert::sheet(&own)]
    }

    /// The plan of one of several places: its share of the accelerators, the batch and the tokens.
    fn site(&mut self, inputs: &Inputs, case: &Case, asked: &BudgetInputs) -> Option<(Case, Plan)> {
        let sites = asked.outer.sites.max(1);
        let (count, batch) = (case.cluster.count, case.training.global_batch);
        let whole = count.is_multiple_of(sites)
            && (count / sites).is_multiple_of(case.cluster.node_size.max(1))
            && batch.is_multiple_of(sites);
        if !whole {
            return None;
        }
        let own = inputs
            .clone()
            .with(Key::Count, (count / sites).to_string())
            .with(Key::Batch, (batch / sites).to_string())
            .with(Key::Tokens, (case.training.tokens.get() / u64::from(sites)).to_string());
        self.plan(&own).or_else(|| self.plan(&own.freed()))
    }

    fn moved_sheet(&mut self, inputs: &Inputs, run: &Run<'_>, moves: &Moves) -> Option<SheetView> {
        let [price, _, _, count, tokens] = moves.0;
        let node = run.case.cluster.node_size.max(1);
        let nodes = f64::from(run.case.cluster.count) * count.get() / f64::from(node);
        let most = crate::cluster::ACCELERATORS_MAX / node;
        let n = match count {
            Ratio::ONE => run.case.cluster.count,
            _ => ((nodes + 0.5) as u32).clamp(1, most.max(1)) * node,
        };
        let counted = inputs.clone().with(Key::Count, n.to_string());
        let Some((case, plan)) = self.plan(&counted) else {
            let text = format!("On {n} accelerators no layout fits.");
            let says = vec![text];
            return Some(SheetView { id: "moved".to_owned(), says, ..SheetView::default() });
        };
        let case = budget::changed(&case, moves);
        let mut view = convert::sheet(&budget::moved(run, (&case, &plan), moves));
        let mut opened = counted;
        if price != Ratio::ONE {
            let rate = short::price(run.deal.rate * price.get());
            match run.deal.terms {
                Some(terms) => opened.set(Key::WayPrices, format!("{}:{rate}", terms.key())),
                None => opened.set(Key::Price, rate),
            }
        }
        if tokens != Ratio::ONE {
            opened.set(Key::Tokens, case.training.tokens.get().to_string());
        }
        opened.clear(Key::WhatIf);
        view.link = Some(link::encode(&opened));
        Some(view)
    }
}

/// Why there is no plan to ask about.
fn refused(run: u32, inputs: &Inputs) -> Answer {
    let mut problems: Vec<String> =
        inputs.resolve().problems.iter().map(ToString::to_string).collect();
    if problems.is_empty() {
        problems.push("No layout fits, so there is nothing to buy.".to_owned());
    }
    Answer::Invalid { run, problems }
}
