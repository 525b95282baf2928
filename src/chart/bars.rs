//! A waterfall: each part starts where the one before it ended, and the last one ends at the total.

use super::{Align, Area, Ink, Point, Scale, Scene, text_width};

/// One part.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Its amount.
    pub value: f64,
    /// The amount as text.
    pub text: String,
    /// Its colour.
    pub ink: Ink,
    /// With diagonal lines across.
    pub hatched: bool,
}

const ROW: f64 = 26.0;
const BAR: f64 = 12.0;
const HEAD: f64 = 20.0;
const NARROW: f64 = 460.0;

/// The parts below one another, on one scale that ends at `limit`, a line with a name.
#[must_use]
pub fn waterfall(bars: &[Bar], limit: (f64, &str), width: f64) -> Scene {
    let widest =
        |text: fn(&Bar) -> &str| bars.iter().map(|bar| text_width(text(bar))).fold(0.0, f64::max);
    let labels = widest(|bar| &bar.label) + 12.0;
    let values = widest(|bar| &bar.text) + 10.0;
    // Where there is no room for the names beside the bars, they stand above them.
    let narrow = width < NARROW || labels > width * 0.5;
    let row = if narrow { ROW + 12.0 } else { ROW };
    let (left, right) = if narrow { (0.0, width) } else { (labels, width - values) };
    let total: f64 = bars.iter().map(|bar| bar.value).sum();
    let ends = (left, (right - 1.0).max(left + 1.0));
    let scale = Scale::linear((0.0, total.max(limit.0)), ends);
    let mut scene = Scene::new(width, HEAD + row * bars.len() as f64 + 2.0);
    if bars.is_empty() {
        return scene;
    }
    let x_limit = scale.at(limit.0);
    name_limit(&mut scene, x_limit, limit.1);
    if !narrow {
        let bottom = scene.height;
        upright(&mut scene, x_limit, (16.0, bottom));
    }
    let mut start = 0.0;
    for (i, bar) in bars.iter().enumerate() {
        let top = HEAD + row * i as f64;
        let bar_top = if narrow { top + 20.0 } else { top + (row - BAR) / 2.0 };
        let text_y = if narrow { top + 10.0 } else { top + row / 2.0 };
        let (x, end) = (scale.at(start), scale.at(start + bar.value));
        start += bar.value;
        if i + 1 < bars.len() && !narrow {
            let from = Point { x: end, y: bar_top + BAR };
            scene.line(vec![from, Point { x: end, y: bar_top + row }], Ink::Grid, 1.0);
        }
        let area = Area { x, y: bar_top, width: (end - x).max(1.5), height: BAR };
        scene.rect(area, bar.ink, bar.hatched);
        if narrow {
            upright(&mut scene, x_limit, (bar_top - 2.0, bar_top + BAR + 2.0));
        }
        scene.text(0.0, text_y, bar.label.clone(), Ink::Text, Align::Start);
        scene.strong(width, text_y, bar.text.clone(), Align::End);
    }
    scene
}

fn upright(scene: &mut Scene, x: f64, (from, to): (f64, f64)) {
    scene.dashes(vec![Point { x, y: from }, Point { x, y: to }], Ink::Muted, 1.0);
}

fn name_limit(scene: &mut Scene, x: f64, name: &str) {
    let room = x > text_width(name);
    let (anchor, align) = if room { (x, Align::End) } else { (0.0, Align::Start) };
    scene.text(anchor, 7.0, name, Ink::Muted, align);
}

#[cfg(test)]
mod tests {
    use super::super::Mark;
    use super::*;

    fn bar(value: f64) -> Bar {
        let text = format!("{value} GiB");
        Bar { label: "part".into(), value, text, ink: Ink::Series(0), hatched: false }
    }

    fn rects(scene: &Scene) -> Vec<Area> {
        let area = |mark: &Mark| match mark {
            Mark::Rect { area, .. } => Some(*area),
            _ => None,
        };
        scene.marks.iter().filter_map(area).collect()
    }

    #[test]
    fn each_bar_starts_where_the_last_one_ended() {
        let scene = waterfall(&[bar(10.0), bar(30.0), bar(20.0)], (60.0, "limit"), 800.0);
        let areas = rects(&scene);
        assert_eq!(areas.len(), 3);
        for pair in areas.windows(2) {
            assert!((pair[0].x + pair[0].width - pair[1].x).abs() < 1e-9);
        }
        assert!((areas[1].width / areas[0].width - 3.0).abs() < 1e-9);
    }

    #[test]
    fn everything_stays_inside_at_any_width() {
        for width in [1.0, 120.0, 360.0, 459.0, 460.0, 1440.0] {
            let scene = waterfall(&[bar(1.0), bar(1e-9), bar(0.0)], (4.0, "limit"), width);
            for area in rects(&scene) {
                assert!(area.x >= 0.0 && area.y + area.height <= scene.height, "{width} {area:?}");
                assert!(area.width >= 1.5);
            }
        }
    }

    #[test]
    fn nothing_to_show_is_an_empty_scene() {
        assert!(waterfall(&[], (0.0, ""), 300.0).marks.is_empty());
        let nothing = waterfall(&[bar(0.0)], (0.0, ""), 300.0);
        assert!(rects(&nothing).iter().all(|area| area.x.is_finite() && area.width.is_finite()));
    }
}
