//! Text of ranges: two digits, three where the first is a 1, and the unit once.

use super::show::{GAP, GROUP, fixed};

/// From one quantity to another, each as [`show`](super::show) writes it: `4.3 to 5.3 s`.
#[must_use]
pub fn text(low: &str, high: &str) -> String {
    let (low, high) = (coarse(low), coarse(high));
    match (low.split_once(GAP), high.split_once(GAP)) {
        (Some((number, unit)), Some((_, other))) if unit == other && !low.starts_with('$') => {
            format!("{number} to {high}")
        }
        _ => format!("{low} to {high}"),
    }
}

/// The same quantity, its number rounded to what a range can say.
fn coarse(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_digit() || c == '.' || c == GROUP;
    let Some(start) = text.find(|c: char| c.is_ascii_digit()) else {
        return text.to_owned();
    };
    let (before, rest) = text.split_at(start);
    let (number, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
    let digits: String = number.chars().filter(|c| *c != GROUP).collect();
    match digits.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1e15 => format!("{before}{}{after}", rounded(value)),
        _ => text.to_owned(),
    }
}

fn rounded(value: f64) -> String {
    let mut first = 1.0;
    while first * 10.0 <= value {
        first *= 10.0;
    }
    while first > value && first > 1e-9 {
        first /= 10.0;
    }
    let mut step = if value < 2.0 * first { first / 100.0 } else { first / 10.0 };
    let value = (value / step + 0.5).floor() * step;
    let mut places = 0;
    while step < 0.999 {
        step *= 10.0;
        places += 1;
    }
    fixed(value, places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_named_once_where_it_is_the_same() {
        assert_eq!(text("4.36\u{a0}s", "5.32\u{a0}s"), "4.4 to 5.3\u{a0}s");
        assert_eq!(text("930\u{a0}ms", "1.12\u{a0}s"), "930\u{a0}ms to 1.12\u{a0}s");
        assert_eq!(text("48.2%", "55.1%"), "48% to 55%");
        assert_eq!(text("$71.3\u{a0}M", "$102\u{a0}M"), "$71\u{a0}M to $102\u{a0}M");
    }

    #[test]
    fn digits_are_few_but_not_lost() {
        assert_eq!(text("13.55\u{a0}h", "15.94\u{a0}h"), "13.6 to 15.9\u{a0}h");
        assert_eq!(text("0.912", "1.08"), "0.91 to 1.08");
        assert_eq!(text("16\u{202f}384", "23\u{202f}456"), "16\u{202f}400 to 23\u{202f}000");
        assert_eq!(text("99.6\u{a0}s", "120\u{a0}s"), "100 to 120\u{a0}s");
    }

    #[test]
    fn what_is_no_number_stays() {
        let long = "longer than a million years";
        assert_eq!(text(long, long), format!("{long} to {long}"));
        assert_eq!(text("0\u{a0}s", "0\u{a0}s"), "0 to 0\u{a0}s");
    }
}
