//! What machines in service draw and emit in a month, and where each number comes from.

use super::Deployed;
use super::bill::{self, MONTH_HOURS};
use super::text::number;
use crate::catalogue::{offers, power, systems};
use crate::estimate::capacity::PowerCurve;
use crate::plan::budget::figure;
use crate::plan::fleet::{LOAD, RATED_OVER};
use crate::plan::{Amount, Derivation, Figure};
use crate::prices::Place;
use crate::units::text::{fine, show};
use crate::units::{GramsPerKwh, KilowattHours, PerSecond, Ratio, Seconds, Watts};

/// Machines, how busy they are, and where they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Accelerators, idle ones of their machines included.
    pub accelerators: u64,
    /// Rated power of one.
    pub rated: Watts,
    /// Power of a whole machine over that of its accelerators, and where it was read.
    pub over: (Ratio, String),
    /// Requests that come over the most that are answered.
    pub load: Ratio,
    /// Tokens of answers a second.
    pub tokens: PerSecond,
    /// Power of the building over power of its machines, and where it was read.
    pub pue: (Ratio, String),
    /// Carbon of the grid, and where it was read; none where it is not known.
    pub grid: Option<(GramsPerKwh, String)>,
}

/// PUE and grid of a place; what is not known of the former is as told.
pub(super) fn site(
    place: Option<&Place>,
    pue: Ratio,
) -> ((Ratio, String), Option<(GramsPerKwh, String)>) {
    let told = || {
        let usual = "PUE as typed; 1.56 where nothing is (Uptime Institute Global Data Center \
            Survey 2024)";
        (pue, usual.to_owned())
    };
    let Some(place) = place else { return (told(), None) };
    let source = offers::sources_text(&place.source);
    let at = [place.provider.as_str(), place.region.as_str()].join(" ");
    let read = format!("{}: {source}", at.trim_end());
    let known = place.pue.map(|pue| (pue, format!("PUE of {read}")));
    (known.unwrap_or_else(told), place.carbon.map(|grid| (grid, format!("grid of {read}"))))
}

/// Energy of a month, of a million tokens of answers, and carbon; nothing where the power is not known.
#[must_use]
pub fn emissions(own: &Deployed<'_>) -> Vec<Figure> {
    let Some(rated) = own.machine.cluster.accelerator.power else { return Vec::new() };
    let (served, full) = (own.own.served(own.ask).get(), &own.own.full);
    let n = f64::from(own.instances());
    let (mut pue, grid) = site(own.ask.place.as_ref(), own.ask.pue);
    let system = systems::find(&own.machine.key, &own.machine.cluster.accelerator.generation);
    let home = system.filter(|_| own.ask.place.is_none() && !own.ask.pue_typed);
    if home.is_some() {
        pue = (Ratio::ONE, "it stands in no data centre: PUE 1".to_owned());
    }
    let drawn = Drawn {
        accelerators: own.paid(),
        rated,
        over: over(&own.machine.key, &own.machine.cluster.accelerator.generation),
        load: Ratio::new(served / (full.request_rate.get() * n).max(1e-12)),
        tokens: PerSecond::new(bill::hourly_requests(own) / 3600.0 * own.ask.traffic.output),
        pue,
        grid,
    };
    drawn.figures()
}

/// Power of a machine over that of its accelerators: its own, else that of a server of eight.
pub(super) fn over(key: &str, generation: &str) -> (Ratio, String) {
    systems::find(key, generation).map(|own| own.over.clone()).unwrap_or_else(|| {
        let source =
            "power of a whole machine over that of its accelerators (DGX H100 over eight H100)";
        (RATED_OVER, source.to_owned())
    })
}

impl Drawn {
    /// Power over that at full load, building included.
    fn factor(&self) -> (Ratio, Ratio) {
        let curve = PowerCurve { points: power::curve() };
        (curve.at(self.load), self.pue.0.max(Ratio::ONE))
    }

    /// Of a month of 730 hours.
    #[must_use]
    pub fn energy(&self) -> KilowattHours {
        let (share, pue) = self.factor();
        let each = self.rated * (self.over.0.get() * LOAD.get());
        let watts = each * (self.accelerators as f64 * share.get() * pue.get());
        watts * Seconds::hours(MONTH_HOURS)
    }

    /// The figures, each with where it comes from.
    #[must_use]
    pub fn figures(&self) -> Vec<Figure> {
        let energy = self.energy();
        let kwh = Amount::Energy(Ratio::new(energy.get()));
        let tokens = self.tokens.get() * MONTH_HOURS * 3600.0 / 1e6;
        let each = Amount::Energy(Ratio::new(energy.get() / tokens.max(1e-12)));
        let mut all = vec![
            figure("energy", "Energy, a month", kwh, self.told(kwh)),
            figure(
                "energy_million",
                "Energy, 1M answer tokens",
                each,
                Derivation::of(
                    "energy of a month / millions of answer tokens in it",
                    format!("{} / {} = {}", kwh.text(), number(tokens), each.text()),
                    "follows from the figures above; prompts are in it",
                ),
            ),
        ];
        if let Some((grid, source)) = &self.grid {
            let carbon = Amount::Carbon(*grid * energy);
            let kg = fine::number(Ratio::new(grid.get() / 1000.0));
            let text = format!(
                "{} × {kg}{}kg/kWh = {}{}kg",
                number(energy.get()),
                show::GAP,
                number(carbon.value().get()),
                show::GAP
            );
            let formula = "energy of a month × carbon of the grid";
            all.push(figure(
                "carbon",
                "Carbon, a month",
                carbon,
                Derivation::of(formula, text, source),
            ));
        }
        all
    }

    fn told(&self, kwh: Amount) -> Derivation {
        let (share, pue) = self.factor();
        let text = format!(
            "{} × {} × {} × {} × {} × {} × {MONTH_HOURS} h = {}",
            fine::count(self.accelerators),
            show::power(self.rated),
            fine::number(self.over.0),
            fine::percent(LOAD),
            fine::percent(share),
            fine::number(pue),
            kwh.text()
        );
        let rows = power::all().first().map_or("", |row| row.2.as_str());
        let source = format!(
            "{}; share of it under full load (arXiv 2506.14551); at {} of the load by {rows}; {}",
            self.over.1,
            fine::percent(self.load.min(Ratio::ONE)),
            self.pue.1
        );
        Derivation::of(
            "accelerators × rated power of one × machine over accelerators × share drawn under \
             load × power at this load × PUE × hours of a month",
            text,
            &source,
        )
    }
}
