//! A day of a deployment: its traffic, the instances that follow it, what a month of such days costs, and how much of
//! it to commit to. Each answer is a [`Sheet`] whose numbers say where they come from.

mod chart;
mod commit;
mod figures;
mod tables;

pub use commit::sheet as commit_sheet;

use super::{DayQuestion, Deployed, MonthPlan, Stood};
use crate::catalogue::reliability::{self, SpotRow};
use crate::estimate::capacity::{DayCurve, Grid, PowerCurve, Prices, Spend, SpotShare};
use crate::inputs::{DayShape, OperationInputs};
use crate::plan::budget::{Price, Sheet, less};
use crate::prices::Terms;
use crate::search::deploy;
use crate::serving::Demand;
use crate::units::text::show;
use crate::units::{DollarsPerHour, PerSecond, Ratio, Seconds};

/// Days of a month of 730 hours.
const DAYS: f64 = 730.0 / 24.0;

/// A day that is asked about.
pub struct Day<'a> {
    /// The deployment whose instances serve it.
    pub own: &'a Deployed<'a>,
    /// Traffic, policy, users.
    pub asked: &'a OperationInputs,
    /// How the spot market comes and goes.
    pub zone: Option<&'a SpotRow>,
    /// What one accelerator costs, by way to buy; none of it for the deployment's own price.
    pub prices: &'a [Price],
    /// For how long machines are wanted.
    pub horizon: Seconds,
}

/// A day worked out.
struct Told<'a> {
    day: &'a Day<'a>,
    curve: DayCurve,
    month: MonthPlan,
    /// Its money were nothing on the spot market; none where nothing is.
    by_hour: Option<Spend>,
    /// The price of a machine by the hour is known.
    priced: bool,
}

/// What the day comes to.
#[must_use]
pub fn sheet(day: &Day<'_>) -> Sheet {
    let mut sheet = Sheet { id: "day", ..Sheet::default() };
    let told = match day.told() {
        Ok(told) => told,
        Err(text) => {
            sheet.says.push(text);
            return sheet;
        }
    };
    sheet.says = says(&told);
    sheet.figures = figures::all(&told);
    sheet.charts.push(chart::chart(&told));
    sheet.tables = vec![tables::hours(&told), tables::fleets(&told), tables::parts(&told)];
    sheet.notes = notes(&told);
    sheet
}

impl<'a> Day<'a> {
    /// Accelerators that are paid for together.
    fn machine_size(&self) -> u32 {
        self.own.machine.size()
    }

    /// What is paid for: machines, or accelerators one by one.
    fn noun(&self, n: u64) -> String {
        show::plural(n, if self.own.machine.whole { "machine" } else { "accelerator" })
    }

    /// The price of that way to buy.
    fn price(&self, terms: Option<Terms>) -> Option<&Price> {
        self.prices.iter().find(|price| price.terms == terms)
    }

    /// One machine at a price of one accelerator.
    fn machine_rate(&self, price: &Price) -> DollarsPerHour {
        price.rate * f64::from(self.machine_size())
    }

    fn question(&self, curve: DayCurve) -> DayQuestion {
        let asked = self.asked;
        let zone = self.zone.zip(asked.spot);
        let spot = zone.map(|(zone, share)| SpotShare { share, spot: zone.spot });
        DayQuestion {
            day: curve,
            least: asked.least,
            most: asked.most.unwrap_or(u32::MAX),
            ahead: asked.ahead,
            hold: asked.hold,
            machine: asked.machine,
            read: asked.read,
            engine: asked.engine,
            spot,
        }
    }

    /// The day, or why there is none.
    fn told(&'a self) -> Result<Told<'a>, String> {
        let curve = match &self.asked.day {
            Some(DayShape::Wave { peak, trough, hour }) => {
                Some(DayCurve::wave(*peak, *trough, *hour))
            }
            Some(DayShape::Slots(slots)) => DayCurve::new(slots.clone()),
            None => None,
        };
        let curve = curve.filter(|curve| curve.peak() > PerSecond::ZERO).ok_or(
            "Say how many requests come: type them among the inputs, or those of the peak here.",
        )?;
        let question = self.question(curve.clone());
        let demand = self.price(None).map(|price| self.machine_rate(price));
        let spot = question.spot.and_then(|mut share| {
            let price = self.price(Some(Terms::Spot))?;
            share.spot.notice = reliability::notice(price.provider());
            Some((share, self.machine_rate(price)))
        });
        let ask = self.own.ask;
        let serving = self.own.serving();
        let stood = Stood {
            serving: &serving,
            traffic: &ask.traffic,
            keeps: &|answer| {
                let of = (&serving, self.own.own.at.machine, self.own.own.batch);
                deploy::keeps_from(ask, of, answer, Seconds::ZERO)
            },
            spares: self.asked.spares,
            machine_size: self.machine_size(),
        };
        // Hours are told even where nobody knows what one costs.
        let prices = Prices { demand: demand.unwrap_or(DollarsPerHour::new(1.0)), spot };
        let month = stood.month(&question, prices, &|_| dark());
        let month = month.ok_or(
            "One instance misses the goals even where no request meets another: loosen them.",
        )?;
        let by_hour = spot.and_then(|_| {
            let prices = Prices { spot: None, ..prices };
            Some(stood.month(&question, prices, &|_| dark())?.spend)
        });
        Ok(Told { day: self, curve, month, by_hour, priced: demand.is_some() })
    }
}

/// Power is told beside the figures of the deployment, not here.
fn dark() -> Grid {
    let curve = PowerCurve { points: Vec::new() };
    Grid { machine: None, curve, full: PerSecond::ZERO, pue: None, carbon: None }
}

impl Told<'_> {
    /// Instances of the busiest minute, spare ones included, without a limit.
    fn wanted_at_peak(&self) -> u32 {
        let needed = self.month.scaled.minutes.iter().map(|minute| minute.needed).max();
        needed.unwrap_or(0).saturating_add(self.day.asked.spares)
    }

    /// What the machines of a number of instances are called: `3 machines of 8 H200 SXM`.
    fn machines_text(&self, instances: u32) -> String {
        let n = show::grouped(self.month.packing.machines(instances).into());
        let machine = &self.day.own.machine;
        if !machine.whole {
            return format!("{n} {}", machine.label);
        }
        let noun = self.day.noun(self.month.packing.machines(instances).into());
        format!("{n} {noun} of {} {}", machine.size(), machine.label)
    }
}

fn says(told: &Told<'_>) -> Vec<String> {
    let mut all = vec![verdict(told)];
    all.push(late(told));
    let most = told.day.asked.most.unwrap_or(u32::MAX);
    let peak = told.wanted_at_peak();
    if peak > most {
        all.push(format!(
            "The peak wants {} instances and {} may run at most: nothing stands by then, or \
             requests come late.",
            show::grouped(peak.into()),
            show::grouped(most.into())
        ));
    }
    let ranks = told.day.own.own.at.instance.ranks();
    let taken = ranks.saturating_mul(told.month.scaled.most().into());
    let allowed = u64::from(told.day.own.machine.cluster.count);
    if taken > allowed {
        all.push(format!(
            "That is up to {} accelerators, more than the {} that the inputs allow.",
            show::grouped(taken),
            show::grouped(allowed)
        ));
    }
    if let (Some(spot), Some((share, _))) = (&told.month.spot, told.month.prices.spot) {
        all.push(format!(
            "Of the instance-hours {} come from the spot market and {} stand in for it; {} of the \
             requests are cut off and done again, and {} of the instances are missing on the mean.",
            show::percent(spot.given),
            show::percent(spot.stood_in),
            hundredths(spot.cut),
            hundredths(spot.missing)
        ));
        if share.spot.notice == Seconds::ZERO {
            all.push("Its seller gives no warning that is known, so nothing drains.".to_owned());
        }
    } else if told.day.asked.spot.is_some() {
        all.push(
            "No spot price of these machines is known: type one below, as in spot:1.2.".to_owned(),
        );
    }
    all.extend(other_load(told));
    all
}

/// A share that may be far below a percent.
fn hundredths(share: Ratio) -> String {
    format!("{}%", show::rounded(share.get() * 100.0))
}

fn verdict(told: &Told<'_>) -> String {
    let (scaled, fixed) = (&told.month.scaled, &told.month.fixed);
    let least = scaled.minutes.iter().map(|minute| minute.paid).min().unwrap_or(0);
    let instances = match (least, scaled.most()) {
        (least, most) if least == most => {
            format!("{} {}", show::grouped(most.into()), show::plural(most.into(), "instance"))
        }
        (least, most) => {
            format!("{} to {} instances", show::grouped(least.into()), show::grouped(most.into()))
        }
    };
    let all_day = show::grouped(fixed.most().into());
    let (own, other) = (&told.month.spend, &told.month.fixed_spend);
    let (amount, whole, saved) = if told.priced {
        let (own, other) = (own.month.total(), other.month.total());
        let saved = less(own.get(), other.get());
        (show::dollars(own), show::dollars(other), (own.get(), other.get(), saved))
    } else {
        let (own, other) = (own.machine_hours, other.machine_hours);
        let text = |hours: Ratio| format!("{} machine-hours", show::rounded(hours.get()));
        (text(own), text(other), (own.get(), other.get(), less(own.get(), other.get())))
    };
    let (own, other, saved) = saved;
    let beside = if own < other * 0.9995 {
        format!("{saved} less than the {whole} of")
    } else if own > other * 1.0005 {
        format!("{saved} more than the {whole} of")
    } else {
        "as much as".to_owned()
    };
    let spot = told.month.prices.spot.map_or(String::new(), |(share, _)| {
        format!(", {} of it on the spot market,", show::percent(share.share))
    });
    format!(
        "Following the traffic{spot} takes {instances}, at most {}: {amount} a month, {beside} \
         {all_day} at all times.",
        told.machines_text(scaled.most())
    )
}

fn late(told: &Told<'_>) -> String {
    let scaled = &told.month.scaled;
    let share = scaled.late_share();
    if share == Ratio::ZERO {
        return "At no minute does more come than the instances that are ready take within the \
            goals."
            .to_owned();
    }
    let n = figures::late_requests(told, share);
    let all = show::grouped((told.month.spend.requests.get() / DAYS + 0.5) as u64);
    format!(
        "{} of {all} requests a day come late: for {} of it more comes than the instances that are \
         ready take within the goals. A new one takes {} to start; ordered ahead by as much, fewer \
         come late.",
        show::grouped(n),
        show::time(scaled.short_time()),
        show::time(told.month.delay)
    )
}

/// The layout was chosen for another load than that of the peak.
fn other_load(told: &Told<'_>) -> Option<String> {
    let peak = told.curve.peak();
    let text = match told.day.own.ask.demand {
        Demand::Rate(rate) if (peak.get() / rate.get() - 1.0).abs() < 0.01 => return None,
        Demand::Rate(rate) => show::frequency(rate),
        Demand::InFlight(n) => format!("{} requests in flight", show::grouped(n.into())),
        Demand::Most => "machines that are always full".to_owned(),
    };
    Some(format!(
        "The instance is laid out for {text}, as the inputs say; type {} there to have the layout \
         chosen for the peak.",
        show::frequency(peak)
    ))
}

fn notes(told: &Told<'_>) -> Vec<String> {
    let mut all = Vec::new();
    if told.day.asked.trough_assumed {
        let text = "The quietest time is assumed to have 30 % of the traffic of the peak: type \
            your own, 24 values, or drop a trace of a day.";
        all.push(text.to_owned());
    }
    let asked = told.day.asked;
    all.push(format!(
        "A month has 730 hours and every day of it is the same. An instance is paid for from its \
         order on, ready after {}, and kept for {} after it was wanted. {}",
        show::time(told.month.delay),
        show::time(asked.hold),
        match told.day.own.machine.whole {
            true => format!("Machines of {} are paid for whole.", told.day.machine_size()),
            false => "Accelerators are paid for one by one, as no machine is said to be paid for \
                whole: a machine-hour is an hour of one of them."
                .to_owned(),
        }
    ));
    all.push(
        "Within a minute requests come at random; bursts beyond that, and requests that are tried \
         again, are not counted. Times to start are assumed unless you type your own."
            .to_owned(),
    );
    all
}
