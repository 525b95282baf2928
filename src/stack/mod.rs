//! F1: the software that will run the plan: what it can do, and how well.

mod own;
mod profile;
mod technique;

pub(crate) use own::told;
pub use own::{Change, Own};
pub use profile::{Overlap, Pace, Profile, Spread, WeightCopies};
pub use technique::{Technique, Techniques};

/// A training stack at one version.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// Name in links.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Version described here.
    pub version: String,
    /// Date of that version.
    pub date: String,
    /// Where its abilities were read.
    pub source: String,
    /// What it can run.
    pub techniques: Techniques,
    /// Pairs that it cannot run together, with the reason.
    pub exclusions: Vec<Exclusion>,
    /// How well it runs.
    pub profile: Profile,
    /// How fast single accelerators run on it, where runs of them were measured.
    pub paces: Vec<Pace>,
    /// How far its estimates lie from measured runs, nearest kind of runs first.
    pub spreads: Vec<Spread>,
    /// Where it is the user's own: what it is made of.
    pub own: Option<Own>,
}

impl Stack {
    /// Name of the software whose facts hold where the user says nothing.
    #[must_use]
    pub fn base_name(&self) -> &str {
        self.own.as_ref().map_or(&self.name, |own| &own.base)
    }

    /// Name and version for people; of one's own, what it is made of.
    #[must_use]
    pub fn told(&self) -> String {
        told(&self.name, &self.version, self.own.as_ref())
    }

    /// The pace of an accelerator in a number format: as measured, else of the same accelerator in another format,
    /// else of its generation.
    #[must_use]
    pub fn pace(&self, accelerator: &str, generation: &str, precision: &str) -> Option<&Pace> {
        let named = || [accelerator, generation].into_iter().filter(|name| !name.is_empty());
        let of = |name| self.paces.iter().filter(move |pace| pace.accelerator == name);
        let alike = named().find_map(|name| of(name).find(|pace| pace.precision == precision));
        // A generation tells more of a precision than an accelerator of other ones.
        alike.or_else(|| named().find_map(|name| of(name).next()))
    }

    /// How far estimates for a generation of accelerators lie from measured runs.
    #[must_use]
    pub fn spread(&self, generation: &str) -> Option<&Spread> {
        let of_it = self.spreads.iter().find(|spread| spread.generation == generation);
        of_it.or_else(|| self.spreads.iter().find(|spread| spread.generation.is_empty()))
    }
}

/// Two techniques that a stack has, but not together.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusion {
    /// One.
    pub first: Technique,
    /// The other.
    pub second: Technique,
    /// Why not both.
    pub reason: String,
}
