//! How far predictions lie from measurements: errors are natural logarithms of predicted over measured.

use crate::units::{Ratio, order};

/// How far one value lies from another: the natural logarithm of their ratio.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
pub struct LogRatio(pub f64);

/// Errors of the rows of one group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupErrors {
    /// The group.
    pub group: String,
    /// `ln(predicted / measured)` of each row.
    pub errors: Vec<LogRatio>,
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

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = |value: f64| format!("{:.1} %", 100.0 * value);
        write!(
            f,
            "{} rows, {} groups; |ln(predicted/measured)|, mean over groups: median {}, 90th \
             percentile {}, MAPE {}; over rows: median {}, 90th percentile {}",
            self.rows,
            self.groups,
            percent(self.macro_median),
            percent(self.macro_p90),
            percent(self.macro_mape),
            percent(self.row_median),
            percent(self.row_p90)
        )
    }
}

/// Sorts errors into their groups, in the order in which groups first come.
#[must_use]
pub fn by_group<'a>(errors: impl IntoIterator<Item = (&'a str, LogRatio)>) -> Vec<GroupErrors> {
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
    let sizes = |group: &GroupErrors| {
        group.errors.iter().map(|error| LogRatio(error.0.abs())).collect::<Vec<LogRatio>>()
    };
    let at = |errors: &[LogRatio], share: f64| quantile(errors, Ratio::new(share)).0;
    let all: Vec<LogRatio> = groups.iter().flat_map(sizes).collect();
    Summary {
        groups: groups.len(),
        rows: all.len(),
        macro_median: mean(&|group| at(&sizes(group), 0.5)),
        macro_p90: mean(&|group| at(&sizes(group), 0.9)),
        macro_mape: mean(&|group| {
            let sum: f64 = group.errors.iter().map(|error| (libm::exp(error.0) - 1.0).abs()).sum();
            sum / group.errors.len().max(1) as f64
        }),
        row_median: at(&all, 0.5),
        row_p90: at(&all, 0.9),
    }
}

/// The value below which a share of all lie, between neighbours in proportion; 0 of none.
#[must_use]
pub fn quantile(values: &[LogRatio], share: Ratio) -> LogRatio {
    let mut sorted: Vec<f64> = values.iter().map(|value| value.0).collect();
    order::sort_by(&mut sorted, f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else {
        return LogRatio::default();
    };
    let at = share.get() * last as f64;
    let (low, high) = (at.floor() as usize, at.ceil() as usize);
    let get = |i: usize| sorted.get(i).copied().unwrap_or(0.0);
    LogRatio(get(low) + (get(high) - get(low)) * (at - at.floor()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_hand() {
        let at = |values: &[f64], share| {
            let values: Vec<LogRatio> = values.iter().map(|value| LogRatio(*value)).collect();
            quantile(&values, Ratio::new(share)).0
        };
        assert_eq!(at(&[3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!(at(&[1.0, 2.0, 3.0, 4.0], 0.5), 2.5);
        assert_eq!(at(&[], 0.9), 0.0);
    }

    #[test]
    fn groups_count_alike() {
        let errors = [("a", 0.1), ("b", 0.3), ("a", -0.1), ("a", 0.1)];
        let groups = by_group(errors.map(|(group, error)| (group, LogRatio(error))));
        let summary = summary(&groups);
        assert_eq!((summary.groups, summary.rows), (2, 4));
        assert!((summary.macro_median - 0.2).abs() < 1e-12);
        assert!((summary.row_median - 0.1).abs() < 1e-12);
    }
}
