//! The figures of a plan where its link was made: `r=0.1.0-a3f9c2,5.0234s,74.31GB` of a training run,
//! `r=0.1.0-a3f9c2,0.3124s,0.01842s,8` of a model in service.

use crate::units::text::{read, short};
use crate::units::{Bytes, Seconds};

/// Longest name of a version.
const VERSION_BYTES_MAX: usize = 32;

/// Significant digits of a time.
const TIME_DIGITS: usize = 5;

/// Memory is told in millions of bytes.
const MEMORY_BYTES: u64 = 1_000_000;

/// What a plan came to, rounded as links have it, so that equal promises are equal texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// The version of the model that found it.
    pub version: String,
    /// The figures.
    pub figures: Promised,
}

/// The figures of a promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Promised {
    /// Of a training run.
    Run {
        /// Time of one step.
        step: Seconds,
        /// Memory of the fullest accelerator.
        memory: Bytes,
    },
    /// Of a model in service.
    Service {
        /// Time to the first token.
        first_token: Seconds,
        /// Time of each further one.
        per_token: Seconds,
        /// Accelerators of all instances.
        accelerators: u64,
    },
}

impl Promise {
    /// The figures of a training run; none where they are no numbers, or too little memory to be told.
    #[must_use]
    pub fn run(version: &str, step: Seconds, memory: Bytes) -> Option<Self> {
        let millions = memory.get().saturating_add(MEMORY_BYTES / 2) / MEMORY_BYTES;
        let memory = Bytes::new(millions.checked_mul(MEMORY_BYTES)?);
        let told = memory > Bytes::ZERO;
        told.then_some(Self::new(version, Promised::Run { step: rounded(step)?, memory }))
    }

    /// The figures of a model in service; none where they are no numbers.
    #[must_use]
    pub fn service(
        version: &str,
        (first_token, per_token): (Seconds, Seconds),
        accelerators: u64,
    ) -> Option<Self> {
        let (first_token, per_token) = (rounded(first_token)?, rounded(per_token)?);
        let figures = Promised::Service { first_token, per_token, accelerators };
        Some(Self::new(version, figures))
    }

    fn new(version: &str, figures: Promised) -> Self {
        Self { version: version.to_owned(), figures }
    }

    /// Reads what a link says.
    pub(super) fn read(text: &str) -> Option<Self> {
        let (version, figures) = text.split_once(',')?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
        let named = (1..=VERSION_BYTES_MAX).contains(&version.len()) && version.bytes().all(plain);
        if !named {
            return None;
        }
        let time = |text: &str| read::time(text).ok().filter(|time| *time > Seconds::ZERO);
        match *figures.split(',').collect::<Vec<&str>>() {
            [step, memory] => {
                let memory = read::bytes(memory).ok().filter(|own| *own > Bytes::ZERO)?;
                Self::run(version, time(step)?, memory)
            }
            [first, further, accelerators] => {
                let accelerators = accelerators.parse().ok().filter(|n| *n > 0)?;
                Self::service(version, (time(first)?, time(further)?), accelerators)
            }
            _ => None,
        }
    }

    /// As a link has it.
    #[must_use]
    pub fn text(&self) -> String {
        let figures = match self.figures {
            Promised::Run { step, memory } => {
                format!("{},{}", short::time(step), short::bytes(memory))
            }
            Promised::Service { first_token, per_token, accelerators } => {
                format!("{},{},{accelerators}", short::time(first_token), short::time(per_token))
            }
        };
        format!("{},{figures}", self.version)
    }
}

fn rounded(time: Seconds) -> Option<Seconds> {
    let digits = format!("{:.*e}", TIME_DIGITS - 1, time.get());
    digits.parse().ok().and_then(Seconds::checked)
}
