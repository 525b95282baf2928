//! Draws a scene on a plotters backend.

use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontFamily, FontStyle, RGBAColor, ShapeStyle, TextStyle};

use super::{Align, Area, Ink, Mark, Point, Scene, TEXT_SIZE};

/// The colours and the font of a theme.
pub trait Palette {
    /// Red, green and blue, 0 to 255, and opacity, 0 to 1.
    fn colour(&self, ink: Ink) -> (u8, u8, u8, f64);
    /// A CSS font family.
    fn font(&self) -> &str;
}

/// Distance between diagonal lines of a hatched area, in CSS pixels.
const HATCH: f64 = 5.0;

/// Draws `scene` with `ratio` device pixels for one CSS pixel.
///
/// # Errors
/// What the backend reports.
pub fn paint<B: DrawingBackend>(
    scene: &Scene,
    backend: &mut B,
    palette: &impl Palette,
    ratio: f64,
) -> Result<(), String> {
    let mut brush = Brush { backend, palette, ratio };
    for mark in &scene.marks {
        brush.mark(mark)?;
    }
    brush.backend.present().map_err(|error| error.to_string())
}

struct Brush<'a, B, P> {
    backend: &'a mut B,
    palette: &'a P,
    ratio: f64,
}

impl<B: DrawingBackend, P: Palette> Brush<'_, B, P> {
    fn mark(&mut self, mark: &Mark) -> Result<(), String> {
        match mark {
            Mark::Rect { area, ink, hatched } => {
                self.rect(area, *ink)?;
                if *hatched && area.width > HATCH { self.hatch(area) } else { Ok(()) }
            }
            Mark::Line { points, ink, width, dashed: false } => self.line(points, *ink, *width),
            Mark::Line { points, ink, width, dashed: true } => self.dashes(points, *ink, *width),
            Mark::Polygon { points, ink } => {
                let style = self.stroke(*ink, 1.0).filled();
                let pixels: Vec<(i32, i32)> = points.iter().map(|at| self.pixel(*at)).collect();
                self.backend.fill_polygon(pixels, &style).map_err(text)
            }
            Mark::Dot { at, radius, ink, filled } => {
                let mut style = self.stroke(*ink, 1.5);
                style.filled = *filled;
                let radius = (radius * self.ratio).round() as u32;
                let at = self.pixel(*at);
                self.backend.draw_circle(at, radius, &style, *filled).map_err(text)
            }
            Mark::Text { at, text, ink, align, strong } => {
                self.label(*at, text, *ink, *align, *strong)
            }
        }
    }

    fn pixel(&self, at: Point) -> (i32, i32) {
        ((at.x * self.ratio).round() as i32, (at.y * self.ratio).round() as i32)
    }

    fn stroke(&self, ink: Ink, width: f64) -> ShapeStyle {
        let (r, g, b, alpha) = self.palette.colour(ink);
        let stroke_width = (width * self.ratio).round().max(1.0) as u32;
        ShapeStyle { color: RGBAColor(r, g, b, alpha), filled: false, stroke_width }
    }

    fn rect(&mut self, area: &Area, ink: Ink) -> Result<(), String> {
        let from = self.pixel(Point { x: area.x, y: area.y });
        let to = self.pixel(Point { x: area.x + area.width, y: area.y + area.height });
        let to = (to.0.max(from.0 + 1), to.1.max(from.1 + 1));
        let style = self.stroke(ink, 1.0).filled();
        self.backend.draw_rect(from, to, &style, true).map_err(text)
    }

    /// Diagonal lines in the background colour, cut to the area.
    fn hatch(&mut self, area: &Area) -> Result<(), String> {
        let (w, h) = (area.width, area.height);
        let n = ((w + h) / HATCH).min(2000.0) as u32;
        for i in 1..=n {
            let reach = f64::from(i) * HATCH;
            let low = Point { x: area.x + (reach - h).max(0.0), y: area.y + reach.min(h) };
            let high = Point { x: area.x + reach.min(w), y: area.y + (reach - w).max(0.0) };
            if low.x < high.x {
                self.line(&[low, high], Ink::Surface, 1.0)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, points: &[Point], ink: Ink, width: f64) -> Result<(), String> {
        let style = self.stroke(ink, width);
        let pixels: Vec<(i32, i32)> = points.iter().map(|at| self.pixel(*at)).collect();
        match pixels.as_slice() {
            // Only `draw_line` keeps upright and level lines sharp.
            [from, to] => self.backend.draw_line(*from, *to, &style).map_err(text),
            _ => self.backend.draw_path(pixels, &style).map_err(text),
        }
    }

    fn dashes(&mut self, points: &[Point], ink: Ink, width: f64) -> Result<(), String> {
        const DASH: f64 = 4.0;
        for pair in points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            let (dx, dy) = (to.x - from.x, to.y - from.y);
            let length = dx.hypot(dy);
            if length < 1e-6 {
                continue;
            }
            let along = |t: f64| Point { x: from.x + dx * t, y: from.y + dy * t };
            let n = (length / (2.0 * DASH)).ceil().min(2000.0) as u32;
            for i in 0..n {
                let start = f64::from(i) * 2.0 * DASH / length;
                let dash = [along(start), along((start + DASH / length).min(1.0))];
                self.line(&dash, ink, width)?;
            }
        }
        Ok(())
    }

    fn label(
        &mut self,
        at: Point,
        words: &str,
        ink: Ink,
        align: Align,
        strong: bool,
    ) -> Result<(), String> {
        let (r, g, b, alpha) = self.palette.colour(ink);
        let style = if strong { FontStyle::Bold } else { FontStyle::Normal };
        let family = FontFamily::Name(self.palette.font());
        let h_pos = match align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let colour = RGBAColor(r, g, b, alpha);
        let style = TextStyle::from((family, TEXT_SIZE * self.ratio, style))
            .color(&colour)
            .pos(Pos::new(h_pos, VPos::Center));
        let at = self.pixel(at);
        self.backend.draw_text(words, &style, at).map_err(text)
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::super::{Bar, waterfall};
    use super::*;
    use plotters::prelude::SVGBackend;

    struct Plain;

    impl Palette for Plain {
        fn colour(&self, ink: Ink) -> (u8, u8, u8, f64) {
            if let Ink::Series(i) = ink { (i, 0, 0, 1.0) } else { (9, 9, 9, 1.0) }
        }
        fn font(&self) -> &str {
            "sans-serif"
        }
    }

    #[allow(clippy::unwrap_used)]
    fn svg(scene: &Scene, ratio: f64) -> String {
        let mut out = String::new();
        let size = ((scene.width * ratio) as u32, (scene.height * ratio) as u32);
        let mut backend = SVGBackend::with_string(&mut out, size);
        paint(scene, &mut backend, &Plain, ratio).unwrap();
        drop(backend);
        out
    }

    fn scene(hatched: bool) -> Scene {
        let bar = Bar {
            label: "Weights".into(),
            value: 3.0,
            text: "3 GiB".into(),
            ink: Ink::Series(7),
            hatched,
        };
        waterfall(&[bar], (4.0, "limit"), 600.0)
    }

    #[test]
    fn every_word_and_bar_reaches_the_backend() {
        let drawn = svg(&scene(false), 1.0);
        for word in ["Weights", "3 GiB", "limit"] {
            assert!(drawn.contains(word), "{drawn}");
        }
        assert!(drawn.contains("#070000"), "{drawn}");
    }

    #[test]
    fn hatching_adds_lines_and_stays_inside() {
        let plain = svg(&scene(false), 1.0).matches("<line").count();
        let hatched = svg(&scene(true), 1.0).matches("<line").count();
        assert!(hatched > plain + 10, "{plain} {hatched}");
    }

    #[test]
    fn twice_the_pixels_is_twice_the_text() {
        // The SVG backend writes sizes over 1.24 (points to its own units).
        let size = |drawn: &str| {
            let at = drawn.find("font-size=\"").unwrap() + 11;
            drawn[at..].split('"').next().unwrap().parse::<f64>().unwrap()
        };
        let (one, two) = (size(&svg(&scene(false), 1.0)), size(&svg(&scene(false), 2.0)));
        assert!((two / one - 2.0).abs() < 1e-9, "{one} {two}");
    }
}
