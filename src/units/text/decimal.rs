//! Decimal numbers, exact as typed.

use super::Fault;

/// `digits * 10^tens`, exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: u128,
    tens: i32,
}

/// What a sign or name of another currency stands for.
pub(super) const OTHER_CURRENCY: &str = "a currency other than the US dollar";
/// Largest exponent of ten that is followed, in either direction.
const TENS_MAX: i32 = 400;
/// Factors in one product, such as `8*1024`.
const FACTORS_MAX: usize = 8;

impl Decimal {
    /// One.
    pub const ONE: Self = Self { digits: 1, tens: 0 };

    /// `digits * 10^tens`.
    #[must_use]
    pub const fn new(digits: u128, tens: i32) -> Self {
        Self { digits, tens }
    }

    /// The shortest decimal that reads as `value`; zero where it is not finite or is negative.
    #[must_use]
    pub fn of(value: f64) -> Self {
        let text = format!("{value:e}");
        let Some((head, tens)) = text.split_once('e') else {
            return Self::new(0, 0);
        };
        let point = head.find('.').map_or(0, |at| head.len() - at - 1);
        let digits = head.replace('.', "").parse::<u128>().unwrap_or(0);
        Self::new(digits, tens.parse::<i32>().unwrap_or(0) - point as i32).plain()
    }

    /// The product; nothing when it cannot be held.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let (a, b) = (self.plain(), other.plain());
        let tens = a.tens.checked_add(b.tens).filter(|t| t.abs() <= TENS_MAX)?;
        Some(Self { digits: a.digits.checked_mul(b.digits)?, tens })
    }

    /// The nearest float; infinite when it is too large.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        format!("{}e{}", self.digits, self.tens).parse().unwrap_or(f64::INFINITY)
    }

    /// The nearest whole number (halves go up); nothing when it is too large.
    #[must_use]
    pub fn rounded(self) -> Option<u64> {
        let Self { digits, tens } = self.plain();
        if tens >= 0 {
            let scale = 10u128.checked_pow(tens as u32);
            return scale.and_then(|s| digits.checked_mul(s)).and_then(|n| u64::try_from(n).ok());
        }
        let Some(scale) = 10u128.checked_pow(tens.unsigned_abs()) else {
            return Some(0);
        };
        u64::try_from(digits / scale + u128::from(digits % scale >= scale / 2)).ok()
    }

    /// Whether it has no fraction.
    #[must_use]
    pub fn is_whole(self) -> bool {
        self.plain().tens >= 0
    }

    /// Whether it is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// The shortest digits, with a point where needed and never an exponent below 10^40.
    #[must_use]
    pub fn text(self) -> String {
        let Self { digits, tens } = self.plain();
        if tens >= 0 {
            return format!("{digits}{}", "0".repeat(tens.unsigned_abs() as usize));
        }
        let places = tens.unsigned_abs() as usize;
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded.split_at(padded.len() - places);
        format!("{whole}.{fraction}")
    }

    /// The same number without zeros at the end of its digits.
    fn plain(self) -> Self {
        let Self { mut digits, mut tens } = self;
        if digits == 0 {
            return Self { digits: 0, tens: 0 };
        }
        while digits.is_multiple_of(10) {
            digits /= 10;
            tens += 1;
        }
        Self { digits, tens }
    }

    fn power(self, n: u32) -> Option<Self> {
        let base = self.plain();
        let tens = i32::try_from(n).ok().and_then(|n| base.tens.checked_mul(n));
        let tens = tens.filter(|t| t.abs() <= TENS_MAX)?;
        Some(Self { digits: base.digits.checked_pow(n)?, tens })
    }
}

/// The number that `text` begins with (a product of factors, each perhaps a power), and the rest.
///
/// `text` has been through [`tidy`].
pub(super) fn scan(text: &str) -> Result<(Decimal, &str), Fault> {
    let text = text.strip_prefix('+').unwrap_or(text).trim_start();
    if text.starts_with(['-', '\u{2212}']) {
        return Err(Fault::Negative);
    }
    let (mut product, mut rest) = factor(text)?;
    for _ in 1..FACTORS_MAX {
        let Some(next) = after_times(rest) else { break };
        let (value, after) = factor(next)?;
        product = product.times(value).ok_or(Fault::TooLarge)?;
        rest = after;
    }
    Ok((product, rest.trim()))
}

/// One line of plain characters: full-width forms made narrow, every space made plain.
pub(super) fn tidy(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{2019}' => '\'',
        '\u{b5}' => '\u{3bc}',
        '\u{200b}' | '\u{feff}' => ' ',
        _ if c.is_whitespace() => ' ',
        _ => c,
    };
    text.chars().map(narrow).collect::<String>().trim().to_owned()
}

/// What follows a multiplication sign; the letter x is one only before a digit.
fn after_times(rest: &str) -> Option<&str> {
    let rest = rest.trim_start();
    if let Some(next) = rest.strip_prefix(['*', '\u{d7}', '\u{b7}']) {
        return Some(next.trim_start());
    }
    let next = rest.strip_prefix(['x', 'X'])?.trim_start();
    next.starts_with(|c: char| c.is_ascii_digit()).then_some(next)
}

fn factor(text: &str) -> Result<(Decimal, &str), Fault> {
    let end = number_end(text);
    let (number, rest) = text.split_at(end);
    if number.is_empty() {
        return Err(no_number(text));
    }
    let (digits, places) = digits_of(number)?;
    let (exponent, rest) = exponent_of(rest)?;
    let tens = exponent.checked_sub(places).filter(|t| t.abs() <= TENS_MAX * 2);
    let value = Decimal::new(digits, tens.ok_or(Fault::TooLarge)?);
    let power = rest.trim_start();
    let Some(power) = power.strip_prefix("**").or_else(|| power.strip_prefix('^')) else {
        return Ok((value, rest));
    };
    let power = power.trim_start();
    let (n, rest) = split_digits(power);
    let n = n.parse::<u32>().map_err(|_| Fault::NotANumber)?;
    Ok((value.power(n).ok_or(Fault::TooLarge)?, rest))
}

/// Why nothing at the start of `text` is a number.
fn no_number(text: &str) -> Fault {
    let word = text.to_ascii_lowercase();
    match text.chars().next() {
        None => Fault::Empty,
        Some('$') => Fault::WrongUnit("money"),
        Some('\u{20ac}' | '\u{a3}' | '\u{a5}') => Fault::WrongUnit(OTHER_CURRENCY),
        Some(c) if c.is_numeric() => Fault::Digits,
        _ if word.starts_with("nan") || word.starts_with("inf") || word.starts_with('\u{221e}') => {
            Fault::NotFinite
        }
        _ => Fault::NotANumber,
    }
}

/// Where the first number ends: digits, points and separators; a space only before a digit.
fn number_end(text: &str) -> usize {
    let mut chars = text.char_indices().peekable();
    let mut any = false;
    while let Some((at, c)) = chars.next() {
        let next_digit = chars.peek().is_some_and(|(_, n)| n.is_ascii_digit());
        match c {
            '0'..='9' => any = true,
            '.' if any || next_digit => {}
            ',' | '_' if any => {}
            ' ' | '\'' if any && next_digit => {}
            _ => return if any { at } else { 0 },
        }
    }
    if any { text.len() } else { 0 }
}

/// The digits of a number without its separators, and how many stand after the point.
fn digits_of(number: &str) -> Result<(u128, i32), Fault> {
    let mut parts = number.split('.');
    let (whole, fraction) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    if parts.next().is_some() {
        return Err(Fault::Points);
    }
    if fraction.contains(',') {
        return Err(Fault::Comma);
    }
    if fraction.contains(|c: char| !c.is_ascii_digit()) {
        return Err(Fault::Grouping);
    }
    let all = format!("{}{fraction}", ungrouped(whole)?);
    let digits = all.trim_start_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let value = digits.parse::<u128>().map_err(|_| Fault::TooLong)?;
    Ok((value, i32::try_from(fraction.len()).map_err(|_| Fault::TooLong)?))
}

/// The whole part without separators, which must be of one kind and part the digits in threes.
fn ungrouped(whole: &str) -> Result<String, Fault> {
    let Some(separator) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return Ok(whole.to_owned());
    };
    let groups: Vec<&str> = whole.split(separator).collect();
    let digits = |group: &&str| !group.is_empty() && group.chars().all(|c| c.is_ascii_digit());
    if !groups.iter().all(digits) {
        return Err(Fault::Grouping);
    }
    let first = groups.first().copied().unwrap_or("");
    let threes = groups.iter().skip(1).all(|group| group.len() == 3);
    if separator == '_' || (threes && first.len() <= 3 && !first.starts_with('0')) {
        return Ok(groups.concat());
    }
    let one_comma = separator == ',' && groups.len() == 2;
    Err(if one_comma { Fault::Comma } else { Fault::Grouping })
}

/// The exponent of `e12`, or 0 and the text unchanged.
fn exponent_of(rest: &str) -> Result<(i32, &str), Fault> {
    let Some(tail) = rest.strip_prefix(['e', 'E']) else {
        return Ok((0, rest));
    };
    let (sign, tail) = match tail.strip_prefix('-') {
        Some(tail) => (-1, tail),
        None => (1, tail.strip_prefix('+').unwrap_or(tail)),
    };
    let (digits, after) = split_digits(tail);
    if digits.is_empty() {
        return Ok((0, rest));
    }
    let size = digits.parse::<i32>().ok().filter(|n| *n <= TENS_MAX);
    match (size, sign) {
        (Some(n), sign) => Ok((n * sign, after)),
        (None, 1) => Err(Fault::TooLarge),
        (None, _) => Err(Fault::TooSmall),
    }
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}
