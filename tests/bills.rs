//! Bills and GPU-hours that others published.
//!
//! What is not held here, and why (`cargo test --test bills -- --nocapture` prints it):
//! - Llama-3.1-8B and 70B: the model card's hours are 15 % and 27 % of the peak at 15T tokens, half to a third of what
//!   the same report and every published run of that software reach. Neither layout nor batch nor cluster was
//!   published, so there is nothing to set the estimate to; it may only not exceed the card.
//! - DeepSeek-V3 on its authors' layout (PP 16, EP 64): the HAI-LLM profile, which no run was fitted to, takes some 40 %
//!   more than they did. The best layout for Megatron-Core comes within the tolerance, by another way.

mod support;

use autoparallel::estimate::{
    Bill, Book, Cargo, Draw, OutlayPart, Purchase, Routes, Source, Uptime, bill, outlay,
};
use autoparallel::prices::{Charge, Tariff, Terms};
use autoparallel::search::{Goal, search};
use autoparallel::units::{DollarsPerGb, DollarsPerHour, Seconds};
use autoparallel::workload::Fixed;
use support::{DEEPSEEK_V3, LLAMA_405B, Wanted, case};

fn best(wanted: &Wanted, fixed: Fixed) -> Bill {
    let mut case = case(wanted);
    case.constraints.fixed = fixed;
    let book = Book::new(&case);
    let best = search(&book, &Goal::fastest(&book)).best.expect("a layout");
    bill(&case, &best.estimate)
}

fn rented(rate_each: f64) -> Purchase {
    let rate = DollarsPerHour::new(8.0 * rate_each);
    Purchase {
        source: Source::Rented { rate, terms: Terms::OnDemand, charge: Charge::WholeTerm },
        tariff: Tariff::default(),
        moving_in: DollarsPerGb::ZERO,
        routes: Routes::default(),
        draw: Draw::default(),
    }
}

/// DeepSeek-V3, arXiv 2412.19437, table 1: 2,788 thousand H800 hours, 5.576 M$ at 2 $ an hour.
#[test]
fn deepseek_v3_bill_by_its_hours() {
    let hours = 2_788_000.0;
    let busy = Seconds::new(hours / 2048.0 * 3600.0);
    let outlay = outlay(&rented(2.0), &Cargo::default(), 256, busy, Uptime::ALL);
    assert!((outlay.total().get() - 5_576_000.0).abs() < 1.0, "{}", outlay.total().get());
    assert_eq!(outlay.get(OutlayPart::Machines), outlay.total());
}

/// The same, table 1: pre-training took 2,664 thousand H800 hours, 5.328 M$; within 10 %.
///
/// The layout is the search's own for Megatron-Core, not the authors': see the head of this file.
#[test]
fn deepseek_v3_hours_of_pre_training() {
    let bill = best(&DEEPSEEK_V3, Fixed::default());
    let hours = bill.accelerator_hours.get();
    let theirs = Fixed { tp: Some(1), cp: Some(1), pp: Some(16), ep: Some(64), ..Fixed::default() };
    let own = best(&Wanted { stack: "hai-llm", ..DEEPSEEK_V3 }, theirs).accelerator_hours.get();
    println!("DeepSeek-V3: best {hours:.0} hours, authors' layout {own:.0}, published 2664000");
    assert!((hours / 2_664_000.0 - 1.0).abs() < 0.10, "{hours}");
    let dollars = outlay(&rented(2.0), &Cargo::default(), 256, bill.time, Uptime::ALL).total();
    assert!((dollars.get() / 5_328_000.0 - 1.0).abs() < 0.10, "{}", dollars.get());
}

/// Llama-3.1-405B, model card (2024-07-23): 30.84 M H100 hours; within 15 %, with and without the tenth of the time
/// that the report (arXiv 2407.21783, section 3.3.4: "higher than 90% effective training time") grants to failures.
///
/// Layout of table 4 (TP 8, PP 16, DP 128) on PyTorch's own stack of that year.
#[test]
fn llama_405b_hours_of_its_model_card() {
    let theirs = Fixed { tp: Some(8), cp: Some(1), pp: Some(16), ..Fixed::default() };
    let bill = best(&Wanted { stack: "torchtitan-2024", ..LLAMA_405B }, theirs);
    let hours = bill.accelerator_hours.get();
    println!("Llama-3.1-405B: {hours:.0} hours without failures, published 30840000");
    for goodput in [1.0, 0.9] {
        let hours = hours / goodput;
        assert!((hours / 30_840_000.0 - 1.0).abs() < 0.15, "{hours} at goodput {goodput}");
    }
}

/// Llama-3.1-8B and 70B, model card: 1.46 M and 7.0 M H100 hours. The estimate must not exceed what was spent.
#[test]
fn small_llamas_take_no_more_than_their_model_card() {
    let tokens = 15_000_000_000_000;
    let wanted = Wanted { tokens, stack: "torchtitan-2024", ..LLAMA_405B };
    for (model, count, published) in
        [("llama-3.1-8b", 1024, 1_460_000.0), ("llama-3.1-70b", 4096, 7_000_000.0)]
    {
        let bill = best(&Wanted { model, count, ..wanted }, Fixed::default());
        let hours = bill.accelerator_hours.get();
        let share = 100.0 * bill.mfu.get() * hours / published;
        println!("{model}: {hours:.0} hours, published {published:.0} ({share:.0} % of the peak)");
        assert!(hours <= published, "{model}: {hours}");
    }
}
