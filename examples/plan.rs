//! Prints the best layout of the project's main cases, with its parts and the proof.
//!
//! `cargo run --release --example plan`

#[path = "../tests/support/mod.rs"]
mod support;

use autoparallel::estimate::{Book, MemoryPart, TimePart, bill};
use autoparallel::search::{Goal, search};
use support::{DEEPSEEK_V3, LLAMA_7B, LLAMA_405B, QWEN_30B, Wanted, case};

fn main() {
    let main = [LLAMA_405B, DEEPSEEK_V3, QWEN_30B, LLAMA_7B];
    for wanted in main {
        show(&wanted);
    }
    show(&Wanted { stack: "hai-llm", ..DEEPSEEK_V3 });
    show(&Wanted { stack: "unconstrained", ..DEEPSEEK_V3 });
    show(&Wanted { count: 131_072, global_batch: 16_384, ..LLAMA_405B });
}

fn show(wanted: &Wanted) {
    let case = case(wanted);
    let book = Book::new(&case);
    let start = std::time::Instant::now();
    let outcome = search(&book, &Goal::fastest(&book));
    let took = start.elapsed();
    println!("== {} on {} {} with {}", wanted.model, wanted.count, wanted.machine, wanted.stack);
    println!("{:?} in {took:?}; {:?}", outcome.stop, outcome.tally);
    let Some(best) = outcome.best else {
        println!("nothing fits");
        return;
    };
    println!("{:?}", best.layout);
    let bill = bill(&case, &best.estimate);
    println!(
        "step {:.3} s, MFU {:.1} %, {:.0} tokens/s each, {:.1} days, {:.1} GiB of {:.1}",
        best.estimate.step().get(),
        bill.mfu.get() * 100.0,
        bill.tokens_each.get(),
        bill.time.as_days(),
        best.estimate.memory.total().as_gib(),
        book.capacity().as_gib()
    );
    for part in TimePart::ALL {
        print!("{} {:.3}; ", part.key(), best.estimate.time.get(*part).get());
    }
    println!();
    for part in MemoryPart::ALL {
        print!("{} {:.2}; ", part.key(), best.estimate.memory.get(*part).as_gib());
    }
    println!();
}
