//! A waterfall: each part starts where the one before it ended, and the last one ends at the total.

use super::{Align, Area, Hit, Ink, Point, Scale, Scene, text_width};

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
const NARROW: f64 = 460.0;

/// The parts below one another, on one scale; `limit` is a line to stay below, with its name.
#[must_use]
pub fn waterfall(bars: &[Bar], limit: Option<(f64, &str)>, width: f64) -> Scene {
    let narrow = width < NARROW;
    let total: f64 = bars.iter().map(|bar| bar.value).sum();
    let end = limit.map_or(total, |(value, _)| value.max(total));
    let row = if narrow { ROW + 12.0 } else { ROW };
    let values = bars
        .iter()
        .map(|bar| text_width(&bar.text))
        .fold(0.0, f64::max)
        + 10.0;
    let labels = bars
        .iter()
        .map(|bar| text_width(&bar.label))
        .fold(0.0, f64::max)
        + 12.0;
    let left = if narrow { 0.0 } else { labels.min(width * 0.4) };
    let right = if narrow { width } else { width - values };
    let scale = Scale::linear((0.0, end), (left, (right - 1.0).max(left + 1.0)));
    let head = if limit.is_some() { 20.0 } else { 0.0 };
    let mut scene = Scene::new(width, head + row * bars.len() as f64 + 2.0);
    if let Some((value, name)) = limit {
        limit_line(&mut scene, scale.at(value), name);
    }
    let mut start = 0.0;
    for (i, bar) in bars.iter().enumerate() {
        let top = head + row * i as f64;
        let bar_top = if narrow {
            top + 20.0
        } else {
            top + (row - BAR) / 2.0
        };
        let text_y = if narrow { top + 10.0 } else { top + row / 2.0 };
        let (x, end_x) = (scale.at(start), scale.at(start + bar.value));
        let area = Area {
            x,
            y: bar_top,
            width: (end_x - x).max(1.5),
            height: BAR,
        };
        start += bar.value;
        if i + 1 < bars.len() {
            let below = bar_top + row;
            let tie = vec![
                Point {
                    x: end_x,
                    y: bar_top + BAR,
                },
                Point { x: end_x, y: below },
            ];
            scene.line(tie, Ink::Grid, 1.0);
        }
        scene.rect(area, bar.ink, bar.hatched);
        scene.text(0.0, text_y, bar.label.clone(), Ink::Text, Align::Start);
        scene.strong(width, text_y, bar.text.clone(), Align::End);
        let whole = Area {
            x: 0.0,
            y: top,
            width,
            height: row,
        };
        let text = format!("{}: {}", bar.label, bar.text);
        scene.hits.push(Hit {
            area: whole,
            text,
            link: None,
        });
    }
    scene
}

fn limit_line(scene: &mut Scene, x: f64, name: &str) {
    let line = vec![Point { x, y: 16.0 }, Point { x, y: scene.height }];
    scene.dashes(line, Ink::Muted, 1.0);
    let (anchor, align) = if x > text_width(name) {
        (x, Align::End)
    } else {
        (0.0, Align::Start)
    };
    scene.text(anchor, 7.0, name, Ink::Muted, align);
}

#[cfg(test)]
mod tests {
    use super::super::Mark;
    use super::*;

    fn bar(value: f64) -> Bar {
        let text = format!("{value} GiB");
        Bar {
            label: "part".into(),
            value,
            text,
            ink: Ink::Series(0),
            hatched: false,
        }
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
        let scene = waterfall(&[bar(10.0), bar(30.0), bar(20.0)], None, 800.0);
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
            let scene = waterfall(
                &[bar(1.0), bar(1e-9), bar(0.0)],
                Some((4.0, "limit")),
                width,
            );
            for area in rects(&scene) {
                assert!(
                    area.x >= 0.0 && area.y + area.height <= scene.height,
                    "{width} {area:?}"
                );
                assert!(area.width >= 1.5);
            }
        }
    }

    #[test]
    fn nothing_to_show_is_an_empty_scene() {
        assert!(waterfall(&[], None, 300.0).marks.is_empty());
        let nothing = waterfall(&[bar(0.0)], None, 300.0);
        assert!(
            rects(&nothing)
                .iter()
                .all(|area| area.x.is_finite() && area.width.is_finite())
        );
    }

    #[test]
    fn every_row_answers_to_the_pointer() {
        let scene = waterfall(&[bar(1.0), bar(2.0)], None, 500.0);
        let hit = scene
            .hit(Point {
                x: 3.0,
                y: ROW + 3.0,
            })
            .map(|hit| hit.text.as_str());
        assert_eq!(hit, Some("part: 2 GiB"));
    }
}
