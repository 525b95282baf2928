//! Reads the equations of derivations and works them out again, with intervals for what rounding
//! hid.

#![allow(dead_code)]

use autoparallel::api::Shown;

/// What a rounded number may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    low: f64,
    high: f64,
}

/// Reads every equation of a text; how many there were.
pub fn check(text: &str) -> Result<u32, String> {
    let mut n = 0;
    for part in text.split("; ") {
        let Some((left, right)) = part.rsplit_once(" = ") else {
            continue;
        };
        let (left, right) = (Reader::new(left).whole()?, Reader::new(right).whole()?);
        if !left.meets(right) {
            return Err(format!("{part}: {left:?} is not {right:?}"));
        }
        n += 1;
    }
    Ok(n)
}

/// What the first equation of a text comes to; a text without one is a number.
pub fn result(text: &str) -> Interval {
    let about = |part: &str| part.rsplit(" = ").next().map(str::to_owned).unwrap_or_default();
    let parts: Vec<String> = text.split("; ").map(about).collect();
    // Preparations stand before what they prepare: the total is the largest part that has its unit.
    let first = if text.starts_with("a micro-batch") { parts.get(1) } else { parts.first() };
    let text = first.map_or("", String::as_str);
    Reader::new(text).whole().unwrap_or(Interval { low: f64::NAN, high: f64::NAN })
}

/// A number of the answer in base units, as exact as its text.
pub fn amount(shown: &Shown) -> Interval {
    let size = match shown.unit.as_str() {
        "days" => 86_400.0,
        "kwh" => 3.6e6,
        _ => 1.0,
    };
    let value = shown.value * size;
    // Texts show at least three digits, or one decimal.
    let half = value * 0.006;
    Interval { low: value - half, high: value + half }
}

impl Interval {
    /// Whether one is the other rounded up or down to a whole number.
    pub fn meets_up_to_one(self, other: Self) -> bool {
        self.low <= other.high + 1.0 && other.low <= self.high + 1.0
    }

    /// Whether both can be the same number.
    pub fn meets(self, other: Self) -> bool {
        let slack = 1e-9 * self.high.abs().max(other.high.abs());
        self.low <= other.high + slack && other.low <= self.high + slack
    }

    fn both(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let all = [
            f(self.low, other.low),
            f(self.low, other.high),
            f(self.high, other.low),
            f(self.high, other.high),
        ];
        let low = all.iter().copied().fold(f64::INFINITY, f64::min);
        Self { low, high: all.iter().copied().fold(f64::NEG_INFINITY, f64::max) }
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn new(text: &str) -> Self {
        let chars = text.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }).collect();
        Self { chars, at: 0 }
    }

    fn whole(mut self) -> Result<Interval, String> {
        let value = self.sum()?;
        self.words();
        match self.peek() {
            None => Ok(value),
            Some(c) => Err(format!("unexpected {c} at {}", self.at)),
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    /// Takes ` op ` if it is next.
    fn operator(&mut self, all: &[char]) -> Option<char> {
        let start = self.at;
        self.blanks();
        let found = self.peek().filter(|c| all.contains(c));
        let spaced = found == Some(',') || self.chars.get(self.at + 1) == Some(&' ');
        match found.filter(|_| spaced) {
            Some(c) => {
                self.at += 1;
                self.blanks();
                Some(c)
            }
            None => {
                self.at = start;
                None
            }
        }
    }

    fn sum(&mut self) -> Result<Interval, String> {
        let mut value = self.product()?;
        while let Some(op) = self.operator(&['+', '\u{2212}']) {
            let other = self.product()?;
            value = match op {
                '+' => value.both(other, |a, b| a + b),
                _ => value.both(other, |a, b| a - b),
            };
        }
        Ok(value)
    }

    fn power(&mut self) -> Result<Interval, String> {
        let value = self.factor()?;
        match self.operator(&['^']) {
            Some(_) => Ok(value.both(self.factor()?, f64::powf)),
            None => Ok(value),
        }
    }

    fn product(&mut self) -> Result<Interval, String> {
        let mut value = self.power()?;
        while let Some(op) = self.operator(&['\u{d7}', '/']) {
            let other = self.power()?;
            value = match op {
                '/' => value.both(other, |a, b| a / b),
                _ => value.both(other, |a, b| a * b),
            };
        }
        Ok(value)
    }

    /// A number with its units, brackets, or a choice; words before and after it are for people.
    fn factor(&mut self) -> Result<Interval, String> {
        self.words();
        let value = match self.peek() {
            Some('(') => {
                let choice = self.chars.get(self.at.saturating_sub(3)..self.at);
                let choice: String = choice.unwrap_or_default().iter().collect();
                self.bracket(&choice)?
            }
            Some(c) if c.is_ascii_digit() || c == '$' => self.number()?,
            other => return Err(format!("expected a number, not {other:?}, at {}", self.at)),
        };
        self.words();
        Ok(value)
    }

    fn bracket(&mut self, choice: &str) -> Result<Interval, String> {
        self.at += 1;
        let mut value = self.sum()?;
        while self.operator(&[',']).is_some() {
            let other = self.sum()?;
            value = match choice {
                "max" => value.both(other, f64::max),
                "min" => value.both(other, f64::min),
                _ => return Err("a list without a choice".into()),
            };
        }
        if self.peek() != Some(')') {
            return Err(format!("a bracket is not closed at {}", self.at));
        }
        self.at += 1;
        Ok(value)
    }

    /// Skips words that mean nothing to the sum.
    fn words(&mut self) {
        loop {
            let start = self.at;
            self.blanks();
            while self.in_word() {
                self.at += 1;
            }
            let end = self.at;
            if start == end
                || self.chars.get(start..end).is_some_and(|s| s.iter().all(|c| *c == ' '))
            {
                let skip = self.peek().is_some_and(|c| c == '(' || c.is_ascii_digit() || c == '$');
                self.at = if skip { end } else { start };
                return;
            }
        }
    }

    /// Letters, and the stroke of `tokens/s`.
    fn in_word(&self) -> bool {
        let letter = |at: usize| self.chars.get(at).is_some_and(|c| c.is_alphabetic());
        match self.peek() {
            Some('/') => self.at > 0 && letter(self.at - 1) && letter(self.at + 1),
            Some(c) => c.is_alphabetic() || "'-\u{2019}".contains(c),
            None => false,
        }
    }

    fn number(&mut self) -> Result<Interval, String> {
        let dollars = self.peek() == Some('$');
        if dollars {
            self.at += 1;
        }
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|c| c.is_ascii_digit() || ".\u{202f}".contains(*c)) {
            if c != '\u{202f}' {
                text.push(c);
            }
            self.at += 1;
        }
        let value: f64 = text.parse().map_err(|_| format!("{text} is no number"))?;
        let units = self.units();
        // Costs are told in whole dollars, prices with their cents.
        let whole = dollars && units.is_none() && !text.contains('.');
        let half = if whole { 0.5 } else { uncertainty(&text, value, units.is_some()) };
        let size = units.unwrap_or(1.0);
        Ok(Interval { low: (value - half) * size, high: (value + half) * size })
    }

    /// Units right after a number; nothing where there is none.
    fn units(&mut self) -> Option<f64> {
        let mut size = None;
        loop {
            let start = self.at;
            if self.peek() == Some('%') {
                self.at += 1;
                return Some(0.01);
            }
            if self.peek() == Some(' ') {
                self.at += 1;
            }
            let from = self.at;
            while self.peek().is_some_and(|c| c.is_alphabetic() || c == '/') {
                self.at += 1;
            }
            let word: String = self.chars.get(from..self.at).unwrap_or_default().iter().collect();
            match unit(&word) {
                Some(unit) => size = Some(size.unwrap_or(1.0) * unit),
                None => {
                    self.at = start;
                    return size;
                }
            }
        }
    }
}

/// Half of what rounding may have taken.
fn uncertainty(text: &str, value: f64, has_unit: bool) -> f64 {
    let digits = text.trim_start_matches(['0', '.']).chars().filter(char::is_ascii_digit).count();
    match text.split_once('.') {
        None if !has_unit && value < 1e3 => 0.0,
        None if !has_unit && value < 1e6 => 0.5,
        // Zeros at the end are not written: four digits were kept.
        None => (value * 6e-4).min(0.5),
        Some((_, decimals)) if digits >= 3 => 0.5 * 10_f64.powi(-(decimals.len() as i32)),
        Some(_) => value * 6e-4,
    }
}

fn unit(word: &str) -> Option<f64> {
    let kib = 1024.0;
    Some(match word {
        "KiB" => kib,
        "MiB" => kib * kib,
        "GiB" => kib * kib * kib,
        "TiB" => kib * kib * kib * kib,
        "B/s" | "FLOP/s" | "W" => 1.0,
        "MB/s" | "M" | "MW" => 1e6,
        "GB/s" | "B" | "GFLOP/s" | "GFLOP" | "GW" => 1e9,
        "TB/s" | "T" | "TFLOP/s" | "TFLOP" => 1e12,
        "PFLOP/s" | "PFLOP" => 1e15,
        "EFLOP" => 1e18,
        "ZFLOP" => 1e21,
        "YFLOP" => 1e24,
        "s" | "tokens/s" => 1.0,
        "ms" => 1e-3,
        "\u{b5}s" => 1e-6,
        "h" => 3600.0,
        "/h" => 1.0 / 3600.0,
        "days" => 86_400.0,
        "k" | "kW" => 1e3,
        "Wh" => 3600.0,
        "kWh" => 3.6e6,
        "MWh" => 3.6e9,
        "GWh" => 3.6e12,
        "TWh" => 3.6e15,
        _ => return None,
    })
}

#[test]
fn equations_are_worked_out() {
    assert_eq!(check("8 layers \u{d7} 142.6\u{a0}M \u{d7} 2 bytes = 2.125\u{a0}GiB"), Ok(1));
    assert_eq!(
        check("max(10.38 ms \u{d7} (1 \u{2212} 50%), 10.38 ms \u{2212} 112.8 ms) = 5.19 ms"),
        Ok(1)
    );
    assert_eq!(
        check("64 MiB \u{d7} (1 \u{2212} 1 / 4) / 315 GB/s + 2.4 \u{b5}s = 162.2 \u{b5}s"),
        Ok(1)
    );
    assert_eq!(check("51.89 days \u{d7} 16\u{202f}384 \u{d7} $6.88/h = $140.4 M"), Ok(1));
    assert_eq!(check("a constant of 3 GiB"), Ok(0));
    assert!(check("2 \u{d7} 3 = 7").is_err());
    assert!(check("8 layers \u{d7} 142.6\u{a0}M \u{d7} 2 bytes = 2.15\u{a0}GiB").is_err());
    assert!(check("(2 + 3 = 5").is_err());
}
