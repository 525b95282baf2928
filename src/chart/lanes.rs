//! Blocks of work in lanes over one time axis.

use super::{Align, Area, Hit, Ink, Point, Scale, Scene, linear_ticks, text_width};

/// One lane.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneRow {
    /// Its name.
    pub label: String,
    /// Its blocks.
    pub blocks: Vec<LaneBlock>,
}

/// One block.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneBlock {
    /// Start on the axis.
    pub start: f64,
    /// End on the axis.
    pub end: f64,
    /// Its colour.
    pub ink: Ink,
    /// With diagonal lines across.
    pub hatched: bool,
    /// Short text inside, where there is room.
    pub mark: String,
    /// Text when pointed at.
    pub text: String,
}

const AXIS: f64 = 22.0;

/// Lanes below one another; `tick` names a place on the axis.
#[must_use]
pub fn lanes(rows: &[LaneRow], span: f64, width: f64, tick: &dyn Fn(f64) -> String) -> Scene {
    let n = rows.len().max(1) as f64;
    let pitch = (360.0 / n).clamp(9.0, 26.0);
    let labels = rows.iter().map(|row| text_width(&row.label)).fold(0.0, f64::max);
    let left = (labels + 10.0).min(width * 0.3);
    let scale = Scale::linear((0.0, span), (left, width - 1.0));
    let mut scene = Scene::new(width, pitch * n + AXIS);
    let every = (15.0 / pitch).ceil().max(1.0) as u32;
    axis(&mut scene, &scale, span, tick);
    for (i, row) in (0u32..).zip(rows) {
        let top = pitch * f64::from(i);
        if i.is_multiple_of(every) {
            let y = top + pitch / 2.0;
            scene.text(0.0, y, row.label.clone(), Ink::Muted, Align::Start);
        }
        let height = (pitch - if pitch > 12.0 { 3.0 } else { 1.0 }).max(1.0);
        for block in &row.blocks {
            let x = scale.at(block.start);
            let w = scale.at(block.end) - x;
            // A hair of space between neighbours, as long as there is room for it.
            let gap = if w > 3.0 { 1.0 } else { 0.0 };
            let area = Area { x, y: top + 1.0, width: (w - gap).max(0.5), height };
            scene.rect(area, block.ink, block.hatched);
            if pitch >= 14.0 && w > text_width(&block.mark) + 4.0 {
                let (cx, cy) = (x + w / 2.0, top + 1.0 + height / 2.0);
                scene.text(cx, cy, block.mark.clone(), Ink::Surface, Align::Middle);
            }
            let text = format!("{}: {}", row.label, block.text);
            scene.hits.push(Hit { area, text, link: None });
        }
    }
    scene
}

fn axis(scene: &mut Scene, scale: &Scale, span: f64, tick: &dyn Fn(f64) -> String) {
    let bottom = scene.height - AXIS;
    let n = (scene.width / 110.0).clamp(2.0, 10.0) as u32;
    for value in linear_ticks(0.0, span, n) {
        let x = scale.at(value);
        let line = vec![Point { x, y: 0.0 }, Point { x, y: bottom + 4.0 }];
        scene.line(line, Ink::Grid, 1.0);
        let label = tick(value);
        let half = text_width(&label) / 2.0;
        let x = x.min(scene.width - half);
        scene.text(x, bottom + 13.0, label, Ink::Muted, Align::Middle);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mark;
    use super::*;

    fn row(blocks: &[(f64, f64)]) -> LaneRow {
        let block = |&(start, end): &(f64, f64)| LaneBlock {
            start,
            end,
            ink: Ink::Series(0),
            hatched: false,
            mark: "0".into(),
            text: "forward".into(),
        };
        LaneRow { label: "Stage 0".into(), blocks: blocks.iter().map(block).collect() }
    }

    #[test]
    fn blocks_keep_their_lane_and_order() {
        let rows = [row(&[(0.0, 1.0), (1.0, 3.0)]), row(&[(1.0, 2.0)])];
        let scene = lanes(&rows, 4.0, 600.0, &|s| format!("{s} s"));
        let areas: Vec<Area> = scene.hits.iter().map(|hit| hit.area).collect();
        assert!(areas[0].x + areas[0].width <= areas[1].x);
        assert!(areas[2].y > areas[0].y);
        assert!(areas.iter().all(|a| a.x + a.width <= 600.0));
    }

    #[test]
    fn many_lanes_still_fit_their_scene() {
        let rows: Vec<LaneRow> = (0..128).map(|_| row(&[(0.0, 1.0)])).collect();
        let scene = lanes(&rows, 1.0, 320.0, &|s| format!("{s}"));
        for mark in &scene.marks {
            if let Mark::Rect { area, .. } = mark {
                assert!(area.y + area.height <= scene.height);
            }
        }
        assert!(scene.height < 1300.0);
    }

    #[test]
    fn an_empty_step_draws_nothing_broken() {
        let scene = lanes(&[], 0.0, 300.0, &|_| String::new());
        assert!(scene.height.is_finite());
        assert!(scene.hits.is_empty());
    }
}
