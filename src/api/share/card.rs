//! The plan as a picture (SVG 1.1) that carries its link.

use super::{Carried, escaped, plain};
use crate::api::Figure;
use std::fmt::Write as _;

/// What stands before the link in a picture, and after it.
pub(super) const METADATA_START: &str = "<metadata id=\"autoparallel-plan\">";
pub(super) const METADATA_END: &str = "</metadata>";

/// Size that sites show of a linked page, in pixels.
const WIDTH: f64 = 1200.0;
const HEIGHT: f64 = 630.0;
const LEFT: f64 = 56.0;
const INNER: f64 = WIDTH - 2.0 * LEFT;
/// Width of a letter over the size of its font, on the average of a wide typeface; of a bold one.
const LETTER: f64 = 0.6;
const BOLD: f64 = 0.7;
/// Size of a figure, and of its range.
const VALUE: f64 = 36.0;
const RANGE: f64 = 17.0;
/// Between two columns.
const GUTTER: f64 = 22.0;
/// What is told apart from its neighbour by more than its colour.
const PALE: f64 = 0.55;
const CHIPS_MAX: usize = 10;
const LEGEND_COLUMNS: usize = 4;
const LEGEND_MAX: usize = 12;
const LINK_CHARS_MAX: usize = 110;
const BAR_GAP: f64 = 2.0;

/// Colours as CSS writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardColours {
    /// Behind everything.
    pub surface: String,
    /// Behind a degree, and of memory that is free.
    pub wash: String,
    /// Of text.
    pub text: String,
    /// Of labels.
    pub muted: String,
    /// Of the parts of memory, in their order, and whether one is told apart by more than that.
    pub parts: Vec<(String, bool)>,
}

/// The picture. `site` is the address that the link belongs to, where there is one that others can open.
#[must_use]
pub fn card(plan: &Carried<'_>, colours: &CardColours, site: &str) -> String {
    let mut sheet = Sheet { out: String::new(), colours };
    let (summary, link) = (escaped(&plain(plan.summary)), escaped(plan.link));
    let _ = write!(
        sheet.out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"system-ui, Segoe UI, Roboto, Noto Sans, \
         Liberation Sans, sans-serif\" role=\"img\"><title>{summary}</title>\
         {METADATA_START}{link}{METADATA_END}"
    );
    sheet.rect((0.0, 0.0, WIDTH, HEIGHT), 0.0, &colours.surface);
    sheet.head(plan);
    sheet.degrees(plan);
    sheet.figures(plan);
    sheet.memory(plan);
    sheet.foot(plan, site);
    sheet.out.push_str("</svg>\n");
    sheet.out
}

struct Sheet<'a> {
    out: String,
    colours: &'a CardColours,
}

/// How a text is set: size, weight, whether it is the main one, and where it stands about its point.
type Style = (f64, u32, bool, &'static str);

impl Sheet<'_> {
    fn head(&mut self, plan: &Carried<'_>) {
        let (name, rest) = plan.title.split_once(" \u{b7} ").unwrap_or((plan.title, ""));
        let rest = plan.stack.map_or(rest.to_owned(), |stack| format!("{rest}, {stack}"));
        self.text((LEFT, 60.0), (22.0, 600, false, "start"), "AutoParallel");
        let size = fit(name, 50.0);
        self.text((LEFT, 120.0), (size, 700, true, "start"), name);
        self.text((LEFT, 158.0), (fit(&rest, 24.0), 400, false, "start"), &rest);
    }

    fn degrees(&mut self, plan: &Carried<'_>) {
        let mut x = LEFT;
        for degree in plan.degrees.iter().filter(|degree| degree.main).take(CHIPS_MAX) {
            let text = format!("{} {}", degree.label, degree.value);
            let width = letters(&text) * 22.0 * LETTER + 32.0;
            if x + width > LEFT + INNER {
                break;
            }
            let wash = self.colours.wash.clone();
            self.rect((x, 186.0, width, 42.0), 8.0, &wash);
            self.text((x + width / 2.0, 214.0), (22.0, 600, true, "middle"), &text);
            x += width + 10.0;
        }
    }

    /// All in one size, each column as wide as what stands in it; a range that is longer takes two lines.
    fn figures(&mut self, plan: &Carried<'_>) {
        let find = |id: &&str| plan.figures.iter().find(|figure| figure.id == **id);
        let all: Vec<&Figure> = plan.large.iter().filter_map(find).collect();
        let width = |text: &str, size: f64, letter: f64| letters(text) * size * letter;
        let wide = |figure: &&Figure| {
            let lines = range_lines(figure).map(|line| width(line, RANGE, LETTER));
            let text =
                width(&figure.shown.text, VALUE, BOLD).max(width(&figure.label, 19.0, LETTER));
            lines.into_iter().fold(text, f64::max)
        };
        let widths: Vec<f64> = all.iter().map(wide).collect();
        let gutters = GUTTER * (all.len().max(2) - 1) as f64;
        let scale = (INNER - gutters) / widths.iter().sum::<f64>().max(1.0);
        let size = scale.min(1.0);
        // What is left over goes to the columns alike.
        let spare =
            ((scale - size).max(0.0) * widths.iter().sum::<f64>()) / all.len().max(1) as f64;
        let mut x = LEFT;
        for (figure, width) in all.iter().zip(widths) {
            self.text((x, 276.0), (19.0 * size, 400, false, "start"), &figure.label);
            self.text((x, 316.0), (VALUE * size, 700, true, "start"), &figure.shown.text);
            for (line, y) in range_lines(figure).into_iter().zip([342.0, 364.0]) {
                self.text((x, y), (RANGE * size, 400, false, "start"), line);
            }
            x += width * size + spare + GUTTER;
        }
    }

    fn memory(&mut self, plan: &Carried<'_>) {
        let (used, of) = (&plan.memory.figure.shown.text, &plan.capacity.text);
        let free = &plan.free.text;
        let line = format!("Memory of the fullest accelerator: {used} of {of}, {free} free");
        self.text((LEFT, 402.0), (19.0, 400, false, "start"), &line);
        let wash = self.colours.wash.clone();
        self.rect((LEFT, 416.0, INNER, 30.0), 6.0, &wash);
        let capacity = plan.capacity.value.max(f64::MIN_POSITIVE);
        let mut x = LEFT;
        for (i, part) in plan.memory.children.iter().enumerate() {
            let width = (part.figure.shown.value / capacity * INNER).clamp(0.0, LEFT + INNER - x);
            let (colour, apart) = self.colour(i);
            let pale = if apart { PALE } else { 1.0 };
            self.shade((x, 416.0, (width - BAR_GAP).max(0.0), 30.0), 0.0, &colour, pale);
            x += width;
            if i < LEGEND_MAX {
                let column = INNER / LEGEND_COLUMNS as f64;
                let left = LEFT + (i % LEGEND_COLUMNS) as f64 * column;
                let y = 480.0 + (i / LEGEND_COLUMNS) as f64 * 30.0;
                self.shade((left, y - 13.0, 14.0, 14.0), 3.0, &colour, pale);
                let text = format!("{} {}", part.figure.label, part.figure.shown.text);
                let size = ((column - 34.0) / (letters(&text).max(1.0) * LETTER)).min(17.0);
                self.text((left + 22.0, y), (size, 400, true, "start"), &text);
            }
        }
    }

    fn foot(&mut self, plan: &Carried<'_>, site: &str) {
        let site = site.split_once("://").map_or(site, |own| own.1);
        let whole = format!("{site}#{}", plan.link);
        let mut link: String = whole.chars().take(LINK_CHARS_MAX).collect();
        if whole.chars().nth(LINK_CHARS_MAX).is_some() {
            link.push('\u{2026}');
        }
        self.text((LEFT, 588.0), (15.0, 400, false, "start"), &link);
        let how = "Drop this picture on the page: it holds the plan.";
        self.text((LEFT, 610.0), (15.0, 400, false, "start"), how);
    }

    fn colour(&self, part: usize) -> (String, bool) {
        let known = self.colours.parts.get(part).cloned();
        known.unwrap_or_else(|| (self.colours.muted.clone(), false))
    }

    fn rect(&mut self, area: (f64, f64, f64, f64), round: f64, fill: &str) {
        self.shade(area, round, fill, 1.0);
    }

    fn shade(
        &mut self,
        (x, y, width, height): (f64, f64, f64, f64),
        round: f64,
        fill: &str,
        opacity: f64,
    ) {
        let _ = write!(
            self.out,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{round}\" fill=\"{}\" fill-opacity=\"{opacity}\"/>",
            escaped(fill)
        );
    }

    fn text(&mut self, (x, y): (f64, f64), (size, weight, main, anchor): Style, text: &str) {
        let fill = if main { &self.colours.text } else { &self.colours.muted };
        if text.is_empty() {
            return;
        }
        let _ = write!(
            self.out,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size:.1}\" font-weight=\"{weight}\" \
             text-anchor=\"{anchor}\" fill=\"{}\">{}</text>",
            escaped(fill),
            escaped(&plain(text))
        );
    }
}

/// The range of a figure in two lines: from where, to where.
fn range_lines(figure: &Figure) -> [&str; 2] {
    let text = figure.range.as_ref().map_or("", |range| range.text.as_str());
    match text.find(" to ") {
        Some(at) => [&text[..at], &text[at + 1..]],
        None => [text, ""],
    }
}

fn letters(text: &str) -> f64 {
    text.chars().count() as f64
}

/// The size at which a text takes one line, at most `size`.
fn fit(text: &str, size: f64) -> f64 {
    (INNER / (letters(text).max(1.0) * BOLD)).min(size)
}
