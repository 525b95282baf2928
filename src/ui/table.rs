//! Tables: one way to draw them all.

use leptos::prelude::*;

use super::answer::derivation;
use super::live::live;
use super::state::state;
use crate::api::Figure;

/// One cell.
pub enum Cell {
    /// The name of the line.
    Name(String),
    /// The name of the line, leading somewhere.
    Link(String, String),
    /// The name of the line, as a number that leads somewhere.
    Count(String, String),
    /// A number.
    Number(String),
    /// A number, and the range about it on a line of its own.
    Ranged(String, String),
    /// Words, and more of less weight on a line of their own.
    Lines(String, String),
    /// A number of less weight.
    Quiet(String),
    /// A number that is a loss.
    Loss(String),
    /// Words.
    Text(String),
    /// An explanation.
    Reason(AnyView),
    /// A number that is a view of its own.
    Made(AnyView),
    /// A number that opens to where it comes from, and what stands below it.
    Opens(Box<Figure>, String),
}

/// A column: its title, and whether it holds numbers.
pub type Column = (&'static str, bool);

/// Lines whose numbers open below them.
fn lines(caption: &str, all: Vec<Vec<Cell>>) -> Vec<AnyView> {
    let mut views = Vec::new();
    for (row, cells) in (0u32..).zip(all) {
        let span = cells.len().to_string();
        let mut below = Vec::new();
        let mut own = Vec::new();
        for (column, one) in (0u32..).zip(cells) {
            let Cell::Opens(figure, under) = one else {
                own.push(cell(one));
                continue;
            };
            let key = format!("cell:{caption}:{row}:{column}");
            own.push(opens(&figure, under, &key));
            below.push(opened(*figure, key, span.clone()));
        }
        views.push(view! { <tr>{own}</tr> }.into_any());
        views.extend(below);
    }
    views
}

fn opens(figure: &Figure, below: String, key: &str) -> AnyView {
    let below = view! { <span class="figure-range">{below}</span> }.into_any();
    plain("number", vec![amount(figure.shown.text.clone(), key), below].into_any())
}

/// A number that opens the line below it which has the same key.
pub fn amount(text: String, key: &str) -> AnyView {
    let (state, key) = (state(), key.to_owned());
    let open = state.unfolded(&key);
    view! {
        <button
            type="button"
            class="amount"
            aria-expanded=move || open.get().to_string()
            on:click=move |_| state.unfold(&key, !open.get_untracked())
        >
            {text}
        </button>
    }
    .into_any()
}

/// The line that a number opens, across so many columns.
pub fn opened(figure: Figure, key: String, span: String) -> AnyView {
    let open = state().unfolded(&key);
    let id = key.replace([':', ' ', ','], "-");
    live(move || {
        if !open.get() {
            return ().into_any();
        }
        view! {
            <tr class="opened">
                <td colspan=span.clone()>{derivation(&figure, id.clone())}</td>
            </tr>
        }
        .into_any()
    })
}

/// A table; `caption` is read aloud, and shown where `shown` says so.
pub fn table(caption: &'static str, columns: &[Column], rows: Vec<Vec<Cell>>) -> AnyView {
    with_class("", caption, "hidden", columns, lines(caption, rows))
}

/// The same, with its caption shown.
pub fn titled_table(caption: &'static str, columns: &[Column], rows: Vec<Vec<Cell>>) -> AnyView {
    with_class("", caption, "", columns, lines(caption, rows))
}

/// The same, no wider than it needs to be.
pub fn compact_table(caption: &'static str, columns: &[Column], rows: Vec<Vec<Cell>>) -> AnyView {
    with_class("compact", caption, "hidden", columns, lines(caption, rows))
}

/// The same, of lines that are views already.
pub fn table_of(caption: &'static str, columns: &[Column], lines: Vec<AnyView>) -> AnyView {
    with_class("", caption, "hidden", columns, lines)
}

fn with_class(
    class: &'static str,
    caption: &'static str,
    caption_class: &'static str,
    columns: &[Column],
    lines: Vec<AnyView>,
) -> AnyView {
    let heads = columns.iter().map(|(title, is_number)| ((*title).to_owned(), *is_number));
    framed(class, (caption.to_owned(), caption_class), heads.collect(), lines)
}

/// A table whose names come from elsewhere; its caption is shown.
pub fn named_table(caption: String, columns: Vec<(String, bool)>, lines: Vec<AnyView>) -> AnyView {
    framed("", (caption, ""), columns, lines)
}

fn framed(
    class: &'static str,
    (caption, caption_class): (String, &'static str),
    columns: Vec<(String, bool)>,
    lines: Vec<AnyView>,
) -> AnyView {
    let head = |(title, is_number): (String, bool)| {
        let class = if is_number { "number" } else { "" };
        view! { <th scope="col" class=class>{title}</th> }
    };
    let label = caption.clone();
    view! {
        <div class="table-frame" role="group" aria-label=label tabindex="0">
            <table class=class>
                <caption class=caption_class>{caption}</caption>
                <thead>
                    <tr>{columns.into_iter().map(head).collect_view()}</tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// One line of cells.
pub fn line(cells: Vec<Cell>) -> AnyView {
    view! { <tr>{cells.into_iter().map(cell).collect::<Vec<_>>()}</tr> }.into_any()
}

/// The line that is about what the user asked.
pub fn current_line(cells: Vec<Cell>) -> AnyView {
    let cells: Vec<AnyView> = cells.into_iter().map(cell).collect();
    view! { <tr aria-current="true">{cells}</tr> }.into_any()
}

/// The figure of that name as a cell that opens, else its text.
pub fn opening(figures: &[Figure], id: &str, text: &str, below: &str) -> Cell {
    match figures.iter().find(|figure| figure.id == id) {
        Some(figure) => Cell::Opens(Box::new(figure.clone()), below.to_owned()),
        None => Cell::Ranged(text.to_owned(), below.to_owned()),
    }
}

fn cell(cell: Cell) -> AnyView {
    match cell {
        Cell::Name(text) => view! { <th scope="row">{text}</th> }.into_any(),
        Cell::Link(text, link) => head("", text, link),
        Cell::Count(text, link) => head("number", text, link),
        Cell::Number(text) => plain("number", text.into_any()),
        Cell::Ranged(text, range) => two("number", text, range),
        Cell::Lines(text, more) => two("lines", text, more),
        Cell::Quiet(text) => plain("number quiet", text.into_any()),
        Cell::Loss(text) => plain("number loss", text.into_any()),
        Cell::Text(text) => plain("", text.into_any()),
        Cell::Reason(view) => plain("reason", view),
        Cell::Made(view) => plain("number", view),
        Cell::Opens(figure, below) => two("number", figure.shown.text.clone(), below),
    }
}

fn head(class: &'static str, text: String, link: String) -> AnyView {
    view! {
        <th scope="row" class=class>
            <a href=format!("#{link}")>{text}</a>
        </th>
    }
    .into_any()
}

fn two(class: &'static str, text: String, below: String) -> AnyView {
    let below = view! { <span class="figure-range">{below}</span> }.into_any();
    plain(class, vec![text.into_any(), below].into_any())
}

/// A cell of any content.
pub fn plain(class: &'static str, content: AnyView) -> AnyView {
    view! { <td class=class>{content}</td> }.into_any()
}
