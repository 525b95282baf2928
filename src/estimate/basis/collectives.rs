//! F4: communication of one stage, collective by collective, with the link that decides each.

use crate::estimate::Book;
use crate::estimate::memory::{Elements, gcd};
use crate::estimate::network::{Crossing, Extent};
use crate::estimate::work::Shape;
use crate::layout::{ContextKind, Layout, Placement, ZeroStage};
use crate::model::Mixer;
use crate::units::{Bytes, BytesPerSecond, Seconds};

/// The link that decides how long a collective takes: `bytes (1 - from / to) / (split rate) +
/// latency`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossed {
    /// Network level, innermost 0.
    pub level: usize,
    /// Members of the group below that level.
    pub from: u64,
    /// Members at it.
    pub to: u64,
    /// Members that share the load of one.
    pub split: u64,
    /// What collectives reach of its rate.
    pub rate: BytesPerSecond,
    /// Time of all messages, whatever their size.
    pub latency: Seconds,
}

/// What replicas owe one another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collective {
    /// What it does.
    pub kind: CollectiveKind,
    /// Of routed experts, or of all else.
    pub experts: bool,
    /// With each micro-batch, or once a step.
    pub each: bool,
    /// Times: an all-reduce is two.
    pub rounds: u32,
    /// Bytes gathered or reduced in one round.
    pub bytes: Bytes,
    /// The link that decides.
    pub link: Crossed,
}

/// What a collective between replicas does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CollectiveKind {
    /// Gradients are summed and split over the ZeRO group.
    ReduceGradients,
    /// Copies of the split sum theirs.
    SumCopies,
    /// Split parameters are gathered.
    GatherParameters,
}

/// One send of a micro-batch's activations to the next stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SendBasis {
    /// All of its time.
    pub time: Seconds,
    /// Bytes that each rank sends.
    pub bytes: Bytes,
    /// The link that they cross.
    pub link: Crossed,
    /// Bytes that the receivers gather after that, and the link that decides how long it takes.
    pub gathered: Option<(Bytes, Crossed)>,
}

/// Communication within layers: one of the rounds that each layer makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exchange {
    /// What it is.
    pub kind: ExchangeKind,
    /// Bytes of one round.
    pub bytes: Bytes,
    /// The link that decides.
    pub link: Crossed,
    /// Seconds of one round.
    pub time: Seconds,
}

/// Which communication within a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExchangeKind {
    /// An all-gather or reduce-scatter of the hidden states over tensor-parallel ranks.
    Tensor,
    /// A block of keys and values passed to the next context-parallel rank.
    ContextRing,
    /// Keys and values gathered over context-parallel ranks.
    ContextGather,
    /// Tokens sent to their experts.
    Dispatch,
}

impl Crossed {
    /// Seconds of a collective of that many bytes.
    #[must_use]
    pub fn time(&self, bytes: Bytes) -> Seconds {
        let share = (1.0 - self.from as f64 / self.to as f64) / self.split as f64;
        Seconds::new(bytes.as_f64() * share / self.rate.get()) + self.latency
    }

    fn of(crossing: &Crossing) -> Self {
        Self {
            level: crossing.level,
            from: crossing.from as u64,
            to: crossing.to.max(1.0) as u64,
            split: crossing.split.max(1.0) as u64,
            rate: BytesPerSecond::new(crossing.rate),
            latency: Seconds::new(crossing.latency),
        }
    }
}

impl Book<'_> {
    /// One round of each kind of communication within the layers.
    pub(super) fn exchanges(&self, layout: &Layout, shape: &Shape) -> Vec<Exchange> {
        let mut all = Vec::new();
        let mut add = |kind, bytes: f64, crossing: Crossing| {
            let (bytes, link) = (Bytes::from_f64(bytes), Crossed::of(&crossing));
            all.push(Exchange { kind, bytes, link, time: link.time(bytes) });
        };
        let (tp, cp) = (u64::from(layout.tp), u64::from(layout.cp));
        let net = &self.network;
        if tp > 1 {
            let bytes = 2.0 * shape.tokens * self.hidden;
            let extent = net.line(1, tp);
            let crossing =
                if layout.sp { net.gather_crossing(&extent) } else { net.sum_crossing(&extent) };
            add(ExchangeKind::Tensor, bytes, crossing);
        }
        let attention = self.case.model.kinds.iter().find_map(|kind| kv_width(&kind.mixer, shape));
        if let Some(width) = attention.filter(|_| cp > 1) {
            let extent = net.line(tp, cp);
            let block = 2.0 * shape.tokens * width;
            match layout.cp_kind {
                ContextKind::Ring => {
                    add(ExchangeKind::ContextRing, block, net.pass_crossing(&extent));
                }
                ContextKind::Gather => {
                    let crossing = net.gather_crossing(&extent);
                    add(ExchangeKind::ContextGather, block * shape.cp, crossing);
                }
                ContextKind::Ulysses => {}
            }
        }
        let moe = self.case.model.kinds.iter().find_map(|kind| kind.ffn.moe());
        if let Some(moe) = moe.filter(|_| layout.ep > 1) {
            let extent = net.line(u64::from(layout.etp), u64::from(layout.ep));
            let copies = self.copies(moe, &extent, shape.ep);
            let width = moe.latent.map_or(self.hidden, f64::from);
            let bytes = shape.tokens / shape.tp * copies * width * self.dispatch_bytes;
            add(ExchangeKind::Dispatch, bytes, net.exchange_crossing(&extent));
        }
        all
    }

    /// What one send to the next stage follows from, all of which takes `time`.
    pub(super) fn send_basis(&self, layout: &Layout, shape: &Shape, time: f64) -> SendBasis {
        let inside = u64::from(layout.tp) * u64::from(layout.cp);
        let stride = match layout.placement {
            Placement::PipelineOutside => inside * u64::from(layout.dp),
            Placement::PipelineInside => inside,
        };
        let extent = self.network.line(stride, u64::from(layout.pp));
        let whole = 2.0 * shape.tokens * self.hidden;
        let gathered = (!layout.sp && layout.tp > 1).then(|| {
            let ranks = self.network.line(1, u64::from(layout.tp));
            (Bytes::from_f64(whole), Crossed::of(&self.network.gather_crossing(&ranks)))
        });
        SendBasis {
            time: Seconds::new(time),
            bytes: Bytes::from_f64(whole / shape.tp),
            link: Crossed::of(&self.network.pass_crossing(&extent)),
            gathered,
        }
    }

    /// What the replicas of a stage owe one another, collective by collective.
    pub(super) fn collectives(&self, layout: &Layout, elements: &Elements) -> Vec<Collective> {
        let groups = Groups::new(self, layout);
        let copies = &self.case.stack.profile.weights;
        let kept = self.case.training.optimizer.gradients.bytes() as f64;
        let wire = f64::from(copies.wire_gradient).min(kept);
        let gathered = f64::from(copies.gathered);
        let zero = layout.zero;
        let trained = elements.trained();
        let mut all = Vec::new();
        for experts in [false, true] {
            let n = if experts { trained.1 } else { trained.0 } as f64;
            let all_of = if experts { elements.experts } else { elements.dense() } as f64;
            let (split, beyond, by) = groups.of(experts);
            let mut add = |kind, each, rounds, bytes: f64, extent: &Extent| {
                let crossing = match kind {
                    CollectiveKind::SumCopies => self.network.sum_crossing(extent),
                    _ => self.network.gather_crossing(extent),
                };
                let link = Crossed::of(&crossing);
                if link.to > link.from && bytes > 0.0 {
                    let bytes = Bytes::from_f64(bytes);
                    all.push(Collective { kind, experts, each, rounds, bytes, link });
                }
            };
            add(CollectiveKind::SumCopies, false, 2, n * wire / by, beyond);
            if zero >= ZeroStage::One {
                let each = zero >= ZeroStage::Two;
                add(CollectiveKind::ReduceGradients, each, 1, n * wire, split);
                let each = zero == ZeroStage::Three;
                let n = if each { all_of } else { n };
                add(CollectiveKind::GatherParameters, each, 1, n * gathered, split);
            }
        }
        all
    }
}

/// Ranks that ZeRO splits over, and the copies of the split, for all but experts and for experts.
struct Groups {
    split: [Extent; 2],
    beyond: [Extent; 2],
    by: [f64; 2],
}

impl Groups {
    fn new(book: &Book<'_>, layout: &Layout) -> Self {
        let (tp, cp, dp) = (u64::from(layout.tp), u64::from(layout.cp), u64::from(layout.dp));
        let far = match layout.placement {
            Placement::PipelineOutside => tp * cp,
            Placement::PipelineInside => tp * cp * u64::from(layout.pp),
        };
        let shard = u64::from(layout.shard);
        let inner = gcd(shard, cp);
        let outer = (shard / inner).min(dp).max(1);
        let folded = u64::from(layout.ep) * u64::from(layout.etp);
        let replicas = (tp * cp * dp / folded).max(1);
        let expert_shard = gcd(replicas, shard);
        let near = if layout.placement == Placement::PipelineInside { far } else { folded };
        let net = &book.network;
        Self {
            split: [net.extent(tp, inner, far, outer), net.line(near, expert_shard)],
            beyond: [
                net.extent(tp * inner, cp / inner, far * outer, dp / outer),
                net.line(near * expert_shard, replicas / expert_shard),
            ],
            by: [shard as f64, expert_shard as f64],
        }
    }

    fn of(&self, experts: bool) -> (&Extent, &Extent, f64) {
        let [dense, routed] = &self.split;
        let [dense_beyond, routed_beyond] = &self.beyond;
        let [by, routed_by] = self.by;
        if experts { (routed, routed_beyond, routed_by) } else { (dense, dense_beyond, by) }
    }
}

/// Width of the keys and values of a mixer on one rank.
fn kv_width(mixer: &Mixer, shape: &Shape) -> Option<f64> {
    match mixer {
        Mixer::Attention(a) => {
            let heads = (f64::from(a.kv_heads) / shape.tp).max(1.0);
            Some(heads * f64::from(a.head_dim + a.v_head_dim))
        }
        Mixer::Mla(m) => {
            let heads = f64::from(m.heads) / shape.tp;
            Some(heads * f64::from(m.qk_nope + m.qk_rope + m.v_head_dim))
        }
        Mixer::Linear(_) | Mixer::None => None,
    }
}
