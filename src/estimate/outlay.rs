//! F4: what a whole run costs on machines bought in some way: money by part, energy, carbon.
//!
//! A run keeps its machines busy for the time of all its steps; what is lost to failures makes it last longer by
//! 1 over the goodput ([`wall`]). Of that time spot machines are not paid for while they are away, and spare ones are
//! paid for beside the others ([`Uptime`]); a term or whole days are paid to their end ([`paid`]).
//!
//! Data is moved from store to store, the data set whole before the first step (it is shuffled as a whole) and the
//! weights after the last one: nothing overlaps, storage is paid for meanwhile, machines are not ([`moving`], [`span`]).

use super::parts::{Outlay, OutlayPart};
use crate::prices::{Charge, OnPremises, Tariff, Terms};
use crate::units::{
    Bytes, BytesPerSecond, Dollars, DollarsPerGb, DollarsPerHour, GramsPerKwh, KilogramsCo2,
    KilowattHours, Ratio, Seconds, Watts,
};

/// A month of 730 hours, as clouds bill storage.
pub const MONTH: Seconds = Seconds::new(730.0 * 3600.0);

/// Machines and how they are bought.
#[derive(Clone, Debug, PartialEq)]
pub struct Purchase {
    /// Whose they are, and at what rate.
    pub source: Source,
    /// What keeping and moving data costs there.
    pub tariff: Tariff,
    /// Bringing the data set there.
    pub moving_in: DollarsPerGb,
    /// How fast data moves there and away.
    pub routes: Routes,
    /// What one machine draws.
    pub draw: Draw,
}

/// How fast data moves to machines and away from them; none where it need not move.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Routes {
    /// The data set to the machines.
    pub into: Option<BytesPerSecond>,
    /// The trained weights away from them.
    pub out: Option<BytesPerSecond>,
}

/// Whose the machines are.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Rented.
    Rented {
        /// Rate of one machine.
        rate: DollarsPerHour,
        /// How they are bought.
        terms: Terms,
        /// Which hours of a commitment are charged.
        charge: Charge,
    },
    /// Of one's own.
    Owned(OnPremises),
}

/// What one machine draws, and what that emits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Draw {
    /// Power of one machine under a training load, where it is known.
    pub machine: Option<Watts>,
    /// Power of the building over power of its machines, where it is known.
    pub pue: Option<Ratio>,
    /// Carbon of the grid, where it is known.
    pub grid: Option<GramsPerKwh>,
}

/// Data that a run reads and writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cargo {
    /// The data set.
    pub data_set: Bytes,
    /// Checkpoints that are kept at one time.
    pub checkpoints: Bytes,
    /// What is taken away when it is trained.
    pub result: Bytes,
}

/// What of a run's time is useful, and what of it is paid for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uptime {
    /// Time of steps that count over the time from the first step to the last.
    pub useful: Ratio,
    /// Machine-hours that are paid for over machine-hours of the run: less than one where machines are away, more
    /// where others stand by.
    pub paid: Ratio,
}

impl Uptime {
    /// Nothing ever fails.
    pub const ALL: Self = Self { useful: Ratio::ONE, paid: Ratio::ONE };

    /// That share of the time is useful, all of it is paid for.
    #[must_use]
    pub const fn useful(share: Ratio) -> Self {
        Self { useful: share, paid: Ratio::ONE }
    }
}

impl Purchase {
    /// The longest run that can be bought at once, where there is one.
    #[must_use]
    pub const fn most_time(&self) -> Option<Seconds> {
        match &self.source {
            Source::Rented { terms, .. } => terms.most_time(),
            Source::Owned(_) => None,
        }
    }
}

/// How long a run lasts whose steps take `busy`.
#[must_use]
pub fn wall(busy: Seconds, uptime: Uptime) -> Seconds {
    Seconds::new(busy.get() / uptime.useful.min(Ratio::ONE).get())
}

/// How long the data set takes to the machines, and the weights away from them.
#[must_use]
pub fn moving(routes: &Routes, cargo: &Cargo) -> [Seconds; 2] {
    let time = |bytes: Bytes, rate: Option<BytesPerSecond>| match rate {
        Some(rate) if bytes > Bytes::ZERO => bytes / rate,
        _ => Seconds::ZERO,
    };
    [time(cargo.data_set, routes.into), time(cargo.result, routes.out)]
}

/// How long a run lasts from the first byte that is moved to the last, its machines being held for `wall`.
#[must_use]
pub fn span(routes: &Routes, cargo: &Cargo, wall: Seconds) -> Seconds {
    let [before, after] = moving(routes, cargo);
    before + wall + after
}

/// How long its machines are paid for.
#[must_use]
pub fn paid(source: &Source, wall: Seconds) -> Seconds {
    match source {
        Source::Rented { terms, charge, .. } => terms.paid(wall, *charge),
        Source::Owned(_) => wall,
    }
}

/// Money of a run of `busy` seconds of steps on that many machines.
#[must_use]
pub fn outlay(
    purchase: &Purchase,
    cargo: &Cargo,
    machines: u32,
    busy: Seconds,
    uptime: Uptime,
) -> Outlay {
    let n = f64::from(machines);
    let wall = wall(busy, uptime);
    let mut outlay = Outlay::ZERO;
    match &purchase.source {
        Source::Rented { rate, .. } => {
            let all = *rate * n;
            let run = wall * uptime.paid.get();
            let paid = paid(&purchase.source, wall) * uptime.paid.get();
            outlay.set(OutlayPart::Machines, all * busy.min(run));
            outlay.set(OutlayPart::Lost, all * run.less(busy));
            outlay.set(OutlayPart::Unused, all * paid.less(run));
        }
        Source::Owned(own) => {
            // Spare ones lose their worth and draw power like the others.
            let held = wall * uptime.paid.get();
            let used = own.lifetime.get() * own.utilisation.get();
            let worth = own.purchase.get() * n * (held.get() / used);
            outlay.set(OutlayPart::Purchase, Dollars::new(worth));
            let kwh = energy(&purchase.draw, machines, held).unwrap_or(KilowattHours::UNBOUNDED);
            outlay.set(OutlayPart::Power, own.power * kwh);
            outlay.set(OutlayPart::Space, own.space * n * held);
            outlay.set(OutlayPart::Staff, own.staff * n * held);
        }
    }
    keep(purchase, cargo, wall, &mut outlay);
    outlay
}

/// What keeping and moving the data costs of a run whose machines are held for `wall`.
fn keep(purchase: &Purchase, cargo: &Cargo, wall: Seconds, outlay: &mut Outlay) {
    let months = span(&purchase.routes, cargo, wall).get() / MONTH.get();
    let tariff = &purchase.tariff;
    let rate = |rate: Option<DollarsPerGb>| rate.unwrap_or(DollarsPerGb::ZERO);
    let storage = rate(tariff.storage) * months;
    outlay.set(OutlayPart::DataSet, storage * cargo.data_set);
    outlay.set(OutlayPart::Checkpoints, storage * cargo.checkpoints);
    outlay.set(OutlayPart::MovingIn, purchase.moving_in * cargo.data_set);
    outlay.set(OutlayPart::MovingOut, rate(tariff.egress) * cargo.result);
}

/// Energy of machines and building over that time; nothing where the machine's power is not known.
///
/// Where the building's share is not known, it is left out.
#[must_use]
pub fn energy(draw: &Draw, machines: u32, wall: Seconds) -> Option<KilowattHours> {
    let pue = draw.pue.unwrap_or(Ratio::ONE).max(Ratio::ONE);
    Some(draw.machine? * f64::from(machines) * pue.get() * wall)
}

/// What that energy emits, by the grid where the machines stand; nothing where either is not known.
#[must_use]
pub fn carbon(draw: &Draw, machines: u32, wall: Seconds) -> Option<KilogramsCo2> {
    Some(draw.grid? * energy(draw, machines, wall)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rented(terms: Terms) -> Purchase {
        Purchase {
            source: Source::Rented {
                rate: DollarsPerHour::new(16.0),
                terms,
                charge: Charge::WholeTerm,
            },
            tariff: Tariff {
                egress: Some(DollarsPerGb::new(0.09)),
                between: None,
                storage: Some(DollarsPerGb::new(0.02)),
            },
            moving_in: DollarsPerGb::new(0.01),
            routes: Routes::default(),
            draw: Draw {
                machine: Some(Watts::new(8000.0)),
                pue: Some(Ratio::new(1.25)),
                grid: Some(GramsPerKwh::new(400.0)),
            },
        }
    }

    const CARGO: Cargo = Cargo {
        data_set: Bytes::new(10_000_000_000_000),
        checkpoints: Bytes::new(5_000_000_000_000),
        result: Bytes::new(100_000_000_000),
    };

    #[test]
    fn a_month_on_two_machines_by_hand() {
        // 730 hours of work at goodput 0.5 last 1,460 hours: two months.
        let outlay =
            outlay(&rented(Terms::OnDemand), &CARGO, 2, MONTH, Uptime::useful(Ratio::new(0.5)));
        let parts = [
            (OutlayPart::Machines, 2.0 * 16.0 * 730.0),
            (OutlayPart::Lost, 2.0 * 16.0 * 730.0),
            (OutlayPart::Unused, 0.0),
            (OutlayPart::DataSet, 10_000.0 * 0.02 * 2.0),
            (OutlayPart::Checkpoints, 5_000.0 * 0.02 * 2.0),
            (OutlayPart::MovingIn, 100.0),
            (OutlayPart::MovingOut, 9.0),
        ];
        let mut sum = 0.0;
        for (part, dollars) in parts {
            assert!((outlay.get(part).get() - dollars).abs() < 1e-9, "{part:?}");
            sum += dollars;
        }
        assert!((outlay.total().get() - sum).abs() < 1e-6);
        // 2 x 8 kW x 1.25 x 1,460 h.
        let kwh = energy(&rented(Terms::OnDemand).draw, 2, MONTH * 2.0).unwrap();
        assert!((kwh.get() - 29_200.0).abs() < 1e-6);
        let kg = carbon(&rented(Terms::OnDemand).draw, 2, MONTH * 2.0).unwrap();
        assert!((kg.get() - 11_680.0).abs() < 1e-6);
    }

    /// 10 TB at 10 Gbit/s are 8,000 s, 100 GB back are 80 s: nothing overlaps, and only storage is paid for.
    #[test]
    fn data_moves_before_and_after() {
        let way = Some(BytesPerSecond::gbit(10.0));
        let mut purchase = rented(Terms::OnDemand);
        purchase.routes = Routes { into: way, out: way };
        let [before, after] = moving(&purchase.routes, &CARGO);
        assert_eq!([before.get(), after.get()], [8000.0, 80.0]);
        assert!((span(&purchase.routes, &CARGO, MONTH).get() - MONTH.get() - 8080.0).abs() < 1e-6);
        let still = outlay(&rented(Terms::OnDemand), &CARGO, 2, MONTH, Uptime::ALL);
        let moved = outlay(&purchase, &CARGO, 2, MONTH, Uptime::ALL);
        assert_eq!(still.get(OutlayPart::Machines), moved.get(OutlayPart::Machines));
        let more = moved.total().get() - still.total().get();
        let expected = 0.02 * 15_000.0 * 8080.0 / MONTH.get();
        assert!((more - expected).abs() < 1e-6, "{more} {expected}");
    }

    #[test]
    fn a_commitment_is_paid_to_its_end() {
        let outlay = outlay(&rented(Terms::Year), &CARGO, 1, MONTH, Uptime::ALL);
        let unused = outlay.get(OutlayPart::Unused).get();
        assert!((unused - 16.0 * (8760.0 - 730.0)).abs() < 1e-6);
    }

    #[test]
    fn what_is_away_is_not_paid_for_and_what_stands_by_is() {
        // 730 hours of work at goodput 0.5 last 1,460 hours; paid for three quarters of them, 1,095.
        let spot = Uptime { useful: Ratio::new(0.5), paid: Ratio::new(0.75) };
        let outlay = outlay(&rented(Terms::Spot), &Cargo::default(), 1, MONTH, spot);
        assert!((outlay.get(OutlayPart::Machines).get() - 16.0 * 730.0).abs() < 1e-9);
        assert!((outlay.get(OutlayPart::Lost).get() - 16.0 * 365.0).abs() < 1e-9);
        assert!((outlay.total().get() - 16.0 * 1095.0).abs() < 1e-9);
        // One spare beside ten machines.
        let spared = Uptime { useful: Ratio::ONE, paid: Ratio::new(1.1) };
        let outlay = super::outlay(&rented(Terms::OnDemand), &Cargo::default(), 10, MONTH, spared);
        assert!((outlay.total().get() - 11.0 * 16.0 * 730.0).abs() < 1e-6);
    }

    #[test]
    fn own_machines_by_hand() {
        // DGX-like: 300,000 $ over four years of 8,760 h, put to use for 80 % of them.
        let own = OnPremises {
            accelerator: "h100-sxm".to_owned(),
            machine_size: 8,
            purchase: Dollars::new(300_000.0),
            lifetime: Seconds::new(4.0 * 8760.0 * 3600.0),
            utilisation: Ratio::new(0.8),
            power: crate::units::DollarsPerKwh::new(0.1),
            space: DollarsPerHour::new(0.5),
            staff: DollarsPerHour::new(0.25),
            machines: 4,
        };
        let mut purchase = rented(Terms::OnDemand);
        purchase.source = Source::Owned(own);
        let hour = Seconds::new(3600.0);
        let outlay = outlay(&purchase, &Cargo::default(), 1, hour, Uptime::ALL);
        let worth = 300_000.0 / (4.0 * 8760.0 * 0.8);
        assert!((outlay.get(OutlayPart::Purchase).get() - worth).abs() < 1e-9);
        assert!((outlay.get(OutlayPart::Power).get() - 1.0).abs() < 1e-9);
        assert!((outlay.total().get() - (worth + 1.0 + 0.75)).abs() < 1e-9);
    }

    #[test]
    fn no_goodput_never_looks_free() {
        let outlay = outlay(&rented(Terms::Spot), &CARGO, 1, MONTH, Uptime::useful(Ratio::ZERO));
        assert!(outlay.total() > Dollars::new(1e300), "{:?}", outlay.total());
    }
}
