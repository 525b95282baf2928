//! What was said against what was measured, over two equal logarithmic axes.

use super::{Align, Area, Hit, Ink, Mark, Point, Scale, Scene, log_ticks, text_width};

/// One measurement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spot {
    /// What was measured.
    pub measured: f64,
    /// What was said.
    pub said: f64,
    /// Number of its category; see [`style`].
    pub category: u32,
    /// Whether it is one of those that the user should look at.
    pub marked: bool,
    /// The link it leads to.
    pub link: Option<String>,
}

/// All of a scatter but its width.
pub struct Scatter<'a> {
    /// The measurements.
    pub spots: &'a [Spot],
    /// What is across and up, with the unit.
    pub titles: (&'a str, &'a str),
    /// Width of the band about the diagonal: 0.2 for 20 %.
    pub band: f64,
    /// What to say where there are no spots.
    pub empty: &'a str,
    /// Names a place on either axis.
    pub tick: &'a dyn Fn(f64) -> String,
}

const HEAD: f64 = 24.0;
const FOOT: f64 = 42.0;
const RADIUS: f64 = 3.2;
const REACH: f64 = 12.0;
/// Categories that have a colour of their own in each shape; the last colour is for the rest.
const COLOURS: u32 = 7;
const SHAPES: u32 = 3;

/// Colour and shape (0 disc, 1 square, 2 triangle) of a category.
#[must_use]
pub fn style(category: u32) -> (u8, u8) {
    if category < COLOURS * SHAPES {
        ((category % COLOURS) as u8, (category / COLOURS) as u8)
    } else {
        (COLOURS as u8, 0)
    }
}

/// The spots with the diagonal and the band about it; `scene.hits` has the order of the spots.
#[must_use]
pub fn scatter(chart: &Scatter<'_>, width: f64) -> Scene {
    let height = (width * 0.72).clamp(260.0, 480.0);
    let mut scene = Scene::new(width, height);
    let Some(ends) = ends(chart.spots) else {
        scene.text(width / 2.0, height / 2.0, chart.empty, Ink::Muted, Align::Middle);
        return scene;
    };
    let ticks = log_ticks(ends.0, ends.1);
    let names: Vec<String> = ticks.iter().map(|tick| (chart.tick)(*tick)).collect();
    let left = names.iter().map(|name| text_width(name)).fold(0.0, f64::max) + 10.0;
    let right = (width - 1.0).max(left + 1.0);
    let frame = (Point { x: left, y: HEAD }, Point { x: right, y: height - FOOT });
    let x = Scale::log(ends, (frame.0.x, frame.1.x));
    let y = Scale::log(ends, (frame.1.y, frame.0.y));
    band(&mut scene, chart.band, ends, (&x, &y));
    grid(&mut scene, frame, (&ticks, &names), (&x, &y));
    let (across, up) = chart.titles;
    scene.text(0.0, 7.0, up, Ink::Muted, Align::Start);
    scene.text(width, height - 8.0, across, Ink::Muted, Align::End);
    let corners = [ends.0, ends.1].map(|value| Point { x: x.at(value), y: y.at(value) });
    scene.line(corners.to_vec(), Ink::Muted, 1.0);
    let places: Vec<Point> = chart
        .spots
        .iter()
        .map(|spot| Point { x: x.at(spot.measured), y: y.at(spot.said) })
        .collect();
    for marked in [false, true] {
        for (spot, at) in chart.spots.iter().zip(&places).filter(|(spot, _)| spot.marked == marked)
        {
            draw(&mut scene, spot, *at);
        }
    }
    for (spot, at) in chart.spots.iter().zip(&places) {
        let area =
            Area { x: at.x - REACH, y: at.y - REACH, width: 2.0 * REACH, height: 2.0 * REACH };
        scene.hits.push(Hit { area, text: String::new(), link: spot.link.clone() });
    }
    scene
}

/// Both axes run from the least to the greatest of all values, with some room.
fn ends(spots: &[Spot]) -> Option<(f64, f64)> {
    let values = spots.iter().flat_map(|spot| [spot.measured, spot.said]);
    let usable = values.filter(|value| value.is_finite() && *value > 0.0);
    let (low, high) = usable
        .fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)));
    (low <= high).then_some((low / 1.25, high * 1.25))
}

/// What lies within the share `width` of the diagonal, cut to the frame.
fn band(scene: &mut Scene, width: f64, ends: (f64, f64), (x, y): (&Scale, &Scale)) {
    let factor = (1.0 + width).min(ends.1 / ends.0);
    let corners = [
        (ends.0, ends.0),
        (ends.0, ends.0 * factor),
        (ends.1 / factor, ends.1),
        (ends.1, ends.1),
        (ends.1, ends.1 / factor),
        (ends.0 * factor, ends.0),
    ];
    let points = corners.map(|(across, up)| Point { x: x.at(across), y: y.at(up) });
    scene.marks.push(Mark::Polygon { points: points.to_vec(), ink: Ink::Wash });
}

fn grid(
    scene: &mut Scene,
    (from, to): (Point, Point),
    (ticks, names): (&[f64], &[String]),
    (x, y): (&Scale, &Scale),
) {
    let mut free_from = f64::NEG_INFINITY;
    for (tick, name) in ticks.iter().zip(names) {
        let (across, up) = (x.at(*tick), y.at(*tick));
        scene.line(vec![Point { x: from.x, y: up }, Point { x: to.x, y: up }], Ink::Grid, 1.0);
        let upright = vec![Point { x: across, y: from.y }, Point { x: across, y: to.y }];
        scene.line(upright, Ink::Grid, 1.0);
        scene.text(from.x - 6.0, up, name.clone(), Ink::Muted, Align::End);
        let half = text_width(name) / 2.0;
        let centre = across.min(scene.width - half);
        if centre - half >= free_from {
            free_from = centre + half + 8.0;
            scene.text(centre, to.y + 14.0, name.clone(), Ink::Muted, Align::Middle);
        }
    }
}

fn draw(scene: &mut Scene, spot: &Spot, at: Point) {
    let (colour, shape) = style(spot.category);
    let radius = if spot.marked { RADIUS + 1.0 } else { RADIUS };
    if spot.marked {
        scene.marks.push(Mark::Dot { at, radius: radius + 5.0, ink: Ink::Surface, filled: true });
        scene.marks.push(Mark::Dot { at, radius: radius + 3.5, ink: Ink::Text, filled: false });
    }
    let ink = if spot.marked { Ink::Series(colour) } else { Ink::Pale(colour) };
    let mark = match shape {
        0 => Mark::Dot { at, radius, ink, filled: true },
        1 => {
            let side = radius * 1.8;
            let (left, top) = (at.x - side / 2.0, at.y - side / 2.0);
            let area = Area { x: left, y: top, width: side, height: side };
            Mark::Rect { area, ink, hatched: false }
        }
        _ => {
            let (half, tall) = (radius * 1.15, radius * 1.1);
            let corners = [(0.0, -tall), (half, tall * 0.8), (-half, tall * 0.8)];
            let points = corners.map(|(dx, dy)| Point { x: at.x + dx, y: at.y + dy });
            Mark::Polygon { points: points.to_vec(), ink }
        }
    };
    scene.marks.push(mark);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(measured: f64, said: f64) -> Spot {
        Spot { measured, said, ..Spot::default() }
    }

    fn chart(spots: &[Spot], width: f64) -> Scene {
        let parts = Scatter {
            spots,
            titles: ("Measured, s", "Said, s"),
            band: 0.2,
            empty: "nothing",
            tick: &|value| format!("{value}"),
        };
        scatter(&parts, width)
    }

    fn polygon(scene: &Scene) -> &[Point] {
        let found = scene.marks.iter().find_map(|mark| match mark {
            Mark::Polygon { points, ink: Ink::Wash } => Some(points),
            _ => None,
        });
        found.expect("a band")
    }

    #[test]
    fn nothing_says_so() {
        assert_eq!(chart(&[], 600.0).marks.len(), 1);
        assert_eq!(chart(&[spot(f64::NAN, 0.0)], 600.0).marks.len(), 1);
    }

    #[test]
    fn what_is_right_lies_on_the_diagonal_and_each_spot_answers() {
        let spots = [spot(1.0, 1.0), spot(10.0, 10.0), spot(100.0, 50.0)];
        let scene = chart(&spots, 700.0);
        let diagonal = scene.marks.iter().find_map(|mark| match mark {
            Mark::Line { points, ink: Ink::Muted, .. } => Some(points.clone()),
            _ => None,
        });
        let diagonal = diagonal.expect("a diagonal");
        let (from, to) = (diagonal[0], diagonal[1]);
        let slope = (to.y - from.y) / (to.x - from.x);
        let above = |at: Point| from.y + slope * (at.x - from.x) - at.y;
        for (i, hit) in scene.hits.iter().enumerate() {
            let at = hit.area.centre();
            assert_eq!(scene.hit(at), Some(i));
            if i < 2 {
                assert!(above(at).abs() < 1e-6);
            } else {
                assert!(above(at) < -10.0, "said too little lies below");
            }
        }
    }

    #[test]
    fn the_nearest_spot_answers_where_areas_overlap() {
        let scene = chart(&[spot(1.0, 1.0), spot(1.02, 1.02), spot(50.0, 50.0)], 700.0);
        let (first, second) = (scene.hits[0].area.centre(), scene.hits[1].area.centre());
        assert!(scene.hits[1].area.contains(first), "they overlap");
        assert_eq!(scene.hit(first), Some(0));
        assert_eq!(scene.hit(second), Some(1));
        assert_eq!(scene.hit(Point { x: first.x - 3.0, y: first.y }), Some(0));
        assert_eq!(scene.hit(Point { x: 350.0, y: 40.0 }), None);
    }

    #[test]
    fn the_band_is_as_wide_as_it_says_and_stays_in_the_frame() {
        for width in [200.0, 360.0, 1200.0] {
            let scene = chart(&[spot(0.2, 0.3), spot(900.0, 700.0)], width);
            let band = polygon(&scene);
            // Corners 0 and 1 are 20 % apart, corners 0 and 3 the whole axis.
            let whole = (900.0f64 * 1.25 / (0.2 / 1.25)).ln();
            let share = (band[0].y - band[1].y) / (band[0].y - band[3].y);
            assert!((share - 1.2f64.ln() / whole).abs() < 1e-9);
            for at in band
                .iter()
                .chain(scene.hits.iter().map(|h| h.area.centre()).collect::<Vec<_>>().iter())
            {
                assert!((0.0..=scene.width).contains(&at.x), "{width}: {at:?}");
                assert!((0.0..=scene.height).contains(&at.y), "{width}: {at:?}");
            }
        }
    }

    #[test]
    fn styles_of_the_first_categories_all_differ() {
        let styles: Vec<_> = (0..21).map(style).collect();
        for (i, one) in styles.iter().enumerate() {
            assert!(!styles[..i].contains(one));
            assert!(one.0 < super::super::SERIES - 1 && one.1 < 3);
        }
        assert_eq!((style(21), style(900)), ((7, 0), (7, 0)));
    }
}
