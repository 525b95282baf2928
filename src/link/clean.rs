//! A link as it was meant, from a link as it arrived.
//!
//! Links hold letters, digits and `-._/:,@;=~+` alone, so that whatever else is found was added on
//! the way: by mail that wraps or quotes, by chat that marks up, by programs that escape.

use super::limits::DECODINGS_MAX;

/// Marks that end a link: what follows was never part of it (Markdown, Org and LaTeX links, text
/// fragments, counters of clicks).
const ENDS: [&str; 13] = [
    "}{",
    ":~:",
    "&utm_",
    "&amp;utm_",
    "&fbclid=",
    "&gclid=",
    "&msclkid=",
    "&ttclid=",
    "&igsh=",
    "&mc_",
    "&_gl=",
    "&_hs",
    // Outlook's safe links.
    "&data=05",
];

/// Characters that end a link beside those of other scripts: marks of attributes, of markup and of sentences. What
/// links are made of, what escapes it and what a hand may type in a value (`(`, `#`, `$`, `*`) do not.
const ENDING: &str = "\"'<>|`?[]";

/// Entities that escape what links are made of, or what may stand around them (HTML, section 13.5).
const ENTITIES: [(&str, char); 19] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("semi", ';'),
    ("equals", '='),
    ("sol", '/'),
    ("colon", ':'),
    ("comma", ','),
    ("period", '.'),
    ("commat", '@'),
    ("num", '#'),
    ("lowbar", '_'),
    ("hyphen", '-'),
    ("dash", '-'),
    ("plus", '+'),
    ("percnt", '%'),
];

/// A config.json that someone wrote out holds such marks of its own.
const CONFIG: &str = "mc={";

/// Longest name or number of an entity.
const ENTITY_BYTES_MAX: usize = 8;

/// The text from the version number on, without what mail, chat and markup add to a link.
pub(super) fn clean(link: &str) -> String {
    let unwrapped = signs_restored(unwrapped(link));
    let joined: String = unwrapped.chars().filter(|c| !is_blank(*c)).map(folded).collect();
    let mut text = ended(after_hash(&unslashed(&joined))).to_owned();
    for _ in 0..DECODINGS_MAX {
        let decoded = entities_decoded(&text);
        let decoded = percent_decoded(&decoded).unwrap_or(decoded);
        if decoded == text {
            break;
        }
        // Browsers escape the marks that end a link.
        text = ended(after_hash(&signs_restored(decoded))).to_owned();
    }
    let text = tight(&text.replace('&', ";"));
    if text.contains(CONFIG) {
        return text;
    }
    // Base64url, which a packed link is made of, may end in `-`.
    let last = text.rsplit(super::columns::SIGN).next().unwrap_or_default();
    let dash = !last.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with('z');
    let closing = |c: char| is_mark(c) || ".,:;!)}*_~/\\".contains(c) || (dash && c == '-');
    let opening = |c: char| is_mark(c) || "({*_~#\\/!".contains(c);
    text.trim_start_matches(opening).trim_end_matches(closing).to_owned()
}

/// The lines as one, without marks of quoting. Mail as it is sent (quoted-printable, RFC 2045,
/// section 6.7) writes `=3D` for every `=` and ends a broken line in `=`; one alone may be meant.
fn unwrapped(link: &str) -> String {
    let mut signs = link.split('=').skip(1);
    let sign = |rest: &str| rest.starts_with(['3', '\r', '\n']);
    let printed = link.matches("=3D").count() > 1 && signs.all(sign);
    let quoted = |c: char| c == '>' || is_blank(c);
    let mut all = String::with_capacity(link.len());
    for (i, line) in link.lines().enumerate() {
        let line = if i == 0 { line } else { line.trim_start_matches(quoted) };
        let broken = line.strip_suffix('=').filter(|_| printed);
        all.push_str(broken.unwrap_or(line));
    }
    if printed { all.replace("=3D", "=") } else { all }
}

/// Without the backslashes of Markdown and JSON; `\u003d` is a character of JSON.
fn unslashed(text: &str) -> String {
    let mut pieces = text.split('\\');
    let mut all = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let code = piece.strip_prefix('u').and_then(|rest| rest.split_at_checked(4));
        let c = code.and_then(|(code, rest)| {
            Some((char::from_u32(u32::from_str_radix(code, 16).ok()?)?, rest))
        });
        match c {
            Some((c, rest)) => {
                all.push(c);
                all.push_str(rest);
            }
            None => all.push_str(piece),
        }
    }
    all
}

/// What follows the `#` of an address; all of it where there is none, or where it is a link.
fn after_hash(text: &str) -> &str {
    if is_link(text) {
        return text;
    }
    // Routers put marks of their own behind it: `#/`, `#!`, `#?`.
    let fragment = |at: usize| text.get(at + 1..).unwrap_or("").trim_start_matches(['/', '!', '?']);
    // `&#43;` is an entity.
    let entity = |at: usize| text.get(..at).is_some_and(|before| before.ends_with('&'));
    let hashes = text.match_indices('#').map(|(at, _)| at).filter(|at| !entity(*at));
    let mut fragments = hashes.map(fragment);
    let first = fragments.clone().next();
    fragments.find(|fragment| is_link(fragment)).or(first).unwrap_or(text)
}

/// Whether a text begins as a link does: with its version, and more.
fn is_link(text: &str) -> bool {
    let own = text.trim_start_matches(super::columns::SIGN);
    let own = if own.starts_with("%2B") { own.trim_start_matches("%2B") } else { own };
    let tail = own.trim_start_matches(|c: char| c.is_ascii_digit());
    tail.len() < own.len() && tail.starts_with([';', 'z', '%', '&'])
}

/// Up to what ends a link, where it is one.
fn ended(text: &str) -> &str {
    if !is_link(text) || text.contains(CONFIG) {
        return text;
    }
    let marks = ENDS.iter().filter_map(|mark| text.find(mark));
    let end = marks.chain(text.find(is_mark)).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// Whether a character ends a link: every value escapes what is of other scripts.
fn is_mark(c: char) -> bool {
    ENDING.contains(c) || !is_blank(c) && !folded(c).is_ascii()
}

/// With the signs of a comparison that forms took for blanks (`+1;n=8 1;n=16`): only where none is left but the
/// first, and each stands before a version.
fn signs_restored(text: String) -> String {
    let (before, own) = text.rsplit_once('#').map_or(("", text.as_str()), |parts| parts);
    let plan = own.trim_start_matches([' ', super::columns::SIGN]);
    let marked = plan.len() < own.len() && is_link(plan) && !plan.contains(super::columns::SIGN);
    let starts = |piece: &str| {
        let tail = piece.trim_start_matches(|c: char| c.is_ascii_digit());
        tail.len() < piece.len() && tail.starts_with(';')
    };
    if !marked || !plan.split(' ').skip(1).any(starts) {
        return text;
    }
    let sign = super::columns::SIGN;
    let hash = if before.is_empty() && !text.starts_with('#') { "" } else { "#" };
    let pieces = plan.split(' ').enumerate().map(|(i, piece)| {
        let before = if i == 0 || starts(piece) { sign } else { ' ' };
        format!("{before}{piece}")
    });
    let restored: String = pieces.collect();
    format!("{before}{hash}{restored}")
}

/// Without blanks beside `;` and `=`, and without what no input holds.
fn tight(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c == ' ' || !is_blank(*c)).map(folded).collect();
    let parts = text.split(';').map(|part| match part.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim(), value.trim()),
        None => part.trim().to_owned(),
    });
    parts.collect::<Vec<_>>().join(";")
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{ad}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{61c}' | '\u{180e}' | '\u{fe00}'..='\u{fe0f}')
        || matches!(c, '\u{2060}'..='\u{2069}')
}

/// Letters and signs of East Asian width, and hyphens of typesetters, as links have them.
fn folded(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{2010}'..='\u{2013}' | '\u{2212}' => '-',
        _ => c,
    }
}

/// With every entity replaced that escapes a sign: `&amp;`, `&#59;`, `&#x3B;`.
fn entities_decoded(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut all = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        match entity(piece) {
            Some((c, rest)) => {
                all.push(c);
                all.push_str(rest);
            }
            None => {
                all.push('&');
                all.push_str(piece);
            }
        }
    }
    all
}

/// The character of an entity, without its `&`, and what follows it.
fn entity(text: &str) -> Option<(char, &str)> {
    let (name, rest) = text.split_once(';').filter(|(name, _)| name.len() <= ENTITY_BYTES_MAX)?;
    let c = match name.strip_prefix('#') {
        Some(number) => {
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
        None => ENTITIES.iter().find(|(known, _)| *known == name)?.1,
    };
    Some((c, rest))
}

/// With every `%XX` replaced, a `%` of a value left as it is; nothing where they do not spell UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or("").as_bytes().to_vec();
    for piece in pieces {
        let code = piece.split_at_checked(2);
        let code = code.filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match code.and_then(|(code, rest)| Some((u8::from_str_radix(code, 16).ok()?, rest))) {
            Some((byte, rest)) => {
                bytes.push(byte);
                bytes.extend_from_slice(rest.as_bytes());
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(piece.as_bytes());
            }
        }
    }
    String::from_utf8(bytes).ok()
}
