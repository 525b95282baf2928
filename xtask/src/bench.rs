//! `cargo xtask bench`: the benchmarks, natively and in Chromium.

use crate::site::{self, Profile};
use crate::tools;
use crate::workspace::{self, cargo, command, output, run};
use anyhow::{Context, Result};
use std::fs;

pub fn bench() -> Result<()> {
    if workspace::root().join("benches").is_dir() {
        run(cargo().args(["bench", "--package", "autoparallel", "--benches"]))?;
    }
    let dist = site::build(Profile::Release)?;
    let browser = tools::ensure_chromium()?;
    let native = output(cargo().args(["run", "--release", "--example", "measure"]))
        .context("the native measurement failed: cargo run --release --example measure")?;
    let file = workspace::target_dir()?.join("native.jsonl");
    fs::write(&file, native)?;
    run(command("node").arg("tests/e2e/bench.mjs").arg(dist).arg(file).env("CHROME", browser))
}
