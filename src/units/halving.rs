//! Where something that holds up to some value stops to hold.

/// The two ends between which that lies after so many halvings: it holds at the first (or did not between the two) and
/// not at the second.
#[must_use]
pub fn halved(
    (mut low, mut high): (f64, f64),
    times: u32,
    mut holds: impl FnMut(f64) -> bool,
) -> (f64, f64) {
    for _ in 0..times {
        let middle = 0.5 * (low + high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_closed_in_upon() {
        let (low, high) = halved((0.0, 4.0), 40, |x| x * x <= 2.0);
        assert!(low * low <= 2.0 && high * high > 2.0 && high - low < 1e-11);
        assert_eq!(halved((1.0, 3.0), 5, |_| false), (1.0, 1.0625));
    }
}
