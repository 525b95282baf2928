//! `cargo xtask test`: every check, each told with its time, none hidden by an earlier failure.

use crate::deny;
use crate::script;
use crate::site::{self, TEST_RUNNER};
use crate::tools;
use crate::workspace::{self, WASM_TARGET, cargo, command, run};
use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

type Step = (&'static str, fn() -> Result<()>);

/// The runner gives up after 20 s unless told otherwise.
const WASM_TEST_SECONDS_MAX: &str = "600";

/// These look at what `build` made.
const NEED_BUILD: [&str; 2] = ["size", "e2e"];

/// Cases of a site that fails where a link tells it to.
const FAULT_CASES: &str = "faults";

/// These take so long to install what they need that they run only by name.
const BY_NAME: [&str; 1] = ["docs-large"];

/// In the order in which they run.
const STEPS: [Step; 13] = [
    ("fmt", fmt),
    ("deny", deny::deny),
    ("native", native),
    ("clippy", clippy),
    ("clippy-wasm", clippy_wasm),
    ("build", build),
    ("wasm", wasm),
    ("size", size),
    ("e2e", e2e),
    ("fault", fault),
    ("npm", npm),
    ("docs", docs),
    ("docs-large", docs_large),
];

pub fn test(names: &[&str]) -> Result<()> {
    for name in names {
        if !STEPS.iter().any(|(known, _)| known == name) {
            let known = STEPS.map(|(known, _)| known).join(", ");
            bail!("no test step {name:?}; the steps are {known}");
        }
    }
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        if !names.contains(&name) && (!names.is_empty() || BY_NAME.contains(&name)) {
            continue;
        }
        if failed.contains(&"build") && NEED_BUILD.contains(&name) {
            lines.push(format!("{name:<12} skipped"));
            continue;
        }
        eprintln!("\n== {name}");
        let start = Instant::now();
        let verdict = match step() {
            Ok(()) => "passed",
            Err(error) => {
                eprintln!("error: {error:#}");
                failed.push(name);
                "FAILED"
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        lines.push(format!("{name:<12} {verdict} {seconds:>7.1} s"));
    }
    println!("\n{}", lines.join("\n"));
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("all checks passed");
    Ok(())
}

fn fmt() -> Result<()> {
    tools::ensure_lint_tools()?;
    run(cargo().args(["fmt", "--all", "--check"]))
}

fn native() -> Result<()> {
    run(cargo().args(["test", "--package", "autoparallel-core", "--package", "autoparallel"]))?;
    run(cargo().args(["test", "--package", "xtask"]))
}

fn clippy() -> Result<()> {
    tools::ensure_lint_tools()?;
    run(cargo().args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn clippy_wasm() -> Result<()> {
    tools::ensure_wasm_target()?;
    run(cargo()
        .args([
            "clippy",
            "--package",
            "autoparallel-core",
            "--package",
            "autoparallel",
            "--package",
            "autoparallel-page",
            "--package",
            "autoparallel-js",
            "--target",
            WASM_TARGET,
        ])
        .args(["--lib", "--bins"])
        .args(wasm_tests()?)
        .args(["--", "-D", "warnings"]))
}

fn build() -> Result<()> {
    site::build_single().map(drop)
}

/// The tests of `tests/web*.rs`, in the code that is shipped: built as the release is.
fn wasm() -> Result<()> {
    tools::ensure_wasm_target()?;
    tools::ensure_chromium()?;
    let driver = tools::ensure_chromedriver()?;
    let this = env::current_exe()?;
    let this = this.to_str().context("the path of this program is not readable text")?;
    let runner = format!("target.{WASM_TARGET}.runner=[{this:?},{TEST_RUNNER:?}]");
    run(cargo()
        .args(["test", "--config", &runner, "--package", "autoparallel", "--target", WASM_TARGET])
        .arg("--release")
        .args(wasm_tests()?)
        .env("CHROMEDRIVER", driver)
        .env("WASM_BINDGEN_TEST_TIMEOUT", WASM_TEST_SECONDS_MAX))
}

fn size() -> Result<()> {
    tools::ensure_node_packages()?;
    site::check_sizes()
}

fn e2e() -> Result<()> {
    tools::ensure_node_packages()?;
    let browser = tools::ensure_chromium()?;
    run(command("node")
        .arg("tests/e2e/run.mjs")
        .arg(workspace::dist_dir())
        .env("CHROME", browser)
        .env("E2E_OUT", out_dir()?))
}

/// What becomes of a fault, in a site of its own.
fn fault() -> Result<()> {
    tools::ensure_node_packages()?;
    let site = site::build_faulty()?;
    let browser = tools::ensure_chromium()?;
    run(command("node")
        .arg("tests/e2e/run.mjs")
        .arg(site)
        .env("E2E_CASES", FAULT_CASES)
        .env("CHROME", browser)
        .env("E2E_OUT", out_dir()?))
}

/// The JavaScript package as it is published, under Node.
fn npm() -> Result<()> {
    let packed = script::pack()?;
    run(command("node")
        .arg("tests/npm/run.mjs")
        .arg(packed)
        .arg(workspace::target_dir()?.join("npm/trial")))
}

/// Documentation sites made by the real tools, seen in Chromium.
fn docs() -> Result<()> {
    tools::ensure_python()?;
    docs_sites(&["mkdocs", "sphinx"])
}

fn docs_large() -> Result<()> {
    docs_sites(&["mdbook", "docusaurus"])
}

fn docs_sites(names: &[&str]) -> Result<()> {
    let package = script::package()?;
    run(command("node")
        .arg("tests/docs-sites/run.mjs")
        .arg(package)
        .arg(workspace::target_dir()?.join("docs-sites"))
        .args(names)
        .env("CHROME", tools::ensure_chromium()?))
}

/// Where screenshots go.
fn out_dir() -> Result<PathBuf> {
    Ok(workspace::target_dir()?.join("e2e"))
}

/// `--test web ...`: the test programs that run in a browser.
fn wasm_tests() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(workspace::root().join("tests"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".rs").filter(|stem| stem.starts_with("web")) {
            names.push(stem.to_owned());
        }
    }
    names.sort();
    Ok(names.into_iter().flat_map(|name| ["--test".to_owned(), name]).collect())
}
