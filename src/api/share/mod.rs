//! A plan to be passed on: a picture that carries it, a table, a frame for other pages.

mod card;
mod carried;
mod found;
mod png;
mod table;

pub use card::{CardColours, card};
pub use carried::Carried;
pub use found::plan_in;
pub use png::png_with;
pub use table::plan_table;

use crate::units::text::show;

/// Height of the frame, in CSS pixels: a card of Llama-3.1-405B takes 534 on a screen of 360, 358 on one of 700. The page
/// within tells its own to whoever listens.
const FRAME_HEIGHT_PX: u32 = 560;

/// HTML that shows a plan within another page. `folder` is the address of the site, with its last `/`. The frame
/// may run scripts and nothing else.
#[must_use]
pub fn embed_markup(folder: &str, link: &str, title: &str) -> String {
    let title = escaped(&plain(title));
    let source = escaped(&format!("{folder}embed.html#{link}"));
    format!(
        "<iframe src=\"{source}\" title=\"AutoParallel: {title}\" width=\"100%\" \
         height=\"{FRAME_HEIGHT_PX}\" loading=\"lazy\" sandbox=\"allow-scripts\" \
         style=\"border:0\"></iframe>"
    )
}

/// Text for XML and HTML.
fn escaped(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => all.push_str("&amp;"),
            '<' => all.push_str("&lt;"),
            '>' => all.push_str("&gt;"),
            '"' => all.push_str("&quot;"),
            // XML has no way to write them.
            c if c.is_control() => all.push(' '),
            c => all.push(c),
        }
    }
    all
}

/// Text with the blanks that everybody has.
fn plain(text: &str) -> String {
    text.replace([show::GAP, show::GROUP], " ")
}
