//! `cargo xtask fuzz`: mutated inputs for every parser, on stable Rust (`fuzz/` has the same for libFuzzer).

use crate::workspace::{cargo, run};
use anyhow::{Context, Result, ensure};

const SECONDS: u32 = 600;

pub fn fuzz(args: &[&str]) -> Result<()> {
    let (seconds, names) = match args {
        ["--seconds", text, names @ ..] => {
            (text.parse().with_context(|| format!("{text:?} is no number of seconds"))?, names)
        }
        names => (SECONDS, names),
    };
    ensure!(names.iter().all(|name| !name.starts_with('-')), "fuzz has no such option");
    run(cargo()
        .args(["test", "--package", "autoparallel", "--test", "fuzz", "--"])
        .args(["--exact", "--nocapture", "--test-threads", "1"])
        .args(names)
        .env("AUTOPARALLEL_FUZZ_SECONDS", seconds.to_string()))
}
