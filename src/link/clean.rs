//! A link as it was meant, from a link as it arrived.

use super::limits::DECODINGS_MAX;

/// The text from the version number on, without what mail, chat and markup add to a link.
///
/// Links hold neither blanks nor `%`, so that wrapping and percent-encoding can be undone.
pub(super) fn clean(link: &str) -> String {
    let quoted = |c: char| c == '>' || is_blank(c);
    let mut lines = link.lines();
    let first = lines.next().unwrap_or("");
    let lines = [first].into_iter().chain(lines.map(|line| line.trim_start_matches(quoted)));
    let joined: String = lines.flat_map(str::chars).filter(|c| !is_blank(*c)).collect();
    let mut text = after_hash(&joined).to_owned();
    for _ in 0..DECODINGS_MAX {
        let Some(decoded) = percent_decoded(&text) else {
            break;
        };
        text = after_hash(&decoded).to_owned();
    }
    let text = text.replace("&amp;", ";").replace("&#59;", ";").replace('&', ";");
    let closing = |c: char| is_blank(c) || ".,:;!?)]}>\"'*`\u{201d}\u{2019}\u{bb}".contains(c);
    let opening = |c: char| is_blank(c) || "([{<\"'*`\u{201c}\u{2018}\u{ab}#".contains(c);
    text.trim_start_matches(opening).trim_end_matches(closing).to_owned()
}

/// What follows the first `#` of an address; all of it where there is none, or where it is a link.
fn after_hash(text: &str) -> &str {
    let own = text.trim_start_matches(super::columns::SIGN);
    let tail = own.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_link = tail.len() < own.len() && tail.starts_with([';', 'z', '%', '&']);
    match text.split_once('#') {
        Some((_, fragment)) if !is_link => fragment,
        _ => text,
    }
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || ['\u{200b}', '\u{ad}', '\u{feff}', '\u{2060}'].contains(&c)
}

/// With every `%XX` replaced, or nothing where there is none or where they do not spell UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    super::v1::unescaped(text, '%').filter(|decoded| decoded != text)
}
