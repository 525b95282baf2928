//! How fast searches and estimates are, by the same links natively and in a browser.

use super::{Answer, answer};
use crate::link;
use crate::plan;
use crate::units::order;

/// Searches of each case.
const ROUNDS: u32 = 21;
/// Rounds of every case before any is measured: a browser compiles quickly first, and well what runs often.
const ROUNDS_BEFORE: u32 = 7;
/// Layouts of each case that are estimated.
const LAYOUTS: usize = 4096;
/// The large cases that everybody knows.
const CASES: &[(&str, &str)] = &[
    ("Llama-3.1-405B, 16,384 H100", "1"),
    ("Llama-3.1-405B, 131,072 H100", "1;n=131072"),
    (
        "DeepSeek-V3, 2,048 H800",
        "1;m=deepseek-ai/DeepSeek-V3;g=h800;n=2048;b=15360;s=4096;t=14.8T;p=fp8",
    ),
];

/// What one case took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// Its name.
    pub case: &'static str,
    /// Its first search, before the browser has compiled well what runs often, in milliseconds.
    pub first_ms: f64,
    /// The least and the median of its searches, in milliseconds.
    pub search_ms: (f64, f64),
    /// The median of its whole first answers, in milliseconds.
    pub answer_ms: f64,
    /// Full estimates (memory and time) a second, of distinct layouts, each from the case alone.
    pub estimates_per_s: f64,
}

impl Measured {
    /// Its numbers, by name.
    #[must_use]
    pub const fn cells(&self) -> [(&'static str, f64); 5] {
        let (least, median) = self.search_ms;
        [
            ("first search ms", self.first_ms),
            ("search least ms", least),
            ("search median ms", median),
            ("answer median ms", self.answer_ms),
            ("estimates a second", self.estimates_per_s),
        ]
    }
}

/// Measures every case by a clock that tells milliseconds.
#[must_use]
pub fn measure(now_ms: &dyn Fn() -> f64) -> Vec<Measured> {
    let measured =
        |rounds| CASES.iter().map(move |(case, link)| measure_case(case, link, rounds, now_ms));
    let firsts: Vec<f64> = measured(1).map(|first| first.search_ms.0).collect();
    measured(ROUNDS_BEFORE).for_each(drop);
    let all = measured(ROUNDS).zip(firsts);
    all.map(|(case, first_ms)| Measured { first_ms, ..case }).collect()
}

fn measure_case(case: &'static str, link: &str, rounds: u32, now_ms: &dyn Fn() -> f64) -> Measured {
    let mut searches = Vec::new();
    let mut answers = Vec::new();
    let mut rates = Vec::new();
    let resolved = link::decode(link).inputs.resolve().case;
    let layouts = resolved.as_ref().map(|case| plan::sample(case, LAYOUTS)).unwrap_or_default();
    for _ in 0..rounds {
        let start = now_ms();
        answer(0, link, now_ms, &mut || false, &mut |answer| {
            if let Answer::Plan { search_ms, .. } = answer {
                searches.push(search_ms);
            }
        });
        answers.push(now_ms() - start);
        let Some(case) = &resolved else { continue };
        let start = now_ms();
        let sum = plan::estimate_all(case, &layouts);
        let seconds = (now_ms() - start) / 1000.0;
        if sum.get() > 0.0 && seconds > 0.0 {
            rates.push(layouts.len() as f64 / seconds);
        }
    }
    let (least, median) = (at(&mut searches, 0), middle(&mut searches));
    let (answer_ms, estimates_per_s) = (middle(&mut answers), middle(&mut rates));
    Measured { case, first_ms: least, search_ms: (least, median), answer_ms, estimates_per_s }
}

fn middle(values: &mut [f64]) -> f64 {
    at(values, values.len() / 2)
}

/// The value of that place in ascending order.
fn at(values: &mut [f64], place: usize) -> f64 {
    order::sort_by(values, f64::total_cmp);
    values.get(place).copied().unwrap_or(0.0)
}
