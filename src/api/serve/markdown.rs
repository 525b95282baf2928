//! A deployment as Markdown, to be pasted.

use super::launch::launch;
use super::view::name;
use crate::api::{Degree, Figure};
use crate::plan::compare::Section;
use crate::plan::serve::{self, Deployed};
use crate::units::text::show;
use std::fmt::Write as _;

/// The sentence, what is asked, the layout and the figures as tables, the command, and the link that opens it.
pub(super) fn markdown(
    own: &Deployed<'_>,
    (summary, peak): (&str, &str),
    (figures, degrees): (&[Figure], &[Degree]),
    link: &str,
) -> String {
    let mut text = format!("**{summary}**\n\n| Layout | |\n|---|---|\n");
    for degree in degrees.iter().filter(|degree| degree.main) {
        let _ = writeln!(text, "| {} | {} |", degree.label, degree.value);
    }
    text.push_str("\n| Asked | |\n|---|---|\n");
    for fact in serve::facts(own, name(own.ask)).iter().filter(|own| own.section == Section::Asked)
    {
        let _ = writeln!(text, "| {} | {} |", fact.label, fact.text);
    }
    text.push_str("\n| Figure | |\n|---|---|\n");
    for figure in figures {
        let range = figure.range.as_ref().map(|range| format!(" ({})", range.text));
        let range = range.unwrap_or_default();
        let _ = writeln!(text, "| {} | {}{range} |", figure.label, figure.shown.text);
    }
    if !peak.is_empty() {
        let _ = writeln!(text, "\n{peak}");
    }
    if let Some(basis) = serve::basis(own) {
        let _ = writeln!(text, "\nIn brackets: {}", basis.text);
    }
    let launch = launch(own);
    if !launch.command.is_empty() {
        let _ = write!(text, "\n```sh\n{}\n```\n", launch.command);
    }
    text.push('\n');
    for note in &launch.notes {
        let _ = writeln!(text, "- {note}");
    }
    let _ = writeln!(text, "\nPlan: `#{link}`");
    text.replace([show::GAP, show::GROUP], " ")
}
