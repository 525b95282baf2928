//! Holds every package of `Cargo.lock` to `deny.toml`, by cargo-deny.

use crate::workspace::{self, cargo, command, output, run};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The version that is run, everywhere.
const VERSION: &str = "0.20.2";
/// Looked up and compiled without a network but for the registry of packages.
const OFFLINE: [&str; 3] = ["--offline", "--locked", "--workspace"];
/// What is allowed for one of the two workspaces is no fault of the other.
const UNUSED: [&str; 4] =
    ["-A", "license-exception-not-encountered", "-A", "license-not-encountered"];
/// The targets of libFuzzer, a workspace of its own.
const FUZZ: &str = "fuzz/Cargo.toml";

/// Bans, licences and sources are judged: their verdict follows from the commit. Known vulnerabilities follow from
/// the list of the day, so they are told, where that can be reached, and judged by `.github/workflows/deny.yml`.
pub fn deny() -> Result<()> {
    let program = ensure()?;
    let judged = ["--hide-inclusion-graph", "bans", "licenses", "sources"];
    // All systems' packages are judged, of which a build here fetches its own alone.
    run(cargo().args(["fetch", "--quiet", "--locked"]))?;
    run(deny_command(&program).args(OFFLINE).arg("check").args(UNUSED).args(judged))?;
    run(cargo().args(["fetch", "--quiet", "--locked", "--manifest-path", FUZZ]))?;
    let of_fuzz = ["--manifest-path", FUZZ, "--config", "deny.toml", "check"];
    run(deny_command(&program).args(OFFLINE).args(of_fuzz).args(UNUSED).args(judged))?;
    if output(deny_command(&program).args(["fetch", "db"])).is_none() {
        eprintln!(
            "known vulnerabilities were not looked at: their list cannot be reached from here"
        );
        return Ok(());
    }
    let told = ["--workspace", "check", "--hide-inclusion-graph", "advisories"];
    if let Err(error) = run(deny_command(&program).args(told)) {
        eprintln!("told, not judged: {error:#}");
    }
    Ok(())
}

fn deny_command(program: &Path) -> std::process::Command {
    command(&program.to_string_lossy())
}

/// The program, from the registry of packages where this version is not there yet: a minute and a half on two cores,
/// a third of what an optimized build takes, for checks of seconds.
fn ensure() -> Result<PathBuf> {
    let root = workspace::target_dir()?.join("tools/deny");
    let program = root.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    let there = output(deny_command(&program).arg("--version"));
    if there.is_none_or(|version| !version.ends_with(VERSION)) {
        let pinned = ["cargo-deny", "--version", VERSION, "--locked", "--force"];
        run(cargo()
            .args(["install", "--quiet", "--debug", "--no-default-features", "--root"])
            .arg(&root)
            .args(pinned))?;
    }
    Ok(program)
}
