//! Rows of measured inference as strangers write them: a finite prediction or a reason, never a panic.

use autoparallel::fit::serve::predict;
use autoparallel::fit::serve::run::read;
use proptest::prelude::*;

const COLUMNS: [&str; 34] = [
    "id",
    "source_id",
    "source_date",
    "engine",
    "engine_version",
    "model",
    "arch",
    "layers",
    "hidden",
    "heads",
    "kv_heads",
    "head_dim",
    "ffn",
    "vocab",
    "n_experts",
    "experts_per_tok",
    "moe_ffn",
    "weight_prec",
    "kv_prec",
    "accelerator",
    "hw_class",
    "mem_gb_per_acc",
    "count",
    "tp",
    "pp",
    "ep",
    "dp",
    "mode",
    "isl",
    "osl",
    "batch",
    "concurrency",
    "tok_s_kind",
    "notes",
];

/// A row that is in order.
const PLAIN: [&str; 34] = [
    "row",
    "inferencex",
    "2026-01-01",
    "SGLang",
    "0.5.9",
    "some-moe",
    "moe",
    "48",
    "4096",
    "32",
    "4",
    "128",
    "12288",
    "151936",
    "128",
    "8",
    "1536",
    "fp8",
    "fp8",
    "H200-SXM-141GB",
    "nv-hopper",
    "141",
    "8",
    "8",
    "1",
    "8",
    "1",
    "closed-loop",
    "1024",
    "1024",
    "",
    "32",
    "output",
    "",
];

/// What stands where it should not.
const ODD: [&str; 22] = [
    "",
    "0",
    "-1",
    "1e308",
    "NaN",
    "inf",
    "4294967296",
    "0.5",
    "3",
    "7",
    "1000000000",
    "unknown",
    "DeepSeek-V3",
    "llama.cpp",
    "TPU-v9",
    "single-stream",
    "mlperf-server",
    "disagg-decode",
    "disaggregated: 9999999 prefill workers x (TP1 attnDP1), 1 decode workers x (TP0 attnDP0)",
    "memory",
    "MTP on, MTP=99999",
    "open-loop",
];

fn table(row: &[&str]) -> String {
    let quoted: Vec<String> = row.iter().map(|field| format!("\"{field}\"")).collect();
    format!("{}\n{}\n", COLUMNS.join(","), quoted.join(","))
}

fn answers(row: &[&str]) {
    for (run, _) in read(&table(row)) {
        match predict(&run) {
            Err(reason) => assert!(!reason.is_empty(), "a refusal without a reason: {row:?}"),
            Ok(said) => {
                let times = [said.said.first_token, said.said.per_token, said.said.whole];
                for time in times.into_iter().flatten() {
                    assert!(time.get().is_finite() && time.get() >= 0.0, "{time:?} of {row:?}");
                }
                if let Some(rate) = said.said.rate {
                    assert!(rate.get().is_finite() && rate.get() >= 0.0, "{rate:?} of {row:?}");
                }
            }
        }
    }
}

/// DeepSeek-R1 in 4 bits read prompts on two GB200 each (vLLM's blog, 2026-02-03): what only reads draws a token for each
/// prompt of a step, four of 2,000 tokens and not the 512 sequences of others.
#[test]
fn what_only_reads_draws_for_its_prompts() {
    let mut row = PLAIN;
    let typed = [
        ("engine", "vLLM"),
        ("engine_version", ""),
        ("model", "deepseek-r1"),
        ("arch", "moe-mla"),
        ("layers", "61"),
        ("hidden", "7168"),
        ("heads", "128"),
        ("kv_heads", ""),
        ("head_dim", ""),
        ("ffn", "18432"),
        ("vocab", "129280"),
        ("n_experts", "256"),
        ("moe_ffn", "2048"),
        ("weight_prec", "nvfp4"),
        ("kv_prec", ""),
        ("accelerator", "GB200"),
        ("hw_class", "nv-blackwell"),
        ("mem_gb_per_acc", ""),
        ("count", "2"),
        ("tp", ""),
        ("pp", ""),
        ("ep", "2"),
        ("dp", ""),
        ("mode", "disagg-prefill"),
        ("isl", "2000"),
        ("osl", ""),
        ("concurrency", ""),
        ("tok_s_kind", "prefill"),
    ];
    for (name, text) in typed {
        row[COLUMNS.iter().position(|column| *column == name).expect("a column")] = text;
    }
    let runs = read(&table(&row));
    let said = predict(&runs.first().expect("a row").0).expect("a prediction");
    assert!(said.said.fits && said.said.rate.is_some(), "{said:?}");
}

#[test]
fn a_row_in_order_is_predicted() {
    let runs = read(&table(&PLAIN));
    let (run, _) = runs.first().expect("a row");
    let said = predict(run).expect("a prediction");
    assert!(said.said.fits && said.said.per_token.is_some_and(|time| time.get() > 1e-4));
}

/// The same run stands twice in a table: as InferenceX counts its accelerators, and with the degrees multiplied.
#[test]
fn degrees_that_were_multiplied_are_read_as_meant() {
    let with = |count: &'static str| {
        let mut row = PLAIN;
        for (column, value) in [("count", count), ("tp", count), ("ep", "4")] {
            row[COLUMNS.iter().position(|own| *own == column).expect("a column")] = value;
        }
        let source = if count == "4" { "aic-gap-analysis" } else { "inferencex" };
        row[1] = source;
        let runs = read(&table(&row));
        predict(&runs.first().expect("a row").0).expect("a prediction").said
    };
    let (plain, multiplied) = (with("4"), with("16"));
    assert_eq!(plain.per_token, multiplied.per_token);
    assert_eq!(plain.first_token, multiplied.first_token);
}

#[test]
fn every_column_may_be_odd() {
    for column in 1..COLUMNS.len() {
        for odd in ODD {
            let mut row = PLAIN;
            row[column] = odd;
            answers(&row);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn many_columns_may_be_odd(
        odd in prop::collection::vec((1..COLUMNS.len(), 0..ODD.len()), 1..12)
    ) {
        let mut row = PLAIN;
        for (column, value) in odd {
            row[column] = ODD[value];
        }
        answers(&row);
    }
}
