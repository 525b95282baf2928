//! The script that keeps a whole copy of the site in the browser, and the headers for hosts that read a file of them.

use crate::hash::hashed_name;
use anyhow::{Result, ensure};
use std::fmt::Write as _;

/// Its name, which stays: browsers look there for a newer one.
pub const KEEPER: &str = "keeper.js";

/// For developers: whatever an earlier build kept is forgotten, and the page comes from the server again.
pub const FORGETFUL: &str = "\
addEventListener(\"install\", () => skipWaiting());
addEventListener(\"activate\", (event) => event.waitUntil(forget()));
async function forget() {
  const own = `autoparallel ${registration.scope} `;
  const names = (await caches.keys()).filter((name) => name.startsWith(own));
  await Promise.all(names.map((name) => caches.delete(name)));
  await registration.unregister();
}
";

/// The script with the files of a version: each path with its digest.
pub fn filled(template: &str, files: &[(String, String)]) -> Result<String> {
    let list: Vec<String> =
        files.iter().map(|(path, digest)| format!("{path:?}:{digest:?}")).collect();
    let list = format!("{{{}}}", list.join(","));
    let version = hashed_name("v", "", list.as_bytes());
    let mut text = template.to_owned();
    for (from, to) in [
        ("const FILES = {};", format!("const FILES = {list};")),
        (
            "const VERSION = \"\";",
            format!("const VERSION = {:?};", version.trim_matches(['v', '-', '.'])),
        ),
    ] {
        ensure!(text.matches(from).count() == 1, "{KEEPER} must hold {from:?} once");
        text = text.replace(from, &to);
    }
    Ok(text)
}

/// `_headers`, as Netlify and Cloudflare Pages read it: the policy of the page, and how long files may be kept.
pub fn headers(policy: &str, named: &[&str]) -> String {
    let mut text = format!(
        "# For hosts that read it (Netlify, Cloudflare Pages); others: docs/hosting.md.\n\
         /*\n  X-Content-Type-Options: nosniff\n  Referrer-Policy: no-referrer\n  \
         Permissions-Policy: camera=(), geolocation=(), microphone=(), payment=(), usb=()\n  \
         Access-Control-Allow-Origin: *\n  Cache-Control: no-cache\n\
         /\n  Content-Security-Policy: {policy}\n\
         /index.html\n  Content-Security-Policy: {policy}\n"
    );
    for name in named {
        let _ = write!(
            text,
            "/{name}\n  ! Cache-Control\n  Cache-Control: public, max-age=31536000, immutable\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = include_str!("../../public/keeper.js");

    #[test]
    fn a_version_is_its_files() {
        let files = |digest: &str| vec![("./".to_owned(), digest.to_owned())];
        let (a, b) =
            (filled(TEMPLATE, &files("a")).unwrap(), filled(TEMPLATE, &files("b")).unwrap());
        assert!(a.contains("const FILES = {\"./\":\"a\"};"), "{a}");
        let version = |text: &str| text.split("VERSION = \"").nth(1).unwrap()[..16].to_owned();
        assert_ne!(version(&a), version(&b));
        assert_eq!(a, filled(TEMPLATE, &files("a")).unwrap());
        assert!(filled("", &files("a")).is_err());
    }

    #[test]
    fn headers_hold_the_policy_and_what_never_changes() {
        let text = headers("default-src 'none'", &["app-1.js"]);
        assert!(text.contains("/index.html\n  Content-Security-Policy: default-src 'none'\n"));
        assert!(text.contains("/app-1.js\n  ! Cache-Control\n  Cache-Control: public"));
    }
}
