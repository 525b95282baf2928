//! Points joined by a line over two axes, each linear or logarithmic.

use super::{
    Align, Area, Hit, Ink, Mark, Point, Scale, Scene, linear_ticks, log_ticks, text_width,
};

/// One point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Across.
    pub x: f64,
    /// Up; none where there is no answer.
    pub y: Option<f64>,
    /// Text when pointed at.
    pub text: String,
    /// Whether it is the one that the user asked about.
    pub current: bool,
    /// Not part of the line: a ring beside it.
    pub aside: bool,
    /// The link it leads to.
    pub link: Option<String>,
}

/// One axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// What it measures, with its unit.
    pub title: String,
    /// Equal ratios instead of equal differences.
    pub log: bool,
}

/// All of a curve but its size.
pub struct Curve<'a> {
    /// The points, from left to right.
    pub samples: &'a [Sample],
    /// Across.
    pub x: Extent,
    /// Up.
    pub y: Extent,
    /// Joined by steps that hold the earlier value, instead of straight lines.
    pub steps: bool,
    /// A second line, dashed, to compare with: (x, y).
    pub ideal: &'a [(f64, f64)],
    /// What to say while there are no points.
    pub empty: &'a str,
    /// Names a place across.
    pub x_tick: &'a dyn Fn(f64) -> String,
    /// Names a place up.
    pub y_tick: &'a dyn Fn(f64) -> String,
}

const HEAD: f64 = 24.0;
const FOOT: f64 = 42.0;
const REACH: f64 = 14.0;

/// The curve on its axes.
#[must_use]
pub fn curve(chart: &Curve<'_>, width: f64, height: f64) -> Scene {
    let mut scene = Scene::new(width, height);
    let (Some(xs), Some(ys)) = (range_x(chart), range_y(chart)) else {
        let middle = (width / 2.0, height / 2.0);
        scene.text(middle.0, middle.1, chart.empty, Ink::Muted, Align::Middle);
        return scene;
    };
    let y_ticks = if chart.y.log { log_ticks(ys.0, ys.1) } else { linear_ticks(ys.0, ys.1, 5) };
    let names: Vec<String> = y_ticks.iter().map(|tick| (chart.y_tick)(*tick)).collect();
    let left = names.iter().map(|name| text_width(name)).fold(0.0, f64::max) + 10.0;
    let along = (left + REACH, (width - REACH).max(left + REACH + 1.0));
    let up = (height - FOOT, HEAD);
    let x = if chart.x.log { Scale::log(xs, along) } else { Scale::linear(xs, along) };
    let y = if chart.y.log { Scale::log(ys, up) } else { Scale::linear(ys, up) };
    scene.text(0.0, 7.0, chart.y.title.clone(), Ink::Muted, Align::Start);
    for (tick, name) in y_ticks.iter().zip(names) {
        let at = y.at(*tick);
        let line = vec![Point { x: left, y: at }, Point { x: width, y: at }];
        scene.line(line, Ink::Grid, 1.0);
        scene.text(left - 6.0, at, name, Ink::Muted, Align::End);
    }
    x_axis(&mut scene, chart, xs, &x);
    draw_lines(&mut scene, chart, &x, &y);
    draw_points(&mut scene, chart, &x, &y);
    scene
}

fn range_x(chart: &Curve<'_>) -> Option<(f64, f64)> {
    range(chart.samples.iter().map(|sample| sample.x), chart.x.log)
}

fn range_y(chart: &Curve<'_>) -> Option<(f64, f64)> {
    let points = chart.samples.iter().filter_map(|sample| sample.y);
    range(points.chain(chart.ideal.iter().map(|(_, y)| *y)), chart.y.log)
}

/// From the least to the greatest, with some room where all are equal.
fn range(values: impl Iterator<Item = f64>, log: bool) -> Option<(f64, f64)> {
    let usable = values.filter(|value| value.is_finite() && (!log || *value > 0.0));
    let (low, high) = usable.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    if low > high {
        return None;
    }
    if log {
        let room = if high > low * 1.05 { 1.0 } else { 2.0 };
        return Some((low / room, high * room));
    }
    let room = if high > low { (high - low) * 0.06 } else { high.abs().max(1.0) * 0.1 };
    let floor = if low >= 0.0 { 0.0 } else { f64::NEG_INFINITY };
    Some(((low - room).max(floor), high + room))
}

fn x_axis(scene: &mut Scene, chart: &Curve<'_>, xs: (f64, f64), x: &Scale) {
    let bottom = scene.height - FOOT;
    // On a logarithmic axis the points themselves are the round numbers.
    let ticks = if chart.x.log {
        chart.samples.iter().map(|sample| sample.x).collect()
    } else {
        linear_ticks(xs.0, xs.1, (scene.width / 90.0).clamp(2.0, 8.0) as u32)
    };
    let mut free_from = f64::NEG_INFINITY;
    for tick in ticks {
        let at = x.at(tick);
        let name = (chart.x_tick)(tick);
        let half = text_width(&name) / 2.0;
        let centre = at.min(scene.width - half);
        if centre - half < free_from {
            continue;
        }
        free_from = centre + half + 10.0;
        let line = vec![Point { x: at, y: bottom }, Point { x: at, y: bottom + 4.0 }];
        scene.line(line, Ink::Muted, 1.0);
        scene.text(centre, bottom + 14.0, name, Ink::Muted, Align::Middle);
    }
    let title = chart.x.title.clone();
    scene.text(scene.width, scene.height - 8.0, title, Ink::Muted, Align::End);
}

fn draw_lines(scene: &mut Scene, chart: &Curve<'_>, x: &Scale, y: &Scale) {
    if chart.ideal.len() > 1 {
        let points = chart.ideal.iter().map(|(a, b)| Point { x: x.at(*a), y: y.at(*b) }).collect();
        scene.dashes(points, Ink::Muted, 1.0);
    }
    let mut points: Vec<Point> = Vec::new();
    for sample in chart.samples.iter().filter(|sample| !sample.aside) {
        let Some(value) = sample.y else { continue };
        let next = Point { x: x.at(sample.x), y: y.at(value) };
        if let (true, Some(last)) = (chart.steps, points.last().copied()) {
            points.push(Point { x: last.x, y: next.y });
        }
        points.push(next);
    }
    if points.len() > 1 {
        scene.line(points, Ink::Accent, 2.0);
    }
}

fn draw_points(scene: &mut Scene, chart: &Curve<'_>, x: &Scale, y: &Scale) {
    for sample in chart.samples {
        let at = Point { x: x.at(sample.x), y: sample.y.map_or(scene.height - FOOT, |v| y.at(v)) };
        if sample.y.is_none() {
            cross(scene, at);
        } else if sample.current {
            scene.marks.push(Mark::Dot { at, radius: 7.0, ink: Ink::Surface, filled: true });
            scene.marks.push(Mark::Dot { at, radius: 5.5, ink: Ink::Accent, filled: true });
        } else {
            let ink = if sample.aside { Ink::Muted } else { Ink::Accent };
            scene.marks.push(Mark::Dot { at, radius: 3.5, ink: Ink::Surface, filled: true });
            scene.marks.push(Mark::Dot { at, radius: 3.5, ink, filled: false });
        }
        let area =
            Area { x: at.x - REACH, y: at.y - REACH, width: 2.0 * REACH, height: 2.0 * REACH };
        scene.hits.push(Hit { area, text: sample.text.clone(), link: sample.link.clone() });
    }
}

fn cross(scene: &mut Scene, at: Point) {
    for flip in [-1.0, 1.0] {
        let from = Point { x: at.x - 4.0, y: at.y - 4.0 * flip };
        let to = Point { x: at.x + 4.0, y: at.y + 4.0 * flip };
        scene.line(vec![from, to], Ink::Bad, 1.5);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(samples: &[Sample]) -> Scene {
        let plain = |v: f64| format!("{v}");
        let axis = |log| Extent { title: "axis".into(), log };
        let parts = Curve {
            samples,
            x: axis(true),
            y: axis(false),
            steps: false,
            ideal: &[],
            empty: "nothing",
            x_tick: &plain,
            y_tick: &plain,
        };
        curve(&parts, 500.0, 280.0)
    }

    fn sample(x: f64, y: Option<f64>) -> Sample {
        Sample { x, y, text: format!("{x}"), ..Sample::default() }
    }

    #[test]
    fn no_points_say_so() {
        let scene = chart(&[]);
        assert_eq!(scene.marks.len(), 1);
    }

    #[test]
    fn a_point_can_be_pointed_at_and_lies_inside() {
        let scene = chart(&[sample(8.0, Some(1.0)), sample(16.0, None), sample(32.0, Some(2.0))]);
        for hit in &scene.hits {
            let at = Point { x: hit.area.x + REACH, y: hit.area.y + REACH };
            let found = scene.hit(at).map(|found| scene.hits[found].text.as_str());
            assert_eq!(found, Some(hit.text.as_str()));
            assert!((0.0..=500.0).contains(&at.x) && (0.0..=280.0).contains(&at.y));
        }
    }

    #[test]
    fn hostile_values_stay_finite() {
        let scene = chart(&[
            sample(0.0, Some(f64::NAN)),
            sample(1.0, Some(f64::INFINITY)),
            sample(2.0, Some(5.0)),
        ]);
        for hit in &scene.hits {
            assert!(hit.area.x.is_finite() && hit.area.y.is_finite());
        }
    }

    #[test]
    fn steps_hold_the_earlier_place_before_they_turn() {
        let plain = |v: f64| format!("{v}");
        let samples = [sample(1.0, Some(1.0)), sample(2.0, Some(3.0))];
        let axis = |title: &str| Extent { title: title.into(), log: false };
        let parts = Curve {
            samples: &samples,
            x: axis("x"),
            y: axis("y"),
            steps: true,
            ideal: &[],
            empty: "nothing",
            x_tick: &plain,
            y_tick: &plain,
        };
        let scene = curve(&parts, 400.0, 300.0);
        let line = scene.marks.iter().find_map(|mark| match mark {
            Mark::Line { points, ink: Ink::Accent, .. } => Some(points.clone()),
            _ => None,
        });
        let line = line.unwrap();
        assert_eq!(line.len(), 3);
        assert_eq!((line[0].x, line[2].y), (line[1].x, line[1].y));
    }
}
