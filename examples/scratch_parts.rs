use autoparallel::estimate::{Book, TimePart};
use autoparallel::fit::run::read;
use autoparallel::fit::setup;
fn main() {
    let ids: Vec<String> = std::env::args().skip(2).collect();
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    for (run, m) in read(&text) {
        if !ids.contains(&run.id) { continue; }
        let Ok(s) = setup(&run) else { println!("{} none", run.id); continue };
        let book = Book::new(&s.case);
        let e = book.estimate(&s.layout);
        println!("{} {} {:.3} vs {:?} stack {} remarks {:?}", run.id, run.model, e.step().get(), m.step_s, s.case.stack.key, s.remarks);
        for p in TimePart::ALL { let t = e.time.get(*p).get(); if t > 0.0 { print!(" {:?}={:.3}", p, t); } }
        println!();
    }
}
