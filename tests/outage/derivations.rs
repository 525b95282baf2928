//! Every number of an outage is worked out again from its own text.

use super::equations;
use super::support::runs::{broken, hold};
use super::support::{QWEN_30B, case};
use super::{near, random, spot};
use autoparallel::catalogue::reliability as catalogue;
use autoparallel::estimate::Book;
use autoparallel::estimate::outage::predict;
use autoparallel::plan::{Amount, Finding, Part, explain_outage, find};
use autoparallel::reliability::{Job, Reliability, Spares, Way};
use autoparallel::units::{Ratio, Seconds};

fn leaves(part: &Part) -> &[Part] {
    &part.children
}

#[test]
fn every_number_follows_from_its_derivation() {
    let case = case(&QWEN_30B);
    let Finding::Plan(plan) = find(&case) else { panic!("a plan") };
    let own = Book::new(&case).job(&plan.layout, &plan.estimate);
    hold(300, |values| {
        let (job, reliability) = random(values);
        // The size of a checkpoint follows from the case.
        let job = Job { state: own.state, ..job };
        let outage = predict(&job, &reliability);
        let told = explain_outage(&case, &job, &reliability, &outage);
        let mut equations = 0;
        let parts = leaves(&told.time).iter().map(|part| (part.id.as_str(), &part.derivation));
        let figures = told.figures.iter().map(|figure| (figure.id, &figure.derivation));
        for (id, derivation) in parts.chain(figures) {
            let text = &derivation.substituted;
            let n = equations::check(text).map_err(|why| broken(format!("{id}: {text}: {why}")))?;
            equations += n;
            if derivation.source.is_empty() {
                return Err(broken(format!("{id} has no source")));
            }
        }
        if equations < 8 {
            return Err(broken(format!("{equations} equations")));
        }
        Ok(())
    });
}

/// A plan of 64 accelerators: each kind of checkpoint and of remedy tells its own story, and the total is the sum.
#[test]
fn totals_are_sums_of_what_is_told() {
    let case = case(&QWEN_30B);
    let Finding::Plan(plan) = find(&case) else { panic!("a plan") };
    let job = Book::new(&case).job(&plan.layout, &plan.estimate);
    let usual = catalogue::usual();
    let mut ways: Vec<Reliability> = Way::ALL
        .iter()
        .map(|way| {
            let mut own = usual;
            own.checkpoint.way = *way;
            own
        })
        .collect();
    ways.push(Reliability { elastic: Some(catalogue::elastic_stall()), ..usual });
    ways.push(Reliability { spares: Spares::Enough(Ratio::new(0.99)), ..usual });
    ways.push(Reliability { spot: spot(&[40, 9, 0, 30, 1], 0), ..usual });
    for own in ways {
        let outage = predict(&job, &own);
        let told = explain_outage(&case, &job, &own, &outage);
        let Amount::Time(total) = told.time.amount else { panic!("a time") };
        assert_eq!(total, outage.time.total());
        let sum: Seconds = leaves(&told.time)
            .iter()
            .map(|part| match part.amount {
                Amount::Time(time) => time,
                _ => panic!("a time"),
            })
            .sum();
        assert_eq!(sum, total);
        let goodput = told.figures.iter().find(|figure| figure.id == "goodput").expect("goodput");
        near("goodput", goodput.amount.value().get(), outage.useful_share().get(), 0.0);
    }
}
