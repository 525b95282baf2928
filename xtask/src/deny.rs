//! Holds every package of `Cargo.lock` to `deny.toml`: its licence, where it comes from, what is banned.

use crate::workspace::{self, cargo, output};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::fs;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Fewer packages than this are not all of them.
const PACKAGES_MIN: usize = 50;

pub fn deny() -> Result<()> {
    let policy = fs::read_to_string(workspace::root().join("deny.toml"))?;
    let (allowed, banned) = (listed(&policy, "allow"), listed(&policy, "deny"));
    ensure!(allowed.len() > 3 && !banned.is_empty(), "deny.toml has another form");
    let metadata = output(cargo().args(["metadata", "--format-version", "1", "--locked"]))
        .context("cargo metadata failed: is Cargo.lock up to date?")?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    ensure!(packages.len() >= PACKAGES_MIN, "only {} packages", packages.len());
    let wrong: Vec<String> =
        packages.iter().filter_map(|package| complaint(package, &allowed, &banned)).collect();
    if !wrong.is_empty() {
        bail!("deny.toml refuses:\n{}", wrong.join("\n"));
    }
    eprintln!("{} packages, none refused by deny.toml", packages.len());
    Ok(())
}

/// What is wrong with a package.
fn complaint(package: &Value, allowed: &[String], banned: &[String]) -> Option<String> {
    let text = |key: &str| package[key].as_str().unwrap_or_default();
    let (name, licence) = (text("name"), text("license"));
    if !package["source"].is_null() && text("source") != REGISTRY {
        return Some(format!("{name}: comes from {}", text("source")));
    }
    if banned.iter().any(|ban| ban == name) {
        return Some(format!("{name}: is banned"));
    }
    (!is_allowed(licence, allowed)).then(|| format!("{name}: licence {licence:?}"))
}

/// Whether a licence expression (SPDX, annex D; `/` as crates wrote it once) can be met.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ");
    any_of(&expression).iter().any(|way| {
        all_of(way).iter().all(|part| match part.strip_prefix('(') {
            Some(inner) => is_allowed(inner.trim_end_matches(')'), allowed),
            None => allowed.iter().any(|known| known == part),
        })
    })
}

fn any_of(expression: &str) -> Vec<String> {
    split(expression, " OR ")
}

fn all_of(expression: &str) -> Vec<String> {
    split(expression, " AND ")
}

/// Parts between a word that does not stand in brackets.
fn split(expression: &str, word: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    for piece in expression.split(word) {
        let last = parts.last_mut().map(|last| (last.matches('(').count(), last));
        match last {
            Some((open, last)) if open > last.matches(')').count() => {
                last.push_str(word);
                last.push_str(piece);
            }
            _ => parts.push(piece.to_owned()),
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The first text of each entry of a list of the policy.
fn listed(policy: &str, name: &str) -> Vec<String> {
    let start = format!("{name} = [");
    let lines = policy.lines().skip_while(|line| *line != start).skip(1);
    let entries = lines.take_while(|line| *line != "]");
    entries.filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed() -> Vec<String> {
        ["MIT", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).to_vec()
    }

    #[test]
    fn licences_are_read_as_expressions() {
        for good in [
            "MIT",
            "Apache-2.0 OR MIT",
            "Apache-2.0/MIT",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "GPL-3.0 OR (MIT AND Unicode-3.0)",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(is_allowed(good, &allowed()), "{good}");
        }
        for bad in ["", "GPL-3.0", "MIT AND GPL-3.0", "(GPL-3.0 OR LGPL-2.1) AND MIT", "Apache-2.0"]
        {
            assert!(!is_allowed(bad, &allowed()), "{bad}");
        }
    }

    #[test]
    fn packages_from_elsewhere_and_banned_ones_are_refused() {
        let package =
            |source: &str| serde_json::json!({"name": "a", "license": "MIT", "source": source});
        assert_eq!(complaint(&package(REGISTRY), &allowed(), &[]), None);
        assert!(complaint(&package("git+https://x"), &allowed(), &[]).is_some());
        assert!(complaint(&package(REGISTRY), &allowed(), &["a".to_owned()]).is_some());
    }

    #[test]
    fn the_policy_is_read() {
        let policy = concat!(
            "[licenses]\nallow = [\n    \"MIT\",\n]\n",
            "deny = [\n    { crate = \"a\", reason = \"b\" },\n]\n"
        );
        assert_eq!(listed(policy, "allow"), ["MIT"]);
        assert_eq!(listed(policy, "deny"), ["a"]);
    }
}
