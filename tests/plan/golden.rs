//! A few plans as text. `AUTOPARALLEL_BLESS=1 cargo test --test plan golden` writes them anew.

use crate::support::plan_of;
use autoparallel::api::{PartView, PlanView};
use std::fmt::Write as _;
use std::path::PathBuf;

const GOLDEN: [(&str, &str); 3] = [
    ("llama-3.1-405b", "1"),
    ("qwen3-30b-a3b", "1;m=Qwen/Qwen3-30B-A3B;n=64;b=1024;s=4096;t=1T"),
    ("llama-2-7b", "1;m=meta-llama/Llama-2-7b-hf;g=a100-40g;n=8;b=256;s=4096;t=100B;k=torchtitan"),
];

#[test]
fn golden_plans_have_not_changed() {
    for (name, link) in GOLDEN {
        let plan = plan_of(link).unwrap_or_else(|| panic!("{name} has no plan"));
        let text = text_of(link, &plan);
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.txt"));
        if std::env::var_os("AUTOPARALLEL_BLESS").is_some() {
            std::fs::write(&path, &text).expect("the golden file can be written");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            golden == text,
            "{} differs from the plan of {link}; if that is meant, run\n  AUTOPARALLEL_BLESS=1 \
             cargo test --test plan golden\nThe plan is now:\n{text}",
            path.display()
        );
    }
}

fn text_of(link: &str, plan: &PlanView) -> String {
    let mut text = format!("{link}\n{}\n\n", plan.summary);
    for degree in &plan.degrees {
        let _ = writeln!(text, "{}: {}", degree.label, degree.value);
    }
    text.push('\n');
    for figure in &plan.figures {
        let _ = writeln!(text, "{}: {}", figure.label, figure.shown.text);
    }
    for root in [&plan.memory, &plan.time] {
        text.push('\n');
        write_part(&mut text, root, 0);
    }
    text.push('\n');
    for bind in &plan.binds {
        let _ = writeln!(text, "{bind}");
    }
    let _ = writeln!(text, "\n{}", plan.pinned_link);
    text.replace(['\u{a0}', '\u{202f}'], " ")
}

fn write_part(text: &mut String, part: &PartView, depth: usize) {
    let indent = "  ".repeat(depth);
    let _ = writeln!(text, "{indent}{}: {}", part.figure.label, part.figure.shown.text);
    for child in &part.children {
        write_part(text, child, depth + 1);
    }
}
