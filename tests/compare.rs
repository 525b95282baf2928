//! Cases side by side.

mod support;

use autoparallel::plan::compare::{CASES_MAX, compare};
use autoparallel::plan::{Amount, find};
use support::{LLAMA_7B, QWEN_30B, Wanted, case};

#[test]
fn what_differs_is_told_and_the_better_one_named() {
    let (a, b) = (case(&LLAMA_7B), case(&Wanted { machine: "a100-80g", ..LLAMA_7B }));
    let both = compare(&[a.clone(), b.clone()]).expect("two cases");
    let question = |id: &str| both.questions.iter().find(|row| row.id == id).expect("a row");
    assert!(!question("model").differs && !question("count").differs);
    let accelerator = question("accelerator");
    assert!(accelerator.differs && accelerator.values == ["a100-40g", "a100-80g"]);
    let answer = |id: &str| both.answers.iter().find(|row| row.id == id).expect("a row");
    // Twice the memory and faster memory: never slower.
    let steps = &answer("step_time").values;
    let plans = [find(&a).plan().expect("a plan"), find(&b).plan().expect("a plan")];
    assert_eq!(steps[0], Some(Amount::Time(plans[0].step())));
    assert_eq!(steps[1], Some(Amount::Time(plans[1].step())));
    assert!(answer("step_time").best.contains(&1));
    assert_eq!(answer("cost").best, answer("step_time").best, "the same price an hour");
    assert_eq!(answer("headroom").best, [1]);
}

#[test]
fn the_same_case_twice_differs_in_nothing() {
    let both = compare(&[case(&QWEN_30B), case(&QWEN_30B)]).expect("two cases");
    assert!(both.questions.iter().all(|row| !row.differs));
    assert!(both.answers.iter().all(|row| !row.differs && row.best.is_empty()));
}

#[test]
fn a_case_that_does_not_fit_stands_beside_one_that_does() {
    let large = Wanted { model: "llama-3.1-405b", ..LLAMA_7B };
    let both = compare(&[case(&large), case(&LLAMA_7B)]).expect("two cases");
    assert_eq!(both.columns[0].plan, None);
    assert_eq!(both.answers[0].values[0], None);
    assert_eq!(both.answers.iter().find(|row| row.id == "days").expect("a row").best, [1]);
}

#[test]
fn two_to_four_are_compared() {
    let one = case(&LLAMA_7B);
    assert_eq!(compare(std::slice::from_ref(&one)), None);
    assert!(compare(&vec![one.clone(); CASES_MAX as usize]).is_some());
    assert_eq!(compare(&vec![one; CASES_MAX as usize + 1]), None);
}
