//! Fits the constants of `src/catalogue/data/kernels.csv` on measured kernels.
//!
//! `cargo run --example fit_kernels -- kernel_efficiency.csv > kernels.csv`
//!
//! The model of a matrix product is the one of `cluster::Kernels`; `docs/kernels.md` tells what was
//! chosen and what is left over. Same input, same output: pattern search from fixed starts, no
//! random numbers.

use autoparallel::catalogue::table::{Row, Table};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const AIC: &str = "ai-dynamo/aiconfigurator systems/data @095f58a (2026-08-21)";
const LSS: &str = "casys-kaist/LLMServingSim profiler (2026-08-21)";
const VIDUR: &str = "microsoft/vidur data/profiling (MLSys 2024)";
const LLMCOMPASS: &str = "PrincetonUniversity/LLMCompass ae/figure5 (ISCA 2024)";
const TPU: &str = "AI-Hypercomputer/tpu-recipes microbenchmarks";
const MAMF: &str = "stas00/ml-engineering @744d01e (2026-08-22), best product found";
const NONE: &str = "no measurement found";
const TODAY: &str = "2026-11-22";

/// Where kernels were measured: row of the constants, row of `accelerators.csv` (the data sheet),
/// name in the measurements, source.
const DEVICES: [[&str; 4]; 14] = [
    ["a100", "a100-80g", "A100-SXM-80GB", AIC],
    ["h100", "h100-sxm", "H100-SXM-80GB", AIC],
    ["h200", "h200-sxm", "H200-SXM-141GB", AIC],
    ["b200", "b200", "B200-SXM-180GB", AIC],
    ["gb200", "gb200", "GB200", AIC],
    ["gb300", "gb300", "GB300", AIC],
    ["l40s", "l40s", "L40S-48GB", AIC],
    ["rtx-pro-6000", "rtx-pro-6000", "RTX-PRO-6000-BSE-96GB", AIC],
    ["rtx-4090", "rtx-4090", "RTX-4090-24GB", LSS],
    ["rtx-3090", "rtx-3090", "RTX-3090-24GB", LSS],
    ["rtx-a6000", "rtx-a6000", "RTX-A6000-48GB", LSS],
    ["a40", "a40", "A40-48GB", VIDUR],
    ["mi210", "mi210", "MI210", LLMCOMPASS],
    ["tpu7x", "tpu7x", "TPU7x-Ironwood (one of two devices per chip)", TPU],
];

/// Best 8-bit product found with the library that training uses (cuBLASLt), tera-operations a
/// second, its inner length, and the device whose 8-bit kernels of several engines were timed.
const FP8_BEST: [(&str, f64, f64, &str); 5] = [
    ("h100", 1402.6, 14336.0, "h200"),
    ("h200", 1453.4, 12032.0, "h200"),
    ("b200", 3432.5, 3072.0, "b200"),
    ("gb200", 3615.6, 1536.0, "b200"),
    // Not measured: the rate of GB200, which has the same 8-bit peak.
    ("gb300", 3615.6, 1536.0, "b200"),
];

/// Other laboratories' timings, which no fit has seen.
const CHECKS: [(&str, &str); 4] = [
    ("a100", "A100-80GB"),
    ("a100", "A100"),
    ("h100", "H100-80GB"),
    ("rtx-pro-6000", "RTX-PRO-6000-Blackwell-96GB"),
];

const ASSUMED: &[Assumed] = &[
    anchor("a100-pcie", "a100", [252.9 / 312.0, 0.0], 6144.0),
    anchor("b300", "gb300", [1769.0 / 2250.0, 0.0], 4096.0),
    anchor("mi300x", "mi210", [668.4 / 1307.0, 0.0], 8192.0),
    anchor("mi325x", "mi210", [784.9 / 1307.0, 0.0], 8192.0),
    anchor("mi355x", "mi210", [1565.0 / 2500.0, 0.0], 8192.0),
    anchor("gaudi2", "a100", [418.7 / 432.0, 826.5 / 865.0], 2048.0),
    anchor("gaudi3", "a100", [1243.0 / 1677.0, 0.0], 8192.0),
    Assumed {
        key: "tpu-v6e",
        base: "tpu7x",
        anchor: [827.5 / 918.0, 0.0],
        k: 8192.0,
        basis: "top from one product of side 8192, rest assumed from tpu7x",
        source: TPU,
    },
    assumed("tpu", "tpu-v6e", [0.0, 0.0], "assumed from tpu-v6e"),
    assumed("v100", "a100", [0.75, 0.0], "assumed: a100 with a top of 0.75"),
    assumed("t4", "a100", [0.45, 0.0], "assumed: a100 with a top of 0.45 (70 W limit)"),
    assumed("h100-pcie", "h100", [0.66, 0.55], "assumed: h100 at three quarters (350 W limit)"),
    assumed("h100-500w", "h100", [0.75, 0.62], "assumed: h100 at 0.88 (500 W limit)"),
    assumed("h20", "h200", [0.92, 0.85], "assumed: h200 with more memory for each operation"),
    assumed("rubin", "gb300", [0.0, 0.0], "assumed from gb300"),
    assumed("trainium", "tpu-v6e", [0.75, 0.7], "assumed: tpu-v6e with a top of 0.75"),
    assumed("max-1550", "mi210", [0.5, 0.0], "assumed: mi210 with a top of 0.5"),
    assumed("ascend", "h100", [0.7, 0.6], "assumed: h100 with a top of 0.7"),
];

/// Rate of attention backward over forward: 63 % against 73 % of the peak on A100
/// (FlashAttention-2, arXiv 2307.08691, section 4.1).
const BACKWARD_USUAL: f64 = 63.0 / 73.0;
/// Blackwell: its backward is bound by shared memory (FlashAttention-4 authors, 2026-03).
const BACKWARD_BLACKWELL: f64 = 0.8;
const BLACKWELL: [&str; 5] = ["b200", "gb200", "gb300", "rubin", "rtx-pro-6000"];
/// Share of the peak in attention where it was not measured, and the length of half: at 4,096 to 8,192 tokens
/// 0.42, below the lowest of the measured.
const ATTENTION_UNMEASURED: [f64; 2] = [0.49, 1000.0];
/// Lengths at which attention was timed, in tokens; shorter ones are bound by their start.
const ATTENTION_LENGTHS: std::ops::RangeInclusive<f64> = 1024.0..=16384.0;
/// Largest length of half that is tried.
const ATTENTION_HALF_MAX: u32 = 4000;
/// Share of the memory bandwidth where it was not measured: the middle of the measured.
const MEMORY_UNMEASURED: f64 = 0.82;
/// Fixed time of a kernel in us: below the first none was seen, above the second it holds the
/// launch by the host as well.
const LAUNCH_MIN: f64 = 1.0;
const LAUNCH_MAX: f64 = 3.0;
/// Least inner length of half: the prologue loads at least one slice of 64.
const K_HALF_MIN: f64 = 64.0;
/// Where all products have one inner length it cannot be told: that of A40.
const K_HALF_USUAL: f64 = 170.0;
/// Rows and columns of an output tile: cuBLAS's usual ones; larger ones fit no better.
const TILE: [f64; 2] = [128.0, 128.0];
/// Smaller products are bound by memory or by their start.
const M_MIN: f64 = 64.0;
const K_MIN: f64 = 128.0;
/// Rows from which a product is counted as large.
const M_LARGE: f64 = 1024.0;

/// An accelerator whose kernels were measured: its name there and its data sheet.
struct Device {
    key: &'static str,
    name: &'static str,
    /// Tera-operations a second in 16, 8 and 4 bits (0: none).
    peak: [f64; 3],
    /// Gigabytes a second of memory.
    bandwidth: f64,
    units: f64,
    source: &'static str,
}

/// A row without measurements by shape, and what it is taken from.
struct Assumed {
    key: &'static str,
    /// The row that gives what is not named here.
    base: &'static str,
    /// Best 16-bit and 8-bit product as a share of the peak (0: the base's), at inner length `k`.
    anchor: [f64; 2],
    k: f64,
    basis: &'static str,
    source: &'static str,
}

/// How a last wave that is not full is charged.
#[derive(Clone, Copy, PartialEq)]
enum Waves {
    /// As a full one.
    Whole,
    /// Half way between the other two.
    Half,
    /// For what it holds.
    Fractional,
}

/// One timed product.
#[derive(Clone, Copy)]
struct Timing {
    shape: [f64; 3],
    us: f64,
}

/// What a curve needs beside its constants.
#[derive(Clone, Copy)]
struct Machine {
    peak: f64,
    bandwidth: f64,
    units: f64,
    /// Bytes of one input.
    input: f64,
    waves: Waves,
}

/// Top, inner length of half, launch in us, memory share.
type Constants = [f64; 4];

/// How a curve describes its timings: median absolute logarithms.
#[derive(Clone, Copy, Default)]
struct Quality {
    rows: usize,
    all: f64,
    large: f64,
    /// Large ones, each predicted without its own weight shape in the fit.
    crossed: f64,
}

/// One line of the table of constants.
#[derive(Clone)]
struct Line {
    basis: String,
    curves: [Option<(f64, f64)>; 3],
    quality: [Quality; 3],
    /// Forward, backward, length of half.
    attention: [f64; 3],
    memory: f64,
    launch: f64,
    source: String,
}

const HEADER: &str = "key,basis,matmul_top,matmul_k_half,tile_m,tile_n,fp8_top,fp8_k_half,fp4_top,\
fp4_k_half,attention_forward,attention_backward,attention_half,memory,launch_us,matmul_rows,\
matmul_error,matmul_error_large,fp8_rows,fp8_error,fp8_error_large,fp4_rows,fp4_error,\
fp4_error_large,source,date";

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: fit_kernels kernel_efficiency.csv");
        return;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{path}: {error}");
            return;
        }
    };
    let table = Table::read(&text);
    let devices = devices();
    let mut lines: BTreeMap<&str, Line> = BTreeMap::new();
    for device in &devices {
        lines.insert(device.key, measured(device, &devices, &table));
    }
    for assumed in ASSUMED {
        let Some(base) = lines.get(assumed.base).cloned() else {
            continue;
        };
        lines.insert(assumed.key, taken_over(assumed, base));
    }
    println!("{HEADER}");
    let order = devices.iter().map(|device| device.key).chain(ASSUMED.iter().map(|row| row.key));
    for key in order {
        if let Some(line) = lines.get(key) {
            println!("{}", line.text(key));
        }
    }
}

impl Line {
    fn text(&self, key: &str) -> String {
        let mut line = format!("{key},\"{}\"", self.basis);
        for (i, curve) in self.curves.iter().enumerate() {
            match curve {
                Some((top, k_half)) => write!(line, ",{top:.3},{k_half:.0}"),
                None => write!(line, ",,"),
            }
            .unwrap_or_default();
            if i == 0 {
                write!(line, ",{},{}", TILE[0], TILE[1]).unwrap_or_default();
            }
        }
        let [forward, backward, half] = self.attention;
        write!(line, ",{forward:.3},{backward:.3},{half:.0},{:.3},{:.1}", self.memory, self.launch)
            .unwrap_or_default();
        for quality in &self.quality {
            if quality.rows == 0 {
                line.push_str(",,,");
            } else {
                write!(line, ",{},{:.3},{:.3}", quality.rows, quality.all, quality.large)
                    .unwrap_or_default();
            }
        }
        write!(line, ",\"{}\",{TODAY}", self.source).unwrap_or_default();
        line
    }
}

/// The devices with their data sheets.
fn devices() -> Vec<Device> {
    let sheets = Table::read(include_str!("../src/catalogue/data/accelerators.csv"));
    let device = |[key, sheet, name, source]: [&'static str; 4]| {
        let row = sheets.rows().find(|row| row.text("key") == sheet)?;
        let number = |column| row.number(column).unwrap_or(0.0);
        // The measurements are of one of two devices in a TPU7x chip.
        let parts = if key == "tpu7x" { 2.0 } else { 1.0 };
        Some(Device {
            key,
            name,
            source,
            peak: ["bf16_tflops", "fp8_tflops", "fp4_tflops"].map(|column| number(column) / parts),
            bandwidth: number("memory_gb_s") / parts,
            units: number("units") / parts,
        })
    };
    DEVICES.into_iter().filter_map(device).collect()
}

fn measured(device: &Device, devices: &[Device], table: &Table) -> Line {
    let memory = memory_share(device, table);
    let formats: [(&[&str], f64); 3] = [
        (&["bf16", "fp16"], 2.0),
        (&["fp8", "fp8-block"], 1.0),
        // Four bits and one 8-bit scale for 16 values.
        (&["nvfp4"], 0.5625),
    ];
    let (mut curves, mut quality, mut launch) = ([None; 3], [Quality::default(); 3], None);
    for (i, (precisions, input)) in formats.iter().enumerate() {
        let timings = timings(device, table, precisions, i > 0);
        if timings.is_empty() || device.peak[i] <= 0.0 {
            continue;
        }
        let machine = machine(device, i, *input);
        let fit = |machine, timings: &[Timing]| constants(machine, timings, memory, launch);
        let mut found = fit(machine, &timings);
        report(device.key, precisions[0], found, judge(machine, &timings, found, fit));
        if i == 0 {
            compare(machine, &timings, fit);
            check(device.key, table, machine, found);
        }
        let trained = match i {
            1 => trained(device, devices, table, curves[0], found),
            2 => curves[0].map(|wide| between(found, best(machine, &timings), 4.0 * wide.1)),
            _ => None,
        };
        if let Some((top, k_half)) = trained {
            (found[0], found[1]) = (top, k_half);
            report(device.key, "in training", found, judge(machine, &timings, found, |_, _| found));
        }
        launch = launch.or(Some(found[2]));
        quality[i] = judge(machine, &timings, found, |_, _| found);
        curves[i] = Some((found[0], found[1]));
    }
    let [forward, half] = attention(device, table).unwrap_or(ATTENTION_UNMEASURED);
    Line {
        basis: "measured".to_owned(),
        curves,
        quality,
        attention: [forward, forward * backward_ratio(device.key), half],
        memory,
        launch: launch.unwrap_or(LAUNCH_MAX).min(LAUNCH_MAX),
        source: device.source.to_owned(),
    }
}

fn machine(device: &Device, format: usize, input: f64) -> Machine {
    let &Device { peak, bandwidth, units, .. } = device;
    Machine { peak: peak[format], bandwidth, units, input, waves: Waves::Half }
}

fn taken_over(assumed: &Assumed, base: Line) -> Line {
    let usual = base.curves[0].unwrap_or((1.0, 0.0));
    let mut curves = base.curves;
    for (curve, share) in curves.iter_mut().zip(assumed.anchor) {
        if share > 0.0 {
            let (_, k_half) = curve.unwrap_or(usual);
            *curve = Some(((share * (assumed.k + k_half) / assumed.k).min(1.0), k_half));
        }
    }
    // Attention loses as much of its rate as products do.
    let (top, _) = curves[0].unwrap_or(usual);
    let forward = base.attention[0] * (top / usual.0).min(1.0);
    Line {
        basis: assumed.basis.to_owned(),
        curves,
        quality: [Quality::default(); 3],
        attention: [forward, forward * backward_ratio(assumed.key), base.attention[2]],
        source: assumed.source.to_owned(),
        ..base
    }
}

/// The 8-bit curve for training, between the one fitted on the fastest of the inference engines at
/// each shape and the best product found with the library that training uses.
fn trained(
    device: &Device,
    devices: &[Device],
    table: &Table,
    wide: Option<(f64, f64)>,
    own: Constants,
) -> Option<(f64, f64)> {
    let (_, rate, k, like) = FP8_BEST.iter().find(|(key, ..)| *key == device.key)?;
    let mut fitted = own;
    if let Some(like) = devices.iter().find(|other| other.key == *like && *like != device.key) {
        let timings = timings(like, table, &["fp8", "fp8-block"], true);
        fitted = constants(machine(like, 1, 1.0), &timings, own[3], Some(own[2]));
    }
    Some(between(fitted, (rate / device.peak[1], *k), 2.0 * wide?.1))
}

/// Geometric mean of a fitted curve and of one through the best product, given as its share of the
/// peak and its inner length. The prologue of the latter takes the same time as in 16 bits, so at n
/// times the rate it weighs as n times the inner length.
fn between(fitted: Constants, best: (f64, f64), k_half: f64) -> (f64, f64) {
    let top = best.0 * (best.1 + k_half) / best.1;
    ((fitted[0] * top).sqrt().min(1.0), (fitted[1] * k_half).sqrt())
}

/// The best of some products: its share of the peak, and its inner length.
fn best(machine: Machine, timings: &[Timing]) -> (f64, f64) {
    let shares = timings.iter().map(|timing| {
        let [m, n, k] = timing.shape;
        (2.0 * m * n * k / (timing.us * 1e6 * machine.peak), k)
    });
    shares.fold((0.0, 1.0), |most, one| if one.0 > most.0 { one } else { most })
}

/// How the three ways to charge a last wave predict products whose weight no fit has seen.
fn compare(machine: Machine, timings: &[Timing], fit: impl Fn(Machine, &[Timing]) -> Constants) {
    let crossed = [Waves::Whole, Waves::Half, Waves::Fractional].map(|waves| {
        let machine = Machine { waves, ..machine };
        judge(machine, timings, fit(machine, timings), &fit).crossed
    });
    let [whole, half, fractional] = crossed;
    eprintln!("  left out: whole waves {whole:.3}, half {half:.3}, fractional {fractional:.3}");
}

fn check(key: &str, table: &Table, machine: Machine, found: Constants) {
    for (_, name) in CHECKS.iter().filter(|(of, _)| *of == key) {
        let other =
            Device { key: "", name, peak: [0.0; 3], bandwidth: 0.0, units: 0.0, source: "" };
        let timings = timings(&other, table, &["bf16", "fp16"], false);
        let large = timings.iter().filter(|timing| timing.shape[0] >= M_LARGE);
        let logs = large.map(|timing| (predicted(machine, found, timing.shape) / timing.us).ln());
        let logs: Vec<f64> = logs.collect();
        let bias = median(logs.clone()).unwrap_or(0.0);
        let error = median(logs.iter().map(|log| log.abs()).collect()).unwrap_or(0.0);
        eprintln!("  {name}: {} large rows, error {error:.3}, bias {bias:+.3}", logs.len());
    }
}

fn backward_ratio(key: &str) -> f64 {
    if BLACKWELL.contains(&key) { BACKWARD_BLACKWELL } else { BACKWARD_USUAL }
}

fn report(key: &str, precision: &str, found: Constants, judged: Quality) {
    let [top, k_half, launch, memory] = found;
    let Quality { rows, all, large, crossed } = judged;
    eprintln!(
        "{key} {precision}: top {top:.3} k_half {k_half:.0} launch {launch:.1} us memory \
         {memory:.2}; {rows} rows, error {all:.3}, large {large:.3}, left out {crossed:.3}"
    );
}

/// Rows of one operation on a device, without the untrusted ones.
fn rows_of<'a>(device: &Device, table: &'a Table, op: &str) -> Vec<Row<'a>> {
    let of = |row: &Row<'_>| row.text("op") == op && row.text("accelerator") == device.name;
    table.rows().filter(of).filter(|row| row.text("tier") != "C").collect()
}

/// Products of those formats; with `best`, only the fastest engine at each shape.
fn timings(device: &Device, table: &Table, precisions: &[&str], best: bool) -> Vec<Timing> {
    let mut all = Vec::new();
    let mut fastest: BTreeMap<[u64; 3], Timing> = BTreeMap::new();
    for row in rows_of(device, table, "gemm") {
        let searched = row.text("kernel").contains("best shape");
        if searched || !precisions.contains(&row.text("precision")) {
            continue;
        }
        let shape = ["m", "n", "k"].map(|name| row.number(name).unwrap_or(0.0));
        let us = row.number("latency_us").unwrap_or(0.0);
        if us <= 0.0 || shape[0] < M_MIN || shape[1] < 1.0 || shape[2] < K_MIN {
            continue;
        }
        let timing = Timing { shape, us };
        let entry = fastest.entry(shape.map(|side| side as u64)).or_insert(timing);
        if us < entry.us {
            *entry = timing;
        }
        all.push(timing);
    }
    if best { fastest.into_values().collect() } else { all }
}

/// Median rate of reading one large weight, averaged with that of a copy where one was timed.
fn memory_share(device: &Device, table: &Table) -> f64 {
    let mut reads = Vec::new();
    for row in rows_of(device, table, "gemm") {
        let side = |name| row.number(name).unwrap_or(0.0);
        let bytes = 2.0 * side("n") * side("k");
        let wide = ["bf16", "fp16"].contains(&row.text("precision"));
        if wide && bytes > 5e8 && side("m") <= 16.0 && side("latency_us") > 0.0 {
            reads.push(bytes / (side("latency_us") * 1e3) / device.bandwidth);
        }
    }
    let copies = rows_of(device, table, "hbm_copy").into_iter();
    let copy = median(copies.filter_map(|row| row.number("gbps")).collect());
    let copy = copy.map(|rate| rate / device.bandwidth);
    match (median(reads), copy) {
        (Some(read), Some(copy)) => f64::midpoint(read, copy),
        (Some(one), None) | (None, Some(one)) => one.min(1.0),
        (None, None) => MEMORY_UNMEASURED,
    }
}

/// Share of the 16-bit peak of causal self-attention that fills the device, and the length at which half of it is
/// reached: `top s / (s + half)` of least squared logarithm through the medians at each length, fastest engine at
/// each shape; half the square is counted.
fn attention(device: &Device, table: &Table) -> Option<[f64; 2]> {
    let mut best: BTreeMap<[u64; 4], f64> = BTreeMap::new();
    for row in rows_of(device, table, "attention_prefill") {
        let side = |name| row.number(name).unwrap_or(0.0);
        let tokens = side("q_len");
        let tiles = side("batch") * side("q_heads") * tokens / 128.0;
        let usual = row.text("precision") == "bf16" && row.text("kv_precision") != "fp8";
        let long = ATTENTION_LENGTHS.contains(&tokens) && tokens == side("kv_len");
        if usual && long && tiles >= 4.0 * device.units {
            let shape = ["q_len", "batch", "q_heads", "kv_heads"].map(|name| side(name) as u64);
            let rate = best.entry(shape).or_insert(0.0);
            *rate = rate.max(side("tflops") / device.peak[0]);
        }
    }
    let mut by_length: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for ([tokens, ..], rate) in best {
        by_length.entry(tokens).or_default().push(rate);
    }
    let medians = by_length.into_iter().filter_map(|(tokens, rates)| {
        let rate = median(rates)?;
        (rate > 0.0).then_some((tokens as f64, rate))
    });
    let medians: Vec<(f64, f64)> = medians.collect();
    if medians.len() < 2 {
        return None;
    }
    let through = |half: f64| {
        let logs = medians.iter().map(|(s, rate)| (rate * (s + half) / s).ln());
        let logs: Vec<f64> = logs.collect();
        let mean = logs.iter().sum::<f64>() / logs.len() as f64;
        let misfit: f64 = logs.iter().map(|log| (log - mean) * (log - mean)).sum();
        (misfit, [mean.exp(), half])
    };
    let halves = (0..=ATTENTION_HALF_MAX / 100).map(|step| through(f64::from(step) * 100.0));
    halves.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, found)| found)
}

/// Time of a product in us.
fn predicted(machine: Machine, constants: Constants, shape: [f64; 3]) -> f64 {
    let ([top, k_half, launch, memory], [m, n, k]) = (constants, shape);
    let full = (m / TILE[0]).ceil() * (n / TILE[1]).ceil() / machine.units;
    let waves = match machine.waves {
        Waves::Whole => full.ceil(),
        Waves::Half => f64::midpoint(full.max(1.0), full.ceil()),
        Waves::Fractional => full.max(1.0),
    };
    let area = TILE[0] * TILE[1];
    let flops = waves * machine.units * area * 2.0 * (k + k_half);
    let bytes = machine.input * (m * k + n * k) + 2.0 * m * n;
    launch + (flops / (machine.peak * 1e6 * top)).max(bytes / (machine.bandwidth * 1e3 * memory))
}

/// Constants of least mean absolute logarithm; large products count double.
fn constants(machine: Machine, timings: &[Timing], memory: f64, launch: Option<f64>) -> Constants {
    let misfit = |constants: &Constants| {
        let (mut sum, mut weights) = (0.0, 0.0);
        for timing in timings {
            let weight = if timing.shape[0] >= M_LARGE { 2.0 } else { 1.0 };
            sum += weight * (predicted(machine, *constants, timing.shape) / timing.us).ln().abs();
            weights += weight;
        }
        sum / weights
    };
    let k = timings.first().map_or(0.0, |timing| timing.shape[2]);
    let free = [true, timings.iter().any(|timing| timing.shape[2] != k), launch.is_none()];
    let mut best = (f64::INFINITY, [0.5, 0.0, 0.0, memory]);
    for [top, k_half] in [[0.85, 100.0], [0.6, 800.0], [0.95, K_HALF_MIN]] {
        let k_half = if free[1] { k_half } else { K_HALF_USUAL };
        let start = [top, k_half, launch.unwrap_or(2.0), memory];
        let found = searched(start, free, misfit);
        if found.0 < best.0 {
            best = found;
        }
    }
    best.1
}

/// Pattern search: moves one constant at a time by a shrinking factor.
fn searched(
    start: Constants,
    free: [bool; 3],
    misfit: impl Fn(&Constants) -> f64,
) -> (f64, Constants) {
    let bounds = [[0.1, 1.0], [K_HALF_MIN, 1e5], [LAUNCH_MIN, 40.0]];
    let (mut at, mut value, mut step) = (start, misfit(&start), 0.5);
    while step > 1e-4 {
        let mut moved = false;
        for i in (0..3).filter(|i| free[*i]) {
            for factor in [1.0 + step, 1.0 / (1.0 + step)] {
                let mut next = at;
                next[i] = (at[i] * factor).clamp(bounds[i][0], bounds[i][1]);
                let there = misfit(&next);
                if there < value {
                    (at, value, moved) = (next, there, true);
                }
            }
        }
        if !moved {
            step /= 2.0;
        }
    }
    (value, at)
}

/// Errors of a fit, and those at shapes whose weight was left out of it.
fn judge(
    machine: Machine,
    timings: &[Timing],
    found: Constants,
    fit: impl Fn(Machine, &[Timing]) -> Constants,
) -> Quality {
    let error = |timing: &Timing, constants| {
        (predicted(machine, constants, timing.shape) / timing.us).ln().abs()
    };
    let large = |timing: &&Timing| timing.shape[0] >= M_LARGE;
    let weight = |timing: &Timing| (timing.shape[1] as u64, timing.shape[2] as u64);
    let mut weights: Vec<(u64, u64)> = timings.iter().map(weight).collect();
    weights.sort_unstable();
    weights.dedup();
    let mut crossed = Vec::new();
    for out in weights {
        let (test, train): (Vec<Timing>, Vec<Timing>) =
            timings.iter().partition(|timing| weight(timing) == out);
        let without = if train.is_empty() { found } else { fit(machine, &train) };
        crossed.extend(test.iter().filter(large).map(|timing| error(timing, without)));
    }
    let of = |errors: Vec<f64>| median(errors).unwrap_or(0.0);
    Quality {
        rows: timings.len(),
        all: of(timings.iter().map(|timing| error(timing, found)).collect()),
        large: of(timings.iter().filter(large).map(|timing| error(timing, found)).collect()),
        crossed: of(crossed),
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

const fn anchor(key: &'static str, base: &'static str, share: [f64; 2], k: f64) -> Assumed {
    let basis = "top from the best product found, rest assumed from a relative";
    Assumed { key, base, anchor: share, k, basis, source: MAMF }
}

const fn assumed(
    key: &'static str,
    base: &'static str,
    top: [f64; 2],
    basis: &'static str,
) -> Assumed {
    // An inner length without end: the share is the top itself.
    Assumed { key, base, anchor: top, k: 1e12, basis, source: NONE }
}
