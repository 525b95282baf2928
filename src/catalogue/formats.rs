//! Which number formats an engine has kernels for, by generation of accelerators (`data/engine_formats.csv`).

use super::engines;
use super::table::{Row, Table};
use crate::serving::{KvFormat, WeightFormat};
use std::sync::OnceLock;

/// Formats of one engine on some generations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatRow {
    /// Key of the engine.
    pub engine: String,
    /// Names or classes of weight formats; `kv-` before those of the cache.
    pub formats: Vec<String>,
    /// Generations of accelerators.
    pub generations: Vec<String>,
    /// Of these what no source confirms: generations, formats, or `all`.
    pub unverified: Vec<String>,
    /// What to know before they are taken, its first words before a colon; empty: nothing.
    pub said: String,
    /// Where it was read.
    pub source: String,
    /// When that was published or read.
    pub date: String,
}

/// All rows, in the order of the table.
#[must_use]
pub fn all() -> &'static [FormatRow] {
    static ROWS: OnceLock<Vec<FormatRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        Table::read(include_str!("data/engine_formats.csv")).rows().map(read).collect()
    })
}

/// The row by which an engine runs weights of a format on a generation; an engine without rows has those of the engine
/// that it is based on. Nothing where it has none;
/// [`runs`] also asks what is not in the table.
#[must_use]
pub fn weights(engine: &str, generation: &str, format: WeightFormat) -> Option<&'static FormatRow> {
    // Kernels for sparse weights are their own, and so are those of a format that a row names; GGUF kinds are one.
    let named = |row: &FormatRow| row.formats.iter().any(|name| name == format.key());
    let alone = format.is_sparse() || !format.is_gguf() && all().iter().any(named);
    let class = if alone { format.key() } else { format.class() };
    find(engine, generation, &[format.key(), class])
}

/// The same of the cache; 16 bits go wherever 16-bit weights go.
#[must_use]
pub fn cache(engine: &str, generation: &str, format: KvFormat) -> Option<&'static FormatRow> {
    match format {
        KvFormat::Wide => find(engine, generation, &["wide"]),
        KvFormat::Fp8 => find(engine, generation, &["kv-fp8"]),
        KvFormat::Int8 => find(engine, generation, &["kv-int8"]),
        KvFormat::Fp4 => find(engine, generation, &["kv-nvfp4"]),
    }
}

/// What to know before an engine is given weights of a format on a generation, and where it was read.
#[must_use]
pub fn said(engine: &str, generation: &str, format: WeightFormat) -> Option<&'static FormatRow> {
    weights(engine, generation, format).filter(|row| !row.said.is_empty())
}

/// The rows by which an engine runs these formats on a generation that nothing confirms: of the weights, of the cache.
#[must_use]
pub fn doubted(
    engine: &str,
    generation: &str,
    formats: (WeightFormat, KvFormat),
) -> [Option<&'static FormatRow>; 2] {
    let (format, kept) = formats;
    let (class, cache) = (format.class(), format!("kv-{}", kept.key()));
    let own = weights(engine, generation, format)
        .filter(|row| row.doubts(&["all", generation, format.key(), class]));
    let kept = self::cache(engine, generation, kept)
        .filter(|row| kept != KvFormat::Wide && row.doubts(&["all", generation, &cache]));
    [own, kept]
}

/// Whether an engine runs these formats on a generation. An engine that the table does not know, and an accelerator by
/// hand (no generation), are taken at the user's word.
#[must_use]
pub fn runs(engine: &str, generation: &str, formats: (WeightFormat, KvFormat)) -> bool {
    generation.is_empty()
        || owner(engine).is_none()
        || (weights(engine, generation, formats.0).is_some()
            && cache(engine, generation, formats.1).is_some())
}

/// Whether an engine runs on a generation at all.
#[must_use]
pub fn runs_on(engine: &str, generation: &str) -> bool {
    runs(engine, generation, (WeightFormat::Bf16, KvFormat::Wide))
        || runs(engine, generation, (WeightFormat::Q8_0, KvFormat::Wide))
}

impl FormatRow {
    fn doubts(&self, names: &[&str]) -> bool {
        self.unverified.iter().any(|own| names.contains(&own.as_str()))
    }
}

fn find(engine: &str, generation: &str, names: &[&str]) -> Option<&'static FormatRow> {
    let owner = owner(engine)?;
    let has = |list: &[String], name: &str| list.iter().any(|known| known == name);
    all().iter().find(|row| {
        row.engine == owner
            && names.iter().any(|name| has(&row.formats, name))
            && has(&row.generations, generation)
    })
}

/// The engine itself where it has rows, else the nearest that it is based on.
fn owner(engine: &str) -> Option<&str> {
    let mut key = engine;
    loop {
        if all().iter().any(|row| row.engine == key) {
            return Some(key);
        }
        // An engine only follows those above it, so this ends.
        key = engines::base(key)?;
    }
}

fn read(row: Row<'_>) -> FormatRow {
    let list = |column| row.list(column, ' ').into_iter().map(str::to_owned).collect();
    FormatRow {
        engine: row.text("engine").to_owned(),
        formats: list("formats"),
        generations: list("generations"),
        unverified: list("unverified"),
        said: row.text("said").to_owned(),
        source: row.text("source").to_owned(),
        date: row.text("date").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hardware_lacks_is_not_run() {
        let fp8 = (WeightFormat::Fp8, KvFormat::Fp8);
        assert!(runs("vllm", "hopper", fp8) && runs("vllm", "cdna3", fp8));
        assert!(!runs("vllm", "ampere", fp8), "no 8-bit cache on Ampere");
        assert!(runs("vllm", "ampere", (WeightFormat::Fp8, KvFormat::Wide)), "stored in 8 bits");
        let four = (WeightFormat::Nvfp4, KvFormat::Wide);
        assert!(runs("trtllm", "blackwell", four) && !runs("trtllm", "hopper", four));
        assert!(!runs("vllm", "blackwell", (WeightFormat::Int8, KvFormat::Wide)));
        let sparse = (WeightFormat::Fp8Sparse, KvFormat::Wide);
        assert!(runs("vllm", "hopper", sparse) && !runs("vllm", "blackwell", sparse));
        assert!(!runs("sglang", "hopper", sparse) && !runs("trtllm", "hopper", sparse));
    }

    #[test]
    fn what_nothing_confirms_is_known() {
        let pair = |own, kept| (own, kept);
        let four = pair(WeightFormat::Nvfp4, KvFormat::Wide);
        assert!(doubted("vllm", "rubin", four)[0].is_some());
        assert!(doubted("vllm", "blackwell", four) == [None, None]);
        let eight = pair(WeightFormat::Fp8, KvFormat::Fp8);
        let of_cache = doubted("trtllm", "hopper", eight);
        assert!(of_cache[0].is_none() && of_cache[1].is_some());
        let wide = pair(WeightFormat::Bf16, KvFormat::Wide);
        assert!(doubted("llamacpp", "adreno", wide)[0].is_some());
        let packed = pair(WeightFormat::Q4_0, KvFormat::Wide);
        assert!(doubted("llamacpp", "adreno", packed) == [None, None]);
    }

    #[test]
    fn an_engine_follows_the_one_it_is_based_on() {
        assert!(runs_on("sglang-ep", "hopper") && !runs_on("sglang-ep", "tpu"));
        assert!(runs_on("jetstream", "tpu") && !runs_on("jetstream", "hopper"));
        assert!(runs_on("own", "tpu") && runs_on("vllm", ""));
    }

    #[test]
    fn every_row_names_known_engines_and_formats() {
        let cache: Vec<String> =
            KvFormat::ALL.iter().map(|format| format!("kv-{}", format.key())).collect();
        for row in all() {
            let doubted = row.source.to_ascii_lowercase().contains("not verified");
            assert_eq!(doubted, !row.unverified.is_empty(), "{row:?}");
            let known = |own: &String| {
                own == "all" || row.generations.contains(own) || row.formats.contains(own)
            };
            assert!(row.unverified.iter().all(known), "{row:?}");
            assert!(engines::keys().contains(&row.engine.as_str()), "{row:?}");
            for name in &row.formats {
                let weights = |f: &WeightFormat| f.key() == name || f.class() == name;
                assert!(WeightFormat::ALL.iter().any(weights) || cache.contains(name), "{name}");
            }
        }
    }
}
