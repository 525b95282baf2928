//! Spans on one scale below one another: ranges about a value, or how far a value moves about a rule.

use super::{Align, Area, Hit, Ink, Mark, Point, Scale, Scene, linear_ticks, text_width};

/// One span.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// Its name.
    pub label: String,
    /// Least, the value itself, greatest.
    pub ends: [f64; 3],
    /// What is said beside it.
    pub text: String,
}

/// All of the spans but the width.
pub struct Spans<'a> {
    /// From top to bottom.
    pub rows: &'a [Span],
    /// Where a rule stands across all, and its name.
    pub rule: Option<(f64, &'a str)>,
    /// What the scale measures, with its unit.
    pub title: &'a str,
    /// Names a place on it.
    pub tick: fn(f64) -> String,
    /// Whether the scale begins at nothing.
    pub from_zero: bool,
}

const ROW: f64 = 26.0;
const BAR: f64 = 12.0;
const HEAD: f64 = 20.0;
const FOOT: f64 = 40.0;
const NARROW: f64 = 520.0;

/// The spans with their names to the left, or above where there is no room, and their texts to the right.
#[must_use]
pub fn spans(chart: &Spans<'_>, width: f64) -> Scene {
    let Some(extent) = extent(chart) else { return Scene::new(width, 0.0) };
    let widest = |text: fn(&Span) -> &str| {
        chart.rows.iter().map(|row| text_width(text(row))).fold(0.0, f64::max)
    };
    // Widths are near enough only.
    let labels = widest(|row| &row.label) * 1.16 + 12.0;
    let texts = widest(|row| &row.text) * 1.16 + 12.0;
    let narrow = width < NARROW || labels + texts > width * 0.62;
    let row = if narrow { ROW + 12.0 } else { ROW };
    let (left, right) = if narrow { (6.0, width - 6.0) } else { (labels, width - texts) };
    let scale = Scale::linear(extent, (left, right.max(left + 1.0)));
    let mut scene = Scene::new(width, HEAD + row * chart.rows.len() as f64 + FOOT);
    axis(&mut scene, chart, extent, &scale);
    if let Some((rule, name)) = chart.rule {
        let at = scale.at(rule);
        let bottom = scene.height - FOOT;
        scene.dashes(vec![Point { x: at, y: HEAD }, Point { x: at, y: bottom }], Ink::Text, 1.0);
        let half = text_width(name) / 2.0;
        let centre = at.clamp(half, (width - half).max(half));
        scene.text(centre, 7.0, name, Ink::Text, Align::Middle);
    }
    for (i, own) in chart.rows.iter().enumerate() {
        let top = HEAD + row * i as f64;
        let middle = if narrow { top + row - BAR / 2.0 - 6.0 } else { top + row / 2.0 };
        let name_y = if narrow { top + 9.0 } else { middle };
        let (name_x, align) = if narrow { (6.0, Align::Start) } else { (left - 8.0, Align::End) };
        scene.text(name_x, name_y, own.label.clone(), Ink::Text, align);
        scene.text(width, name_y, own.text.clone(), Ink::Muted, Align::End);
        bar(&mut scene, own, middle, &scale);
        let area = Area { x: 0.0, y: top, width, height: row };
        scene.hits.push(Hit { area, text: format!("{}: {}", own.label, own.text), link: None });
    }
    scene
}

fn bar(scene: &mut Scene, own: &Span, middle: f64, scale: &Scale) {
    let [low, value, high] = own.ends.map(|end| scale.at(end));
    let area = Area { x: low, y: middle - BAR / 2.0, width: (high - low).max(1.5), height: BAR };
    scene.marks.push(Mark::Rect { area, ink: Ink::Series(0), hatched: false });
    let tick = |x: f64| vec![Point { x, y: middle - 8.0 }, Point { x, y: middle + 8.0 }];
    scene.line(tick(value), Ink::Text, 2.0);
}

fn extent(chart: &Spans<'_>) -> Option<(f64, f64)> {
    let ends = chart.rows.iter().flat_map(|row| row.ends).chain(chart.rule.map(|rule| rule.0));
    let usable = ends.filter(|value| value.is_finite());
    let (low, high) = usable.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return None;
    }
    let low = if chart.from_zero { 0.0 } else { low };
    let room = if high > low { (high - low) * 0.02 } else { high.abs().max(1.0) * 0.1 };
    Some((if chart.from_zero { 0.0 } else { low - room }, high + room))
}

fn axis(scene: &mut Scene, chart: &Spans<'_>, extent: (f64, f64), scale: &Scale) {
    let bottom = scene.height - FOOT;
    let mut free_from = f64::NEG_INFINITY;
    for value in linear_ticks(extent.0, extent.1, (scene.width / 120.0).clamp(2.0, 6.0) as u32) {
        let (at, name) = (scale.at(value), (chart.tick)(value));
        scene.line(vec![Point { x: at, y: HEAD }, Point { x: at, y: bottom }], Ink::Grid, 1.0);
        let half = text_width(&name) / 2.0;
        let centre = at.clamp(half, (scene.width - half).max(half));
        if centre - half >= free_from {
            free_from = centre + half + 10.0;
            scene.text(centre, bottom + 12.0, name, Ink::Muted, Align::Middle);
        }
    }
    scene.text(scene.width, scene.height - 8.0, chart.title, Ink::Muted, Align::End);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(rows: &[Span], width: f64) -> Scene {
        let tick = |value: f64| format!("{value}");
        spans(
            &Spans { rows, rule: Some((10.0, "now")), title: "Dollars", tick, from_zero: false },
            width,
        )
    }

    #[test]
    fn spans_keep_their_order_and_lie_inside() {
        let span = |low: f64, high: f64| Span {
            label: "Price, down to up".to_owned(),
            ends: [low, 10.0, high],
            text: "$7 to $13".to_owned(),
        };
        for width in [320.0, 900.0] {
            let scene = chart(&[span(7.0, 13.0), span(9.0, 11.0)], width);
            let bars: Vec<&Area> = scene
                .marks
                .iter()
                .filter_map(|mark| match mark {
                    Mark::Rect { area, .. } => Some(area),
                    _ => None,
                })
                .collect();
            assert_eq!((bars.len(), scene.hits.len()), (2, 2));
            assert!(bars[0].width > 2.0 * bars[1].width && bars[0].y < bars[1].y);
            assert!(bars.iter().all(|bar| bar.x >= 0.0 && bar.x + bar.width <= width));
        }
    }

    #[test]
    fn nothing_to_show_is_an_empty_scene() {
        let tick = |value: f64| format!("{value}");
        let none = Spans { rows: &[], rule: None, title: "", tick, from_zero: true };
        assert!(spans(&none, 300.0).marks.is_empty());
    }
}
