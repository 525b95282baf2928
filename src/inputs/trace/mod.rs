//! A trace of requests: lengths and arrival times, row by row: a table parted by commas, semicolons or tabs, with a head
//! or without; one JSON object a line, or an array of them.
//!
//! Names of columns are those of published traces: Azure (`TIMESTAMP,ContextTokens,GeneratedTokens`), BurstGPT
//! (`Request tokens`, `Response tokens`), Mooncake (`timestamp` in milliseconds beside `hash_ids`, `input_length`,
//! `output_length`), Vidur (`num_prefill_tokens`), and what people call them.

mod rows;

use super::limits::{FREQUENCY_MAX, FREQUENCY_MIN, SPREAD_MAX};
use super::{Inputs, Key};
use crate::units::chance::lognormal;
use crate::units::text::{short, show};
use crate::units::{PerSecond, Ratio, Seconds, order};
use rows::{BLOCK_TOKENS, Faults};

/// Largest trace that is read, in bytes.
pub const TRACE_BYTES_MAX: u32 = 1 << 24;
/// Most rows that are read; what comes later is left out, and that is said.
pub const TRACE_ROWS_MAX: usize = 1 << 19;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// An hour that was seen for less says nothing, in seconds.
const SEEN_MIN: f64 = 600.0;

/// Traces over less than this have no busiest minute, in seconds.
const BUSY_SPAN_MIN: f64 = 600.0;
/// Traces over less than this, or of fewer requests, tell no rate to be built on.
const RATE_SPAN_MIN: f64 = 60.0;
const RATE_ROWS_MIN: f64 = 100.0;

/// Traces of fewer requests tell nothing of the longest tenth.
const TAIL_ROWS_MIN: usize = 100;
/// Times of the counted length from which on the longest tenth is told.
const TAIL_MORE: f64 = 1.3;
/// Standard deviations above which a tenth of a normal distribution lies.
const TENTH: f64 = 1.2816;

/// What a trace comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Rows that were used.
    pub rows: u32,
    /// Mean tokens of a prompt.
    pub prompt: Ratio,
    /// Mean tokens of an answer.
    pub answer: Ratio,
    /// Standard deviation of the answers' lengths over their mean.
    pub spread: Ratio,
    /// The same of the prompts.
    pub prompt_spread: Ratio,
    /// Tokens that a tenth of the prompts exceed, where that is much more than a lognormal of their mean and spread has
    /// there, and what it has.
    pub tail: Option<[Ratio; 2]>,
    /// Share of the prompts' tokens that stood in an earlier prompt as its beginning; none where blocks are not told.
    pub cached: Option<Ratio>,
    /// Requests of the busiest minute over those of a mean one; none where it covers too little.
    pub burst: Option<Ratio>,
    /// Requests a second from the first arrival to the last; none where no time is given.
    pub rate: Option<PerSecond>,
    /// From the first arrival to the last.
    pub span: Seconds,
    /// Requests a second of each hour of the day; none where it does not cover all of them.
    pub hours: Vec<PerSecond>,
    /// What could not be used, with its line.
    pub faults: Vec<String>,
}

/// One request.
struct Request {
    prompt: f64,
    answer: f64,
    at: Option<f64>,
    /// Tokens that were seen before, where blocks are told.
    seen: Option<f64>,
}

/// Reads a trace; the numbers are those of the rows that could be read.
#[must_use]
pub fn trace(text: &str) -> Trace {
    let mut faults = Faults::default();
    if text.len() > TRACE_BYTES_MAX as usize {
        faults.add(0, "the trace is longer than 16 MiB");
        return Trace { faults: faults.told(), ..Trace::default() };
    }
    let requests = rows::requests(text, &mut faults);
    summed(&requests, faults)
}

impl Trace {
    /// Types what it comes to.
    pub fn type_into(&self, inputs: &mut Inputs) {
        if self.rows == 0 {
            return;
        }
        let whole = |tokens: Ratio| format!("{}", (tokens.get() + 0.5).floor().max(1.0) as u64);
        inputs.set(Key::Prompt, whole(self.prompt));
        inputs.set(Key::Answer, whole(self.answer));
        for (key, spread) in [(Key::Spread, self.spread), (Key::PromptSpread, self.prompt_spread)] {
            let spread = (spread.get().min(SPREAD_MAX) * 100.0 + 0.5).floor() / 100.0;
            inputs.set(key, format!("{spread}"));
        }
        if let Some(cached) = self.cached {
            let percent = (cached.get() * 1000.0 + 0.5).floor() / 10.0;
            inputs.set(Key::Cached, format!("{}%", percent.min(99.9)));
        }
        let rate = self.rate.filter(|_| !self.leaves_rate(inputs));
        if let Some(rate) = rate {
            inputs.clear(Key::InFlight);
            inputs.set(Key::Rate, format!("{}/s", digits(rate.get())));
        }
        if !self.hours.is_empty() {
            let hours: Vec<String> = self.hours.iter().map(|rate| digits(rate.get())).collect();
            // A peak would make a mere shape of them.
            inputs.clear(Key::Busiest);
            inputs.set(Key::Hourly, hours.join(","));
        } else if let (Some(rate), Some(burst)) = (rate, self.burst) {
            inputs.clear(Key::Hourly);
            inputs.set(Key::Busiest, format!("{}/s", digits(rate.get() * burst.get())));
        } else if rate.is_some() {
            // A peak of other traffic would stand beside this rate.
            inputs.clear(Key::Hourly);
            inputs.clear(Key::Busiest);
        }
    }

    /// Requests and time that tell no rate to be built on.
    fn is_short(&self) -> bool {
        f64::from(self.rows) < RATE_ROWS_MIN || self.span.get() < RATE_SPAN_MIN
    }

    /// Whether what was typed of the demand is worth more than what so short a trace tells.
    fn leaves_rate(&self, inputs: &Inputs) -> bool {
        let typed = |key: Key| inputs.typed(key).is_some_and(|text| !text.is_empty());
        self.is_short() && (typed(Key::Rate) || typed(Key::InFlight))
    }

    /// What this trace says nothing of and what therefore stays as it was typed, or read of an earlier one.
    #[must_use]
    pub fn kept(&self, inputs: &Inputs) -> Option<String> {
        let typed = |key: Key| inputs.typed(key).filter(|text| !text.is_empty());
        let silent = self.rate.is_none() || self.leaves_rate(inputs);
        let silent = [
            (Key::Cached, self.cached.is_none()),
            (Key::Rate, silent),
            (Key::InFlight, silent),
            // Hours of a whole day take its place.
            (Key::Busiest, silent && self.hours.is_empty()),
        ];
        let kept = silent.into_iter().filter(|(_, silent)| *silent && self.rows > 0);
        let kept = kept.filter_map(|(key, _)| {
            Some(format!("{} ({})", key.label().to_lowercase(), typed(key)?))
        });
        let kept: Vec<String> = kept.collect();
        (!kept.is_empty())
            .then(|| format!(" It says nothing of these, which stay: {}.", kept.join(", ")))
    }

    /// In a sentence.
    #[must_use]
    pub fn text(&self) -> String {
        let rows = show::grouped(self.rows.into());
        let noun = show::plural(self.rows.into(), "request");
        let rate = self.rate.map_or_else(
            || "; no arrival times: the rate stays as typed".to_owned(),
            |rate| format!("; {} over {}", show::frequency(rate), show::time(self.span)),
        );
        // Of a Poisson count the deviation is its root.
        let n = f64::from(self.rows);
        let doubt = match self.rate.filter(|_| self.is_short()) {
            Some(_) => format!(
                " That is too little for a rate: it is known to \u{b1}{} at best; type the one \
                 you expect.",
                show::percent(Ratio::new(1.0 / n.max(1.0).sqrt()))
            ),
            None => String::new(),
        };
        let tail = self.tail.map_or_else(String::new, |[seen, counted]| {
            format!(
                " A tenth of the prompts have {} tokens or more, where a lognormal of this spread, \
                 which the percentiles count with, has {}: first tokens of long prompts come \
                 later than is said.",
                show::rounded(seen.get()),
                show::rounded(counted.get())
            )
        });
        let most = self.spread.max(self.prompt_spread).get() > SPREAD_MAX;
        let clipped = match most {
            true => format!(" Spreads count to \u{b1}{}.", show::percent(Ratio::new(SPREAD_MAX))),
            false => String::new(),
        };
        let burst = self.burst.map_or_else(String::new, |burst| {
            let used = if self.hours.is_empty() { ": the peak of the day" } else { "" };
            format!(" Its busiest minute brings {} the mean{used}.", show::factor(burst))
        });
        let cached = self.cached.map_or_else(String::new, |share| {
            format!(
                " {} of the prompts' tokens stood before at the beginning of another prompt, by \
                 blocks of {BLOCK_TOKENS} tokens (hash_ids) in a cache that forgets nothing.",
                show::percent(share)
            )
        });
        let day = match (self.rate, self.hours.is_empty()) {
            (None, _) => "",
            (_, true) => " It does not cover a whole day, so it says nothing of the hours.",
            (_, false) => " Its hours are the day's traffic.",
        };
        let about = |mean: Ratio, spread: Ratio| {
            format!("{} tokens \u{b1}{}", show::rounded(mean.get()), show::percent(spread))
        };
        let told = [&clipped, &tail, &doubt, &burst, &cached, day].concat();
        format!(
            "{rows} {noun}: prompts of {}, answers of {}{rate}.{told}",
            about(self.prompt, self.prompt_spread),
            about(self.answer, self.spread)
        )
    }
}

/// A rate to four significant digits, however small.
fn digits(rate: f64) -> String {
    let rounded = format!("{rate:.3e}").parse().unwrap_or(rate);
    short::ratio(Ratio::new(rounded))
}

fn summed(requests: &[Request], mut faults: Faults) -> Trace {
    let n = requests.len() as f64;
    if requests.is_empty() {
        return Trace { faults: faults.told(), ..Trace::default() };
    }
    let mean = |of: fn(&Request) -> f64| requests.iter().map(of).sum::<f64>() / n;
    let (prompt, answer) = (mean(|own| own.prompt), mean(|own| own.answer));
    let spread = |of: fn(&Request) -> f64, mean: f64| {
        let square = requests.iter().map(|own| (of(own) - mean) * (of(own) - mean));
        Ratio::new((square.sum::<f64>() / n).sqrt() / mean)
    };
    let prompt_spread = spread(|own| own.prompt, prompt);
    let told = requests.iter().filter_map(|own| Some((own.seen?, own.prompt)));
    let (seen, whole) = told.fold((0.0, 0.0), |(a, b), (seen, prompt)| (a + seen, b + prompt));
    let times = requests.iter().filter_map(|own| own.at);
    let (first, last, timed) = times.fold((f64::INFINITY, 0.0f64, 0.0), |(low, high, n), at| {
        (low.min(at), high.max(at), n + 1.0)
    });
    let span = (last - first).max(0.0);
    let rate = (timed - 1.0) / span;
    let known = timed > 1.0 && (FREQUENCY_MIN..=FREQUENCY_MAX).contains(&rate);
    if span > 0.0 && !known {
        faults.add(0, "the times lie too close together or too far apart to tell a rate");
    }
    Trace {
        rows: requests.len() as u32,
        prompt: Ratio::new(prompt),
        answer: Ratio::new(answer),
        spread: spread(|own| own.answer, answer),
        prompt_spread,
        tail: tail(requests, prompt, prompt_spread.get()),
        cached: (whole > 0.0).then(|| Ratio::new(seen / whole)),
        burst: if known { burst(requests, span, rate) } else { None },
        rate: known.then(|| PerSecond::new(rate)),
        span: if known { Seconds::new(span) } else { Seconds::ZERO },
        hours: if known { hours(requests, first, span) } else { Vec::new() },
        faults: faults.told(),
    }
}

/// What a tenth of the prompts exceed, and a lognormal of that mean and spread there, where the former is much more.
fn tail(requests: &[Request], mean: f64, spread: f64) -> Option<[Ratio; 2]> {
    if requests.len() < TAIL_ROWS_MIN {
        return None;
    }
    let mut lengths: Vec<[u64; 3]> =
        requests.iter().map(|own| [own.prompt.max(0.0).to_bits(), 0, 0]).collect();
    order::sort_keys(&mut lengths);
    let seen = f64::from_bits(lengths.get(lengths.len() - lengths.len().div_ceil(10))?[0]);
    let counted = mean * lognormal(Ratio::new(spread), TENTH).get();
    (seen > TAIL_MORE * counted).then(|| [seen, counted].map(Ratio::new))
}

/// Requests of the busiest minute, wherever it begins, over those of a mean one.
fn burst(requests: &[Request], span: f64, rate: f64) -> Option<Ratio> {
    if span < BUSY_SPAN_MIN {
        return None;
    }
    let times = requests.iter().filter_map(|own| Some([own.at?.max(0.0).to_bits(), 0, 0]));
    let mut times: Vec<[u64; 3]> = times.collect();
    order::sort_keys(&mut times);
    let time = |key: &[u64; 3]| f64::from_bits(key[0]);
    let (mut first, mut most) = (0, 0);
    for (last, at) in times.iter().enumerate() {
        while times.get(first).is_some_and(|own| time(at) - time(own) >= MINUTE) {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    (rate > 0.0).then(|| Ratio::new(most as f64 / (rate * MINUTE)))
}

/// Requests a second of each hour of the day, where every hour was seen for a while.
fn hours(requests: &[Request], first: f64, span: f64) -> Vec<PerSecond> {
    let whole = (span / DAY).floor();
    let mut seen = [whole * HOUR; 24];
    let mut at = first;
    let end = first + (span - whole * DAY);
    for _ in 0..25 {
        let next = ((at / HOUR).floor() + 1.0) * HOUR;
        seen[hour_of(at)] += (next.min(end) - at).max(0.0);
        at = next;
    }
    if seen.iter().any(|seen| *seen < SEEN_MIN) {
        return Vec::new();
    }
    let mut counts = [0.0; 24];
    requests.iter().filter_map(|own| own.at).for_each(|at| counts[hour_of(at)] += 1.0);
    counts.iter().zip(seen).map(|(n, seen)| PerSecond::new(n / seen)).collect()
}

fn hour_of(at: f64) -> usize {
    ((at / HOUR).floor() % 24.0) as usize % 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_forms_are_read() {
        let azure = "TIMESTAMP,ContextTokens,GeneratedTokens\n\
            2023-11-16 18:15:46.6805900,374,44\n\
            2023-11-16 18:15:50.9951690,396,109\n\
            2023-11-16 18:15:56.6805900,879,55\n";
        let own = trace(azure);
        assert_eq!((own.rows, own.faults.len()), (3, 0));
        assert!((own.prompt.get() - 549.666_666).abs() < 1e-3);
        assert!((own.rate.expect("a rate").get() - 0.2).abs() < 1e-9, "two in ten seconds");
        let mooncake = "{\"timestamp\": 0, \"input_length\": 6758, \"output_length\": 500, \
            \"hash_ids\": [0, 1]}\n{\"timestamp\": 4000, \"input_length\": 100, \
            \"output_length\": 300, \"hash_ids\": [2]}\n";
        let own = trace(mooncake);
        assert_eq!((own.rows, own.answer.get()), (2, 400.0));
        assert_eq!(own.rate.map(PerSecond::get), Some(0.25), "milliseconds");
        assert!((own.spread.get() - 0.25).abs() < 1e-12, "100 of 400");
        // One block of the second prompt stood at the beginning of the first: 512 of 7,270 tokens.
        let again = mooncake.replace("[2]", "[0]").replace("100,", "512,");
        let own = trace(&again);
        assert!((own.cached.expect("blocks").get() - 512.0 / 7270.0).abs() < 1e-12);
        let mut inputs = Inputs::default();
        own.type_into(&mut inputs);
        assert_eq!(inputs.get(Key::Cached), "7%");
        assert!(own.text().contains("blocks of 512 tokens"), "{}", own.text());
        let burst = "Timestamp,Model,Request tokens,Response tokens,Total tokens\n5,a,472,18,490\n";
        let own = trace(burst);
        assert_eq!((own.rows, own.rate), (1, None));
    }

    /// The same three requests, ten seconds from first to last, in every form.
    #[test]
    fn separators_heads_and_units_are_found() {
        let forms = [
            "time;prompt;output\n1;100;10\n2;200;20\n11;300;30\n",
            "arrival_ms\tprompt\toutput\n1000\t100\t10\n2000\t200\t20\n11000\t300\t30\n",
            "1,100,10\n2,200,20\n11,300,30\n",
            "1\t100\t10\n2\t200\t20\n11\t300\t30",
            "2024-05-01T00:00:01Z,100,10\n2024-05-01T00:00:02Z,200,20\n2024-05-01T00:00:11Z,300,30",
            "created,prompt_tokens,completion_tokens\n1700000001000,100,10\n1700000002000,200,20\n\
             1700000011000,300,30\n",
            "[{\"created\": 1, \"prompt\": 100, \"output\": 10},\n {\"created\": 2,\n \
             \"prompt\": 200, \"output\": 20}, {\"created\": 11, \"prompt\": 300, \"output\": 30}]",
        ];
        for form in forms {
            let own = trace(form);
            assert_eq!((own.rows, own.prompt.get(), own.answer.get()), (3, 200.0, 20.0), "{form}");
            let rate = own.rate.expect("a rate").get();
            assert!((rate - 0.2).abs() < 1e-9, "{form}: {rate}");
            assert!((own.prompt_spread.get() - (2.0f64 / 3.0).sqrt() / 2.0).abs() < 1e-9);
        }
        let bare = trace("100,10\n300,30\nx,5\n");
        assert_eq!((bare.rows, bare.rate), (2, None));
        assert!(bare.faults[0].starts_with("line 3: "), "{:?}", bare.faults);
        assert!(bare.text().contains("no arrival times: the rate stays as typed"));
    }

    /// Twenty minutes of one request each, but for one minute of ten.
    #[test]
    fn the_busiest_minute_is_told_and_is_the_days_peak() {
        let mut text = "time,prompt,output\n".to_owned();
        for minute in 0..=20 {
            for n in 0..if minute == 7 { 10 } else { 1 } {
                text += &format!("{},100,10\n", minute * 60 + n);
            }
        }
        let own = trace(&text);
        // 29 requests in the 20 whole minutes.
        let burst = own.burst.expect("a busiest minute").get();
        assert!((burst - 10.0 * 20.0 / 29.0).abs() < 1e-9, "{burst}");
        let mut inputs = Inputs::default();
        own.type_into(&mut inputs);
        assert!(inputs.typed(Key::Busiest).is_some());
        assert!(own.text().contains("the peak of the day"), "{}", own.text());
    }

    /// Half of all requests come in the last half minute, which begins no whole minute after the first.
    #[test]
    fn a_burst_at_the_end_is_the_busiest_minute() {
        let mut text = "time,prompt,output\n".to_owned();
        for n in 0..1500 {
            text += &format!("{},100,10\n", 2 * n);
        }
        for n in 0..1500 {
            text += &format!("{},100,10\n", 3000.0 + f64::from(n) / 50.0);
        }
        let own = trace(&text);
        let span = 3000.0 + 1499.0 / 50.0;
        // 1,500 and the 15 of the half minute before, against 2,999 over the span.
        let by_hand = 1515.0 / (2999.0 / span * 60.0);
        let burst = own.burst.expect("a busiest minute").get();
        assert!((burst / by_hand - 1.0).abs() < 2e-3, "{burst} {by_hand}");
        let backwards: String = text
            .lines()
            .skip(1)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .fold("time,prompt,output\n".to_owned(), |all, line| all + line + "\n");
        assert_eq!(trace(&backwards).burst, own.burst, "rows in any order");
    }

    /// What an earlier trace typed and a later one says nothing of is cleared with the rate that it belonged to, or told.
    #[test]
    fn what_a_trace_says_nothing_of_is_cleared_or_told() {
        let hashed = "{\"timestamp\": 0, \"input_length\": 1024, \"output_length\": 500, \
            \"hash_ids\": [0, 1]}\n{\"timestamp\": 4000, \"input_length\": 1024, \
            \"output_length\": 300, \"hash_ids\": [0, 2]}\n";
        let mut inputs = Inputs::default().with(Key::Busiest, "5/s").with(Key::Hourly, "1,2");
        trace(hashed).type_into(&mut inputs);
        assert_eq!(inputs.get(Key::Cached), "25%");
        assert_eq!((inputs.typed(Key::Busiest), inputs.typed(Key::Hourly)), (None, None));
        let plain = trace("prompt,output\n100,10\n200,20\n");
        let told = plain.kept(&inputs).expect("the hits stay");
        assert!(told.contains("prefix cache (25%)") && told.contains("requests ("), "{told}");
        assert_eq!(plain.kept(&Inputs::default()), None);
        assert_eq!(trace("").kept(&inputs), None);
    }

    /// A tenth of the prompts are a hundred times as long as the others: 10.9 times a hundred on the mean, with a deviation
    /// of 29.7 hundreds. That is kept as it is, and what no lognormal has is told.
    #[test]
    fn long_tails_are_kept_and_told() {
        let rows = |n: usize| if n.is_multiple_of(10) { 10_000 } else { 100 };
        let text: String = (0..400).map(|n| format!("{n},{},10\n", rows(n))).collect();
        let own = trace(&text);
        let mut inputs = Inputs::default();
        own.type_into(&mut inputs);
        assert_eq!((inputs.get(Key::Prompt), inputs.get(Key::PromptSpread)), ("1090", "2.72"));
        // exp(1.2816 s - s^2 / 2) of the mean, s^2 = ln(1 + 2.7248^2).
        let [seen, counted] = own.tail.expect("a tail").map(Ratio::get);
        let s = (1.0f64 + 2.7248 * 2.7248).ln().sqrt();
        let by_hand = 1090.0 * (1.2816 * s - s * s / 2.0).exp();
        assert_eq!(seen, 10_000.0);
        assert!((counted / by_hand - 1.0).abs() < 1e-3, "{counted} {by_hand}");
        assert!(own.text().contains("come later than is said"), "{}", own.text());
        let even: String = (0..400).map(|n| format!("{n},{},10\n", 1 + n % 100)).collect();
        assert_eq!(trace(&even).tail, None);
        let one = (0..400).map(|n| format!("{n},{},10\n", if n == 0 { 1_000_000 } else { 1 }));
        let own = trace(&one.collect::<String>());
        assert!(own.text().contains("Spreads count to \u{b1}500"), "{}", own.text());
    }

    /// A demand that was typed is worth more than the rate of a few requests.
    #[test]
    fn a_short_trace_leaves_the_demand_that_was_typed() {
        let few = trace("1,100,10\n2,200,20\n2.55,300,30\n");
        for (key, text) in [(Key::Rate, "10/s"), (Key::InFlight, "64")] {
            let mut inputs = Inputs::default().with(key, text);
            let kept = few.kept(&inputs).expect("what stays");
            assert!(kept.contains(text), "{kept}");
            few.type_into(&mut inputs);
            assert_eq!((inputs.get(key), inputs.get(Key::Prompt)), (text, "200"));
        }
        let mut inputs = Inputs::default();
        few.type_into(&mut inputs);
        assert_eq!(inputs.get(Key::Rate), "1.29/s");
    }

    /// Two requests an hour are few, yet their hours are the day's: they take the place of a peak, which is not said to stay.
    #[test]
    fn hours_of_a_short_trace_take_the_place_of_a_peak() {
        let text: String = (0..=48).map(|half| format!("{},100,10\n", half * 1800)).collect();
        let own = trace(&text);
        assert!(own.is_short() && own.hours.len() == 24);
        let mut inputs = Inputs::default().with(Key::Rate, "10/s").with(Key::Busiest, "20/s");
        let kept = own.kept(&inputs).expect("the rate stays");
        assert!(kept.contains("10/s") && !kept.contains("20/s"), "{kept}");
        own.type_into(&mut inputs);
        assert_eq!((inputs.get(Key::Rate), inputs.typed(Key::Busiest)), ("10/s", None));
    }

    #[test]
    fn too_little_for_a_rate_is_told() {
        let few = trace("1,100,10\n2,200,20\n2.55,300,30\n");
        assert!(few.rate.is_some());
        // One over the root of three.
        assert!(few.text().contains("too little for a rate"), "{}", few.text());
        assert!(few.text().contains("57.7"), "{}", few.text());
        let many: String = (0..200).map(|n| format!("{n},100,10\n")).collect();
        assert!(!trace(&many).text().contains("too little"), "{}", trace(&many).text());
    }

    #[test]
    fn faults_say_what_was_expected_and_what_a_file_is() {
        let fault = |text: &str| trace(text).faults.join(" ");
        let text = fault("time,prompt,output\n3,-5,10\n");
        assert!(text.contains("\"-5\" as tokens of the prompt") && text.contains("from 1 to"));
        let text = fault("{\"prompt\": 100, \"output\": 10\n{\"prompt\": 100]}\n");
        assert_eq!(text.matches("no JSON object").count(), 2, "{text}");
        let text = fault("{\"prompt\": 100}\n");
        assert!(text.contains("no tokens of the answer"), "{text}");
        let chat =
            "[{\"id\": \"a\", \"conversations\": [{\"from\": \"human\", \"value\": \"hi\"}]}]";
        assert!(fault(chat).contains("tokenizer"), "{}", fault(chat));
        assert!(fault("PAR1\u{15}\u{0}").contains("Parquet"));
        assert!(fault("PK\u{3}\u{4}\u{0}").contains("unpack"));
        // Messages beside counts are only left aside.
        let both = "{\"messages\": [{\"role\": \"user\"}], \"prompt_tokens\": 7, \
            \"completion_tokens\": 5}\n";
        assert_eq!(trace(both).rows, 1, "{}", fault(both));
    }

    /// Two days: one request every 20 minutes, and every 5 from noon to six.
    #[test]
    fn hours_of_a_day_come_from_arrivals() {
        let mut text = "time,prompt,output\n".to_owned();
        for minute in (0..=2 * 1440).step_by(5) {
            let busy = (12..18).contains(&(minute / 60 % 24));
            if busy || minute % 20 == 0 {
                text += &format!("{},100,10\n", minute * 60);
            }
        }
        let own = trace(&text);
        let a_minute: Vec<f64> = own.hours.iter().map(|rate| rate.get() * 60.0).collect();
        // The last arrival begins a third day: a seventh in the first hour.
        let near = |value: f64, wanted: f64| (value - wanted).abs() < 1e-9;
        assert!(near(a_minute[0], 7.0 / 120.0) && near(a_minute[1], 0.05), "{a_minute:?}");
        assert!(near(a_minute[12], 0.2) && near(a_minute[17], 0.2) && near(a_minute[18], 0.05));
        let mut inputs = Inputs::default().with(Key::Busiest, "5/s");
        own.type_into(&mut inputs);
        assert_eq!(inputs.get(Key::Hourly).split(',').count(), 24);
        assert_eq!(inputs.typed(Key::Busiest), None);
        // Less than a day says nothing of the hours.
        let short: String = text.lines().take(60).map(|line| format!("{line}\n")).collect();
        assert!(trace(&short).hours.is_empty() && trace(&short).rate.is_some());
        assert!(trace(&short).text().contains("does not cover a whole day"));
    }

    /// What is typed is read, and is the rate that the trace has: it rounds no slow one up, and no quiet hour away.
    #[test]
    fn rates_are_typed_to_four_digits_however_slow() {
        // Nine a day for three days: 26 gaps of 9,600 s.
        let slow: String = (0..27).map(|n| format!("{},100,10\n", n * 9600)).collect();
        let own = trace(&slow);
        let mut inputs = Inputs::default().with(Key::Purpose, "serve");
        own.type_into(&mut inputs);
        assert_eq!(inputs.get(Key::Rate), "0.0001042/s", "1/9,600");
        let hours = inputs.get(Key::Hourly).to_owned();
        assert_eq!(hours.split(',').filter(|rate| *rate != "0").count(), 9, "{hours}");
        assert_eq!(inputs.resolve().problems, []);
        // A busiest minute of three in 26 minutes of one each.
        let burst: String = (0..28).map(|n| format!("{},9,9\n", 60 * (n / 3))).collect();
        let mut inputs = Inputs::default();
        trace(&burst.replace("540,", "1560,")).type_into(&mut inputs);
        assert_eq!(inputs.get(Key::Busiest), "0.05/s", "three a minute");
        for times in [["0", "1e15"], ["0", "1e-12"]] {
            let own = trace(&format!("{},1,1\n{},1,1\n", times[0], times[1]));
            assert_eq!((own.rows, own.rate, own.hours.len()), (2, None, 0));
            assert!(own.faults[0].contains("to tell a rate"), "{:?}", own.faults);
        }
    }

    #[test]
    fn rows_that_cannot_be_used_are_named_and_left_out() {
        let own =
            trace("time,prompt,output\n1,100,10\nsoon,100,10\n3,-5,10\n4,100,zehn\n5,200,30\n");
        assert_eq!(own.rows, 2);
        assert_eq!(own.rate.map(PerSecond::get), Some(0.25));
        let expected = ["line 3: \"soon\" is no time", "line 4: ", "line 5: "];
        assert_eq!(own.faults.len(), 3);
        for (fault, start) in own.faults.iter().zip(expected) {
            assert!(fault.starts_with(start), "{fault}");
        }
        assert!(trace("a,b\n1,2\n").faults[0].contains("the head must name"));
        let many = format!("prompt,output\n{}", "x,1\n".repeat(50));
        assert_eq!(trace(&many).faults.last().map(String::as_str), Some("and 45 more rows"));
    }

    #[test]
    fn anything_at_all_is_answered() {
        for text in ["", "{", "{}", "{\"", "{\"a\":}\n{\"prompt\":1", "prompt,output\n\"", "\u{0}"]
        {
            let own = trace(text);
            assert_eq!(own.rows, 0, "{text}");
            let mut inputs = Inputs::default();
            own.type_into(&mut inputs);
            assert_eq!(inputs, Inputs::default());
        }
    }
}
