//! Some of the runs, in some order, and what can be said of them together.

use super::{Kind, Run, Runs};
use crate::catalogue::stacks;
use crate::fit::score::{LogRatio, quantile};
use crate::units::Ratio;
use crate::units::order;
use crate::units::text::show;

/// Half the width of the band that the summary counts, and the chart draws.
pub const BAND: f64 = 0.2;

/// What is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Of {
    /// Step times.
    #[default]
    Step,
    /// Memory of the fullest accelerator.
    Memory,
    /// Time to the first token.
    FirstToken,
    /// Time of a further token.
    PerToken,
    /// Tokens a second.
    Rate,
}

/// Which runs; what is empty lets all through.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// What is compared.
    pub of: Of,
    /// Generation of accelerators.
    pub generation: String,
    /// Key of the stack.
    pub stack: String,
    /// Number format.
    pub precision: String,
    /// The source.
    pub source: String,
    /// Words that a run must have, all of them.
    pub words: String,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Least measured first.
    Measured,
    /// Those most like the user's case first.
    Nearest,
    /// The worst misses first.
    Worst,
    /// The latest first.
    Newest,
}

/// What can be said of some runs together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// How many.
    pub n: u32,
    /// Median of the absolute error.
    pub median: String,
    /// Its 90th percentile.
    pub p90: String,
    /// Share within the band about what was measured.
    pub near: String,
    /// Share within the ranges given, where some are.
    pub within: Option<String>,
}

/// One source among some runs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceLine {
    /// Its place among all.
    pub category: u32,
    /// Its name.
    pub name: String,
    /// Runs of it.
    pub n: u32,
    /// Median of their absolute error.
    pub median: String,
}

impl Runs {
    /// The runs that a choice lets through, in the order of the table.
    #[must_use]
    pub fn choose(&self, choice: &Choice) -> Vec<u32> {
        let words = choice.words.to_ascii_lowercase();
        let words: Vec<&str> = words.split_whitespace().collect();
        let is = |wanted: &str, own: &str| wanted.is_empty() || wanted == own;
        let fits = |run: &Run| {
            run.pair(choice.of).is_some()
                && is(&choice.generation, &run.kind.generation)
                && is(&choice.stack, &run.kind.stack)
                && is(&choice.precision, &run.kind.precision)
                && is(&choice.source, &run.source)
                && words.iter().all(|word| run.words.contains(word))
        };
        let all = (0u32..).zip(&self.runs);
        all.filter(|(_, run)| fits(run)).map(|(i, _)| i).collect()
    }

    /// The same runs in another order; `kind` is the user's case.
    #[must_use]
    pub fn ordered(&self, rows: &[u32], of: Of, order: Order, kind: &Kind) -> Vec<u32> {
        let key = |run: &Run| match order {
            Order::Measured => run.pair(of).map_or(0.0, |pair| pair.measured.value().get()),
            Order::Nearest => unlike(&run.kind, kind),
            Order::Worst => run.pair(of).map_or(0.0, |pair| -pair.error().abs()),
            Order::Newest => -months(&run.date),
        };
        let mut keyed: Vec<(f64, u32)> =
            rows.iter().filter_map(|i| Some((key(self.run(*i)?), *i))).collect();
        order::sort_by(&mut keyed, |a, b| a.0.total_cmp(&b.0));
        keyed.into_iter().map(|(_, i)| i).collect()
    }

    /// What can be said of these runs together.
    #[must_use]
    pub fn summary(&self, rows: &[u32], of: Of) -> Summary {
        let errors = self.errors(rows, of);
        let share = |n: usize, of: usize| show::percent(Ratio::new(n as f64 / of.max(1) as f64));
        let band = libm::log(1.0 + BAND);
        let pairs = rows.iter().filter_map(|i| self.run(*i)?.pair(of));
        let judged: Vec<bool> = pairs.filter_map(super::Pair::is_within).collect();
        let within = judged.iter().filter(|within| **within).count();
        Summary {
            n: errors.len() as u32,
            median: percent(&errors, 0.5),
            p90: percent(&errors, 0.9),
            near: share(errors.iter().filter(|error| error.0 <= band).count(), errors.len()),
            within: (!judged.is_empty()).then(|| share(within, judged.len())),
        }
    }

    /// The sources of these runs, those with most runs in the whole table first.
    #[must_use]
    pub fn lines(&self, rows: &[u32], of: Of) -> Vec<SourceLine> {
        let mut all = Vec::new();
        for (category, name) in (0u32..).zip(&self.sources) {
            let is_of = |i: &&u32| self.run(**i).is_some_and(|run| run.category == category);
            let own: Vec<u32> = rows.iter().filter(is_of).copied().collect();
            if !own.is_empty() {
                let median = percent(&self.errors(&own, of), 0.5);
                all.push(SourceLine { category, name: name.clone(), n: own.len() as u32, median });
            }
        }
        all
    }

    /// Values of a property among all runs, with how many runs have each, the most frequent first.
    #[must_use]
    pub fn values(&self, property: fn(&Run) -> &String) -> Vec<(&str, u32)> {
        super::frequencies(self.runs.iter().map(|run| property(run).as_str()))
    }

    /// Absolute errors.
    fn errors(&self, rows: &[u32], of: Of) -> Vec<LogRatio> {
        let pairs = rows.iter().filter_map(|i| self.run(*i)?.pair(of));
        pairs.map(|pair| LogRatio(pair.error().abs())).collect()
    }
}

fn percent(errors: &[LogRatio], share: f64) -> String {
    show::percent(Ratio::new(quantile(errors, Ratio::new(share)).0))
}

/// `2025-06` as a number of months.
fn months(date: &str) -> f64 {
    let mut parts = date.split('-').map(|part| part.parse::<u32>().unwrap_or(0));
    let (year, month) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    f64::from(year) * 12.0 + f64::from(month)
}

/// How unlike two runs are: by what makes errors differ, the stack and the generation before all.
fn unlike(one: &Kind, other: &Kind) -> f64 {
    let mut far = 0.0;
    if one.stack != other.stack {
        far += if stacks::are_kin(&one.stack, &other.stack) { 1.0 } else { 3.0 };
    }
    if one.accelerator != other.accelerator {
        far += if one.generation == other.generation { 0.5 } else { 2.0 };
    }
    if one.precision != other.precision {
        far += if one.precision.ends_with("16") == other.precision.ends_with("16") {
            0.5
        } else {
            1.0
        };
    }
    if !one.model.eq_ignore_ascii_case(&other.model) {
        far += 0.75;
    }
    let (count, wanted) = (f64::from(one.count.max(1)), f64::from(other.count.max(1)));
    far + 0.15 * libm::log(count / wanted).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
id,group,source,date,model,accelerator,generation,count,stack,precision,measured_s,\
predicted_s,low_s,high_s,measured_gib,predicted_gib,memory_kind,link,remarks
a,g1,Paper,2024-05,Llama-3-8B,h100-sxm,hopper,8,nemo-2024,bf16,10,10,9,11,,,,1;tp=2,
b,g1,Paper,2025-06,Llama-3-8B,h100-sxm,hopper,64,nemo-2024,fp8,10,8,7,9,50,60,allocated,,\
\"recompute, not stated\"
c,g2,Blog,2023-01,GPT-3,a100-80g,ampere,64,megatron-2021,fp16,20,30,24,36,,,,,
d,g3,Paper,2026-01,Llama-3-8B,mi300x,cdna3,8,rocm,fp8,4,4.4,4.2,4.6,,,,,
e,g4,Paper,2026-01,Llama-3-8B,mi300x,cdna3,8,rocm,fp8,,4.4,,,,,,,
";

    fn read() -> Runs {
        Runs::read(TABLE).expect("runs")
    }

    fn all() -> Choice {
        Choice::default()
    }

    #[test]
    fn a_table_is_read_and_what_was_not_measured_left_out() {
        let measured = read();
        assert_eq!(measured.runs.len(), 4);
        assert_eq!(measured.sources, ["Paper", "Blog"]);
        assert_eq!(measured.runs[0].link.as_deref(), Some("1;tp=2"));
        assert_eq!(measured.runs[1].machines(), "64 \u{d7} H100 SXM5");
        assert_eq!(measured.runs[1].link, None);
        for text in ["", "id,source\n1,2\n", "\"", "{}"] {
            assert!(Runs::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn choices_narrow_and_join() {
        let measured = read();
        let by = |choice: Choice| measured.choose(&choice);
        assert_eq!(by(all()), [0, 1, 2, 3]);
        assert_eq!(by(Choice { of: Of::Memory, ..all() }), [1]);
        assert_eq!(by(Choice { generation: "hopper".into(), ..all() }), [0, 1]);
        assert_eq!(by(Choice { stack: "rocm".into(), ..all() }), [3]);
        assert_eq!(by(Choice { precision: "fp8".into(), source: "Paper".into(), ..all() }), [1, 3]);
        assert_eq!(by(Choice { words: "LLAMA h100".into(), ..all() }), [0, 1]);
        assert_eq!(by(Choice { words: "recompute".into(), ..all() }), [1]);
        assert_eq!(by(Choice { words: "nothing".into(), ..all() }), [0u32; 0]);
    }

    #[test]
    fn orders_are_what_they_say() {
        let measured = read();
        let kind = Kind {
            stack: "nemo-2025".into(),
            accelerator: "h100-sxm".into(),
            generation: "hopper".into(),
            count: 64,
            precision: "fp8".into(),
            model: "llama-3-8b".into(),
        };
        let by = |order| measured.ordered(&[0, 1, 2, 3], Of::Step, order, &kind);
        assert_eq!(by(Order::Measured), [3, 0, 1, 2]);
        assert_eq!(by(Order::Nearest), [1, 0, 3, 2]);
        assert_eq!(by(Order::Worst), [2, 1, 3, 0]);
        assert_eq!(by(Order::Newest), [3, 1, 0, 2]);
    }

    /// Errors by hand: ln 1 = 0, ln 0.8 = -0.2231, ln 1.5 = 0.4055, ln 1.1 = 0.0953.
    #[test]
    fn summaries_by_hand() {
        let measured = read();
        let summary = measured.summary(&[0, 1, 2, 3], Of::Step);
        assert_eq!(summary.n, 4);
        // Between 0.0953 and 0.2231.
        assert_eq!(summary.median, "15.9%");
        // 0.7 of the way from 0.2231 to 0.4055.
        assert_eq!(summary.p90, "35.1%");
        // ln 1.2 = 0.1823: the first and the last.
        assert_eq!(summary.near, "50.0%");
        // The first alone: 10 in 7 to 9, 20 in 24 to 36 and 4 in 4.2 to 4.6 are not.
        assert_eq!(summary.within.as_deref(), Some("25.0%"));
        let memory = measured.summary(&[1], Of::Memory);
        assert_eq!((memory.n, memory.within), (1, None));
        assert_eq!(measured.summary(&[], Of::Step).n, 0);
        let lines = measured.lines(&[0, 1, 2], Of::Step);
        assert_eq!((lines.len(), lines[0].n, lines[1].name.as_str()), (2, 2, "Blog"));
        assert_eq!(measured.values(|run| &run.kind.precision)[0], ("fp8", 2));
    }

    #[test]
    fn a_run_says_how_far_off_it_was() {
        let measured = read();
        let pair = |i: usize| measured.runs[i].step.expect("a pair");
        assert_eq!(pair(1).off(), "\u{2212}20.0%");
        assert_eq!(pair(2).off(), "+50.0%");
        assert_eq!(pair(0).said_text(), "10\u{a0}s (9.0 to 11.0\u{a0}s)");
        let memory = measured.runs[1].memory.expect("a pair");
        assert_eq!(
            (memory.measured.text(), memory.said_text()),
            ("50.0\u{a0}GiB".into(), "60.0\u{a0}GiB".into())
        );
    }
}
