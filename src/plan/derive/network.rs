//! F6: derivations of communication.

use super::time::{Pass, pass_terms};
use super::{Explained, TIMES, derived, layers, sum, with};
use crate::estimate::{
    Basis, Collective, CollectiveKind, Crossed, Exchange, ExchangeKind, TimePart as P, WorkBasis,
};
use crate::layout::Schedule;
use crate::plan::Derivation;
use crate::units::text::fine;
use crate::units::{Bytes, Ratio, Seconds};

const COLLECTIVES: &str = "bandwidth terms: Thakur et al., \u{201c}Optimization of collective \
                           communication operations in MPICH\u{201d} (2005), section 4";
/// The constant of the stack in every latency.
const START: &str = "collective_us";
const MINUS: &str = "\u{2212}";

/// Communication that partly hides.
struct Hiding {
    /// All of its time.
    time: Seconds,
    /// Share that may hide.
    share: Ratio,
    /// What it may hide behind.
    cover: Seconds,
}

impl Hiding {
    /// `max(t x (1 - share), t - cover)`.
    fn text(&self) -> String {
        let (time, cover) = (fine::time(self.time), fine::time(self.cover));
        let share = fine::percent(self.share);
        format!("max({time} {TIMES} (1 {MINUS} {share}), {time} {MINUS} {cover})")
    }

    fn exposed(&self) -> Seconds {
        (self.time * (1.0 - self.share.get())).max(self.time.less(self.cover))
    }
}

impl Explained<'_> {
    pub(super) fn tensor(&self, basis: &Basis) -> Derivation {
        let share = self.case.stack.profile.overlap.tensor;
        let (terms, time) = self.within_layers(basis, |work| work.tensor);
        let hiding = Hiding { time, share, cover: basis.covers.tensor };
        let mut text = self.hidden_text(basis, &terms, &hiding, P::Tensor);
        if let Some(exchange) = exchange(basis, &[ExchangeKind::Tensor]) {
            text.push_str(&format!("; one collective {}", round_text(exchange)));
        }
        let formula = "m \u{d7} what products and waits for the host do not hide of \u{3a3} \
                       layers \u{d7} (forward + backward). Each block of a layer makes an \
                       all-gather and a reduce-scatter of 2 b s h / c bytes in each pass; one \
                       takes bytes (1 \u{2212} 1/t) / rate + latency, its start included";
        let source = format!("arXiv 2205.05198, section 4.2.2; {COLLECTIVES}");
        with(
            derived(formula, text, &source),
            &["overlap_tensor", link_constant(basis, ExchangeKind::Tensor), START],
        )
    }

    pub(super) fn context_parallel(&self, basis: &Basis) -> Derivation {
        let share = self.case.stack.profile.overlap.context;
        let (terms, time) = self.within_layers(basis, |work| work.context);
        let hiding = Hiding { time, share, cover: basis.covers.context };
        let mut text = self.hidden_text(basis, &terms, &hiding, P::Context);
        let kinds = [ExchangeKind::ContextRing, ExchangeKind::ContextGather];
        let found = exchange(basis, &kinds);
        if let Some(exchange) = found {
            text.push_str(&format!("; one round {}", round_text(exchange)));
        }
        let (formula, source) = match found.map(|exchange| exchange.kind) {
            Some(ExchangeKind::ContextRing) => (
                "m \u{d7} what attention and waits for the host do not hide of \u{3a3} layers \
                 \u{d7} (forward + backward). Keys and values of a rank, 2 b s / c \u{d7} kv \
                 heads \u{d7} (d_qk + d_v) bytes, are passed c \u{2212} 1 times \
                 forward, and with their gradients backward",
                "ring attention, arXiv 2310.01889",
            ),
            Some(_) => (
                "m \u{d7} what attention and waits for the host do not hide of \u{3a3} layers \
                 \u{d7} (forward + backward). Keys and values of all ranks are gathered \
                 forward, and twice backward",
                "arXiv 2407.21783, section 3.3.2",
            ),
            None => (
                "m \u{d7} what attention and waits for the host do not hide of \u{3a3} layers \
                 \u{d7} (forward + backward). Heads are exchanged for tokens before and \
                 after attention",
                "DeepSpeed-Ulysses, arXiv 2309.14509",
            ),
        };
        with(derived(formula, text, source), &["overlap_context", START])
    }

    pub(super) fn expert_parallel(&self, basis: &Basis) -> Derivation {
        let dual = self.plan.layout.schedule == Schedule::DualPipe;
        let share = if dual { Ratio::ONE } else { self.case.stack.profile.overlap.expert };
        let (terms, time) = self.within_layers(basis, |work| work.expert);
        let cover = basis.covers.expert;
        let hiding = Hiding { time, share, cover };
        let mut text = self.hidden_text(basis, &terms, &hiding, P::Expert);
        if let Some(exchange) = exchange(basis, &[ExchangeKind::Dispatch]) {
            text.push_str(&format!("; one dispatch {}", round_text(exchange)));
        }
        let formula = "m \u{d7} what products, attention and waits for the host, as others leave \
                       them, do not hide of \u{3a3} layers \u{d7} (forward + \
                       backward). Dispatch and combine each send b s / (c t) tokens \u{d7} copies \
                       \u{d7} h \u{d7} bytes from each rank; copies: top-k, or the expected \
                       number of distinct machines (on one machine: ranks) that hold them where \
                       the stack sends a token once to each";
        let source = format!("arXiv 2412.19437, section 3.2.2; {COLLECTIVES}");
        with(
            derived(formula, text, &source),
            &[
                "overlap_expert",
                "dispatch_bytes",
                link_constant(basis, ExchangeKind::Dispatch),
                START,
            ],
        )
    }

    /// Communication within layers, all of its time for one micro-batch, recompute included.
    fn within_layers(&self, basis: &Basis, pass: Pass) -> (Vec<String>, Seconds) {
        let mut terms = pass_terms(basis, pass);
        let mut time = over_stage(basis, pass);
        for kind in basis.layers.iter().filter(|kind| kind.recomputed > 0) {
            let forward = pass(&kind.work).0;
            if forward > Seconds::ZERO {
                let n = layers(kind.recomputed, basis.visited);
                terms.push(format!("{n} again {TIMES} {}", fine::time(forward)));
                time += forward * (f64::from(kind.recomputed) * basis.visited.get());
            }
        }
        (terms, time)
    }

    /// `terms = t; 32 micro-batches x max(t x (1 - share), t - cover) = result`.
    fn hidden_text(&self, basis: &Basis, terms: &[String], hiding: &Hiding, part: P) -> String {
        format!(
            "a micro-batch {} = {}; {} {TIMES} {} = {}",
            sum(terms),
            fine::time(hiding.time),
            self.micro_batches(basis),
            hiding.text(),
            self.time_text(part)
        )
    }

    pub(super) fn pipeline(&self, basis: &Basis) -> Derivation {
        let dual = self.plan.layout.schedule == Schedule::DualPipe;
        let hides = dual || self.plan.layout.vpp > 1;
        let overlap = self.case.stack.profile.overlap.pipeline;
        let share = if hides { overlap } else { Ratio::ZERO };
        let send = &basis.send;
        let gather = send.gathered.as_ref();
        let gather = gather.map(|(bytes, link)| format!(" + gather {}", link_terms(*bytes, link)));
        let substituted = format!(
            "{} {TIMES} {} sends {TIMES} {} {TIMES} (1 {MINUS} {}) = {}; one send {}{} = {}",
            self.micro_batches(basis),
            fine::number(basis.sends),
            fine::time(send.time),
            fine::percent(share),
            self.time_text(P::Pipeline),
            link_terms(send.bytes, &send.link),
            gather.unwrap_or_default(),
            fine::time(send.time)
        );
        let formula = "m \u{d7} 2 v sends. Each tensor-parallel rank sends 2 b s h / (c t) bytes \
                       / rate + latency; without sequence parallelism the receivers gather all \
                       of it. Plain 1F1B waits for each, interleaving and DualPipe hide a share";
        let constants = ["overlap_pipeline", constant_of(&send.link), START];
        with(derived(formula, substituted, "arXiv 2104.04473, sections 2.2.2 and 4.1"), &constants)
    }

    pub(super) fn gradient_reduction(&self, slowest: &Basis) -> Derivation {
        let share = self.case.stack.profile.overlap.gradients;
        let each =
            Hiding { time: slowest.owed.gradients_each, share, cover: slowest.covers.gradients };
        let last = (slowest.forward + slowest.backward) * 0.6;
        let once = |basis: &Basis| Hiding { time: basis.owed.gradients, share, cover: last };
        let kinds = [CollectiveKind::ReduceGradients, CollectiveKind::SumCopies];
        let formula = "what a micro-batch does not hide; once a step, six tenths of the \
                       last one. ZeRO-1: a reduce-scatter of trained parameters \u{d7} bytes \
                       (at most those that they are kept in) over the ZeRO group once a step; \
                       ZeRO-2 and 3: with each micro-batch; an all-reduce of each share over \
                       copies of the group, and of everything without ZeRO";
        let text = self.owed_text(slowest, &[each], &once, &kinds, P::Gradients);
        let source = format!("ZeRO, arXiv 1910.02054, section 7; {COLLECTIVES}");
        with(derived(formula, text, &source), &["overlap_gradients", "wire_gradient", START])
    }

    pub(super) fn parameter_gathering(&self, slowest: &Basis) -> Derivation {
        let share = self.case.stack.profile.overlap.parameters;
        let each = Hiding {
            time: slowest.owed.parameters_each * 2.0,
            share,
            cover: slowest.covers.parameters,
        };
        let next = (slowest.forward + slowest.backward) * 0.3;
        let once = |basis: &Basis| Hiding { time: basis.owed.parameters, share, cover: next };
        let kinds = [CollectiveKind::GatherParameters];
        let formula = "what a micro-batch does not hide; once a step, three tenths of the \
                       next one. ZeRO-1 and 2: an all-gather of updated weights once a \
                       step; ZeRO-3: with each forward, and again with each \
                       backward";
        let text = self.owed_text(slowest, &[each], &once, &kinds, P::Parameters);
        let source = format!("ZeRO, arXiv 1910.02054, section 7; {COLLECTIVES}");
        with(derived(formula, text, &source), &["overlap_parameters", "gathered", START])
    }

    /// What is owed with each micro-batch by the slowest stage, and once a step by the stage with
    /// most of it.
    fn owed_text(
        &self,
        slowest: &Basis,
        each: &[Hiding],
        once: &dyn Fn(&Basis) -> Hiding,
        kinds: &[CollectiveKind],
        part: P,
    ) -> String {
        let mut terms = Vec::new();
        let mut from = None;
        let each: Vec<String> =
            each.iter().filter(|one| one.time > Seconds::ZERO).map(Hiding::text).collect();
        if !each.is_empty() {
            terms.push(format!("{} {TIMES} {}", self.micro_batches(slowest), sum(&each)));
            from = Some(slowest);
        }
        let most = self.kinds.iter().max_by_key(|basis| once(basis).exposed());
        if let Some(basis) = most.filter(|basis| once(basis).time > Seconds::ZERO) {
            terms.push(once(basis).text());
            from = from.or(Some(basis));
        }
        let mut text = format!("{} = {}", terms.join(" + "), self.time_text(part));
        let told = from.map_or(&[][..], |basis| &basis.collectives);
        for one in told.iter().filter(|one| kinds.contains(&one.kind)) {
            text.push_str(&format!("; {}", collective_text(one)));
        }
        text
    }

    pub(super) fn offload(&self, basis: &Basis) -> Derivation {
        let offload = &self.plan.layout.offload;
        let host = &self.case.cluster.host;
        let share = self.case.stack.profile.overlap.offload;
        let (mut terms, mut notes) = (Vec::new(), String::new());
        let bytes = self.transferred(basis);
        if bytes > Bytes::ZERO {
            let time = Seconds::new(2.0 * bytes.as_f64() / host.link.get());
            let hiding = Hiding { time, share, cover: basis.covers.offload };
            terms.push(format!("{} {TIMES} {}", self.micro_batches(basis), hiding.text()));
        }
        let moved = self.kinds.iter().map(|basis| basis.update.1).max().unwrap_or_default();
        if offload.optimizer && moved > Seconds::ZERO {
            terms.push(format!("{} of the host's update", fine::time(moved)));
            notes.push_str(&self.host_update(basis));
        }
        let mut text = format!("{} = {}", terms.join(" + "), self.time_text(P::Offload));
        if bytes > Bytes::ZERO {
            let time = Seconds::new(2.0 * bytes.as_f64() / host.link.get());
            text.push_str(&format!(
                "; a micro-batch 2 ways {TIMES} {} / {} = {}",
                fine::bytes(bytes),
                fine::bandwidth(host.link),
                fine::time(time)
            ));
        }
        text.push_str(&notes);
        let formula = "activations and parameters: bytes to the host and back / rate of its link, \
                       as far as work does not hide it; optimizer state: what is not hidden of \
                       moving gradients and weights, and the host's own reading and writing, \
                       beyond the update on the accelerator";
        with(derived(formula, text, "ZeRO-Offload, arXiv 2101.06840"), &["overlap_offload"])
    }

    /// What the host takes for each element of the optimizer's state.
    fn host_update(&self, basis: &Basis) -> String {
        let host = &self.case.cluster.host;
        let (moved, touched) = basis.host_update;
        let way = Ratio::new(1.0 - self.case.stack.profile.overlap.offload.get());
        format!(
            "; the host takes for each element of a rank {} B / {} {TIMES} {} + {} B / {}",
            fine::number(moved),
            fine::bandwidth(host.link),
            fine::percent(way),
            fine::number(touched),
            fine::bandwidth(host.memory_bandwidth)
        )
    }

    /// Bytes that move to the host with one micro-batch.
    fn transferred(&self, basis: &Basis) -> Bytes {
        let offload = &self.plan.layout.offload;
        let mut bytes = 0.0;
        if offload.activations {
            for kind in &basis.layers {
                let plain = kind.kept_bytes.as_f64() * f64::from(kind.count - kind.recomputed);
                let again = kind.checkpoint.as_f64() * f64::from(kind.recomputed);
                bytes += (plain + again) * basis.visited.get();
            }
        }
        if offload.parameters {
            let own = &basis.params;
            let all = own.mixer + own.ffn + own.embedding + own.head + own.experts;
            bytes += all.as_f64() * f64::from(self.case.stack.profile.weights.gathered);
        }
        Bytes::from_f64(bytes)
    }
}

/// Seconds of some work of one micro-batch on a whole stage, forward and backward.
fn over_stage(basis: &Basis, pass: Pass) -> Seconds {
    let both = |work: &WorkBasis| {
        let (forward, backward) = pass(work);
        forward + backward
    };
    let mut time = Seconds::ZERO;
    for kind in &basis.layers {
        time += both(&kind.work) * (f64::from(kind.count) * basis.visited.get());
    }
    for end in [&basis.embedding, &basis.head].into_iter().flatten() {
        time += both(&end.work) * basis.visited.get();
    }
    time
}

fn exchange<'b>(basis: &'b Basis, kinds: &[ExchangeKind]) -> Option<&'b Exchange> {
    basis.exchanges.iter().find(|exchange| kinds.contains(&exchange.kind))
}

fn round_text(exchange: &Exchange) -> String {
    link_text(exchange.bytes, &exchange.link, exchange.time)
}

/// `134.2 MiB x (1 - 1/8) / 315 GB/s + 7.35 us = 401 us`.
fn link_text(bytes: Bytes, link: &Crossed, time: Seconds) -> String {
    format!("{} = {}", link_terms(bytes, link), fine::time(time))
}

/// The same without what it comes to.
fn link_terms(bytes: Bytes, link: &Crossed) -> String {
    let part = match (link.from, link.to, link.split) {
        (0, _, _) => String::new(),
        (from, to, 1) => {
            format!(" {TIMES} (1 {MINUS} {} / {})", fine::count(from), fine::count(to))
        }
        (from, to, split) => format!(
            " {TIMES} (1 {MINUS} {} / {}) / {} links",
            fine::count(from),
            fine::count(to),
            fine::count(split)
        ),
    };
    format!(
        "{}{part} / {} + {}",
        fine::bytes(bytes),
        fine::bandwidth(link.rate),
        fine::time(link.latency)
    )
}

fn collective_text(one: &Collective) -> String {
    let name = match (one.kind, one.experts) {
        (CollectiveKind::ReduceGradients, false) => "gradients",
        (CollectiveKind::ReduceGradients, true) => "experts' gradients",
        (CollectiveKind::SumCopies, false) => "each way of the sum over copies",
        (CollectiveKind::SumCopies, true) => "each way of the sum over copies of experts",
        (CollectiveKind::GatherParameters, false) => "weights",
        (CollectiveKind::GatherParameters, true) => "experts' weights",
    };
    format!("{name} {}", link_text(one.bytes, &one.link, one.link.time(one.bytes)))
}

/// The constant of the stack behind the rate of a link.
const fn constant_of(link: &Crossed) -> &'static str {
    if link.level == 0 { "link_inside" } else { "link_outside" }
}

fn link_constant(basis: &Basis, kind: ExchangeKind) -> &'static str {
    exchange(basis, &[kind]).map_or("link_inside", |exchange| constant_of(&exchange.link))
}
