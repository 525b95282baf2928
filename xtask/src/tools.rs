//! Finds the tools that Cargo does not bring, installs what it may, or says what to install.

use crate::workspace::{self, WASM_TARGET, command, output, run};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::{env, fs};

const NODE_MAJOR_MIN: u32 = 18;

const CHROMIUM_NAMES: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const CHROMIUM_PLACES: [&str; 4] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

/// The standard library for WebAssembly.
pub fn ensure_wasm_target() -> Result<()> {
    if has_wasm_target() {
        return Ok(());
    }
    run(command("rustup").args(["target", "add", WASM_TARGET])).with_context(|| {
        format!("install the Rust target {WASM_TARGET} for the toolchain in use, then try again")
    })
}

fn has_wasm_target() -> bool {
    let args = ["--print", "target-libdir", "--target", WASM_TARGET];
    output(command("rustc").args(args)).is_some_and(|dir| Path::new(&dir).is_dir())
}

/// rustfmt and Clippy.
pub fn ensure_lint_tools() -> Result<()> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if output(workspace::cargo().args([tool, "--version"])).is_none() {
            run(command("rustup").args(["component", "add", component]))?;
        }
    }
    Ok(())
}

/// Node and the packages that the lock file of `tests/e2e` pins.
pub fn ensure_node_packages() -> Result<()> {
    ensure_node()?;
    let dir = workspace::e2e_dir();
    let lock = fs::read(dir.join("package-lock.json"))?;
    let stamp = dir.join("node_modules/.installed-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(command(npm).args(["ci", "--no-audit", "--no-fund"]).current_dir(&dir))?;
    fs::write(&stamp, lock)?;
    Ok(())
}

fn ensure_node() -> Result<()> {
    if node_major().is_none() && can_apt() {
        apt_install(&["nodejs", "npm"])?;
    }
    match node_major() {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        Some(major) => bail!("Node {major} is too old: install Node {NODE_MAJOR_MIN} or newer"),
        None => bail!("Node is missing: install Node {NODE_MAJOR_MIN} or newer, with npm"),
    }
}

fn node_major() -> Option<u32> {
    let version = output(command("node").arg("--version"))?;
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

/// A Chromium or Chrome: from `CHROME` or `CHROMIUM`, in `PATH` or in its usual place.
pub fn ensure_chromium() -> Result<PathBuf> {
    if let Some(found) = find_chromium() {
        return Ok(found);
    }
    if can_apt() {
        apt_install(&["chromium", "chromium-driver"])?;
    }
    find_chromium().context(
        "no Chromium found: install Chromium or Chrome, or set CHROME to the path of its program",
    )
}

fn find_chromium() -> Option<PathBuf> {
    ["CHROME", "CHROMIUM"]
        .iter()
        .filter_map(env::var_os)
        .map(PathBuf::from)
        .chain(CHROMIUM_NAMES.iter().filter_map(|name| in_path(name)))
        .chain(CHROMIUM_PLACES.iter().map(PathBuf::from))
        .find(|path| path.is_file())
}

/// A Python that makes environments of its own.
pub fn ensure_python() -> Result<()> {
    let works = || output(command("python3").args(["-c", "import ensurepip, venv"])).is_some();
    if !works() && can_apt() {
        apt_install(&["python3", "python3-venv"])?;
    }
    if !works() {
        bail!("Python is missing: install Python 3.11 or newer, with venv");
    }
    Ok(())
}

/// The driver that runs the WebAssembly tests in Chromium.
pub fn ensure_chromedriver() -> Result<PathBuf> {
    if let Some(found) = find_chromedriver() {
        return Ok(found);
    }
    if can_apt() {
        apt_install(&["chromium-driver"])?;
    }
    find_chromedriver().context(
        "no chromedriver found: install the one of the browser's version \
         (Debian: chromium-driver; macOS: brew install chromedriver), or set CHROMEDRIVER",
    )
}

fn find_chromedriver() -> Option<PathBuf> {
    env::var_os("CHROMEDRIVER").map(PathBuf::from).or_else(|| in_path("chromedriver"))
}

fn in_path(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?)
        .map(|dir| dir.join(&file))
        .find(|candidate| candidate.is_file())
}

fn can_apt() -> bool {
    in_path("apt-get").is_some() && output(command("id").arg("-u")).as_deref() == Some("0")
}

fn apt_install(packages: &[&str]) -> Result<()> {
    let quiet = ("DEBIAN_FRONTEND", "noninteractive");
    run(command("apt-get").args(["update", "-qq"]).env(quiet.0, quiet.1))?;
    run(command("apt-get").args(["install", "-y", "-qq"]).args(packages).env(quiet.0, quiet.1))
}
