//! The figures of a plan where its link was made: `r=0.1.0-a3f9c2,5.0234s,74.31GB`.

use crate::units::text::{read, short};
use crate::units::{Bytes, Seconds};

/// Longest name of a version.
const VERSION_BYTES_MAX: usize = 32;

/// Significant digits of the time of a step.
const STEP_DIGITS: usize = 5;

/// Memory is told in millions of bytes.
const MEMORY_BYTES: u64 = 1_000_000;

/// What a plan came to, rounded as links have it, so that equal promises are equal texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Promise {
    /// The version of the model that found it.
    pub version: String,
    /// Time of one step.
    pub step: Seconds,
    /// Memory of the fullest accelerator.
    pub memory: Bytes,
}

impl Promise {
    /// The figures of a plan; none where they are no numbers.
    #[must_use]
    pub fn new(version: &str, step: Seconds, memory: Bytes) -> Option<Self> {
        let digits = format!("{:.*e}", STEP_DIGITS - 1, step.get());
        let step = digits.parse().ok().and_then(Seconds::checked)?;
        let millions = memory.get().saturating_add(MEMORY_BYTES / 2) / MEMORY_BYTES;
        let memory = Bytes::new(millions.saturating_mul(MEMORY_BYTES));
        Some(Self { version: version.to_owned(), step, memory })
    }

    /// Reads what a link says.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut fields = text.split(',');
        let (version, step, memory) = (fields.next()?, fields.next()?, fields.next()?);
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-.".contains(&b);
        let named = (1..=VERSION_BYTES_MAX).contains(&version.len()) && version.bytes().all(plain);
        if !named || fields.next().is_some() {
            return None;
        }
        let (step, memory) = (read::time(step).ok()?, read::bytes(memory).ok()?);
        let sound = step > Seconds::ZERO && memory > Bytes::ZERO;
        sound.then(|| Self::new(version, step, memory)).flatten()
    }

    /// As a link has it.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{},{},{}", self.version, short::time(self.step), short::bytes(self.memory))
    }
}
