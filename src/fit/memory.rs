//! What a tool would have shown of an estimate's memory, and whether the run would have fitted.
//!
//! Four tools are met in tables of runs. The driver's (`nvidia-smi`, `rocm-smi`) counts everything on the
//! accelerator. The allocator's `max_memory_reserved` leaves out what lies outside it: the runtime and the buffers of
//! communicators. Its `max_memory_allocated` leaves out as well what it holds but has not given to a tensor.

use super::Setup;
use crate::estimate::{Estimate, MemoryPart};
use crate::units::Bytes;

/// How peak memory was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meter {
    /// By the driver: all of the accelerator's memory that is in use.
    Driver,
    /// By the framework: what its allocator holds (`torch.cuda.max_memory_reserved`).
    Reserved,
    /// By the framework: what tensors take (`torch.cuda.max_memory_allocated`).
    Allocated,
}

impl Meter {
    /// The meter that a table's words name. MLPerf's `max_memory_usage` is what tensors take, in GiB: the frozen
    /// 8-bit weights of Llama 2 70B are 64.7 GiB, and what its LoRA runs show leaves 65.1 for no tokens at all.
    /// Logs of frameworks print the same unless they say otherwise.
    #[must_use]
    pub fn of_words(words: &str) -> Self {
        let words = words.to_ascii_lowercase();
        let names = |list: &[&str]| list.iter().any(|name| words.contains(name));
        if names(&["-smi"]) {
            Self::Driver
        } else if names(&["allocated", "active"]) {
            Self::Allocated
        } else if names(&["reserved", "torchtitan"]) {
            Self::Reserved
        } else {
            Self::Allocated
        }
    }

    /// What it would have shown.
    #[must_use]
    pub fn shown(self, estimate: &Estimate) -> Bytes {
        let memory = &estimate.memory;
        let unseen: &[MemoryPart] = match self {
            Self::Driver => &[],
            Self::Reserved => &[MemoryPart::Context],
            Self::Allocated => &[MemoryPart::Context, MemoryPart::Slack],
        };
        unseen.iter().fold(memory.total(), |rest, part| rest.less(memory.get(*part)))
    }
}

/// Whether a run is predicted to fit: everything on its fullest accelerator within what that has, and its share of
/// the host within the host's memory. No margin is fitted: with the memory of the data sheet, no run that went out
/// of memory is said to fit, and 2 % of those that ran are said not to.
#[must_use]
pub fn fits(setup: &Setup, estimate: &Estimate) -> bool {
    let cluster = &setup.case.cluster;
    estimate.memory.total() <= cluster.accelerator.memory
        && estimate.host_memory <= cluster.host.memory
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meters_by_their_words() {
        for (words, expected) in [
            ("nvidia-smi, max over first/last stage (rounded GB)", Meter::Driver),
            ("nvidia-smi, rounded up", Meter::Driver),
            ("GiB, max reserved over ranks (torchtitan log)", Meter::Reserved),
            ("GiB, torchtitan log", Meter::Reserved),
            ("GB max_memory_usage in MLLOG", Meter::Allocated),
            ("GB torch max_memory_allocated/reserved (tool default)", Meter::Allocated),
            ("GiB peak active", Meter::Allocated),
            ("GB per GPU (tool not stated)", Meter::Allocated),
        ] {
            assert_eq!(Meter::of_words(words), expected, "{words}");
        }
    }
}
