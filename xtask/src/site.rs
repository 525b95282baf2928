//! Builds the site: a folder of static files with relative paths.

use crate::hash::hashed_name;
use crate::page::{self, Built};
use crate::script;
use crate::tools;
use crate::workspace::{self, WASM_TARGET, command, run};
use anyhow::{Context, Result, ensure};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// The hidden command by which Cargo runs WebAssembly tests.
pub const TEST_RUNNER: &str = "wbg-test";

/// The page's WebAssembly, compressed by brotli at its best: 450 KB for the training planner, 150 KB for
/// measured runs, fleet, failures and comparison.
const WASM_BYTES_MAX: u32 = 600_000;

/// The script that starts the application, copied under a name made from its content.
const BOOT: &str = "boot.js";

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Profile {
    /// Quick to build; served only.
    Dev,
    /// What `dist/` holds.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Profile::Dev => "debug",
            Profile::Release => "release",
        }
    }

    fn cargo_args(self) -> &'static [&'static str] {
        match self {
            Profile::Dev => &[],
            Profile::Release => &["--release"],
        }
    }
}

/// Builds the site and tells where it is.
pub fn build(profile: Profile) -> Result<PathBuf> {
    tools::ensure_wasm_target()?;
    run(workspace::cargo()
        .args(["build", "--package", "autoparallel-page", "--bin", "app", "--target", WASM_TARGET])
        .args(profile.cargo_args()))?;
    let target = workspace::target_dir()?;
    let stage = target.join("site").join(profile.name());
    let program = target.join(WASM_TARGET).join(profile.name()).join("app.wasm");
    bind(profile, &program, &stage)?;
    let out = match profile {
        Profile::Dev => target.join("site/dist"),
        Profile::Release => workspace::dist_dir(),
    };
    let module = match profile {
        Profile::Dev => stage.join("app_bg.wasm"),
        Profile::Release => optimized(&stage, "app_bg.wasm")?,
    };
    assemble(&stage, &module, &out)?;
    if profile == Profile::Release {
        script::add_to(&out)?;
    }
    eprintln!("built {}", out.display());
    Ok(out)
}

/// `wasm-bindgen` as it is called from a command line.
pub fn bindgen(args: &[OsString]) -> Result<()> {
    let program = OsString::from("wasm-bindgen");
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args([&[program], args].concat())
}

/// `wasm-bindgen-test-runner` as it is called from a command line.
pub fn test_runner(args: &[OsString]) -> Result<()> {
    let program = OsString::from("wasm-bindgen-test-runner");
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args([&[program], args].concat())
}

/// Prints the size of each file of `dist/`.
pub fn print_sizes() -> Result<()> {
    tools::ensure_node_packages()?;
    run(command("node").arg("tests/e2e/size.mjs").arg(workspace::dist_dir()))
}

/// The same, and fails when the WebAssembly is over its budget.
pub fn check_sizes() -> Result<()> {
    run(command("node")
        .arg("tests/e2e/size.mjs")
        .arg(workspace::dist_dir())
        .arg(WASM_BYTES_MAX.to_string())
        .arg(script::WASM_BYTES_MAX.to_string()))
}

/// Makes the glue script and the module that belongs to it.
fn bind(profile: Profile, program: &Path, stage: &Path) -> Result<()> {
    remove_dir(&stage.join("snippets"))?;
    let mut args: Vec<OsString> =
        ["--target", "web", "--no-typescript", "--out-name", "app", "--out-dir"]
            .map(OsString::from)
            .into();
    args.push(stage.into());
    match profile {
        Profile::Dev => args.push("--debug".into()),
        Profile::Release => {
            args.extend(["--remove-name-section", "--remove-producers-section"].map(Into::into));
        }
    }
    args.push(program.into());
    bindgen(&args)
}

/// The module after wasm-opt, which is run only on a module it has not yet seen.
pub fn optimized(stage: &Path, name: &str) -> Result<PathBuf> {
    tools::ensure_node_packages()?;
    let source = stage.join(name);
    let done = stage.join(hashed_name("opt", "wasm", &fs::read(&source)?));
    if done.exists() {
        return Ok(done);
    }
    for old in files(stage)?.iter().filter(|path| file_name(path).starts_with("opt-")) {
        fs::remove_file(old)?;
    }
    let part = stage.join("part.wasm");
    // No feature flags: the module names its own, and `--all-features` breaks browsers.
    run(command("node")
        .arg("tests/e2e/node_modules/binaryen/bin/wasm-opt")
        .args(["-O3", "-o"])
        .args([&part, &source]))?;
    fs::rename(&part, &done)?;
    Ok(done)
}

/// Writes the folder: hashed names for all that the page loads, `public/` as it is.
fn assemble(stage: &Path, module: &Path, out: &Path) -> Result<()> {
    let root = workspace::root();
    let index = fs::read_to_string(root.join("index.html"))?;
    remove_dir(out)?;
    fs::create_dir_all(out)?;
    copy_dir(&root.join("public"), out)?;
    fs::remove_file(out.join(BOOT)).with_context(|| format!("public/{BOOT} is missing"))?;
    if stage.join("snippets").is_dir() {
        copy_dir(&stage.join("snippets"), &out.join("snippets"))?;
    }
    let write = |stem: &str, extension: &str, bytes: &[u8]| -> Result<String> {
        let name = hashed_name(stem, extension, bytes);
        fs::write(out.join(&name), bytes)?;
        Ok(name)
    };
    let module = write("app", "wasm", &fs::read(module)?)?;
    let glue = fs::read_to_string(stage.join("app.js"))?;
    let glue = glue.replace("app_bg.wasm", &module);
    let built = Built {
        style: write("app", "css", style(&page::wanted(&index).styles)?.as_bytes())?,
        boot: write("boot", "js", &fs::read(root.join("public").join(BOOT))?)?,
        glue: write("app", "js", glue.as_bytes())?,
        module,
    };
    fs::write(out.join("index.html"), page::filled(&index, &built)?)?;
    Ok(())
}

/// The style sheets as one; each file of `style/` must be linked, lest one be forgotten.
fn style(wanted: &[String]) -> Result<String> {
    let root = workspace::root();
    for file in files(&root.join("style"))? {
        let link = format!("style/{}", file_name(&file));
        ensure!(!link.ends_with(".css") || wanted.contains(&link), "index.html must link {link}");
    }
    let mut all = String::new();
    for link in wanted {
        let text = fs::read_to_string(root.join(link)).with_context(|| link.clone())?;
        all.push_str(text.trim_end());
        all.push('\n');
    }
    Ok(all)
}

pub fn copy_dir(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for path in files(from)? {
        let target = to.join(file_name(&path));
        if path.is_dir() {
            copy_dir(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}

/// What a folder holds, in the order of the names.
pub fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| dir.display().to_string())?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned()
}

pub fn remove_dir(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    Ok(())
}
