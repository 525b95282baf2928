//! Where users are: `Europe 300k within EU, East Asia 100k`, or requests a second of each area.
//!
//! In links `eu:300k:EU,ea:100k`; a rate of requests keeps its unit, as in `eu:12/s`.

use crate::catalogue::areas::{self, Area};
use crate::catalogue::places;
use crate::inputs::limits::{AREAS_MAX, FREQUENCY_MAX};
use crate::units::text::{Noun, read as texts, short, show};
use crate::units::{PerSecond, Ratio};

/// Users of one area.
#[derive(Clone, Debug, PartialEq)]
pub struct AreaUsers {
    /// Key of the area.
    pub area: String,
    /// How many of all there are.
    pub share: Share,
    /// Country, or `EU`, that their data may not leave.
    pub within: Option<String>,
}

/// How much of the traffic is theirs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Share {
    /// Requests a second.
    Rate(PerSecond),
    /// Users, or parts of any kind: the traffic is parted by them.
    Users(Ratio),
}

/// What people call areas, without blanks and dashes.
const NAMES: [(&str, &str); 22] = [
    ("us", "na-east"),
    ("usa", "na-east"),
    ("useast", "na-east"),
    ("northamerica", "na-east"),
    ("uswest", "na-west"),
    ("latinamerica", "sa"),
    ("brazil", "sa"),
    ("eea", "eu"),
    ("uk", "eu"),
    ("germany", "eu"),
    ("france", "eu"),
    ("gulf", "me"),
    ("uae", "me"),
    ("southafrica", "af"),
    ("india", "in"),
    ("japan", "ea"),
    ("korea", "ea"),
    ("china", "ea"),
    ("singapore", "sea"),
    ("asean", "sea"),
    ("australia", "oc"),
    ("newzealand", "oc"),
];

const HINT: &str = "write for example Europe 300k within EU, East Asia 100k, or eu:12/s";

/// The text in its canonical spelling, or what is wrong with it.
pub(super) fn canonical(text: &str) -> Result<String, String> {
    let word = |own: &AreaUsers| {
        let share = match own.share {
            Share::Rate(rate) => short::frequency(rate),
            Share::Users(n) => short::count((n.get() + 0.5) as u64),
        };
        let within = own.within.as_ref().map(|own| format!(":{own}")).unwrap_or_default();
        format!("{}:{share}{within}", own.area)
    };
    Ok(parsed(text)?.iter().map(word).collect::<Vec<_>>().join(","))
}

/// The areas, as far as the text can be read.
pub(super) fn read(text: &str) -> Option<Vec<AreaUsers>> {
    parsed(text).ok()
}

/// The areas in words.
pub(super) fn meaning(text: &str) -> Option<String> {
    let all = parsed(text).ok()?;
    let sum: f64 = all.iter().map(|own| own.share.users()).sum();
    let one = |own: &AreaUsers| {
        let share = match own.share {
            Share::Rate(rate) => show::frequency(rate),
            Share::Users(n) => show::percent(Ratio::new(n.get() / sum.max(1.0))),
        };
        let within = own.within.as_ref().map(|own| format!(" within {own}")).unwrap_or_default();
        format!("{} {share}{within}", areas::find(&own.area).map_or("", |area| &area.label))
    };
    Some(all.iter().map(one).collect::<Vec<_>>().join("; "))
}

impl Share {
    fn users(self) -> f64 {
        match self {
            Self::Users(n) => n.get(),
            Self::Rate(_) => 0.0,
        }
    }
}

fn parsed(text: &str) -> Result<Vec<AreaUsers>, String> {
    let words = text.split([',', ';', '\n']).map(str::trim).filter(|word| !word.is_empty());
    let all: Vec<AreaUsers> = words.take(AREAS_MAX + 1).map(one).collect::<Result<_, _>>()?;
    if all.is_empty() || all.len() > AREAS_MAX {
        return Err(format!("write 1 to {AREAS_MAX} areas, with commas between"));
    }
    let rates = all.iter().filter(|own| matches!(own.share, Share::Rate(_))).count();
    if rates > 0 && rates < all.len() {
        return Err("some have users and some requests; give all of them the same".to_owned());
    }
    Ok(all)
}

/// `Europe 300k within EU`, `eu:300k:EU`, `eu 12/s`.
fn one(word: &str) -> Result<AreaUsers, String> {
    let fail =
        || format!("\"{}\" cannot be read; {HINT}", word.chars().take(40).collect::<String>());
    let (rest, within) = jurisdiction(word);
    let (name, share) =
        rest.rsplit_once(':').or_else(|| rest.trim().rsplit_once(' ')).ok_or_else(fail)?;
    let area = named(name).ok_or_else(|| {
        let keys: Vec<&str> = areas::all().iter().map(|area| area.key.as_str()).collect();
        format!("no area is called \"{}\"; they are {}", name.trim(), keys.join(", "))
    })?;
    let within = match within {
        Some(own) if !is_known(&own) => {
            return Err(format!("\"{own}\" is no country of two letters that is known, nor EU"));
        }
        other => other,
    };
    Ok(AreaUsers {
        area: area.key.clone(),
        share: share_of(share.trim()).ok_or_else(fail)?,
        within,
    })
}

/// What stands before `within EU` or `:EU`, and these letters.
fn jurisdiction(word: &str) -> (&str, Option<String>) {
    let parts = word
        .rsplit_once([' ', ':'])
        .filter(|(_, last)| last.len() == 2 && last.bytes().all(|b| b.is_ascii_alphabetic()));
    let Some((before, letters)) = parts else { return (word, None) };
    let bare = before.trim_end();
    let words = [" within", " stays in", " in"];
    let rest = words.iter().find_map(|word| bare.strip_suffix(word)).unwrap_or(bare);
    (rest, Some(letters.to_ascii_uppercase()))
}

fn is_known(letters: &str) -> bool {
    let known = || areas::all().iter().any(|area| area.countries.iter().any(|own| own == letters));
    letters == "EU" || places::EEA.contains(&letters) || known()
}

fn share_of(text: &str) -> Option<Share> {
    if text.contains('/') {
        let rate = texts::frequency(text).ok()?;
        return (rate > PerSecond::ZERO && rate.get() <= FREQUENCY_MAX)
            .then_some(Share::Rate(rate));
    }
    let n = texts::count(text.trim_end_matches('%').trim(), Noun::Plain).ok()?;
    (n > 0).then(|| Share::Users(Ratio::new(n as f64)))
}

fn named(name: &str) -> Option<&'static Area> {
    let plain: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
    let plain = plain.to_ascii_lowercase();
    let squeezed = |text: &str| -> String {
        let kept = text.chars().filter(char::is_ascii_alphanumeric);
        kept.map(|c| c.to_ascii_lowercase()).collect()
    };
    let key = NAMES.iter().find(|(known, _)| *known == plain).map(|(_, key)| *key);
    let own = |area: &&Area| {
        Some(area.key.as_str()) == key
            || squeezed(&area.key) == plain
            || squeezed(&area.label) == plain
    };
    areas::all().iter().find(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn areas_have_one_spelling() {
        let typed = "Europe 300k within EU; east asia: 100k, US 250000 in US";
        assert_eq!(canonical(typed).as_deref(), Ok("eu:300k:EU,ea:100k,na-east:250k:US"));
        assert_eq!(canonical("eu:300k:EU,ea:100k").as_deref(), Ok("eu:300k:EU,ea:100k"));
        assert_eq!(canonical("in 5%, india 12%").as_deref(), Ok("in:5,in:12"));
        assert_eq!(canonical("oc 30/min").as_deref(), Ok("oc:30/min"));
        let told = meaning("eu:300k:EU,ea:100k").expect("areas");
        assert_eq!(told, "Europe 75.0% within EU; East Asia 25.0%");
    }

    #[test]
    fn what_cannot_be_read_says_how_to_write_it() {
        for (text, hint) in [
            ("Atlantis 5k", "no area is called"),
            ("eu", "write for example"),
            ("eu 0", "write for example"),
            ("eu 5k, ea 3/s", "give all of them the same"),
            ("eu 5k within XX", "no country"),
            (",", "1 to 12 areas"),
        ] {
            let told = canonical(text).unwrap_err();
            assert!(told.contains(hint), "{text}: {told}");
        }
        assert!(canonical(&"eu 1,".repeat(13)).is_err());
    }
}
