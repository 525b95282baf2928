//! How fast one accelerator under one engine does each kind of operation.

use super::work::Op;
use crate::cluster::MatmulCurve;
use crate::serving::{FactorOf, Instance, ProductFormat, Service};

/// Share of the shorter of arithmetic and traffic that does not hide behind the longer: prologue and epilogue of
/// tiles (products of 64 to 512 rows on H100 and B200 lie 10 to 25 % above the longer alone, kernel data `aic-db`).
const UNHIDDEN: f64 = 0.2;
/// Rows that a small product's tile is padded to: the matrix instruction's own height.
const ROWS_LEAST: f64 = 16.0;
/// Tiles beyond which it does not matter where the last one ends.
const MANY_TILES: f64 = 4.0;
/// Rows up to which engines call products of a matrix and vectors, which pad nothing.
const VECTORS: f64 = 8.0;

/// Rates in base units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rates {
    wide: Curve,
    eight: Curve,
    four: Curve,
    units: f64,
    /// Bytes a second: weights, cache, activations.
    weights: f64,
    cache: f64,
    passes: f64,
    /// Operations a second of attention.
    attention: f64,
    attention_half: f64,
    experts: f64,
    expert_stream: f64,
    /// Most rows of products with integers; for more, weights are written in 16 bits first. None: any number.
    integer_rows: f64,
    pub gap: f64,
    /// Seconds that a kernel adds: the engine's, at least what the accelerator's own system takes.
    kernel: f64,
    pub launch: f64,
    /// Seconds of one token in a recurrence; nothing where these go in chunks.
    scan: f64,
    pub request: f64,
    links: Links,
}

#[derive(Clone, Copy, Debug)]
struct Curve {
    flops: f64,
    k_half: f64,
    tile_m: f64,
    tile_n: f64,
}

/// What joins the ranks of an instance: rate and time of one message, for tensor and for expert parallelism.
#[derive(Clone, Copy, Debug)]
struct Links {
    tensor: Link,
    experts: Link,
    stages: Link,
    tp: f64,
    ep: f64,
    /// Rows are sent once to each group of ranks.
    once: bool,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    rate: f64,
    latency: f64,
    /// Groups of ranks that the level joins.
    groups: f64,
}

impl Rates {
    pub(super) fn new(service: &Service, instance: &Instance) -> Self {
        let accelerator = &service.cluster.accelerator;
        let (kernels, engine) = (&accelerator.kernels, &service.engine);
        let factor = |of| service.factor(of).get();
        let compute = engine.compute.get() * factor(FactorOf::Compute);
        let overhead = factor(FactorOf::Overhead);
        let peak = &accelerator.peak;
        let [wide, eight, four] = [ProductFormat::Wide, ProductFormat::Eight, ProductFormat::Four]
            .map(|format| service.peak(format).get());
        let widened = peak.fp4.is_none() && engine.integer_rows == 0;
        // Where integers are no faster (Apple, processors), kernels widen what they read as they read it.
        let integers = peak.int8.is_some_and(|rate| rate.get() > wide);
        let curve = |peak: f64, curve: &MatmulCurve| Curve {
            flops: peak * curve.top.get() * compute,
            k_half: curve.k_half,
            tile_m: f64::from(curve.tile_m.max(1)),
            tile_n: f64::from(curve.tile_n.max(1)),
        };
        let wide_curve = curve(wide, &kernels.matmul);
        let packed = matches!(service.weights.class(), "int4" | "gguf");
        let unit = engine.unit_stream.get() * if packed { engine.unpack.get() } else { 1.0 };
        let most = accelerator.k_quants.filter(|_| service.weights.is_k_quant());
        let unit = most.map_or(unit, |most| unit.min(most.get()));
        let memory = accelerator.memory_bandwidth.get() * kernels.memory.get();
        let attention = kernels.attention_forward.get() * engine.attention.get();
        Self {
            wide: wide_curve,
            eight: curve(eight, &kernels.matmul_fp8),
            four: if widened { wide_curve } else { curve(four, &kernels.matmul_fp4) },
            units: f64::from(accelerator.units.max(1)),
            weights: lesser(
                memory * engine.stream.get() * factor(FactorOf::Stream),
                f64::from(accelerator.units.max(1)) * unit,
            ),
            cache: memory * engine.cache.get() * factor(FactorOf::Cache),
            passes: memory,
            attention: wide * attention * factor(FactorOf::Attention),
            attention_half: kernels.attention_half,
            experts: engine.experts.get() * factor(FactorOf::Experts),
            expert_stream: engine.expert_stream.get(),
            integer_rows: if integers { f64::from(engine.integer_rows) } else { 0.0 },
            gap: engine.gap.get() * overhead,
            kernel: (engine.gap.get() * overhead).max(accelerator.gap.get()),
            launch: engine.launch.get() * factor(FactorOf::Start),
            scan: engine.scan.get(),
            request: engine.request.get() * factor(FactorOf::Start),
            links: Links::new(service, instance, factor(FactorOf::Network)),
        }
    }

    /// Seconds of one operation.
    pub(super) fn time(&self, op: &Op, expert: bool) -> f64 {
        match *op {
            Op::Product { m, n, k, groups, bits, format } => {
                let eight = matches!(format, ProductFormat::Eight);
                let widened = eight && self.integer_rows > 0.0 && m > self.integer_rows;
                let curve = match format {
                    _ if widened => &self.wide,
                    ProductFormat::Wide => &self.wide,
                    ProductFormat::Eight => &self.eight,
                    ProductFormat::Four => &self.four,
                };
                let (share, stream) =
                    if expert { (self.experts, self.expert_stream) } else { (1.0, 1.0) };
                let work = self.arithmetic(curve, expert, m, n, k, groups) / share;
                let weights = groups * n * k * bits / 8.0 / (self.weights * stream);
                let rest = groups * m * (n + k) * 2.0 / self.passes;
                // Read as they are and written in 16 bits by a kernel of its own; the product reads these.
                let copied = if widened { groups * n * k * 2.0 / self.passes } else { 0.0 };
                together(work, if widened { copied } else { weights } + rest)
                    + if widened { weights + copied } else { 0.0 }
            }
            Op::Prompt { flops, reach } => {
                // Causal attention runs over blocks of queries: what each sees is twice its mean at the end.
                let long = 2.0 * reach / (2.0 * reach + self.attention_half);
                flops / (self.attention * long)
            }
            Op::Scan { tokens } => tokens * self.scan,
            Op::Decode { flops, bytes } => together(flops / self.attention, bytes / self.cache),
            Op::Pass { bytes } => bytes / self.passes,
            Op::Reduce { bytes } => self.links.reduce(bytes),
            Op::Exchange { bytes, top, gathered } => self.links.exchange(bytes, top, gathered),
            Op::Kernels { n, .. } => n * self.kernel,
        }
    }

    /// Seconds that start a collective, bytes that cross a link for it, and seconds that they take.
    pub(super) fn crossing(&self, op: &Op) -> [f64; 3] {
        let (link, seconds) = match *op {
            Op::Reduce { bytes } => (&self.links.tensor, self.links.reduce(bytes)),
            Op::Exchange { bytes, top, gathered } => {
                (&self.links.experts, self.links.exchange(bytes, top, gathered))
            }
            _ => return [0.0; 3],
        };
        let crossing = (seconds - link.latency).max(0.0);
        [seconds - crossing, crossing * link.rate, crossing]
    }

    /// Seconds to send the rows between stages.
    pub(super) fn send(&self, bytes: f64) -> f64 {
        let link = &self.links.stages;
        link.latency + bytes / link.rate
    }

    /// Seconds of arithmetic: output tiles taken in waves, each with a fixed prologue; few rows make small tiles, few
    /// tiles are split along the inner length, which does half of the good that it might.
    fn arithmetic(&self, curve: &Curve, expert: bool, m: f64, n: f64, k: f64, groups: f64) -> f64 {
        if m <= 0.0 || n <= 0.0 || k <= 0.0 || groups <= 0.0 {
            return 0.0;
        }
        let (tall, rows) = if expert {
            by_chance(m, curve.tile_m)
        } else {
            let tall = (m / curve.tile_m).ceil();
            let small = (m / ROWS_LEAST).ceil() * ROWS_LEAST;
            (tall, if m < curve.tile_m { small } else { tall * curve.tile_m })
        };
        let rows = if m <= VECTORS { m } else { rows };
        let wide = (n / curve.tile_n).ceil();
        let waves = groups * tall * wide / self.units;
        let fill =
            if waves >= 1.0 { 0.5 * (waves + waves.ceil()) / waves } else { (1.0 / waves).sqrt() };
        groups * rows * wide * curve.tile_n * 2.0 * (k + curve.k_half) * fill / curve.flops
    }
}

/// Expected tiles of an expert whose rows are a Poisson number of mean `m`, and the rows that these are padded to. It takes
/// more than `j` tiles with the chance that a normal number of mean and variance `m` exceeds `j` tiles; far beyond one
/// tile the last is half empty on the mean; rows of less than a tile are padded to whole instructions, half of one on the
/// mean. Where some experts are more popular than others rows differ more than that, which is left aside: their mean is
/// what most of the time hangs on.
fn by_chance(m: f64, tile: f64) -> (f64, f64) {
    if m > MANY_TILES * tile {
        let tall = m / tile + 0.5;
        return (tall, tall * tile);
    }
    // The logistic function is a normal distribution's within 0.01 (Bowling et al. 2009).
    let more = |j: f64| 1.0 / (1.0 + libm::exp(-1.702 * (m - j * tile) / m.max(1.0).sqrt()));
    let second = more(1.0);
    let others = second + more(2.0) + more(3.0) + more(4.0) + more(5.0);
    let first = tile.min(m + 0.5 * ROWS_LEAST);
    (1.0 + others, first + second * (tile - first) + others * tile)
}

/// Somewhat less than the lesser of two rates that limit together: `(a^-4 + b^-4)^(-1/4)`.
fn lesser(a: f64, b: f64) -> f64 {
    let ratio = a.min(b) / a.max(b).max(f64::MIN_POSITIVE);
    let square = ratio * ratio;
    a.min(b) / (1.0 + square * square).sqrt().sqrt()
}

/// The longer of two, and what of the shorter does not hide.
fn together(a: f64, b: f64) -> f64 {
    a.max(b) + UNHIDDEN * a.min(b)
}

impl Links {
    fn new(service: &Service, instance: &Instance, factor: f64) -> Self {
        let tp = f64::from(instance.tp.max(1));
        let all = tp * f64::from(instance.dp.max(1));
        let ep = f64::from(instance.ep.max(1)).min(all);
        let link = |span: f64| Link::of(service, span, factor);
        let stages = link(all * f64::from(instance.pp.max(1)));
        let once = service.engine.dispatches_once;
        Self { tensor: link(tp), experts: link(all), stages, tp, ep: ep.max(all / tp), once }
    }

    /// An all-reduce: each rank sends and takes `2 (n - 1) / n` of it (Thakur et al. 2005, section 4.5), in one
    /// start.
    fn reduce(&self, bytes: f64) -> f64 {
        let n = self.tp;
        if n <= 1.0 || bytes <= 0.0 {
            return 0.0;
        }
        self.tensor.latency + 2.0 * (n - 1.0) / n * bytes / self.tensor.rate
    }

    /// An even exchange, or a gathering of everything where that is less. Where rows are sent once to each group that
    /// holds some of their experts (DeepEP), `top` experts lie in `g (1 - (1 - 1/g)^top)` of `g` groups.
    fn exchange(&self, bytes: f64, top: f64, gathered: f64) -> f64 {
        let n = self.ep;
        if n <= 1.0 || bytes <= 0.0 {
            return 0.0;
        }
        let groups = self.experts.groups.max(1.0);
        let copies =
            if self.once { groups * (1.0 - libm::pow(1.0 - 1.0 / groups, top)) } else { top };
        let sent = bytes * copies * (1.0 - 1.0 / groups);
        let all = gathered * (n - 1.0) / n;
        self.experts.latency + sent.min(all) / self.experts.rate
    }
}

impl Link {
    /// The link that joins `span` neighbours: the level that holds them all decides.
    fn of(service: &Service, span: f64, factor: f64) -> Self {
        let engine = &service.engine;
        let mut inside = 1.0;
        let mut latency = engine.collective.get() * factor;
        let mut link = Self { rate: 1.0, latency, groups: 1.0 };
        for (i, level) in service.cluster.levels.iter().enumerate() {
            if span <= inside {
                break;
            }
            let here = f64::from(level.span).min(span);
            let share = if i == 0 { engine.link_inside } else { engine.link_outside };
            // Over the host's bus there is no all-reduce in one exchange: what each has is passed round a ring, and the
            // sum once more (8 cards: 22 to 25 us at 1 KiB with every engine, 2 cards 4 to 7, kernel data `aic-db`).
            let cluster = &service.cluster;
            let bus = level.span <= cluster.node_size && level.bandwidth <= cluster.host.link;
            let times = here / inside;
            let turns = if bus { 2.0 * (times - 1.0) } else { doublings(times) };
            latency += level.latency.get() * turns * factor;
            // Ranks within share the links that leave them, each its own.
            let rate = level.bandwidth.get() * share.get() / factor.max(1e-9);
            link = Self { rate, latency, groups: (span / inside).max(1.0) };
            inside = here.max(inside);
        }
        link
    }
}

/// Least number of doublings that reach `n`.
fn doublings(n: f64) -> f64 {
    let (mut reached, mut count) = (1.0, 0.0);
    while reached < n {
        reached *= 2.0;
        count += 1.0;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::finite::Numbers;
    use super::*;

    /// Rows drawn one by one (Knuth 1997, section 3.4.1, algorithm Q) and counted out in tiles of 128.
    #[test]
    fn tiles_by_chance_are_those_of_drawn_rows() {
        const DRAWS: u32 = 4000;
        let mut numbers = Numbers(1);
        for m in [20.0, 60.0, 100.0, 120.0, 128.0, 140.0, 200.0, 260.0, 400.0, 700.0] {
            let (mut tiles, mut rows) = (0.0, 0.0);
            for _ in 0..DRAWS {
                let (mut n, mut left) = (0.0f64, m);
                loop {
                    left += numbers.next().ln();
                    if left < 0.0 {
                        break;
                    }
                    n += 1.0;
                }
                let tall = (n / 128.0).ceil().max(1.0);
                tiles += tall / f64::from(DRAWS);
                let small = (n / 16.0).ceil() * 16.0;
                rows += if n < 128.0 { small } else { 128.0 * tall } / f64::from(DRAWS);
            }
            let (tall, padded) = by_chance(m, 128.0);
            assert!((tall / tiles - 1.0).abs() < 0.03, "{m}: {tall} tiles, drawn {tiles}");
            assert!((padded / rows - 1.0).abs() < 0.05, "{m}: {padded} rows, drawn {rows}");
        }
    }

    #[test]
    fn tiles_by_chance_never_jump() {
        let mut last = by_chance(1.0, 128.0);
        for i in 1..20_000 {
            let here = by_chance(1.0 + f64::from(i) * 0.1, 128.0);
            assert!(here.0 >= last.0 - 1e-2 && here.0 - last.0 < 0.02, "{i}: {last:?} {here:?}");
            assert!(here.1 - last.1 < 2.0, "{i}: {last:?} {here:?}");
            last = here;
        }
    }
}
