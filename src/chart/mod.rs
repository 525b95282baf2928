//! F8: charts as plain geometry. A chart function turns numbers into a [`Scene`] of marks in CSS
//! pixels; [`paint()`] draws any scene on any plotters backend: a canvas on the page, SVG text in
//! native tests.
//!
//! Nothing here knows quantities: values come with the text to show beside them.

mod bars;
mod course;
mod curve;
mod lanes;
mod paint;
mod plane;
mod scale;
mod scatter;
mod spans;

pub use bars::{Bar, waterfall};
pub use course::{Course, Tick, course};
pub use curve::{Curve, Extent, Sample, curve};
pub use lanes::{LaneBlock, LaneRow, lanes};
pub use paint::{Palette, paint};
pub use plane::{Dot, Plane, Stamp, Stroke, plane};
pub use scale::{Scale, linear_ticks, log_ticks};
pub use scatter::{Scatter, Spot, scatter, style};
pub use spans::{Span, Spans, spans};

/// Size of chart text in CSS pixels.
pub const TEXT_SIZE: f64 = 12.0;

/// What to draw.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Width in CSS pixels.
    pub width: f64,
    /// Height in CSS pixels.
    pub height: f64,
    /// Marks, the first at the back.
    pub marks: Vec<Mark>,
    /// Areas that answer to the pointer, the first at the back.
    pub hits: Vec<Hit>,
}

/// One thing to draw.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// A filled rectangle.
    Rect {
        /// Where.
        area: Area,
        /// In which colour.
        ink: Ink,
        /// With diagonal lines across, so that colour is not the only difference.
        hatched: bool,
    },
    /// A polyline.
    Line {
        /// Its corners.
        points: Vec<Point>,
        /// In which colour.
        ink: Ink,
        /// Stroke width in CSS pixels.
        width: f64,
        /// Drawn as dashes.
        dashed: bool,
    },
    /// A filled polygon.
    Polygon {
        /// Its corners.
        points: Vec<Point>,
        /// In which colour.
        ink: Ink,
    },
    /// A disc, or a ring.
    Dot {
        /// Its centre.
        at: Point,
        /// Its radius in CSS pixels.
        radius: f64,
        /// In which colour.
        ink: Ink,
        /// Filled, or only its outline.
        filled: bool,
    },
    /// A line of text, centred on its height.
    Text {
        /// Its anchor.
        at: Point,
        /// What it says.
        text: String,
        /// In which colour.
        ink: Ink,
        /// Which side of the text the anchor is at.
        align: Align,
        /// Heavier than the rest.
        strong: bool,
    },
}

/// A place, in CSS pixels from the upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Down.
    pub y: f64,
}

/// A rectangle, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// An area that shows a text when pointed at, and may lead somewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hit {
    /// Where.
    pub area: Area,
    /// What it says.
    pub text: String,
    /// The link it leads to, without `#`.
    pub link: Option<String>,
}

/// A role of colour; the theme says which colour that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ink {
    /// Body text.
    Text,
    /// Axis labels.
    Muted,
    /// Grid lines.
    Grid,
    /// The one accent.
    Accent,
    /// The background.
    Surface,
    /// What stands in the way.
    Bad,
    /// The accent as a background.
    Wash,
    /// One of the categories, from 0; see [`SERIES`].
    Series(u8),
    /// The same, paler.
    Pale(u8),
}

/// Number of category colours.
pub const SERIES: u8 = 8;

/// Which side of a text its anchor is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// The text runs to the right of the anchor.
    Start,
    /// The text is centred on the anchor.
    Middle,
    /// The text ends at the anchor.
    End,
}

impl Area {
    /// Its middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }

    /// Whether the place lies inside.
    #[must_use]
    pub fn contains(&self, at: Point) -> bool {
        at.x >= self.x
            && at.x < self.x + self.width
            && at.y >= self.y
            && at.y < self.y + self.height
    }
}

impl Scene {
    /// An empty scene.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, marks: Vec::new(), hits: Vec::new() }
    }

    /// Place in [`Scene::hits`] of the area under the pointer: the one whose centre is nearest, the frontmost of
    /// equal ones.
    #[must_use]
    pub fn hit(&self, at: Point) -> Option<usize> {
        let under = |area: &Area| {
            let centre = area.centre();
            area.contains(at).then(|| (centre.x - at.x).hypot(centre.y - at.y))
        };
        let mut best = None;
        for (i, hit) in self.hits.iter().enumerate() {
            let Some(far) = under(&hit.area) else { continue };
            if best.is_none_or(|(_, least)| far <= least) {
                best = Some((i, far));
            }
        }
        best.map(|(i, _)| i)
    }

    fn rect(&mut self, area: Area, ink: Ink, hatched: bool) {
        self.marks.push(Mark::Rect { area, ink, hatched });
    }

    fn line(&mut self, points: Vec<Point>, ink: Ink, width: f64) {
        self.marks.push(Mark::Line { points, ink, width, dashed: false });
    }

    fn dashes(&mut self, points: Vec<Point>, ink: Ink, width: f64) {
        self.marks.push(Mark::Line { points, ink, width, dashed: true });
    }

    fn text(&mut self, x: f64, y: f64, text: impl Into<String>, ink: Ink, align: Align) {
        let at = Point { x, y };
        self.marks.push(Mark::Text { at, text: text.into(), ink, align, strong: false });
    }

    fn strong(&mut self, x: f64, y: f64, text: impl Into<String>, align: Align) {
        let at = Point { x, y };
        self.marks.push(Mark::Text { at, text: text.into(), ink: Ink::Text, align, strong: true });
    }
}

/// Width of a text in CSS pixels, near enough to leave room for it.
#[must_use]
pub fn text_width(text: &str) -> f64 {
    text.chars()
        .map(|c| if c.is_ascii_punctuation() || c == ' ' { 0.36 } else { 0.58 })
        .sum::<f64>()
        * TEXT_SIZE
}
