//! From links to a comparison.

use super::{CompareCell, CompareColumn, CompareRow, CompareView};
use crate::api::promise::{promising, promising_service};
use crate::api::summary;
use crate::api::view::{range, shown, trust};
use crate::api::{Shown, Trust};
use crate::case::Case;
use crate::inputs::{Echo, Inputs};
use crate::link;
use crate::plan::compare::{self, Cell, Comparison, Fact, Named, Row, Section};
use crate::plan::serve::{self, Deployed};
use crate::plan::{self, Amount, Finding};
use crate::serving::Ask;
use crate::units::Ratio;
use crate::units::text::show;

const NAMES: [&str; link::limits::COLUMNS_MAX] = ["A", "B", "C", "D"];

/// Columns that are worked out already; kept while a comparison changes, so that only what changed
/// is worked out again.
#[derive(Debug, Default)]
pub struct Columns {
    known: Vec<Known>,
}

#[derive(Debug, Default)]
struct Known {
    link: String,
    head: CompareColumn,
    facts: Vec<Fact>,
    trust: Option<Trust>,
}

impl Columns {
    /// Works out the first of the columns that is not known yet, which takes one search, and forgets
    /// those that are no longer asked about. How many of them are known then.
    pub fn work(&mut self, links: &[String]) -> usize {
        self.known.retain(|known| links.contains(&known.link));
        if let Some(link) = links.iter().find(|link| self.get(link).is_none()) {
            self.known.push(worked(link));
        }
        links.iter().filter(|link| self.get(link).is_some()).count()
    }

    /// The comparison of those links, as far as they are known.
    #[must_use]
    pub fn view(&self, links: &[String]) -> CompareView {
        let known: Vec<Option<&Known>> = links.iter().map(|link| self.get(link)).collect();
        let facts: Vec<&[Fact]> =
            known.iter().map(|known| known.map_or(&[][..], |known| &known.facts)).collect();
        let Comparison { rows, base, verdicts } = compare::table(&facts, &NAMES);
        let head = |((known, link), name): ((&Option<&Known>, &String), &&str)| CompareColumn {
            name: (*name).to_owned(),
            link: link.clone(),
            ..known.map(|known| known.head.clone()).unwrap_or_default()
        };
        let mut notes: Vec<String> = Vec::new();
        for note in known.iter().flatten().filter_map(|known| known.trust.as_ref()) {
            if !notes.contains(&note.text) {
                notes.push(note.text.clone());
            }
        }
        CompareView {
            columns: known.iter().zip(links).zip(&NAMES).map(head).collect(),
            rows: rows.iter().map(row).collect(),
            base: base.and_then(|base| NAMES.get(base)).copied().unwrap_or_default().to_owned(),
            verdicts,
            notes,
        }
    }

    fn get(&self, link: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.link == link)
    }
}

fn worked(link: &str) -> Known {
    let decoded = link::decode(link);
    let problems = decoded.told();
    let opens = !decoded.is_lost();
    let head = CompareColumn { problems, opens, done: true, ..CompareColumn::default() };
    let mut known = Known { link: link.to_owned(), head, ..Known::default() };
    if opens {
        let resolution = decoded.inputs.resolve();
        match &resolution.case {
            Some(case) => {
                known.plan(case, &resolution.echoes, &decoded.inputs);
            }
            None if resolution.ask.is_some() => {
                known.serve(&decoded.inputs, resolution.ask.as_ref());
            }
            None => {
                let wrong = resolution.problems.iter().map(ToString::to_string);
                known.head.problems.extend(wrong);
            }
        }
    }
    known
}

impl Known {
    /// A column about a model in service.
    fn serve(&mut self, inputs: &Inputs, ask: Option<&Ask>) {
        let Some(ask) = ask else { return };
        let model = crate::api::serve::name(ask);
        self.head.title = model.to_owned();
        let survey = serve::find(ask);
        let best = survey.best.as_ref();
        let Some(own) = best.and_then(|best| Deployed::new(ask, best)) else {
            self.head.problems.push(serve::stands(inputs, ask, &survey).text);
            return;
        };
        let times = if own.machine.size() > 1 { "" } else { " \u{d7}" };
        self.head.machines = format!("{}{times} {}", own.paid_text(), own.machine.label);
        self.facts = serve::facts(&own, model);
        self.head.promising = promising_service(inputs, &own);
        self.trust =
            serve::basis(&own).map(|basis| Trust { text: basis.text, measured: basis.measured });
    }

    fn plan(&mut self, case: &Case, echoes: &[Echo], inputs: &Inputs) {
        let named = Named { model: summary::name(case), machine: summary::machine(case) };
        self.head.title = named.model.to_owned();
        let count = show::grouped(case.cluster.count.into());
        self.head.machines = format!("{count} \u{d7} {}", named.machine);
        let plan = match plan::find(case) {
            Finding::Plan(plan) => Some(plan),
            Finding::Nothing(tally) => {
                self.head.problems.push(plan::nothing_fits(case, &tally));
                None
            }
        };
        self.facts = compare::column(case, plan.as_deref(), named, (echoes, inputs));
        self.head.promising = plan.as_ref().map_or_else(String::new, |own| promising(inputs, own));
        self.trust = plan.and_then(|_| trust(case));
    }
}

const fn title(section: Section) -> &'static str {
    match section {
        Section::Asked => "What is asked",
        Section::Figures => "What it takes",
        Section::Layout => "Layout",
        Section::Memory => "Memory",
        Section::Time => "Step time by part",
    }
}

fn row(own: &Row) -> CompareRow {
    CompareRow {
        section: title(own.section).to_owned(),
        id: own.id.clone(),
        label: own.label.clone(),
        differs: own.differs,
        cells: own.cells.iter().map(cell).collect(),
    }
}

fn cell(own: &Option<Cell>) -> CompareCell {
    let Some(own) = own else {
        let shown = Shown { text: "\u{2013}".to_owned(), ..Shown::default() };
        return CompareCell { shown, ..CompareCell::default() };
    };
    let number = own.amount.map(shown).unwrap_or_default();
    CompareCell {
        shown: Shown { text: own.text.clone(), ..number },
        range: own.range.as_ref().map(range),
        ratio: own.ratio.map(times),
        best: own.best,
    }
}

/// A ratio as a factor; a small one keeps a digit.
fn times(ratio: Ratio) -> Shown {
    let text = match ratio.get() {
        small if small < 0.0005 => "<0.001\u{d7}".to_owned(),
        small if small < 0.0995 => format!("{}\u{d7}", show::fixed(small, 3)),
        _ => show::factor(ratio),
    };
    Shown { text, ..shown(Amount::Share(ratio)) }
}
