//! The whole page as one file that opens from a disk: `dist/autoparallel.html`.

use crate::hash::{base64, digest_256};
use crate::page;
use crate::site::{LIST, file_name, files, list_name};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const NAME: &str = "autoparallel.html";
/// Largest that it may be.
const BYTES_MAX: usize = 2_500_000;
/// What the glue ends in, where it is a module.
const EXPORTS: &str = "export { initSync, __wbg_init as default };";

/// What it is made of.
pub struct Parts<'a> {
    pub index: &'a str,
    pub style: &'a str,
    pub glue: &'a str,
    pub module: &'a [u8],
}

/// Writes it into a site.
pub fn write(parts: &Parts<'_>, site: &Path) -> Result<PathBuf> {
    let root = workspace::root();
    let read = |path: &str| fs::read_to_string(root.join(path)).with_context(|| path.to_owned());
    let script = script(parts.glue, &read("public/boot.js")?)?;
    let mut held = Vec::new();
    for path in
        files(&root.join("public"))?.iter().filter(|path| path.extension() == Some("csv".as_ref()))
    {
        let name = file_name(path);
        held.push((if name == LIST { list_name()? } else { name }, fs::read(path)?));
    }
    held.push(("app.wasm".to_owned(), parts.module.to_vec()));
    let blocks = held.iter().map(|(name, bytes)| Ok(block(name, &packed(bytes)?)));
    let blocks = blocks.collect::<Result<Vec<_>>>()?.concat();
    let page = page(parts.index, parts.style, &blocks, &script)?;
    let n = page.len();
    ensure!(n <= BYTES_MAX, "{NAME} has {n} bytes of {BYTES_MAX}");
    let path = site.join(NAME);
    fs::write(&path, page)?;
    eprintln!("built {} of {n} bytes", path.display());
    Ok(path)
}

/// The page: policy and style of its own, and at its end what it holds and the script that starts it.
fn page(index: &str, style: &str, files: &str, script: &str) -> Result<String> {
    ensure!(!style.contains("</style"), "the style sheets hold the end of a style");
    let style = format!("\n{style}");
    let policy = format!(
        "default-src 'none'; script-src '{}' 'wasm-unsafe-eval'; style-src '{}'; img-src data:; \
         connect-src https://huggingface.co; worker-src blob:; base-uri 'none'; form-action 'none'",
        digest_256(script.as_bytes()),
        digest_256(style.as_bytes()),
    );
    let mut out = String::new();
    for line in index.lines() {
        if line.contains("http-equiv=\"Content-Security-Policy\"") {
            out.push_str(&format!(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n"
            ));
        } else if line == "</body>" {
            out.push_str(&format!("{files}<script>{script}</script>\n</body>\n"));
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    ensure!(out.contains(&policy) && out.contains("<script>"), "index.html has another form");
    page::with_links(&out, &format!("<style>{style}</style>\n"), "")
}

/// One plain script, of the page and of its workers: modules are not to be had from a disk.
fn script(glue: &str, boot: &str) -> Result<String> {
    ensure!(glue.matches(EXPORTS).count() == 1, "the glue does not end as it did");
    let plain: Vec<&str> = glue
        .lines()
        .map(|line| line.strip_prefix("export class ").map_or(line, |_| &line[7..]))
        .collect();
    let plain = plain.join("\n").replace(EXPORTS, "return __wbg_init;");
    let plain = plain.replace("import.meta", "({ url: \"about:blank\" })");
    let left = |word: &str| plain.lines().any(|line| line.starts_with(word));
    ensure!(!left("export ") && !left("import "), "the glue is a module still");
    let single = include_str!("single.js");
    let script = format!("\nconst autoparallelInit = (() => {{\n{plain}\n}})();\n{single}\n")
        .replace("/* boot.js */", boot);
    ensure!(script.contains("linkedPlan"), "single.js must hold the place of boot.js");
    ensure!(!script.contains("</script") && !script.contains("<!--"), "the script would end early");
    Ok(script)
}

fn packed(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn block(name: &str, packed: &[u8]) -> String {
    format!("<script type=\"text/plain\" id=\"file-{name}\">{}</script>\n", base64(packed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "export class A {\n}\nfunction f() { return import.meta.url; }\n\
        export { initSync, __wbg_init as default };\n";

    #[test]
    fn the_glue_becomes_a_plain_script() {
        let script = script(GLUE, "function linkedPlan() {}").unwrap();
        assert!(script.contains("\nclass A {\n}\n") && script.contains("return __wbg_init;"));
        assert!(!script.contains("import.meta") && !script.contains("\nexport "), "{script}");
        assert!(script.contains("function linkedPlan"));
    }

    #[test]
    fn another_glue_is_refused() {
        assert!(script("export { other };", "function linkedPlan() {}").is_err());
        assert!(
            script(&format!("import x from 'y';\n{GLUE}"), "function linkedPlan() {}").is_err()
        );
        assert!(script(GLUE, "function linkedPlan() { '</script>' }").is_err());
    }

    #[test]
    fn the_policy_names_what_stands_in_the_page() {
        let root = workspace::root();
        let index = fs::read_to_string(root.join("index.html")).unwrap();
        let page = page(&index, "a{}\n", "<f>", "x()").unwrap();
        let (style, script) = (digest_256(b"\na{}\n"), digest_256(b"x()"));
        assert!(page.contains(&style) && page.contains(&script), "{page}");
        assert!(
            page.contains("<style>\na{}\n</style>") && page.contains("<f><script>x()</script>")
        );
        assert!(!page.contains("data-trunk") && !page.contains("'self'"), "{page}");
    }
}
