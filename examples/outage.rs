//! What papers print of failures and goodput, beside what is said here: the table of `docs/outage.md`.
//!
//! `cargo run --release --example outage`

use autoparallel::catalogue::reliability as catalogue;
use autoparallel::estimate::outage::{
    broken_share, daly, first_order, full, predict, spares_least,
};
use autoparallel::reliability::{Checkpointing, Job, Reliability, Way};
use autoparallel::units::{Bytes, BytesPerSecond, Frequency, Ratio, Seconds};

fn row(what: &str, published: &str, said: String, source: &str) {
    println!("| {what} | {published} | {said} | {source} |");
}

fn minutes(n: f64) -> Seconds {
    Seconds::new(n * 60.0)
}

fn share(ratio: Ratio) -> String {
    format!("{:.3}", ratio.get())
}

fn stops(level: &str, accelerators: f64) -> Frequency {
    catalogue::failures(level).unwrap_or_default() * (accelerators / 8.0)
}

/// Two hundred billion parameters on 1,200 nodes of eight, three months of work.
const BYTE_ROBUST: Job = Job {
    accelerators: 9600,
    node_size: 8,
    work: Seconds::days(90.0),
    step: Seconds::new(10.0),
    replicas: 10,
    state: Bytes::new(2_800_000_000_000),
    holders: 960,
    host_link: BytesPerSecond::gb(50.0),
    network: BytesPerSecond::gb(50.0),
    mfu: Ratio::ONE,
    waited: Ratio::ONE,
};

/// 405 billion parameters on 2,048 nodes of eight, 54 days of work.
const LLAMA: Job = Job {
    accelerators: 16_384,
    work: Seconds::days(54.0),
    replicas: 1,
    state: Bytes::new(5_682_000_000_000),
    holders: 16_384,
    ..BYTE_ROBUST
};

fn steady() -> Reliability {
    let mut own = catalogue::usual();
    own.stragglers.factor = Ratio::ONE;
    own.spares = catalogue::enough_spares();
    own
}

fn formulas() {
    for (hours, printed) in [(24.0, "117 min"), (6.0, "57 min"), (0.25, "9.1 min")] {
        let found = daly(minutes(5.0), Seconds::hours(hours)).get() / 60.0;
        let what = format!("Daly's interval, 5 min checkpoints, {hours} h between stops");
        row(&what, printed, format!("{found:.2} min"), "Daly 2006");
    }
    let rate = stops("failures_young", 16_000.0);
    for (interval, printed) in [(60.0, "0.7"), (5.0, "0.93")] {
        let linear = first_order(rate, minutes(5.0), minutes(interval));
        let whole = full(rate.period(), minutes(5.0), minutes(interval), Seconds::ZERO);
        let what = format!("RSC-1's rate, 2,000 nodes, checkpoints every {interval} min");
        let said = format!("{} first order, {} in full", share(linear), share(whole));
        row(&what, printed, said, "arXiv 2410.21680");
    }
    for (n, printed) in [(16_384.0, "1.8 h"), (131_072.0, "0.23 h")] {
        let found = stops("failures_young", n).period().get() / 3600.0;
        let what = format!("RSC-1's rate, {n} GPUs: between failures");
        row(&what, printed, format!("{found:.3} h"), "arXiv 2410.21680");
    }
    let rate = Frequency::every(minutes(18.0));
    for (stall, printed) in [(10.0, "44 %"), (3.0, "80 %")] {
        let linear = first_order(rate, minutes(stall), Seconds::ZERO);
        let what = format!("FT-HSDP: stalls of {stall} min every 18 min (rate from the first)");
        row(&what, printed, share(linear), "arXiv 2602.00277");
    }
}

fn runs() {
    let outage = predict(&LLAMA, &steady());
    let said = share(outage.useful_share());
    row("Llama 3 405B, 466 stops in 54 days", "> 0.90", said, "arXiv 2407.21783");
    let mut own = steady();
    own.restart = minutes(5.0);
    let memory = Some(BYTE_ROBUST.step);
    own.checkpoint = Checkpointing { way: Way::Memory, interval: memory, ..own.checkpoint };
    let said = share(predict(&BYTE_ROBUST, &own).useful_share());
    row("ByteRobust, 9,600 GPUs for three months", "0.97", said, "arXiv 2509.16293");
}

fn spares() {
    let least = |n, p, q: f64| spares_least(n, p, Ratio::new(q)).unwrap_or_default();
    let cube = Ratio::new(1.0 - 0.996_f64.powi(16));
    let said = format!("{} (hosts there for 99.6 %)", least(130, cube, 0.95));
    row("Spare cubes of 144 for 95 %", "14", said, "Google Cloud, May 2026");
    let usual = catalogue::failures("failures_usual").unwrap_or_default();
    let broken = broken_share(usual, Seconds::hours(6.0));
    let said = format!("{} (repairs of 6 h)", least(1024, broken, 0.99));
    row("Spare machines of 1,024 at the 99th percentile", "4", said, "arXiv 2509.16293");
    let rate = Frequency::every(Seconds::hours(2.2 * 0.993 / 0.007));
    for (repair, printed) in [(Seconds::hours(2.2), "5 %"), (minutes(5.0), "2 %")] {
        let n = least(152, broken_share(rate, repair), 0.999);
        let said = format!("{:.1} %", f64::from(n) / 1.52);
        let what =
            format!("Spare nodes of 152 for 99.9 %, repairs of {:.1} h", repair.get() / 3600.0);
        row(&what, printed, said, "arXiv 2503.11901");
    }
}

fn main() {
    println!("| what | published | said here | source |");
    println!("|---|---|---|---|");
    formulas();
    runs();
    spares();
}
