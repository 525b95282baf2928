//! Where a number comes from: formula, the user's values put in, source.

use leptos::prelude::*;

use crate::api::Figure;
use crate::ui::live::live;

/// One line of what is told about a number: its name, a class, the text.
pub type Told = (&'static str, &'static str, String);

/// The derivation of one figure.
pub fn derivation(figure: &Figure, id: String) -> AnyView {
    let range = figure.range.as_ref().map(|range| range.text.clone()).unwrap_or_default();
    let rows = vec![
        ("Formula", "formula", figure.formula.clone()),
        ("Here", "formula", figure.substituted.clone()),
        ("Range", "formula", range),
        ("Source", "source", figure.source.clone()),
    ];
    let title = format!("{}: {}", figure.label, figure.shown.text);
    if figure.parts.is_empty() {
        return told(id, title, rows);
    }
    vec![told(id, title, rows), nested(&figure.parts)].into_any()
}

/// The numbers that a figure follows from, each of which opens in turn.
fn nested(parts: &[Figure]) -> AnyView {
    let one = |figure: &Figure| {
        let title = format!("{}: {}", figure.label, figure.shown.text);
        let open = RwSignal::new(false);
        let own = figure.clone();
        let body = move || {
            if open.get() { derivation(&own, String::new()) } else { ().into_any() }
        };
        view! {
            <details class="nested" on:toggle=move |_| open.set(true)>
                <summary>{title}</summary>
                {live(move || body())}
            </details>
        }
        .into_any()
    };
    let all: Vec<AnyView> = parts.iter().map(one).collect();
    view! { <div class="nest">{all}</div> }.into_any()
}

/// A title and lines below it; empty ones are left out.
pub fn told(id: String, title: String, rows: Vec<Told>) -> AnyView {
    let row = |(name, class, text): Told| {
        view! {
            <div class="derivation-row">
                <dt>{name}</dt>
                <dd class=class>{linked(&text)}</dd>
            </div>
        }
    };
    let known = rows.into_iter().filter(|(.., text)| !text.is_empty());
    view! {
        <div class="derivation" id=(!id.is_empty()).then_some(id)>
            <p class="derivation-title">{title}</p>
            <dl>{known.map(row).collect_view()}</dl>
        </div>
    }
    .into_any()
}

/// The text, with paper numbers and addresses as links.
pub fn linked(text: &str) -> AnyView {
    let mut views: Vec<AnyView> = Vec::new();
    let mut plain = String::new();
    for word in text.split_inclusive([' ', ';', ',', ')']) {
        let bare = word.trim_end_matches([' ', ';', ',', ')', '.']);
        let Some(href) = target(bare) else {
            plain.push_str(word);
            continue;
        };
        views.push(std::mem::take(&mut plain).into_any());
        let name = bare.to_owned();
        let link = view! { <a href=href target="_blank" rel="noopener noreferrer">{name}</a> };
        views.push(link.into_any());
        plain.push_str(word.get(bare.len()..).unwrap_or_default());
    }
    views.push(plain.into_any());
    views.into_any()
}

/// An https address, or an arXiv number such as `2205.05198`.
fn target(word: &str) -> Option<String> {
    if word.starts_with("https://") {
        return Some(word.to_owned());
    }
    let number = word.trim_start_matches("arXiv:").trim_start_matches('(');
    let (month, paper) = number.split_once('.')?;
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let is_paper = month.len() == 4 && paper.len() == 5 && digits(month) && digits(paper);
    is_paper.then(|| format!("https://arxiv.org/abs/{number}"))
}
