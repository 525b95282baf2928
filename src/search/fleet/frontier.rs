//! Points that no other beats.

use crate::units::{Dollars, KilogramsCo2, Seconds};

/// What is traded against time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Aim {
    /// Dollars.
    #[default]
    Cost,
    /// Carbon.
    Carbon,
    /// Dollars and carbon: a point stays that is best in some trade of all three.
    Both,
    /// Dollars against carbon, whatever the time.
    Green,
}

/// One way to run the whole training.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Time of all steps.
    pub busy: Seconds,
    /// Time from start to end, failures included.
    pub time: Seconds,
    /// Money.
    pub cost: Dollars,
    /// Carbon of machines and building; unbounded where it is not known.
    pub carbon: KilogramsCo2,
    /// Index of the kind of machine.
    pub kind: u32,
    /// Index of the size.
    pub size: u32,
    /// Accelerators.
    pub count: u32,
    /// Index of the way to buy.
    pub lot: u32,
}

/// What is compared of a point; what is not aimed at is nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Worth {
    time: f64,
    cost: f64,
    carbon: f64,
}

impl Worth {
    pub(super) fn of(point: &Point, aim: Aim) -> Self {
        let (cost, carbon) = (point.cost.get(), point.carbon.get());
        let time = point.time.get();
        match aim {
            Aim::Cost => Self { time, cost, carbon: 0.0 },
            Aim::Carbon => Self { time, cost: 0.0, carbon },
            Aim::Both => Self { time, cost, carbon },
            Aim::Green => Self { time: 0.0, cost, carbon },
        }
    }

    /// Times a factor just below 1: a bound that rounding lifts never cuts what equals it.
    pub(super) fn shrunk(self, factor: f64) -> Self {
        let Self { time, cost, carbon } = self;
        Self { time: time * factor, cost: cost * factor, carbon: carbon * factor }
    }

    /// What is traded against time.
    pub(super) fn price(self) -> f64 {
        self.cost.max(self.carbon)
    }

    /// No worse in anything.
    fn covers(&self, other: &Self) -> bool {
        self.time <= other.time && self.cost <= other.cost && self.carbon <= other.carbon
    }
}

/// Whether a point of the frontier is better in everything, or as good in some and better in the others.
pub(super) fn beaten(frontier: &[Point], worth: &Worth, aim: Aim) -> bool {
    frontier.iter().any(|point| {
        let other = Worth::of(point, aim);
        other.covers(worth) && other != *worth
    })
}

/// Adds a point unless another beats it, and drops those that it beats. Of equal ones the first by kind, count and way
/// to buy stays, whatever the order in which they come.
pub(super) fn add(frontier: &mut Vec<Point>, point: Point, aim: Aim) {
    let worth = Worth::of(&point, aim);
    let place = |point: &Point| (point.kind, point.count, point.lot);
    for other in frontier.iter() {
        let has = Worth::of(other, aim);
        if has.covers(&worth) && (has != worth || place(other) <= place(&point)) {
            return;
        }
    }
    frontier.retain(|other| !worth.covers(&Worth::of(other, aim)));
    let order = |point: &Point| (point.time, point.cost, point.carbon);
    let at = frontier.partition_point(|other| order(other) <= order(&point));
    frontier.insert(at, point);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time: f64, cost: f64, carbon: f64, kind: u32) -> Point {
        Point {
            busy: Seconds::new(time),
            time: Seconds::new(time),
            cost: Dollars::new(cost),
            carbon: KilogramsCo2::new(carbon),
            kind,
            size: 0,
            count: 8,
            lot: 0,
        }
    }

    #[test]
    fn what_is_beaten_leaves_and_equals_keep_the_first() {
        let points =
            [(3.0, 1.0, 9.0, 0), (1.0, 3.0, 1.0, 1), (2.0, 3.0, 0.5, 2), (1.0, 3.0, 1.0, 0)];
        let kinds = |aim, order: &[usize]| {
            let mut frontier = Vec::new();
            for i in order {
                let (time, cost, carbon, kind) = points[*i];
                add(&mut frontier, point(time, cost, carbon, kind), aim);
            }
            frontier.iter().map(|point| (point.time.get(), point.kind)).collect::<Vec<_>>()
        };
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]] {
            assert_eq!(kinds(Aim::Cost, &order), [(1.0, 0), (3.0, 0)]);
            assert_eq!(kinds(Aim::Both, &order), [(1.0, 0), (2.0, 2), (3.0, 0)]);
            assert_eq!(kinds(Aim::Carbon, &order), [(1.0, 0), (2.0, 2)]);
        }
    }
}
