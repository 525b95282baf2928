//! The JavaScript package, and what the site takes from it: the custom element and the embedded plan.

use crate::hash::{digest_384, hashed_name};
use crate::site;
use crate::tools;
use crate::workspace::{self, WASM_TARGET, cargo, command, run};
use anyhow::{Context, Result, ensure};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// The module of the package, compressed by brotli at its best: training and serving.
pub const WASM_BYTES_MAX: u32 = 503_000;
/// The custom element's script as it is: what a page loads before anything is in view.
const ELEMENT_BYTES_MAX: usize = 5 * 1024;

/// What of the package a page loads, beside the module.
const SCRIPTS: [&str; 3] = ["autoparallel.js", "calls.js", "view.js"];
/// The module as a script.
const MODULE_SCRIPT: &str = "wasm.js";
/// The rest of the package.
const PAPERS: [&str; 4] = ["README.md", "autoparallel.d.ts", "element.d.ts", "package.json"];

/// Builds the package and packs it: `target/npm/autoparallel-*.tgz`.
pub fn pack() -> Result<PathBuf> {
    let package = package()?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let out = package.with_file_name("packed");
    site::remove_dir(&out)?;
    fs::create_dir_all(&out)?;
    run(command(npm)
        .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(&out)
        .current_dir(&package))?;
    let packed = site::files(&out)?.pop().context("npm pack made no package")?;
    eprintln!("built {}", packed.display());
    Ok(packed)
}

/// Builds the package's folder and tells where it is.
pub fn package() -> Result<PathBuf> {
    let stage = bound()?;
    let package = stage.with_file_name("package");
    site::remove_dir(&package)?;
    fs::create_dir_all(&package)?;
    write_scripts(&stage, &package)?;
    let module = fs::read(package.join("autoparallel.wasm"))?;
    fs::write(package.join("element.js"), element("./", "", &module)?)?;
    fs::write(package.join("element.mjs"), element_module()?)?;
    for name in PAPERS {
        fs::copy(source(name), package.join(name))?;
    }
    fs::copy(workspace::root().join("LICENSE"), package.join("LICENSE"))?;
    Ok(package)
}

/// What was added to a site.
pub struct Added {
    /// The folder of what is loaded, named by its content.
    pub folder: String,
    /// Files to be kept for times without a network: all but the module as a script, which only frames without an
    /// origin load, and those no copy answers.
    pub kept: Vec<String>,
}

/// Adds the custom element and the embedded plan to a site. All that they load lies in a folder named by its content.
pub fn add_to(site: &Path) -> Result<Added> {
    let stage = bound()?;
    let parts = stage.with_file_name("parts");
    site::remove_dir(&parts)?;
    fs::create_dir_all(&parts)?;
    write_scripts(&stage, &parts)?;
    fs::write(parts.join("embed.js"), embed(&stage)?)?;
    fs::write(parts.join("embed.css"), text("embed.css")?)?;
    let module = fs::read(parts.join("autoparallel.wasm"))?;
    fs::write(parts.join(MODULE_SCRIPT), wasm_as_script(&module))?;
    let mut all = Vec::new();
    let mut names = Vec::new();
    for file in site::files(&parts)? {
        all.extend(fs::read(&file)?);
        names.push(site::file_name(&file));
    }
    let folder = hashed_name("js", "", &all).trim_end_matches('.').to_owned();
    site::copy_dir(&parts, &site.join(&folder))?;
    fs::write(site.join("element.js"), element(&format!("./{folder}/"), "./", &module)?)?;
    let integrity = format!("data-integrity=\"{}\"", digest_384(&module));
    let page = filled(&text("embed.html")?, &[("data-integrity=\"\"", &integrity)])?;
    let page = page.replace("./js/", &format!("./{folder}/"));
    fs::write(site.join("embed.html"), page)?;
    let mut kept = vec!["element.js".to_owned(), "embed.html".to_owned()];
    let names = names.iter().filter(|name| *name != MODULE_SCRIPT);
    kept.extend(names.map(|name| format!("{folder}/{name}")));
    Ok(Added { folder, kept })
}

/// The module and its glue (`web/`), which can start afresh after a fault.
fn bound() -> Result<PathBuf> {
    tools::ensure_wasm_target()?;
    tools::ensure_node_packages()?;
    let package = ["--package", "autoparallel-js", "--release", "--target", WASM_TARGET];
    run(cargo().arg("build").args(package))?;
    let target = workspace::target_dir()?;
    let stage = target.join("npm/stage");
    let program = target.join(WASM_TARGET).join("release/autoparallel_js.wasm");
    let mut args: Vec<OsString> =
        ["--target", "web", "--no-typescript", "--out-name", "glue", "--out-dir"]
            .map(OsString::from)
            .into();
    args.push(stage.join("web").into());
    let options = [
        "--remove-name-section",
        "--remove-producers-section",
        "--experimental-reset-state-function",
    ];
    args.extend(options.map(Into::into));
    args.push(program.into());
    site::bindgen(&args)?;
    Ok(stage)
}

/// The module and the scripts that load it.
fn write_scripts(stage: &Path, out: &Path) -> Result<()> {
    let module = site::optimized(&stage.join("web"), "glue_bg.wasm")?;
    fs::copy(module, out.join("autoparallel.wasm"))?;
    fs::copy(stage.join("web/glue.js"), out.join("glue.js"))?;
    for name in SCRIPTS {
        fs::write(out.join(name), text(name)?)?;
    }
    fs::write(out.join("style.js"), format!("export const STYLE = {:?};\n", style()?))?;
    Ok(())
}

/// The style of a plan: the site's colours and sizes, then its own. In a page of others, a `rem` is theirs.
fn style() -> Result<String> {
    let tokens = fs::read_to_string(workspace::root().join("style/tokens.css"))?;
    let tokens = tokens
        .replace(":root[data-theme=\"light\"]", ".plan[data-theme=\"light\"]")
        .replace(":root[data-theme=\"dark\"]", ".plan[data-theme=\"dark\"]")
        .replace(":root", ".plan");
    Ok(squeezed(&in_pixels(&tokens)?) + &squeezed(&text("view.css")?))
}

/// With every `1.5rem` as `24px`.
fn in_pixels(css: &str) -> Result<String> {
    let mut pieces = css.split("rem;");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let digits = out.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
        let size: f64 = out[digits..].parse().context("a size in rem")?;
        out.truncate(digits);
        out.push_str(&format!("{}px;{piece}", size * 16.0));
    }
    Ok(out)
}

/// Without comments and the blanks at the ends of lines.
fn squeezed(css: &str) -> String {
    let mut rest = css;
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.lines().map(str::trim).collect()
}

/// The custom element's script: where its parts lie, the page that it leads to, seen from it, and the module's digest.
fn element(parts: &str, app: &str, module: &[u8]) -> Result<String> {
    let written = filled(
        &text("element.js")?,
        &[
            ("const PARTS = \"./\";", &format!("const PARTS = \"{parts}\";")),
            ("const APP = \"\";", &format!("const APP = \"{app}\";")),
            ("const DIGEST = \"\";", &format!("const DIGEST = \"{}\";", digest_384(module))),
        ],
    )?;
    let n = written.len();
    ensure!(n <= ELEMENT_BYTES_MAX, "element.js has {n} bytes of {ELEMENT_BYTES_MAX}");
    Ok(written)
}

/// The element as a module, for `import` and for bundlers, which follow only imports that they can read.
fn element_module() -> Result<String> {
    let script = text("element.js")?;
    let (start, end) = ("  const asked = () => [\n", "  ];\n");
    let (before, rest) = script.split_once(start).context("element.js asks in another way")?;
    let (_, after) = rest.split_once(end).context("element.js asks in another way")?;
    let asked = "undefined, import(\"./view.js\"), import(\"./autoparallel.js\")";
    Ok(format!("{before}  const asked = () => [{asked}];\n{after}"))
}

/// The embedded page's script: one plain script, which any host lets a frame without an origin load.
fn embed(stage: &Path) -> Result<String> {
    let glue = plain_glue(&fs::read_to_string(stage.join("web/glue.js"))?)?;
    let mut all = format!("(() => {{\n{glue}const STYLE = {:?};\n", style()?);
    for name in ["calls.js", "view.js", "embed.js"] {
        all.push_str(&plain(&text(name)?));
    }
    all.push_str("})();\n");
    Ok(all)
}

/// The glue, a module, as an object within a plain script.
fn plain_glue(glue: &str) -> Result<String> {
    const LAST: &str = "export { initSync, __wbg_init as default };";
    ensure!(glue.matches(LAST).count() == 1, "the glue does not end as it did");
    let exported =
        |line: &str| Some(line.strip_prefix("export function ")?.split_once('(')?.0.to_owned());
    let names: Vec<String> = glue.lines().filter_map(exported).collect();
    let body = plain(&glue.replace(LAST, "")).replace("import.meta", "({ url: \"about:blank\" })");
    let left = |word: &str| body.lines().any(|line| line.starts_with(word));
    ensure!(!left("export ") && !left("import "), "the glue is a module still");
    let all = format!("initSync, default: __wbg_init, {}", names.join(", "));
    Ok(format!("const glue = (() => {{\n{body}return {{ {all} }};\n}})();\n"))
}

/// A module as a part of a plain script.
fn plain(module: &str) -> String {
    let lines = module.lines().filter(|line| !line.starts_with("import "));
    let plain = lines.map(|line| line.strip_prefix("export ").unwrap_or(line));
    plain.fold(String::new(), |all, line| all + line + "\n")
}

/// The module for hosts that let no frame without an origin read a file.
fn wasm_as_script(module: &[u8]) -> String {
    format!("autoparallelBytes(\"{}\");\n", base64(module))
}

/// Base64 with padding (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let letter = LETTERS[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

/// A text of the package's sources.
fn text(name: &str) -> Result<String> {
    let path = source(name);
    fs::read_to_string(&path).with_context(|| path.display().to_string())
}

fn source(name: &str) -> PathBuf {
    workspace::root().join("src/js/package").join(name)
}

/// With each text replaced, which must stand in it once.
fn filled(text: &str, replacements: &[(&str, &str)]) -> Result<String> {
    let mut out = text.to_owned();
    for (from, to) in replacements {
        ensure!(out.matches(from).count() == 1, "{from:?} must stand there once");
        out = out.replace(from, to);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_pixels() {
        assert_eq!(in_pixels("--a: 0.25rem;\n--b: 1rem;").unwrap(), "--a: 4px;\n--b: 16px;");
        assert_eq!(in_pixels("none").unwrap(), "none");
    }

    #[test]
    fn style_sheets_lose_their_comments() {
        assert_eq!(squeezed("/* a */\n.b {\n  c: d;\n}\n/* e"), ".b {c: d;}");
    }

    #[test]
    fn modules_become_parts_of_a_script() {
        let module = "import { a } from \"./a.js\";\nexport const b = a;\nlet c;\n";
        assert_eq!(plain(module), "const b = a;\nlet c;\n");
    }

    #[test]
    fn the_glue_becomes_an_object() {
        let glue = "import.meta.url;\nexport function a() {\n}\n\
                    export { initSync, __wbg_init as default };\n";
        let plain = plain_glue(glue).unwrap();
        assert!(plain.contains("return { initSync, default: __wbg_init, a };"), "{plain}");
        assert!(!plain.contains("export ") && !plain.contains("import.meta"), "{plain}");
        assert!(plain_glue("").is_err());
    }

    #[test]
    fn the_element_as_a_module_imports_what_a_bundler_can_read() {
        let module = element_module().unwrap();
        assert!(module.contains("import(\"./view.js\")") && !module.contains("import(at("));
        assert!(!module.contains("fetch("), "{module}");
    }

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
