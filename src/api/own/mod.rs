//! Software of the user's own: its constants beside those of what it is based on, and the pace that follows from runs of
//! the user's own.

mod runs;

pub use runs::{OWN_RUNS_BYTES_MAX, OwnRuns};

use crate::catalogue::constants::{Constant, Form, PACE, PACE_AT, Part};
use crate::catalogue::{accelerators, engines, stacks};
use crate::fit::pace::{Paced, Timed, of_service};
use crate::inputs::software::{self, Items};
use crate::inputs::{Inputs, Key, Resolution, Value, read};
use crate::link;
use crate::plan::serve::{self, Deployed};
use crate::plan::{Finding, find_within};
use crate::units::text::{read as texts, show};
use crate::units::{Bytes, Ratio, Seconds};

/// The accelerator that is described by its numbers.
const CUSTOM: &str = "custom";

/// One constant as the page shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnRow {
    /// Name in links.
    pub field: String,
    /// Name for people.
    pub label: String,
    /// What it is counted in.
    pub unit: &'static str,
    /// What it is about.
    pub part: Part,
    /// Whether it is yes or no.
    pub is_switch: bool,
    /// The value of the base; empty where it has none.
    pub base: String,
    /// Where that is from.
    pub source: String,
}

/// What was found of measured runs: a sentence or two, what could not be used, and what would be typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What was found.
    pub text: String,
    /// What could not be used, and why.
    pub faults: Vec<String>,
    /// Names and values of one's own.
    pub changes: Items,
}

/// The constants of a stack ([`Key::OwnStack`]) or an engine ([`Key::OwnEngine`]), with the paces that are in use.
#[must_use]
pub fn own_rows(key: Key, inputs: &Inputs, reading: &Resolution) -> Vec<OwnRow> {
    let base = match key {
        Key::OwnEngine => engines::find(inputs.get(Key::Engine)).map(|own| own.key.as_str()),
        _ => stacks::find(inputs.get(Key::Stack)).map(|own| own.key.as_str()),
    };
    let Some(base) = base else { return Vec::new() };
    let mut rows = paces(key, base, inputs, reading);
    rows.extend(software::constants_of(key).iter().map(|own| {
        let fact = match key {
            Key::OwnEngine => engines::holds(base, own.field),
            _ => stacks::holds(base, own.field),
        };
        let (value, source) = fact.map(|fact| (&*fact.value, &*fact.source)).unwrap_or_default();
        row(own, own.field.to_owned(), own.label.to_owned(), (value, source))
    }));
    rows
}

fn row(own: &Constant, field: String, label: String, (base, source): (&str, &str)) -> OwnRow {
    let is_switch = own.form == Form::Switch;
    let yes = |value: &str| if value == "1" { "yes" } else { "no" }.to_owned();
    let short = |value: &str| {
        let number = value.parse().ok().and_then(Ratio::checked);
        number.map_or_else(|| value.to_owned(), |number| show::rounded(number.get()))
    };
    OwnRow {
        field,
        label,
        unit: own.unit,
        part: own.part,
        is_switch,
        base: if is_switch { yes(base) } else { short(base) },
        source: source.to_owned(),
    }
}

/// The paces of the accelerators that are asked about, whatever else of the question cannot be read.
fn paces(key: Key, base: &str, inputs: &Inputs, reading: &Resolution) -> Vec<OwnRow> {
    let machine = |name: &str| {
        // One's own has the name of what it is like.
        let name = if name == CUSTOM { inputs.get(Key::Accelerator) } else { name };
        let row = accelerators::find_serving(name);
        let own = || (name.to_owned(), "your accelerator".to_owned());
        row.map_or_else(own, |row| (row.key.clone(), row.label.clone()))
    };
    if key == Key::OwnEngine {
        let Ok(Value::Words(kinds)) = read(Key::ServeOn, inputs.get(Key::ServeOn)) else {
            return Vec::new();
        };
        let pace = |kind: &str| {
            let (name, label) = machine(kind);
            let base = ("1", "all that the engine does there, taken alike");
            row(&PACE, format!("{PACE_AT}{name}"), format!("Pace on {label}"), base)
        };
        return kinds.split(',').map(pace).collect();
    }
    let Some(format) = reading.echo(Key::Precision).map(|echo| echo.meaning.as_str()) else {
        return Vec::new();
    };
    let (name, label) = machine(inputs.get(Key::Accelerator));
    let generation = accelerators::find(&name).map_or("", |row| &row.accelerator.generation);
    let pace = stacks::find(base).and_then(|base| base.pace(&name, generation, format));
    let fact = pace.and_then(|pace| {
        stacks::holds(base, &format!("{PACE_AT}{}/{}", pace.accelerator, pace.precision))
    });
    let value = pace.map_or("1".to_owned(), |pace| pace.ratio.get().to_string());
    let source = fact.map_or("no run measured", |fact| &fact.source);
    let field = format!("{PACE_AT}{name}/{format}");
    vec![row(&PACE, field, format!("Pace of {label} in {format}"), (&value, source))]
}

/// The pace at which a step of the plan of a link, its layout fixed, takes as long as typed.
#[must_use]
pub fn pace_of_step(pinned: &str, typed: &str) -> Found {
    let measured = match texts::time(typed) {
        Ok(time) => time,
        Err(misread) => return refused(misread.fault.to_string()),
    };
    let Some(timed) = timed(&link::decode(pinned).inputs, measured) else {
        return refused("there is no plan to compare it with".to_owned());
    };
    let now = show::time(timed_now(&timed));
    let Some(pace) = timed.pace() else {
        let least = show::time(timed.step_at(Ratio::new(PACE.max)));
        return refused(format!(
            "no pace of the accelerators makes it so: {now} is estimated, and {least} of it is \
             not theirs to shorten"
        ));
    };
    let field = pace_field(&timed);
    let text = format!(
        "At a pace of {} the step of this plan takes {}, as measured ({now} before). One run says \
         nothing of how far others lie.",
        show::rounded(pace.get()),
        show::time(measured)
    );
    Found { text, faults: Vec::new(), changes: vec![(field, spelt(pace))] }
}

/// The pace at which a further token of the deployment of a link, its layout fixed, takes as long as typed.
#[must_use]
pub fn pace_of_token(pinned: &str, typed: &str) -> Found {
    let measured = match texts::time(typed) {
        Ok(time) => time,
        Err(misread) => return refused(misread.fault.to_string()),
    };
    let reading = link::decode(pinned).inputs.resolve();
    let Some(ask) = reading.ask else {
        return refused("there is no deployment to compare it with".to_owned());
    };
    let survey = serve::find(&ask);
    let Some(own) = survey.best.as_ref().and_then(|best| Deployed::new(&ask, best)) else {
        return refused("there is no deployment to compare it with".to_owned());
    };
    let now = show::time(own.own.now.per_token);
    let Some(factor) = of_service(&own, measured) else {
        return refused(format!("no pace makes it so; {now} is estimated"));
    };
    let field = format!("{PACE_AT}{}", own.machine.cluster.accelerator.name);
    // On top of a pace that is typed already.
    let before = ask.engine.own.as_ref().and_then(|own| own.value(&field)?.parse().ok());
    let pace = Ratio::new(factor.get() * before.unwrap_or(1.0));
    if pace.get() < PACE.min || pace.get() > PACE.max {
        return refused(format!("no pace makes it so; {now} is estimated"));
    }
    let text = format!(
        "At a pace of {} each further token takes {} on the mean, as measured ({now} before). One \
         measurement says nothing of how far others lie.",
        show::rounded(pace.get()),
        show::time(measured)
    );
    Found { text, faults: Vec::new(), changes: vec![(field, spelt(pace))] }
}

fn refused(fault: String) -> Found {
    Found { faults: vec![format!("This cannot be used: {fault}.")], ..Found::default() }
}

/// The run of inputs that fix their layout, whether or not it fits.
fn timed(inputs: &Inputs, measured: Seconds) -> Option<Timed> {
    let case = inputs.resolve().case?;
    let Finding::Plan(plan) = find_within(&case, Bytes::new(u64::MAX)) else { return None };
    Some(Timed { case, layout: plan.layout, measured })
}

fn timed_now(timed: &Timed) -> Seconds {
    timed.step_at(timed.case.pace().map_or(Ratio::ONE, |pace| pace.ratio))
}

/// The name of the pace that a run is about.
fn pace_field(timed: &Timed) -> String {
    let name = &timed.case.cluster.accelerator.name;
    format!("{PACE_AT}{name}/{}", timed.case.training.precision.key())
}

/// A pace in four digits: enough for a thousandth of any step.
fn spelt(pace: Ratio) -> String {
    let digits = if pace.get() < 1.0 { 1e4 } else { 1e3 };
    ((pace.get() * digits + 0.5).floor() / digits).to_string()
}

/// `At a pace of 0.93 ...` of several runs.
fn paced_text(field: &str, paced: &Paced) -> String {
    let place = field.strip_prefix(PACE_AT).unwrap_or(field).replace('/', " in ");
    let (runs, pace) = (show::grouped(paced.runs.into()), show::rounded(paced.pace.get()));
    let noun = show::plural(paced.runs.into(), "run");
    if paced.runs == 1 {
        return format!(
            "{place}: 1 run, a pace of {pace}. One run says nothing of how far others lie."
        );
    }
    format!(
        "{place}: {runs} {noun}, a pace of {pace} (each by itself: {} to {}). With it the estimate \
         lies {} off (median), {} at most.",
        show::rounded(paced.between.0.get()),
        show::rounded(paced.between.1.get()),
        show::percent(paced.off.0),
        show::percent(paced.off.1)
    )
}
