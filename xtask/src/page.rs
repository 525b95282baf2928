//! Makes the page of `dist/` from `index.html`, whose `data-trunk` links say what it is made of.

use crate::hash::{Asset, digest_256};
use anyhow::{Result, ensure};

/// What `index.html` asks for.
#[derive(Debug, PartialEq)]
pub struct Wanted {
    /// Style sheets, in the order of the cascade.
    pub styles: Vec<String>,
}

/// What the page loads.
pub struct Built {
    pub style: Asset,
    pub boot: Asset,
    pub glue: Asset,
    pub module: Asset,
    pub worker: Asset,
    /// The script that keeps a copy of the site; none where it is built for its developer.
    pub keeper: Option<String>,
}

/// Where scripts may come from, as the policy of `index.html` has it.
const SCRIPTS: &str = "script-src 'self'";

pub fn wanted(index: &str) -> Wanted {
    let styles = index
        .lines()
        .filter(|line| is_trunk(line) && attribute(line, "rel") == Some("css"))
        .filter_map(|line| attribute(line, "href"))
        .map(str::to_owned)
        .collect();
    Wanted { styles }
}

/// The page with its links filled in; every path is relative to it, and every file that it names has its digest.
pub fn filled(index: &str, built: &Built) -> Result<String> {
    let map = import_map(built);
    let policy = format!("{SCRIPTS} '{}'", digest_256(map.as_bytes()));
    ensure!(index.contains(SCRIPTS), "the policy of index.html has no {SCRIPTS}");
    let index = index.replace(SCRIPTS, &policy);
    let Asset { name, integrity } = &built.style;
    let style = format!("<link rel=\"stylesheet\" href=\"./{name}\" integrity=\"{integrity}\">\n");
    with_links(&index, &style, &start_tags(built, &map))
}

/// The page with one style and one start in the places of its links.
pub fn with_links(index: &str, style: &str, start: &str) -> Result<String> {
    let mut page = String::with_capacity(index.len() + style.len() + start.len());
    let mut started = false;
    let mut styled = false;
    for line in index.lines() {
        if !is_trunk(line) {
            page.push_str(line);
            page.push('\n');
            continue;
        }
        match attribute(line, "rel") {
            Some("css") if !styled => {
                styled = true;
                page.push_str(style);
            }
            Some("rust") => {
                started = true;
                page.push_str(start);
            }
            _ => {}
        }
    }
    ensure!(styled, "index.html has no line <link data-trunk rel=\"css\" ...>");
    ensure!(started, "index.html has no line <link data-trunk rel=\"rust\" ...>");
    Ok(page)
}

/// A script that is imported has its digest here.
fn import_map(built: &Built) -> String {
    let Asset { name, integrity } = &built.glue;
    format!("{{\"integrity\":{{\"./{name}\":\"{integrity}\"}}}}")
}

/// The module's digest is demanded by the request that takes it: browsers ignore one on its preload, and say so.
fn start_tags(built: &Built, map: &str) -> String {
    let Built { boot, glue, module, worker, keeper, .. } = built;
    let keeper = keeper.iter().map(|name| format!(" data-keeper=\"./{name}\""));
    format!(
        "<script type=\"importmap\">{map}</script>\n\
         <link rel=\"modulepreload\" href=\"./{}\" integrity=\"{}\">\n\
         <link rel=\"preload\" href=\"./{}\" as=\"fetch\" type=\"application/wasm\" \
         crossorigin>\n\
         <script type=\"module\" src=\"./{}\" integrity=\"{}\" data-glue=\"./{}\" \
         data-module=\"./{}\" data-integrity=\"{}\" data-worker=\"./{}\"{}></script>\n",
        glue.name,
        glue.integrity,
        module.name,
        boot.name,
        boot.integrity,
        glue.name,
        module.name,
        module.integrity,
        worker.name,
        keeper.collect::<String>(),
    )
}

fn is_trunk(line: &str) -> bool {
    line.contains("<link data-trunk ")
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let start = line.find(&format!(" {name}=\""))? + name.len() + 3;
    let rest = &line[start..];
    rest.find('"').map(|end| &rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "<head>\n\
        <meta content=\"default-src 'none'; script-src 'self' 'wasm-unsafe-eval'\">\n\
        <link data-trunk rel=\"css\" href=\"style/a.css\">\n\
        <link data-trunk rel=\"css\" href=\"style/b.css\">\n\
        <link data-trunk rel=\"copy-dir\" href=\"public\">\n\
        <link data-trunk rel=\"rust\" href=\"Cargo.toml\">\n\
        </head>\n";

    fn built() -> Built {
        let asset = |stem: &str, extension: &str| Asset::new(stem, extension, stem.as_bytes());
        Built {
            style: asset("s", "css"),
            boot: asset("b", "js"),
            glue: asset("g", "js"),
            module: asset("m", "wasm"),
            worker: asset("w", "js"),
            keeper: Some("keeper.js".into()),
        }
    }

    #[test]
    fn styles_keep_their_order() {
        assert_eq!(wanted(INDEX).styles, ["style/a.css", "style/b.css"]);
    }

    #[test]
    fn one_style_sheet_and_one_script_are_left() {
        let (page, built) = (filled(INDEX, &built()).unwrap(), built());
        assert!(!page.contains("data-trunk"), "{page}");
        assert_eq!(page.matches("rel=\"stylesheet\"").count(), 1, "{page}");
        assert_eq!(page.matches("<script").count(), 2, "{page}");
        for asset in [&built.style, &built.boot, &built.glue, &built.module] {
            assert!(page.contains(&asset.name) && page.contains(&asset.integrity), "{page}");
        }
        assert!(page.contains("data-keeper=\"./keeper.js\""), "{page}");
    }

    #[test]
    fn the_policy_allows_the_one_inline_script() {
        let page = filled(INDEX, &built()).unwrap();
        let map = page.split("importmap\">").nth(1).unwrap().split('<').next().unwrap();
        let allowed = format!("script-src 'self' '{}' 'wasm", digest_256(map.as_bytes()));
        assert!(page.contains(&allowed), "{page}");
    }

    #[test]
    fn a_page_without_its_links_is_refused() {
        assert!(filled("<head></head>", &built()).is_err());
        assert!(with_links("<head></head>", "", "").is_err());
    }
}
