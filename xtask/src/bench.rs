//! `cargo xtask bench`: the benchmarks, natively and in Chromium.

use crate::site::{self, Profile};
use crate::tools;
use crate::workspace::{self, cargo, command, run};
use anyhow::Result;

pub fn bench() -> Result<()> {
    if workspace::root().join("benches").is_dir() {
        run(cargo().args(["bench", "--package", "autoparallel", "--benches"]))?;
    }
    let dist = site::build(Profile::Release)?;
    let browser = tools::ensure_chromium()?;
    run(command("node").arg("tests/e2e/bench.mjs").arg(dist).env("CHROME", browser))
}
