//! F4: what a whole run costs on machines bought in some way: money by part, energy, carbon.
//!
//! A run keeps its machines busy for the time of all its steps; what is lost to failures makes it last longer by
//! 1 over the goodput ([`wall`]); what is paid for is longer still where a term or whole days are ([`paid`]).

use super::parts::{Outlay, OutlayPart};
use crate::prices::{Charge, OnPremises, Tariff, Terms};
use crate::units::{
    Bytes, Dollars, DollarsPerGb, DollarsPerHour, GramsPerKwh, KilogramsCo2, KilowattHours, Ratio,
    Seconds, Watts,
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
    /// What one machine draws.
    pub draw: Draw,
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
pub fn wall(busy: Seconds, goodput: Ratio) -> Seconds {
    let goodput = goodput.min(Ratio::ONE);
    Seconds::new(busy.get() / goodput.get())
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
    goodput: Ratio,
) -> Outlay {
    let n = f64::from(machines);
    let wall = wall(busy, goodput);
    let mut outlay = Outlay::ZERO;
    match &purchase.source {
        Source::Rented { rate, .. } => {
            let all = *rate * n;
            let paid = paid(&purchase.source, wall);
            outlay.set(OutlayPart::Machines, all * busy.min(wall));
            outlay.set(OutlayPart::Lost, all * wall.less(busy));
            outlay.set(OutlayPart::Unused, all * paid.less(wall));
        }
        Source::Owned(own) => {
            let used = own.lifetime.get() * own.utilisation.get();
            let worth = own.purchase.get() * n * (wall.get() / used);
            outlay.set(OutlayPart::Purchase, Dollars::new(worth));
            let kwh = energy(&purchase.draw, machines, wall).unwrap_or(KilowattHours::UNBOUNDED);
            outlay.set(OutlayPart::Power, own.power * kwh);
            outlay.set(OutlayPart::Space, own.space * n * wall);
            outlay.set(OutlayPart::Staff, own.staff * n * wall);
        }
    }
    let months = wall.get() / MONTH.get();
    let tariff = &purchase.tariff;
    let rate = |rate: Option<DollarsPerGb>| rate.unwrap_or(DollarsPerGb::ZERO);
    let storage = rate(tariff.storage) * months;
    outlay.set(OutlayPart::DataSet, storage * cargo.data_set);
    outlay.set(OutlayPart::Checkpoints, storage * cargo.checkpoints);
    outlay.set(OutlayPart::MovingIn, purchase.moving_in * cargo.data_set);
    outlay.set(OutlayPart::MovingOut, rate(tariff.egress) * cargo.result);
    outlay
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
        let outlay = outlay(&rented(Terms::OnDemand), &CARGO, 2, MONTH, Ratio::new(0.5));
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

    #[test]
    fn a_commitment_is_paid_to_its_end() {
        let outlay = outlay(&rented(Terms::Year), &CARGO, 1, MONTH, Ratio::ONE);
        let unused = outlay.get(OutlayPart::Unused).get();
        assert!((unused - 16.0 * (8760.0 - 730.0)).abs() < 1e-6);
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
        let outlay = outlay(&purchase, &Cargo::default(), 1, hour, Ratio::ONE);
        let worth = 300_000.0 / (4.0 * 8760.0 * 0.8);
        assert!((outlay.get(OutlayPart::Purchase).get() - worth).abs() < 1e-9);
        assert!((outlay.get(OutlayPart::Power).get() - 1.0).abs() < 1e-9);
        assert!((outlay.total().get() - (worth + 1.0 + 0.75)).abs() < 1e-9);
    }

    #[test]
    fn no_goodput_never_looks_free() {
        let outlay = outlay(&rented(Terms::Spot), &CARGO, 1, MONTH, Ratio::ZERO);
        assert!(outlay.total() > Dollars::new(1e300));
    }
}
