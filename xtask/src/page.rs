//! Makes the page of `dist/` from `index.html`, whose `data-trunk` links say what it is made of.

use anyhow::{Result, ensure};

/// What `index.html` asks for.
#[derive(Debug, PartialEq)]
pub struct Wanted {
    /// Style sheets, in the order of the cascade.
    pub styles: Vec<String>,
}

/// The names, in `dist/`, of what the page loads.
pub struct Built {
    pub style: String,
    pub boot: String,
    pub glue: String,
    pub module: String,
}

pub fn wanted(index: &str) -> Wanted {
    let styles = index
        .lines()
        .filter(|line| is_trunk(line) && attribute(line, "rel") == Some("css"))
        .filter_map(|line| attribute(line, "href"))
        .map(str::to_owned)
        .collect();
    Wanted { styles }
}

/// The page with its links filled in; every path is relative to it.
pub fn filled(index: &str, built: &Built) -> Result<String> {
    let mut page = String::with_capacity(index.len() + 512);
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
                page.push_str(&format!("<link rel=\"stylesheet\" href=\"./{}\">\n", built.style));
            }
            Some("rust") => {
                started = true;
                page.push_str(&start_tags(built));
            }
            _ => {}
        }
    }
    ensure!(styled, "index.html has no line <link data-trunk rel=\"css\" ...>");
    ensure!(started, "index.html has no line <link data-trunk rel=\"rust\" ...>");
    Ok(page)
}

fn start_tags(Built { boot, glue, module, .. }: &Built) -> String {
    format!(
        "<link rel=\"modulepreload\" href=\"./{glue}\">\n\
         <link rel=\"preload\" href=\"./{module}\" as=\"fetch\" type=\"application/wasm\" \
         crossorigin>\n\
         <script type=\"module\" src=\"./{boot}\" data-glue=\"./{glue}\" \
         data-module=\"./{module}\"></script>\n"
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
        <link data-trunk rel=\"css\" href=\"style/a.css\">\n\
        <link data-trunk rel=\"css\" href=\"style/b.css\">\n\
        <link data-trunk rel=\"copy-dir\" href=\"public\">\n\
        <link data-trunk rel=\"rust\" href=\"Cargo.toml\">\n\
        </head>\n";

    fn built() -> Built {
        Built {
            style: "s.css".into(),
            boot: "b.js".into(),
            glue: "g.js".into(),
            module: "m.wasm".into(),
        }
    }

    #[test]
    fn styles_keep_their_order() {
        assert_eq!(wanted(INDEX).styles, ["style/a.css", "style/b.css"]);
    }

    #[test]
    fn one_style_sheet_and_one_script_are_left() {
        let page = filled(INDEX, &built()).unwrap();
        assert!(!page.contains("data-trunk"), "{page}");
        assert_eq!(page.matches("rel=\"stylesheet\"").count(), 1, "{page}");
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(page.contains("data-module=\"./m.wasm\""), "{page}");
    }

    #[test]
    fn a_page_without_its_links_is_refused() {
        assert!(filled("<head></head>", &built()).is_err());
    }
}
