//! How a service is run: its traffic over a day, how instances follow it, and where its users are.

mod areas;
mod curve;

pub use areas::{AreaUsers, Share};

use super::budget::Values;
use super::resolve::Reader;
use super::{Inputs, Key, Problem, Value};
use crate::catalogue::serving;
use crate::inputs::limits::PHRASE_CHARS_MAX;
use crate::units::text::show;
use crate::units::{BytesPerSecond, PerSecond, Ratio, Seconds};

/// Requests a second over a day.
#[derive(Clone, Debug, PartialEq)]
pub enum DayShape {
    /// One wave between a peak and a trough.
    Wave {
        /// The most.
        peak: PerSecond,
        /// The least.
        trough: PerSecond,
        /// Hours after midnight at which most come.
        hour: Ratio,
    },
    /// Equal slots from midnight on.
    Slots(Vec<PerSecond>),
}

/// What the inputs say of how a service is run.
#[derive(Clone, Debug, PartialEq)]
pub struct OperationInputs {
    /// Its traffic; none where nobody says how much.
    pub day: Option<DayShape>,
    /// The day was not typed as slots, nor its trough: what is usual stands for it.
    pub trough_assumed: bool,
    /// Instances beside those that the traffic needs.
    pub spares: u32,
    /// Fewest instances at any time.
    pub least: u32,
    /// Most instances at any time.
    pub most: Option<u32>,
    /// An instance goes when it was not wanted for so long.
    pub hold: Seconds,
    /// Traffic that comes within that time is ordered for.
    pub ahead: Seconds,
    /// Until a machine runs.
    pub machine: Seconds,
    /// Start of the engine beside its weights.
    pub engine: Seconds,
    /// Rate at which weights are read.
    pub read: BytesPerSecond,
    /// Share of the instances that stand on the spot market.
    pub spot: Option<Ratio>,
    /// How many users there are.
    pub users: Option<u32>,
    /// Where they are.
    pub areas: Vec<AreaUsers>,
    /// The way from users to the nearest region and back.
    pub access: Seconds,
}

/// A phrase in its canonical spelling.
pub(super) fn phrase(key: Key, text: &str) -> Result<String, Problem> {
    let expected = match key {
        Key::PeakHour => "a time of the day",
        Key::Hourly => "requests a second from midnight on",
        _ => "areas with their users",
    };
    let fail = |hint: &str| Problem::new(key, text, expected, hint);
    if text.chars().nth(PHRASE_CHARS_MAX).is_some() {
        return Err(fail("the text is too long"));
    }
    match key {
        Key::PeakHour => {
            let hour = curve::hour(text).ok_or_else(|| fail("write for example 15:00 or 3 pm"))?;
            Ok(curve::clock(hour))
        }
        Key::Hourly => curve::canonical(text).map_err(|hint| fail(&hint)),
        _ => areas::canonical(text).map_err(|hint| fail(&hint)),
    }
}

/// A phrase in words.
pub(super) fn meaning(key: Key, text: &str) -> Option<String> {
    match key {
        Key::PeakHour => Some(text.to_owned()),
        Key::Hourly => curve::meaning(text),
        _ => areas::meaning(text),
    }
}

pub(super) fn resolve(inputs: &Inputs) -> OperationInputs {
    let values = Values(inputs);
    let rate = |key: Key| match values.get(key) {
        Some(Value::Frequency(rate)) => Some(rate),
        _ => None,
    };
    let peak = rate(Key::Busiest).or_else(|| rate(Key::Rate));
    let trough = rate(Key::Quietest);
    let slots = curve::slots(&values.phrase(Key::Hourly), rate(Key::Busiest));
    let wave = || {
        let peak = peak?;
        let trough = trough.unwrap_or(peak * serving::quiet().get()).min(peak);
        let hour = curve::hour(&values.phrase(Key::PeakHour)).unwrap_or(Ratio::ZERO);
        Some(DayShape::Wave { peak, trough, hour })
    };
    let span = |key: Key| values.span(key).unwrap_or_default();
    OperationInputs {
        trough_assumed: slots.is_none() && trough.is_none(),
        day: slots.map(DayShape::Slots).or_else(wave),
        spares: values.count(Key::StandBy).unwrap_or(1),
        least: values.count(Key::Fewest).unwrap_or(1),
        most: values.count(Key::Greatest),
        hold: span(Key::Hold),
        ahead: span(Key::Ahead),
        machine: span(Key::MachineStart),
        engine: span(Key::EngineStart),
        read: values.rate(Key::ReadRate),
        spot: match values.get(Key::SpotShare) {
            Some(Value::Ratio(share)) => Some(share),
            _ => None,
        },
        users: values.count(Key::Users),
        areas: areas::read(&values.phrase(Key::Areas)).unwrap_or_default(),
        access: span(Key::Access),
    }
}

/// Says what of it does not go together, and what follows from the rest.
pub(super) fn remark(reader: &mut Reader) {
    let rate = |reader: &Reader, key: Key| match reader.value(key) {
        Some(Value::Frequency(rate)) => Some(*rate),
        _ => None,
    };
    let peak = rate(reader, Key::Busiest).or_else(|| rate(reader, Key::Rate));
    let told = reader.is_typed(Key::Hourly);
    match (peak, rate(reader, Key::Quietest)) {
        (Some(peak), Some(trough)) if trough > peak => {
            let expected = format!("at most the {} of the peak", show::frequency(peak));
            reader.problem(Key::Quietest, &expected, "it is more than the peak");
        }
        (None, Some(_)) if !told => {
            let hint = "type the requests at the peak as well";
            reader.problem(Key::Quietest, "a peak above it", hint);
        }
        (Some(peak), None) if !told => {
            let quiet = serving::quiet();
            let rate = show::frequency(peak * quiet.get());
            let text = format!("{} of the peak: {rate}", show::percent(quiet));
            reader.echo(Key::Quietest, text);
        }
        _ => {}
    }
    if let (None, Some(peak)) = (rate(reader, Key::Busiest), peak.filter(|_| !told)) {
        reader.echo(Key::Busiest, show::frequency(peak));
    }
    let (least, most) = (reader.count(Key::Fewest), reader.count(Key::Greatest));
    if let (Some(least), Some(most)) = (least, most)
        && least > most
    {
        let expected =
            format!("at least the {} that there are always", show::grouped(least.into()));
        reader.problem(Key::Greatest, &expected, "it is fewer");
    }
}
