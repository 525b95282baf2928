//! What the page's benchmark measures, natively: one line of JSON for each case.
//!
//! `cargo run --release --example measure`; `cargo xtask bench` prints it beside the browser's.

use std::time::Instant;

fn main() {
    let start = Instant::now();
    for measured in autoparallel::api::measure(&|| start.elapsed().as_secs_f64() * 1000.0) {
        let cells = measured.cells().map(|(name, value)| format!("{name:?}:{value}"));
        println!("{{\"case\":{:?},{}}}", measured.case, cells.join(","));
    }
}
