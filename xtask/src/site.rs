//! Builds the site: a folder of static files with relative paths.

use crate::hash::{Asset, base64, digest_384, hashed_name};
use crate::keeper::{self, KEEPER};
use crate::page::{self, Built};
use crate::script::{self, Added};
use crate::single;
use crate::tools;
use crate::workspace::{self, WASM_TARGET, command, run};
use anyhow::{Context, Result, bail, ensure};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

/// The hidden command by which Cargo runs WebAssembly tests.
pub const TEST_RUNNER: &str = "wbg-test";

/// The page's WebAssembly, compressed by brotli at its best: 720 KB when what reads and words had been built to be
/// small, 75 KB for the market of serving, pools, the day and sites, 20 KB for moving data and what memory engines fill,
/// 75 KB for stacks of one's own, pools beside the headline, numbers that open down to steps and checkpoints' formats; 34
/// KB less since workers' messages are packed and what reads configurations and quantities is built to be small as well;
/// 21 KB for a wanted chance, prices by place and way to buy, pools' settings and commands, refusals true of all layouts.
const WASM_BYTES_MAX: u32 = 910_000;

/// Scripts that are copied under a name made from their content, or filled in.
const SCRIPTS: [&str; 3] = ["boot.js", KEEPER, "worker.js"];
const ICON: &str = "favicon.svg";
/// The list of prices as it may be refreshed where it is served.
pub const LIST: &str = "prices-v1.csv";
/// The page's feature by which some links make it fail.
const FAULT: &str = "planted-fault";

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

/// `cargo xtask build` with its options.
pub fn build_told(args: &[&str]) -> Result<()> {
    match args {
        [] => build(Profile::Release).map(drop),
        ["--single-file"] => build_single().map(drop),
        other => bail!("build has no option {:?}", other.join(" ")),
    }
}

/// Builds the site and tells where it is.
pub fn build(profile: Profile) -> Result<PathBuf> {
    let out = match profile {
        Profile::Dev => workspace::target_dir()?.join("site/dist"),
        Profile::Release => workspace::dist_dir(),
    };
    build_into(profile, &[], out)
}

/// Builds the site, and in it the whole page as one file.
pub fn build_single() -> Result<PathBuf> {
    let out = build(Profile::Release)?;
    let stage = workspace::target_dir()?.join("site").join(Profile::Release.name());
    let glue = fs::read_to_string(stage.join("app.js"))?;
    let index = index()?;
    let style = style(&page::wanted(&index).styles)?;
    let module = fs::read(optimized(&stage, "app_bg.wasm")?)?;
    let parts = single::Parts { index: &index, style: &style, glue: &glue, module: &module };
    single::write(&parts, &out)
}

/// Builds a site that fails where a link tells it to.
pub fn build_faulty() -> Result<PathBuf> {
    let out = workspace::target_dir()?.join("site/fault");
    build_into(Profile::Dev, &["--features", FAULT], out)
}

fn build_into(profile: Profile, args: &[&str], out: PathBuf) -> Result<PathBuf> {
    tools::ensure_wasm_target()?;
    run(workspace::cargo()
        .args(["build", "--package", "autoparallel-page", "--bin", "app", "--target", WASM_TARGET])
        .args(profile.cargo_args())
        .args(args))?;
    let target = workspace::target_dir()?;
    let stage = target.join("site").join(profile.name());
    let program = target.join(WASM_TARGET).join(profile.name()).join("app.wasm");
    bind(profile, &program, &stage)?;
    let module = match profile {
        Profile::Dev => stage.join("app_bg.wasm"),
        Profile::Release => optimized(&stage, "app_bg.wasm")?,
    };
    let (built, page) = assemble(profile, &stage, &module, &out)?;
    match profile {
        Profile::Dev => fs::write(out.join(KEEPER), keeper::FORGETFUL)?,
        Profile::Release => keep(&built, &page, &script::add_to(&out)?, &out)?,
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

/// The page's source with its icon in it: browsers ask for one that is a file again and again.
fn index() -> Result<String> {
    let root = workspace::root();
    let index = fs::read_to_string(root.join("index.html"))?;
    let icon = base64(&fs::read(root.join("public").join(ICON))?);
    ensure!(index.contains(&format!("./{ICON}")), "index.html has no {ICON}");
    Ok(index.replacen(&format!("./{ICON}"), &format!("data:image/svg+xml;base64,{icon}"), 1))
}

/// Writes the folder: hashed names for all that the page loads, `public/` as it is.
fn assemble(profile: Profile, stage: &Path, module: &Path, out: &Path) -> Result<(Built, String)> {
    let root = workspace::root();
    let index = index()?;
    let script = |name: &str| fs::read(root.join("public").join(name)).context(name.to_owned());
    remove_dir(out)?;
    fs::create_dir_all(out)?;
    copy_dir(&root.join("public"), out)?;
    for name in SCRIPTS {
        fs::remove_file(out.join(name)).with_context(|| format!("public/{name} is missing"))?;
    }
    fs::copy(root.join("public").join(LIST), out.join(list_name()?))?;
    ensure!(!stage.join("snippets").is_dir(), "the glue imports scripts that nothing keeps");
    let write = |stem: &str, extension: &str, bytes: &[u8]| -> Result<Asset> {
        let asset = Asset::new(stem, extension, bytes);
        fs::write(out.join(&asset.name), bytes)?;
        Ok(asset)
    };
    let module = write("app", "wasm", &fs::read(module)?)?;
    let glue = fs::read_to_string(stage.join("app.js"))?;
    let glue = glue.replace("app_bg.wasm", &module.name);
    let built = Built {
        style: write("app", "css", style(&page::wanted(&index).styles)?.as_bytes())?,
        boot: write("boot", "js", &script("boot.js")?)?,
        glue: write("app", "js", glue.as_bytes())?,
        worker: write("worker", "js", &script("worker.js")?)?,
        keeper: matches!(profile, Profile::Release).then(|| KEEPER.to_owned()),
        module,
    };
    let page = page::filled(&index, &built)?;
    fs::write(out.join("index.html"), &page)?;
    Ok((built, page))
}

/// Name of the list of prices that a build is made with: the page asks for it by the hash that it knows.
pub fn list_name() -> Result<String> {
    let path = workspace::root().join("src/catalogue/data/offers_built.txt");
    let line = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let hash = line.split_whitespace().nth(2).context("offers_built.txt tells no hash")?;
    Ok(format!("prices-{hash}.csv"))
}

/// Writes the script that keeps a copy of the site, element and frame included, and the headers.
fn keep(built: &Built, page: &str, added: &Added, out: &Path) -> Result<()> {
    let Built { style, boot, glue, module, worker, .. } = built;
    let named = [style, boot, glue, module, worker];
    let mut files = vec![("./".to_owned(), digest_384(page.as_bytes()))];
    files.extend(named.map(|asset| (format!("./{}", asset.name), asset.integrity.clone())));
    for path in self::files(&workspace::root().join("public"))? {
        let name = file_name(&path);
        // The list under its own name may be refreshed where it is served; who wants that one asks for it.
        if !SCRIPTS.contains(&name.as_str()) && name != LIST {
            files.push((format!("./{name}"), digest_384(&fs::read(&path)?)));
        }
    }
    let list = list_name()?;
    files.push((format!("./{list}"), digest_384(&fs::read(out.join(&list))?)));
    for name in &added.kept {
        files.push((format!("./{name}"), digest_384(&fs::read(out.join(name))?)));
    }
    let template = fs::read_to_string(workspace::root().join("public").join(KEEPER))?;
    fs::write(out.join(KEEPER), keeper::filled(&template, &files)?)?;
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1);
    let policy =
        policy.and_then(|rest| rest.split('"').next()).context("the page has no policy")?;
    let folder = format!("{}/*", added.folder);
    let mut names = named.map(|asset| asset.name.as_str()).to_vec();
    names.extend([folder.as_str(), list.as_str()]);
    Ok(fs::write(out.join("_headers"), keeper::headers(policy, &names))?)
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

pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(OsStr::new("")).to_string_lossy().into_owned()
}

pub fn remove_dir(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| dir.display().to_string())?;
    }
    Ok(())
}
