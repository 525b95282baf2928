//! Lines and dots over two logarithmic axes, with a part of the plane washed: trade-offs and rooflines.

use super::{Align, Area, Hit, Ink, Mark, Point, Scale, Scene, log_ticks, text_width};

/// How a dot is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stamp {
    /// A disc.
    #[default]
    Filled,
    /// Its outline.
    Ring,
    /// Two strokes.
    Cross,
}

/// One dot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Dot {
    /// Across and up.
    pub at: (f64, f64),
    /// Which of the categories.
    pub series: u8,
    /// How it is drawn.
    pub stamp: Stamp,
    /// Drawn large: the one that the user asked about.
    pub current: bool,
    /// Text when pointed at.
    pub text: String,
    /// Written beside it; empty for nothing.
    pub name: String,
    /// The link it leads to.
    pub link: Option<String>,
}

/// A line through places of the plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Its corners.
    pub points: Vec<(f64, f64)>,
    /// In which colour.
    pub ink: Ink,
    /// Drawn as dashes.
    pub dashed: bool,
}

/// All of a plane but its size.
pub struct Plane<'a> {
    /// Dots, the first at the back.
    pub dots: &'a [Dot],
    /// Lines behind them.
    pub strokes: &'a [Stroke],
    /// Everything left of this place across is washed, and its name.
    pub goal: Option<(f64, &'a str)>,
    /// What is across and up, with the unit.
    pub titles: (&'a str, &'a str),
    /// What to say where there is nothing.
    pub empty: &'a str,
    /// Names a place across.
    pub x_tick: &'a dyn Fn(f64) -> String,
    /// Names a place up.
    pub y_tick: &'a dyn Fn(f64) -> String,
}

const HEAD: f64 = 26.0;
const FOOT: f64 = 42.0;
const REACH: f64 = 12.0;

/// The plane on its axes; `scene.hits` has the order of the dots.
#[must_use]
pub fn plane(chart: &Plane<'_>, width: f64, height: f64) -> Scene {
    let mut scene = Scene::new(width, height);
    let corners = || {
        let dots = chart.dots.iter().map(|dot| dot.at);
        dots.chain(chart.strokes.iter().flat_map(|stroke| stroke.points.iter().copied()))
    };
    let xs = ends(corners().map(|at| at.0).chain(chart.goal.map(|goal| goal.0)));
    let ys = ends(corners().map(|at| at.1)).map(grounded);
    let (Some(xs), Some(ys)) = (xs, ys) else {
        scene.text(width / 2.0, height / 2.0, chart.empty, Ink::Muted, Align::Middle);
        return scene;
    };
    let y_ticks = log_ticks(ys.0, ys.1);
    let names: Vec<String> = y_ticks.iter().map(|tick| (chart.y_tick)(*tick)).collect();
    let left = names.iter().map(|name| text_width(name)).fold(0.0, f64::max) + 10.0;
    let right = (width - 2.0).max(left + 1.0);
    let bottom = height - FOOT;
    let x = Scale::log(xs, (left + REACH, right - REACH));
    let y = Scale::log(ys, (bottom, HEAD));
    if let Some((goal, _)) = chart.goal {
        let edge = x.at(goal).clamp(left, right);
        let area = Area { x: left, y: HEAD, width: edge - left, height: bottom - HEAD };
        scene.rect(area, Ink::Wash, false);
        let line = [Point { x: edge, y: HEAD }, Point { x: edge, y: bottom }];
        scene.dashes(line.to_vec(), Ink::Accent, 1.5);
    }
    scene.text(0.0, 7.0, chart.titles.1, Ink::Muted, Align::Start);
    for (tick, name) in y_ticks.iter().zip(names) {
        let at = y.at(*tick);
        scene.line(vec![Point { x: left, y: at }, Point { x: right, y: at }], Ink::Grid, 1.0);
        scene.text(left - 6.0, at, name, Ink::Muted, Align::End);
    }
    if let Some((goal, name)) = chart.goal {
        // Over the grid, on ground of its own.
        let edge = x.at(goal).clamp(left, right) - 6.0;
        let wide = text_width(name) + 6.0;
        let ground = Area { x: edge - wide + 3.0, y: HEAD + 2.0, width: wide, height: 16.0 };
        scene.rect(ground, Ink::Surface, false);
        scene.text(edge, HEAD + 10.0, name, Ink::Accent, Align::End);
    }
    x_axis(&mut scene, chart, (left, right, bottom), (xs, &x));
    for stroke in chart.strokes {
        let points = stroke.points.iter().map(|at| Point { x: x.at(at.0), y: y.at(at.1) });
        let (points, ink, dashed) = (points.collect(), stroke.ink, stroke.dashed);
        scene.marks.push(Mark::Line { points, ink, width: 2.0, dashed });
    }
    for dot in chart.dots {
        draw(&mut scene, dot, Point { x: x.at(dot.at.0), y: y.at(dot.at.1) }, (left, right));
    }
    scene
}

/// Down to the next gridline where what lies lowest would else hang below all of them, on the frame.
fn grounded((low, high): (f64, f64)) -> (f64, f64) {
    let power = 10f64.powf(low.log10().floor());
    let decades = (high / low).log10();
    let steps: &[f64] = if decades > 3.0 { &[1.0] } else { &[5.0, 2.0, 1.0] };
    let below = steps.iter().map(|step| step * power).find(|round| *round <= low);
    (below.unwrap_or(power), high)
}

/// From the least to the greatest of usable values, with some room.
fn ends(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let usable = values.filter(|value| value.is_finite() && *value > 0.0);
    let (low, high) = usable
        .fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    (low <= high).then_some((low / 1.15, high * 1.15))
}

fn x_axis(
    scene: &mut Scene,
    chart: &Plane<'_>,
    (left, right, bottom): (f64, f64, f64),
    (xs, x): ((f64, f64), &Scale),
) {
    let mut free_from = left;
    for tick in log_ticks(xs.0, xs.1) {
        let name = (chart.x_tick)(tick);
        let half = text_width(&name) / 2.0;
        let at = x.at(tick);
        if at - half < free_from || at + half > right {
            continue;
        }
        free_from = at + half + 8.0;
        let line = vec![Point { x: at, y: bottom }, Point { x: at, y: bottom + 4.0 }];
        scene.line(line, Ink::Muted, 1.0);
        scene.text(at, bottom + 14.0, name, Ink::Muted, Align::Middle);
    }
    scene.text(scene.width, scene.height - 8.0, chart.titles.0, Ink::Muted, Align::End);
}

fn draw(scene: &mut Scene, dot: &Dot, at: Point, (left, right): (f64, f64)) {
    let ink = Ink::Series(dot.series % super::SERIES);
    if dot.current {
        scene.marks.push(Mark::Dot { at, radius: 9.0, ink: Ink::Surface, filled: true });
        scene.marks.push(Mark::Dot { at, radius: 8.0, ink: Ink::Text, filled: false });
        scene.marks.push(Mark::Dot { at, radius: 5.0, ink, filled: true });
    } else {
        scene.marks.push(Mark::Dot { at, radius: 4.0, ink: Ink::Surface, filled: true });
        match dot.stamp {
            Stamp::Cross => cross(scene, at, ink),
            stamp => {
                let filled = stamp == Stamp::Filled;
                scene.marks.push(Mark::Dot { at, radius: 4.0, ink, filled });
            }
        }
    }
    if !dot.name.is_empty() {
        let beside = at.x + 12.0;
        let fits = beside + text_width(&dot.name) < right;
        let before = at.x - 12.0;
        let (place, align) = if fits || before - text_width(&dot.name) < left {
            (beside, Align::Start)
        } else {
            (before, Align::End)
        };
        let below = at.y + 14.0;
        let low = below > scene.height - FOOT - 6.0;
        let level = if low { at.y - 14.0 } else { below };
        scene.text(place, level, dot.name.clone(), Ink::Text, align);
    }
    let area = Area { x: at.x - REACH, y: at.y - REACH, width: 2.0 * REACH, height: 2.0 * REACH };
    scene.hits.push(Hit { area, text: dot.text.clone(), link: dot.link.clone() });
}

fn cross(scene: &mut Scene, Point { x, y }: Point, ink: Ink) {
    for up in [-4.0, 4.0] {
        let ends = [Point { x: x - 4.0, y: y + up }, Point { x: x + 4.0, y: y - up }];
        scene.line(ends.to_vec(), ink, 2.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(dots: &[Dot], goal: Option<(f64, &str)>, width: f64) -> Scene {
        let plain = |value: f64| format!("{value}");
        let parts = Plane {
            dots,
            strokes: &[],
            goal,
            titles: ("across", "up"),
            empty: "nothing",
            x_tick: &plain,
            y_tick: &plain,
        };
        plane(&parts, width, 300.0)
    }

    fn dot(x: f64, y: f64) -> Dot {
        Dot { at: (x, y), text: format!("{x}"), ..Dot::default() }
    }

    #[test]
    fn nothing_says_so() {
        assert_eq!(chart(&[], None, 500.0).marks.len(), 1);
        assert_eq!(chart(&[dot(f64::NAN, 0.0)], None, 500.0).marks.len(), 1);
    }

    #[test]
    fn no_dot_lies_below_the_lowest_gridline_and_the_chosen_has_the_colour_of_its_kind() {
        for (low, high) in [(0.63, 700.0), (1.7, 40.0), (4e-3, 900.0), (11.0, 12.0)] {
            let chosen = Dot { series: 3, current: true, ..dot(10.0, low) };
            let scene = chart(&[chosen, dot(60.0, high)], None, 500.0);
            let level = |mark: &Mark| match mark {
                Mark::Line { points, ink: Ink::Grid, .. } => Some(points[0].y),
                _ => None,
            };
            let lowest = scene.marks.iter().filter_map(level).fold(0.0, f64::max);
            let at = scene.hits[0].area.centre();
            assert!(at.y <= lowest, "{low}: {} below {lowest}", at.y);
            let inner = scene.marks.iter().filter_map(|mark| match mark {
                Mark::Dot { radius, ink, filled: true, .. } if *radius == 5.0 => Some(*ink),
                _ => None,
            });
            assert_eq!(inner.collect::<Vec<_>>(), [Ink::Series(3)]);
        }
    }

    #[test]
    fn a_cross_is_no_disc() {
        let crossed = Dot { stamp: Stamp::Cross, ..dot(10.0, 5.0) };
        let scene = chart(&[crossed], None, 500.0);
        let own = |mark: &&Mark| match mark {
            Mark::Dot { ink, .. } | Mark::Line { ink, .. } => *ink == Ink::Series(0),
            _ => false,
        };
        let drawn: Vec<&Mark> = scene.marks.iter().filter(own).collect();
        let at = scene.hits[0].area.centre();
        assert_eq!(drawn.len(), 2);
        for mark in drawn {
            let Mark::Line { points, .. } = mark else { panic!("{mark:?}") };
            // Through the place itself.
            assert!((points[0].x + points[1].x - 2.0 * at.x).abs() < 1e-9);
            assert!((points[0].y + points[1].y - 2.0 * at.y).abs() < 1e-9);
        }
    }

    #[test]
    fn what_keeps_the_goal_lies_in_its_box_and_nothing_else_does() {
        for width in [300.0, 700.0] {
            let scene =
                chart(&[dot(10.0, 5.0), dot(49.0, 7.0), dot(60.0, 9.0)], Some((50.0, "50")), width);
            let area = scene.marks.iter().find_map(|mark| match mark {
                Mark::Rect { area, ink: Ink::Wash, .. } => Some(*area),
                _ => None,
            });
            let area = area.expect("a box");
            let inside: Vec<bool> =
                scene.hits.iter().map(|hit| area.contains(hit.area.centre())).collect();
            assert_eq!(inside, [true, true, false], "{width}");
            for hit in &scene.hits {
                let at = hit.area.centre();
                assert!((0.0..=width).contains(&at.x) && (0.0..=300.0).contains(&at.y));
            }
        }
    }
}
