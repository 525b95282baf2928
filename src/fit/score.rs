//! How far predictions lie from measurements: errors are natural logarithms of predicted over measured.

use crate::units::order;

/// Errors of the rows of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupErrors {
    /// The group.
    pub group: String,
    /// `ln(predicted / measured)` of each row.
    pub errors: Vec<f64>,
}

/// Errors summed up: each group's own figure, averaged over groups, and figures over all rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// Groups.
    pub groups: usize,
    /// Rows.
    pub rows: usize,
    /// Mean over groups of the median absolute error.
    pub macro_median: f64,
    /// Mean over groups of the 90th percentile of the absolute error.
    pub macro_p90: f64,
    /// Mean over groups of the mean of `|predicted / measured - 1|`.
    pub macro_mape: f64,
    /// Median absolute error over rows.
    pub row_median: f64,
    /// 90th percentile of the absolute error over rows.
    pub row_p90: f64,
}

/// Sorts errors into their groups, in the order in which groups first come.
#[must_use]
pub fn by_group<'a>(errors: impl IntoIterator<Item = (&'a str, f64)>) -> Vec<GroupErrors> {
    let mut groups: Vec<GroupErrors> = Vec::new();
    for (group, error) in errors {
        match groups.iter_mut().find(|known| known.group == group) {
            Some(known) => known.errors.push(error),
            None => groups.push(GroupErrors { group: group.to_owned(), errors: vec![error] }),
        }
    }
    groups
}

/// Sums errors up.
#[must_use]
pub fn summary(groups: &[GroupErrors]) -> Summary {
    let n = groups.len().max(1) as f64;
    let mean = |figure: &dyn Fn(&GroupErrors) -> f64| groups.iter().map(figure).sum::<f64>() / n;
    let sizes = |group: &GroupErrors| group.errors.iter().map(|e| e.abs()).collect::<Vec<f64>>();
    let all: Vec<f64> = groups.iter().flat_map(sizes).collect();
    Summary {
        groups: groups.len(),
        rows: all.len(),
        macro_median: mean(&|group| quantile(&sizes(group), 0.5)),
        macro_p90: mean(&|group| quantile(&sizes(group), 0.9)),
        macro_mape: mean(&|group| {
            let sum: f64 = group.errors.iter().map(|error| (libm::exp(*error) - 1.0).abs()).sum();
            sum / group.errors.len().max(1) as f64
        }),
        row_median: quantile(&all, 0.5),
        row_p90: quantile(&all, 0.9),
    }
}

/// The value below which a share of all lie, between neighbours in proportion; 0 of none.
#[must_use]
pub fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    order::sort_by(&mut sorted, f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return 0.0;
    };
    let at = share * last as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    let get = |i: usize| sorted.get(i).copied().unwrap_or(0.0);
    get(low) + (get(high) - get(low)) * (at - at.floor())
}

/// Spearman's rank correlation of two lists of one length: Pearson's of their ranks, equal values sharing the
/// mean of theirs; none where either does not vary.
#[must_use]
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranks(a), ranks(b));
    let n = a.len().min(b.len()) as f64;
    let mean = |ranks: &[f64]| ranks.iter().sum::<f64>() / n;
    let (mean_a, mean_b) = (mean(&a), mean(&b));
    let (mut both, mut own_a, mut own_b) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(&b) {
        let (x, y) = (x - mean_a, y - mean_b);
        both += x * y;
        own_a += x * x;
        own_b += y * y;
    }
    let spread = own_a * own_b;
    (spread > 0.0).then(|| both / spread.sqrt())
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let rank = |value: &f64| {
        let below = values.iter().filter(|other| *other < value).count() as f64;
        let equal = values.iter().filter(|other| *other == value).count() as f64;
        below + (equal + 1.0) / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        assert_eq!(quantile(&[3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert_eq!(quantile(&[], 0.9), 0.0);
    }

    /// A textbook case: ranks 1 2 3 4 5 against 2 1 4 3 5 give 1 - 6 * 4 / (5 * 24) = 0.8.
    #[test]
    fn rank_correlation_by_hand() {
        let found = spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[20.0, 10.0, 40.0, 30.0, 50.0]);
        assert!(found.is_some_and(|rho| (rho - 0.8).abs() < 1e-12));
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn groups_count_alike() {
        let groups = by_group([("a", 0.1), ("b", 0.3), ("a", -0.1), ("a", 0.1)]);
        let summary = summary(&groups);
        assert_eq!((summary.groups, summary.rows), (2, 4));
        assert!((summary.macro_median - 0.2).abs() < 1e-12);
        assert!((summary.row_median - 0.1).abs() < 1e-12);
    }
}
