//! Machines of one's own.

use crate::units::{Dollars, DollarsPerHour, DollarsPerKwh, Ratio, Seconds};

/// What owning one machine takes, beside its power draw.
#[derive(Clone, Debug, PartialEq)]
pub struct OnPremises {
    /// Catalogue key of the accelerator.
    pub accelerator: String,
    /// Accelerators in one machine.
    pub machine_size: u32,
    /// Price of one machine with its share of the network.
    pub purchase: Dollars,
    /// Time after which it is worth nothing.
    pub lifetime: Seconds,
    /// Share of its life that it is put to use.
    pub utilisation: Ratio,
    /// Price of power.
    pub power: DollarsPerKwh,
    /// Space and cooling of one machine, power apart.
    pub space: DollarsPerHour,
    /// People who keep it running, one machine's share.
    pub staff: DollarsPerHour,
    /// Machines that are there.
    pub machines: u32,
}
