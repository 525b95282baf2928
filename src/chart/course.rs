//! A line over two linear axes with a band about it, levels across and places along, each with a name.

use super::{Align, Area, Hit, Ink, Mark, Point, Scale, Scene, linear_ticks, text_width};

/// All of a course but its size.
#[derive(Default)]
pub struct Course<'a> {
    /// Points of the line, from left to right.
    pub points: &'a [[f64; 2]],
    /// Across, least and greatest, of the band about it.
    pub band: &'a [[f64; 3]],
    /// Levels with a name.
    pub levels: &'a [(f64, String)],
    /// Places across with a name.
    pub places: &'a [(f64, String)],
    /// What is across and up, with the unit.
    pub titles: [&'a str; 2],
    /// The line holds its level until the next point.
    pub steps: bool,
    /// More lines, each a category with its points, thinner and beside the first where they meet.
    pub lines: &'a [(u8, &'a [[f64; 2]])],
    /// Across, up and text of what answers to the pointer; the points do where there is none.
    pub spots: &'a [(f64, f64, String)],
    /// Where the names across stand; at round values where there is none.
    pub x_ticks: &'a [f64],
}

/// Names a place on an axis.
pub type Tick = fn(f64) -> String;

const HEAD: f64 = 24.0;
const FOOT: f64 = 42.0;
/// Height of one name of a place.
const NAME: f64 = 15.0;

/// The course on its axes; points answer with what `ticks` make of them.
#[must_use]
pub fn course(chart: &Course<'_>, ticks: [Tick; 2], width: f64, height: f64) -> Scene {
    let mut scene = Scene::new(width, height);
    let (Some(xs), Some(ys)) = (across(chart), up(chart)) else { return scene };
    let y_ticks = linear_ticks(ys.0, ys.1, 5);
    let names: Vec<String> = y_ticks.iter().map(|tick| ticks[1](*tick)).collect();
    let left = names.iter().map(|name| text_width(name)).fold(0.0, f64::max) + 10.0;
    let right = (width - 6.0).max(left + 1.0);
    let head = HEAD + NAME * chart.places.len().min(3) as f64;
    let x = Scale::linear(xs, (left, right));
    let y = Scale::linear(ys, (height - FOOT, head));
    scene.text(0.0, 7.0, chart.titles[1], Ink::Muted, Align::Start);
    for (tick, name) in y_ticks.iter().zip(names) {
        let at = y.at(*tick);
        scene.line(vec![Point { x: left, y: at }, Point { x: width, y: at }], Ink::Grid, 1.0);
        scene.text(left - 6.0, at, name, Ink::Muted, Align::End);
    }
    x_axis(&mut scene, chart, ticks[0], (xs, &x));
    shade(&mut scene, chart, &x, &y);
    // Where lines run together each shows on both sides of the next: every one is drawn where it belongs.
    for (i, (series, own)) in chart.lines.iter().enumerate() {
        let more = (chart.lines.len() - i) as f64;
        scene.marks.push(Mark::Line {
            points: way(own, chart.steps, &x, &y),
            ink: Ink::Series(*series),
            width: 2.0 + 3.0 * more,
            dashed: false,
        });
    }
    let own = way(chart.points, chart.steps, &x, &y);
    if own.len() > 1 {
        scene.line(own, Ink::Accent, 2.0);
    }
    levels(&mut scene, chart, &y, (left, right));
    places(&mut scene, chart, &x, (left, right));
    points(&mut scene, chart, ticks, (&x, &y));
    scene
}

fn across(chart: &Course<'_>) -> Option<(f64, f64)> {
    let points = chart.points.iter().map(|point| point[0]);
    let band = chart.band.iter().map(|point| point[0]);
    extent(points.chain(band).chain(chart.places.iter().map(|place| place.0)))
}

/// From nothing to the greatest, with some room above.
fn up(chart: &Course<'_>) -> Option<(f64, f64)> {
    let lines = chart.lines.iter().flat_map(|line| line.1);
    let points = chart.points.iter().chain(lines).map(|point| point[1]);
    let band = chart.band.iter().map(|point| point[2]);
    let all = points.chain(band).chain(chart.levels.iter().map(|level| level.0));
    extent(all).map(|(_, most)| (0.0, if most > 0.0 { most * 1.06 } else { 1.0 }))
}

fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let usable = values.filter(|value| value.is_finite());
    let (low, high) = usable.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    (low <= high).then_some((low, if high > low { high } else { low + 1.0 }))
}

fn x_axis(scene: &mut Scene, chart: &Course<'_>, tick: Tick, (xs, x): ((f64, f64), &Scale)) {
    let bottom = scene.height - FOOT;
    let mut free_from = f64::NEG_INFINITY;
    let round = || linear_ticks(xs.0, xs.1, (scene.width / 110.0).clamp(2.0, 7.0) as u32);
    let all = if chart.x_ticks.is_empty() { round() } else { chart.x_ticks.to_vec() };
    for value in all {
        let (at, name) = (x.at(value), tick(value));
        let half = text_width(&name) / 2.0;
        let centre = at.min(scene.width - half);
        if centre - half < free_from {
            continue;
        }
        free_from = centre + half + 10.0;
        let mark = vec![Point { x: at, y: bottom }, Point { x: at, y: bottom + 4.0 }];
        scene.line(mark, Ink::Muted, 1.0);
        scene.text(centre, bottom + 14.0, name, Ink::Muted, Align::Middle);
    }
    scene.text(scene.width, scene.height - 8.0, chart.titles[0], Ink::Muted, Align::End);
}

fn shade(scene: &mut Scene, chart: &Course<'_>, x: &Scale, y: &Scale) {
    if chart.band.len() < 2 {
        return;
    }
    let low = chart.band.iter().map(|own| Point { x: x.at(own[0]), y: y.at(own[1]) });
    let high = chart.band.iter().rev().map(|own| Point { x: x.at(own[0]), y: y.at(own[2]) });
    let edge: Vec<Point> = high.clone().collect();
    scene.marks.push(Mark::Polygon { points: low.chain(high).collect(), ink: Ink::Wash });
    // Among lines the shade is one of them: its edge is drawn as well.
    if !chart.lines.is_empty() {
        scene.line(edge, Ink::Muted, 1.0);
    }
}

fn way(points: &[[f64; 2]], steps: bool, x: &Scale, y: &Scale) -> Vec<Point> {
    let mut all: Vec<Point> = Vec::new();
    for own in points {
        let next = Point { x: x.at(own[0]), y: y.at(own[1]) };
        if let (true, Some(last)) = (steps, all.last().copied()) {
            all.push(Point { x: next.x, y: last.y });
        }
        all.push(next);
    }
    all
}

fn levels(scene: &mut Scene, chart: &Course<'_>, y: &Scale, (left, right): (f64, f64)) {
    for (level, name) in chart.levels {
        let at = y.at(*level);
        scene.dashes(vec![Point { x: left, y: at }, Point { x: right, y: at }], Ink::Bad, 1.5);
        scene.text(left + 6.0, at - 9.0, name.clone(), Ink::Text, Align::Start);
    }
}

/// Each place's name has a line of its own above the chart, on the side that has room.
fn places(scene: &mut Scene, chart: &Course<'_>, x: &Scale, (left, right): (f64, f64)) {
    let bottom = scene.height - FOOT;
    for (i, (place, name)) in chart.places.iter().enumerate().take(3) {
        let (at, top) = (x.at(*place), HEAD + NAME * i as f64);
        let rule = vec![Point { x: at, y: top }, Point { x: at, y: bottom }];
        scene.dashes(rule, Ink::Muted, 1.0);
        let fits = at + 5.0 + text_width(name) <= right;
        let align = if fits { Align::Start } else { Align::End };
        let start = if fits { at + 5.0 } else { (at - 5.0).max(left) };
        scene.text(start, top + 3.0, name.clone(), Ink::Text, align);
    }
}

fn points(scene: &mut Scene, chart: &Course<'_>, ticks: [Tick; 2], (x, y): (&Scale, &Scale)) {
    let told =
        |own: &[f64; 2]| (own[0], own[1], format!("{} · {}", ticks[0](own[0]), ticks[1](own[1])));
    let all: Vec<(f64, f64, String)> = match chart.spots {
        [] => chart.points.iter().map(told).collect(),
        spots => spots.to_vec(),
    };
    let reach = (scene.width / all.len().max(1) as f64 / 2.0).max(6.0);
    for (across, up, text) in all {
        let at = Point { x: x.at(across), y: y.at(up) };
        let area = Area {
            x: at.x - reach,
            y: HEAD,
            width: 2.0 * reach,
            height: (scene.height - FOOT - HEAD).max(1.0),
        };
        scene.hits.push(Hit { area, text, link: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: f64) -> String {
        format!("{value}")
    }

    #[test]
    fn the_line_stays_within_the_band_and_the_frame() {
        let points = [[0.0, 0.0], [10.0, 5.0], [20.0, 10.0]];
        let band = [[0.0, 0.0, 0.0], [10.0, 4.0, 6.0], [20.0, 8.0, 12.0]];
        let levels = [(11.0, "budget".to_owned())];
        let places = [(20.0, "ends".to_owned()), (25.0, "must end".to_owned())];
        let chart = Course {
            points: &points,
            band: &band,
            levels: &levels,
            places: &places,
            ..Course::default()
        };
        let scene = course(&chart, [plain, plain], 500.0, 300.0);
        let inside = |at: &Point| (0.0..=500.0).contains(&at.x) && (0.0..=300.0).contains(&at.y);
        let mut shapes = 0;
        for mark in &scene.marks {
            match mark {
                Mark::Polygon { points, .. } => {
                    shapes += 1;
                    assert!(points.iter().all(inside));
                }
                Mark::Line { points, .. } => assert!(points.iter().all(inside), "{points:?}"),
                _ => {}
            }
        }
        assert_eq!((shapes, scene.hits.len()), (1, 3));
    }

    #[test]
    fn steps_hold_their_level() {
        let points = [[0.0, 1.0], [1.0, 3.0]];
        let chart = Course { points: &points, steps: true, ..Course::default() };
        let scene = course(&chart, [plain, plain], 400.0, 300.0);
        let line = scene.marks.iter().find_map(|mark| match mark {
            Mark::Line { points, ink: Ink::Accent, .. } => Some(points.clone()),
            _ => None,
        });
        let line = line.expect("a line");
        assert!(line.len() == 3 && line[1].y == line[0].y && line[1].x == line[2].x);
    }

    #[test]
    fn more_lines_run_where_they_belong_and_spots_answer() {
        let (points, more) = ([[0.0, 1.0], [24.0, 1.0]], [[0.0, 1.0], [6.0, 3.0], [24.0, 3.0]]);
        let spots = [(6.5, 1.0, "06:30".to_owned())];
        let chart = Course {
            points: &points,
            steps: true,
            lines: &[(1, &more)],
            spots: &spots,
            x_ticks: &[0.0, 6.0, 12.0],
            ..Course::default()
        };
        let scene = course(&chart, [plain, plain], 500.0, 300.0);
        let ink = |wanted: Ink| {
            scene.marks.iter().find_map(|mark| match mark {
                Mark::Line { points, ink, .. } if *ink == wanted => Some(points.clone()),
                _ => None,
            })
        };
        let (own, other) = (ink(Ink::Accent).expect("one"), ink(Ink::Series(1)).expect("another"));
        assert!(own[0].y == other[0].y && other[4].y < own[1].y, "1 is drawn at 1, 3 above");
        assert_eq!((scene.hits.len(), scene.hits[0].text.as_str()), (1, "06:30"));
        let said = |text: &str| {
            scene
                .marks
                .iter()
                .any(|mark| matches!(mark, Mark::Text { text: own, .. } if own == text))
        };
        assert!(said("6") && said("12") && !said("5"));
    }

    #[test]
    fn nothing_and_hostile_values_stay_finite() {
        assert!(course(&Course::default(), [plain, plain], 300.0, 200.0).marks.is_empty());
        let points = [[0.0, f64::NAN], [f64::INFINITY, 2.0], [1.0, 1.0]];
        let chart = Course { points: &points, ..Course::default() };
        let scene = course(&chart, [plain, plain], 300.0, 200.0);
        assert!(!scene.marks.is_empty());
    }
}
