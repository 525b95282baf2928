//! Models: their shapes, their published parameter counts, and look-up by name.

use super::checkpoints;
use super::notation::{self, Scope};
use super::table::{Row, Table};
use crate::model::Model;
use crate::serving::WeightFormat;
use crate::units::Params;
use crate::units::order;
use std::sync::OnceLock;

/// One model of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelRow {
    /// Hub id, or the name that a paper uses.
    pub key: &'static str,
    /// Model family as its configuration names it (`model_type`).
    pub family: &'static str,
    /// Other names people type.
    pub aliases: Vec<&'static str>,
    /// Its shape.
    pub model: Model,
    /// Text parameters by the closed formula, multi-token prediction left out, as the research
    /// data state them.
    pub total: Option<Params>,
    /// Those of `total` that one token uses, as the research data state them.
    pub active: Option<Params>,
    /// Published count: the Hub's safetensors total or a paper's figure.
    pub published: Option<Params>,
    /// What the published count holds beside `total`: multi-token prediction, a vision tower,
    /// stored buffers; negative where it leaves weights out.
    pub remainder: i64,
    /// How the published count and the formula compare, and what the remainder is.
    pub agreement: &'static str,
    /// How far the shape was verified.
    pub grade: Grade,
    /// Where the shape was read.
    pub sources: Vec<&'static str>,
    /// Month in which the published count was taken (YYYY-MM), or the year of the paper.
    pub as_of: &'static str,
    /// Format of the published weights where it is not of 16 bits: `quantization_config` of its config.json, most of
    /// what it does not leave out.
    pub stored: Option<WeightFormat>,
}

/// How far a row was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// The formula gives the published count to the unit, or to a remainder that is named.
    Exact,
    /// Two sources agree on the shape; the published count is absent or not fully explained.
    Agreeing,
}

/// Where it is said that a model's checkpoint brings Python code of its own, which an engine must be let run; none of
/// others.
#[must_use]
pub fn custom_code(key: &str) -> Option<&'static str> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| Table::read(include_str!("data/custom_code.csv")));
    table.rows().find(|row| row.text("model") == key).map(|row| row.text("source"))
}

/// All models, in the order of the table.
#[must_use]
pub fn all() -> &'static [ModelRow] {
    static ROWS: OnceLock<Vec<ModelRow>> = OnceLock::new();
    ROWS.get_or_init(|| table().rows().filter_map(row).collect())
}

/// The one model of that name: a Hub id, an alias, or the last part of an id, in any case.
#[must_use]
pub fn find(text: &str) -> Option<&'static ModelRow> {
    let wanted = spelled(text);
    let id = |row: &&ModelRow| spelled(row.key) == wanted;
    let alias = |row: &&ModelRow| row.aliases.iter().any(|alias| spelled(alias) == wanted);
    let short = |row: &&ModelRow| spelled(row.short_name()) == wanted;
    let by_name = all().iter().find(id).or_else(|| all().iter().find(alias));
    let only = |fits: &dyn Fn(&&'static ModelRow) -> bool| {
        let mut hits = all().iter().filter(fits);
        hits.next().filter(|_| hits.next().is_none())
    };
    by_name.or_else(|| only(&short)).or_else(|| {
        // A tuned copy has the shape of what it was tuned from.
        let (owner, name) = wanted.rsplit_once('/').unwrap_or(("", &wanted));
        let stem = stem(name);
        only(&|row| {
            let own = owner.is_empty() || spelled(row.key).starts_with(&format!("{owner}/"));
            own && row.tails().any(|tail| self::stem(&spelled(tail)) == stem)
        })
    })
}

/// The Hub id that a name means: of the row itself, of an alias that is an id, or of a tuned copy of the row's model, which
/// lies with its owner where none is typed. None of names that [`find`] does not know.
#[must_use]
pub fn checkpoint(text: &str) -> Option<String> {
    let row = find(text)?;
    let (typed, wanted) = (text.trim(), spelled(text));
    let id = [row.key].into_iter().chain(row.aliases.iter().copied());
    let known = id.filter(|name| spelled(name) == wanted).find(|name| name.contains('/'));
    let owner = row.key.rsplit_once('/').map(|(owner, _)| owner);
    Some(match (known, owner) {
        (Some(known), _) => known.to_owned(),
        (None, Some(_)) if typed.contains('/') => typed.to_owned(),
        (None, Some(owner)) if row.tails().all(|tail| spelled(tail) != wanted) => {
            format!("{owner}/{}", typed.replace(' ', "-"))
        }
        _ => row.key.to_owned(),
    })
}

/// What authors put after the name of a model that they tuned.
const TUNED: [&str; 7] = ["-instruct", "-chat", "-it", "-hf", "-base", "-bf16", "-thinking"];

/// A name without what says how it was tuned and in which month.
fn stem(name: &str) -> &str {
    let mut stem = name;
    loop {
        let month = stem.rsplit_once('-').filter(|(rest, month)| {
            !rest.is_empty() && month.len() == 4 && month.bytes().all(|b| b.is_ascii_digit())
        });
        let short = TUNED.iter().find_map(|end| stem.strip_suffix(end));
        match short.or(month.map(|(rest, _)| rest)) {
            Some(rest) => stem = rest,
            None => return stem,
        }
    }
}

/// Models whose names are spelt nearest to a text, nearest first; none where all are far.
#[must_use]
pub fn near(text: &str) -> Vec<&'static ModelRow> {
    let wanted = spelled(text);
    let wanted = stem(wanted.rsplit('/').next().unwrap_or(&wanted));
    let far = |row: &ModelRow| {
        row.tails()
            .map(|tail| order::edits(wanted, stem(&spelled(tail))))
            .min()
            .unwrap_or(usize::MAX)
    };
    let ranked = all().iter().map(|row| (far(row), row));
    let mut ranked: Vec<_> = ranked.filter(|(far, _)| 2 * far <= wanted.len()).collect();
    order::sort_by_key(&mut ranked, |(far, _)| *far);
    ranked.into_iter().map(|(_, row)| row).collect()
}

/// Models for a search box, best first: every word of the text occurs in what is listed.
#[must_use]
pub fn search(text: &str) -> Vec<&'static ModelRow> {
    let lower = text.to_ascii_lowercase();
    let words: Vec<String> = lower
        .split(|letter: char| letter.is_whitespace() || letter == '/' || letter == '_')
        .map(squeezed)
        .filter(|word| !word.is_empty())
        .collect();
    let whole = squeezed(&lower);
    let ranked = all().iter().filter_map(|row| Some((row.rank(&words, &whole)?, row)));
    let mut ranked: Vec<(u8, &ModelRow)> = ranked.collect();
    order::sort_by_key(&mut ranked, |(rank, _)| *rank);
    ranked.into_iter().map(|(_, row)| row).collect()
}

impl ModelRow {
    /// The key without its organisation.
    #[must_use]
    pub fn short_name(&self) -> &'static str {
        self.key.rsplit('/').next().unwrap_or(self.key)
    }

    /// Its short name and its aliases without their organisation.
    fn tails(&self) -> impl Iterator<Item = &'static str> {
        let tail = |name: &'static str| name.rsplit('/').next().unwrap_or(name);
        [self.key].into_iter().chain(self.aliases.iter().copied()).map(tail)
    }

    /// Lower is better; nothing where a word occurs nowhere.
    fn rank(&self, words: &[String], whole: &str) -> Option<u8> {
        let short = squeezed(self.short_name());
        let mut text = squeezed(self.key);
        for name in self.aliases.iter().chain([&self.family]) {
            text.push(' ');
            text.push_str(&squeezed(name));
        }
        if !words.iter().all(|word| text.contains(word.as_str())) {
            return None;
        }
        let exact = short == whole || self.aliases.iter().any(|name| squeezed(name) == whole);
        let first = words.first().map_or("", String::as_str);
        Some(if exact {
            0
        } else if short.starts_with(whole) {
            1
        } else if short.starts_with(first) {
            2
        } else if short.contains(first) {
            3
        } else {
            4
        })
    }
}

/// Lower case, blanks and underscores as hyphens.
fn spelled(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace([' ', '_'], "-")
}

/// Lower-case letters and digits alone.
fn squeezed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(include_str!("data/models.csv")))
}

/// One line of the table; nothing where it is not well formed, which a test rules out.
fn row(line: Row<'static>) -> Option<ModelRow> {
    let model = model(line)?;
    let scope = Scope {
        hidden: u64::from(model.hidden),
        vocab: u64::from(model.vocab),
        mtp: model.params().mtp,
    };
    let count = |column| optional(line.text(column)).map(|count| count.map(Params::new));
    Some(ModelRow {
        key: line.text("key"),
        family: line.text("family"),
        aliases: line.list("aliases", ' '),
        model,
        total: count("total")?,
        active: count("active")?,
        published: count("published")?,
        remainder: notation::amount(line.text("remainder"), scope)?,
        agreement: line.text("agreement"),
        grade: if line.text("grade") == "A" { Grade::Exact } else { Grade::Agreeing },
        sources: line.list("sources", ' ').into_iter().map(source).collect::<Option<_>>()?,
        as_of: line.text("as_of"),
        stored: WeightFormat::of_key(line.text("stored")),
    })
}

fn model(line: Row<'static>) -> Option<Model> {
    let (hidden, vocab) = (line.count("hidden")?, line.count("vocab")?);
    let scope = Scope { hidden: u64::from(hidden), vocab: u64::from(vocab), mtp: 0 };
    let other = notation::amount(line.text("other"), scope)?;
    Some(Model {
        name: line.text("key").to_owned(),
        hidden,
        vocab,
        tied: line.text("tied") == "tied",
        kinds: notation::kinds(line.text("kinds"), scope)?,
        pattern: notation::pattern(line.text("pattern"))?,
        mtp_layers: optional(line.text("mtp_layers"))?.unwrap_or(0),
        other_params: Params::new(u64::try_from(other).ok()?),
        max_positions: optional(line.text("max_positions"))?,
        stored: checkpoints::of(line.text("key")),
    })
}

/// An empty field is an absent number; anything else must be one.
fn optional<N: std::str::FromStr>(text: &str) -> Option<Option<N>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

/// What the codes of the source column stand for.
fn source(code: &str) -> Option<&'static str> {
    Some(match code {
        "A" => "config.json copy in ai-dynamo/aiconfigurator 0.12.0 (model_configs)",
        "F" => "Hub table of llmfit-core 1.1.18 (2026-10)",
        "G" => "litgpt, litgpt/config.py",
        "H" => "config.json on a Hub page",
        "L" => "llm-analysis, model_configs",
        "M" => "MaxText, src/maxtext/configs/models",
        "N" => "Megatron-Bridge documentation",
        "P" => "mlc-llm, model_preset.py",
        "R" => "config.json copy in the repository of ai-dynamo/aiconfigurator, commit 821eb9a",
        "T" => "transformers 5.23.0, default of the configuration class",
        "K" => "Korthikanti et al. 2022, arXiv 2205.05198, table 3",
        "J" => "Jamba-1.5 report, arXiv 2408.12570; shape not seen in a config.json",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<&'static str> {
        find(text).map(|row| row.key)
    }

    #[test]
    fn names_are_found_as_people_type_them() {
        let llama = Some("meta-llama/Llama-3.1-405B");
        for text in
            ["meta-llama/Llama-3.1-405B", "llama-3.1-405b", " LLAMA 3.1 405B ", "llama3-405b"]
        {
            assert_eq!(key(text), llama, "{text}");
        }
        assert_eq!(key("deepseek-v3"), Some("deepseek-ai/DeepSeek-V3"));
        assert_eq!(key("Qwen3-30B-A3B"), Some("Qwen/Qwen3-30B-A3B"));
        assert_eq!(key("gpt-3 175b"), Some("GPT-3 175B"));
        assert_eq!(key("mixtral_8x7b"), Some("mistralai/Mixtral-8x7B-Instruct-v0.1"));
        for nothing in ["", "llama", "deepseek-v", "\u{1F600}", "/"] {
            assert_eq!(key(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn every_name_leads_to_its_own_row() {
        for row in all() {
            assert_eq!(key(row.key), Some(row.key));
            assert_eq!(key(row.short_name()), Some(row.key));
            for alias in &row.aliases {
                assert_eq!(key(alias), Some(row.key), "{alias}");
            }
        }
    }

    #[test]
    fn a_search_ranks_the_name_itself_first() {
        let first = |text| search(text).first().map(|row| row.key);
        assert_eq!(first("llama 405b"), Some("meta-llama/Llama-3.1-405B"));
        assert_eq!(first("405"), Some("meta-llama/Llama-3.1-405B"));
        assert_eq!(first("deepseek v3"), Some("deepseek-ai/DeepSeek-V3"));
        assert_eq!(first("qwen3 30b"), Some("Qwen/Qwen3-30B-A3B"));
        assert_eq!(first("gpt 3"), Some("GPT-3 175B"));
        assert_eq!(search("").len(), all().len());
        assert!(search("no such model").is_empty());
    }
}
