//! Which commitments to sign when, as demand rises and falls.
//!
//! Covering demand with intervals of fixed length is a minimum-cost flow: a unit of flow goes from the start of each
//! piece of time to its end by the hour, or over a whole term by a commitment, and back for nothing where more is
//! bought than is wanted (Veinott and Wagner, "Optimal capacity scheduling", Operations Research 10, 1962). Shortest
//! paths, one after the other, find the exact optimum (Ahuja, Magnanti and Orlin, "Network Flows", 1993, section 9.7).

use super::Tariff;
use super::reserve::{Demand, cheapest};
use crate::units::{Dollars, Seconds};

/// Most pieces of time: the months of ten years.
pub const STAGES_MAX: usize = 120;

/// Commitments signed at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signing {
    /// At the start of which piece of time.
    pub piece: usize,
    /// Which of the commitments.
    pub commitment: usize,
    /// How many, counted as demand is.
    pub accelerators: u32,
}

/// The cheapest commitments and bursts.
#[derive(Clone, Debug, PartialEq)]
pub struct Staged {
    /// What to sign, in order of time.
    pub signings: Vec<Signing>,
    /// For commitments.
    pub committed: Dollars,
    /// For bursts.
    pub bursts: Dollars,
}

impl Staged {
    /// Commitments and bursts.
    #[must_use]
    pub fn cost(&self) -> Dollars {
        self.committed + self.bursts
    }
}

/// The cheapest commitments, each signed at the start of some piece and paid for its whole term, and bursts; nothing
/// where there is no demand, too much of it, or no way to burst. A term counts for the pieces that it covers whole.
#[must_use]
pub fn staged(demand: &[Demand], commitments: &[Tariff], bursts: &[Tariff]) -> Option<Staged> {
    if demand.is_empty() || demand.len() > STAGES_MAX {
        return None;
    }
    let (_, burst) = cheapest(bursts, |tariff| tariff.per_useful().get())?;
    let mut flow = Flow::new(demand, commitments, burst);
    flow.settle();
    let paid = |wanted: bool| {
        let own = flow.arcs.iter().filter(move |arc| arc.signing.is_some() == wanted);
        own.map(|arc| arc.cost * arc.flow as f64).sum::<f64>()
    };
    let signings = flow.arcs.iter().filter(|arc| arc.flow > 0).filter_map(|arc| {
        let (piece, commitment) = arc.signing?;
        let accelerators = u32::try_from(arc.flow).unwrap_or(u32::MAX);
        Some(Signing { piece, commitment, accelerators })
    });
    Some(Staged {
        signings: signings.collect(),
        committed: Dollars::new(paid(true)),
        bursts: Dollars::new(paid(false)),
    })
}

struct Arc {
    from: usize,
    to: usize,
    cost: f64,
    flow: i64,
    signing: Option<(usize, usize)>,
}

struct Flow {
    arcs: Vec<Arc>,
    /// What each moment sends out beyond what reaches it.
    excess: Vec<i64>,
}

/// How a moment is reached: over which arc, and whether against it.
type Step = Option<(usize, bool)>;

impl Flow {
    fn new(demand: &[Demand], commitments: &[Tariff], burst: &Tariff) -> Self {
        let n = demand.len();
        let mut arcs = Vec::new();
        let mut excess = vec![0; n + 1];
        for (i, piece) in demand.iter().enumerate() {
            let wanted = i64::from(piece.accelerators);
            excess[i] += wanted;
            excess[i + 1] -= wanted;
            let cost = (burst.per_useful() * piece.time).get();
            arcs.push(Arc { from: i, to: i + 1, cost, flow: 0, signing: None });
            arcs.push(Arc { from: i + 1, to: i, cost: 0.0, flow: 0, signing: None });
            for (j, tariff) in commitments.iter().enumerate() {
                let to = reached(demand, i, tariff.least);
                let cost = (tariff.per_useful() * tariff.least).get();
                if to > i {
                    arcs.push(Arc { from: i, to, cost, flow: 0, signing: Some((i, j)) });
                }
            }
        }
        Self { arcs, excess }
    }

    /// Sends all excess to where it is wanting, each time by the cheapest way.
    fn settle(&mut self) {
        while let Some(from) = self.excess.iter().position(|excess| *excess > 0) {
            let (costs, steps) = self.cheapest_ways(from);
            let wanting = (0..costs.len()).filter(|i| self.excess[*i] < 0 && costs[*i] < f64::MAX);
            let Some(to) = wanting.min_by(|a, b| costs[*a].total_cmp(&costs[*b])) else {
                return;
            };
            self.send(from, to, &steps);
        }
    }

    /// What it costs to reach each moment, and over which arc (Bellman and Ford).
    fn cheapest_ways(&self, from: usize) -> (Vec<f64>, Vec<Step>) {
        let n = self.excess.len();
        let (mut costs, mut steps) = (vec![f64::MAX; n], vec![None; n]);
        costs[from] = 0.0;
        for _ in 0..n {
            let mut settled = true;
            for (i, arc) in self.arcs.iter().enumerate() {
                let ways =
                    [(arc.from, arc.to, arc.cost, false), (arc.to, arc.from, -arc.cost, true)];
                for (a, b, cost, back) in ways {
                    let open = costs[a] < f64::MAX && (!back || arc.flow > 0);
                    // Rounding must not look like a cheaper way.
                    let slack = 1e-12 * (costs[a].abs() + cost.abs());
                    if open && costs[a] + cost + slack < costs[b] {
                        (costs[b], steps[b]) = (costs[a] + cost, Some((i, back)));
                        settled = false;
                    }
                }
            }
            if settled {
                break;
            }
        }
        (costs, steps)
    }

    fn send(&mut self, from: usize, to: usize, steps: &[Step]) {
        let mut way = Vec::new();
        let mut at = to;
        while at != from && way.len() < steps.len() {
            let Some((arc, back)) = steps[at] else { return };
            way.push((arc, back));
            at = if back { self.arcs[arc].to } else { self.arcs[arc].from };
        }
        let room = way.iter().filter(|step| step.1).map(|step| self.arcs[step.0].flow).min();
        let most = self.excess[from].min(-self.excess[to]).min(room.unwrap_or(i64::MAX));
        for (arc, back) in way {
            self.arcs[arc].flow += if back { -most } else { most };
        }
        self.excess[from] -= most;
        self.excess[to] += most;
    }
}

/// The last moment until which a term covers whole pieces.
fn reached(demand: &[Demand], start: usize, term: Seconds) -> usize {
    let mut covered = 0.0;
    let mut to = start;
    for piece in demand.iter().skip(start) {
        covered += piece.time.get();
        if covered > term.get() * (1.0 + 1e-9) {
            break;
        }
        to += 1;
    }
    to
}
