//! Makes the list of offers from a wide table of prices (`prices.csv`, see `blocks.csv` for what it lacks):
//! `cargo run --release --example offers -- PRICES.csv`
//!
//! Writes `src/catalogue/data/offers.csv`, its copy `public/prices-v1.csv` and `offers_built.txt` and `ways.txt`, which tell them. Rows whose accelerator the catalogue
//! does not know are counted and left out, and so is the network where it was read from a share-alike source.

use autoparallel::catalogue::offers;
use autoparallel::catalogue::table::{Row, Table};
use std::fmt::Write as _;

const HEADER: &str = "provider,region,instance,accelerator,count,network_gbit_s,demand,spot,\
    spot_min,year,three_years,block,as_of,as_of_spot,source,remarks";

/// Names of accelerators in the wide table, and their keys in the catalogue.
const ACCELERATORS: [(&str, &str); 33] = [
    ("T4", "t4"),
    ("A10", "a10"),
    ("A10G", "a10g"),
    ("L4", "l4"),
    ("L40", "l40"),
    ("L40S", "l40s"),
    ("RTX A6000", "rtx-a6000"),
    ("RTX 6000 Ada", "rtx-6000-ada"),
    ("RTX PRO 6000", "rtx-pro-6000"),
    ("V100", "v100-16g"),
    ("V100-32GB", "v100-32g"),
    ("A100-40GB", "a100-40g"),
    ("A100-80GB", "a100-80g"),
    ("A100-80GB-PCIe", "a100-80g-pcie"),
    ("H100", "h100-sxm"),
    ("H100-PCIe", "h100-pcie"),
    ("H100-NVL", "h100-nvl"),
    ("H100-NVL (confidential)", "h100-nvl"),
    ("H200", "h200-sxm"),
    ("GH200", "gh200-96g"),
    ("B200", "b200"),
    ("B300", "b300"),
    ("GB200", "gb200"),
    ("GB300", "gb300"),
    ("MI300X", "mi300x"),
    ("MI355X", "mi355x"),
    ("Trainium1", "trainium1"),
    ("Trainium2", "trainium2"),
    ("TPU v4", "tpu-v4"),
    ("TPU v5e", "tpu-v5e"),
    ("TPU v5p", "tpu-v5p"),
    ("TPU v6e", "tpu-v6e"),
    ("TPU7x", "tpu7x"),
];

/// Beginnings of the sources in the wide table, and their keys in `price_sources.csv`.
const SOURCES: [(&str, &str); 17] = [
    ("aws/karpenter", "aws-karpenter"),
    ("lamngockhuong", "aws-list"),
    ("yeo/ec2.shop", "aws-shop"),
    ("skypilot-catalog v8 aws", "sky-aws"),
    ("skypilot-catalog v8 gcp", "sky-gcp"),
    ("skypilot-catalog v8 lambda", "sky-lambda"),
    ("skypilot-catalog v8 verda", "sky-verda"),
    ("skypilot-catalog v8 oci", "sky-oci"),
    ("skypilot-catalog v8 hyperstack", "sky-hyperstack"),
    ("skypilot-catalog v8 nebius", "sky-nebius"),
    ("skypilot-catalog v8 runpod", "sky-runpod"),
    ("Azure/karpenter", "azure-karpenter"),
    ("andy-diericks", "azure-radar"),
    ("Cyclenerd", "gcosts"),
    ("tugot17", "prime"),
    ("the-full-stack", "cloud-gpus"),
    ("dstackai", "gpuhunt"),
];

/// Other names of providers.
const PROVIDERS: [(&str, &str); 8] = [
    ("verda (datacrunch)", "verda"),
    ("datacrunch", "verda"),
    ("lambdalabs", "lambda"),
    ("oracle cloud", "oci"),
    ("crusoecloud", "crusoe"),
    ("latitude", "latitude.sh"),
    ("oblivus", "oblivus cloud"),
    ("cudo compute", "cudo"),
];

fn main() {
    let path = std::env::args().nth(1).expect("the path of the wide table");
    let text = std::fs::read_to_string(&path).expect("a readable table");
    let (mut out, mut unknown) = (format!("{HEADER}\n"), 0);
    for row in Table::read(&text).rows() {
        match line(row) {
            Some(line) => writeln!(out, "{line}").expect("memory"),
            None => unknown += 1,
        }
    }
    for row in Table::read(include_str!("blocks.csv")).rows() {
        let at = |column| row.text(column);
        let (instance, accelerator) = (at("instance"), at("accelerator"));
        let (count, network) = (at("count"), at("network_gbit_s"));
        let (rate, as_of, source) = (at("block_usd_h"), at("as_of"), at("source"));
        writeln!(
            out,
            "aws,,{instance},{accelerator},{count},{network},,,,,,{rate},{as_of},,{source},undated"
        )
        .expect("memory");
    }
    let (listings, problems) = offers::read_listings(&out);
    println!("{} offers, {unknown} without a rate or a catalogued accelerator", listings.len());
    println!("newest {}", offers::newest(&listings).expect("a date"));
    for problem in &problems {
        println!("{problem}");
    }
    assert!(problems.is_empty(), "every row can be read");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in ["src/catalogue/data/offers.csv", "public/prices-v1.csv"] {
        std::fs::write(root.join(file), &out).expect("a writable file");
    }
    let ways = root.join("src/catalogue/data/ways.txt");
    std::fs::write(ways, offers::ways_of(&listings)).expect("a writable file");
    let built = root.join("src/catalogue/data/offers_built.txt");
    std::fs::write(built, offers::line_of(&out)).expect("a writable file");
}

fn line(row: Row<'_>) -> Option<String> {
    let known = |table: &[(&str, &'static str)], name: &str| {
        table.iter().find(|(known, _)| *known == name).map(|(_, key)| *key)
    };
    let accelerator = known(&ACCELERATORS, row.text("accelerator"))?;
    let source = row.text("source");
    let source = SOURCES.iter().find(|(start, _)| source.starts_with(start))?.1;
    let mut remarks: Vec<&str> = Vec::new();
    let (provider, market) = match row.text("provider").split_once(" (via ") {
        Some((provider, _)) => (provider, true),
        None => (row.text("provider"), false),
    };
    let provider = known(&PROVIDERS, provider).unwrap_or(provider);
    let instance = row.text("instance_type");
    let each = instance.contains("per chip") || instance.contains("per GPU");
    let part = row.text("note").contains("host CPU") || row.text("note").contains("add the N1");
    let network = network(row, &mut remarks);
    let (as_of, undated) = day(row.text("as_of"));
    let (as_of_spot, spot_undated) = day(row.text("as_of_spot"));
    let spot = row.text("spot_usd_h");
    let as_of_spot = match (spot.is_empty(), as_of_spot) {
        (true, _) => "",
        (false, "") => as_of,
        (false, day) => day,
    };
    let estimated = !spot.is_empty() && row.text("spot_source").starts_with("estimate");
    let marks = [
        ("estimate", estimated),
        ("market", market),
        ("part", part),
        ("each", each),
        ("undated", undated),
        ("spot-undated", spot_undated && !spot.is_empty()),
    ];
    remarks.extend(marks.iter().filter(|(_, holds)| *holds).map(|(word, _)| *word));
    let region = match row.text("region") {
        region if region.starts_with("all") || ["various", "unspecified"].contains(&region) => "",
        region => region,
    };
    let count = row.text("accelerators_per_instance");
    let rate = |column| row.number(column).filter(|rate| *rate > 0.0).map(short);
    let rates = ["on_demand_usd_h", "spot_usd_h", "spot_min_usd_h", "commit_1yr_usd_h"];
    let rates: Vec<String> = rates
        .into_iter()
        .chain(["commit_3yr_usd_h"])
        .map(|column| rate(column).unwrap_or_default())
        .collect();
    if rates.iter().all(String::is_empty) {
        return None;
    }
    let (rates, remarks) = (rates.join(","), remarks.join(" "));
    Some(format!(
        "{},{},{},{accelerator},{count},{network},{rates},,{as_of},{as_of_spot},{source},{remarks}",
        quoted(provider),
        quoted(region),
        quoted(instance)
    ))
}

/// Gigabits a second of the machine, but where they were read from a share-alike source.
fn network(row: Row<'_>, remarks: &mut Vec<&str>) -> String {
    let (text, source) = (row.text("network_gbps"), row.text("network_source"));
    if source.starts_with("SpareCores") || text.is_empty() {
        return String::new();
    }
    if source.starts_with("from memory") {
        remarks.push("network-unverified");
    }
    let number = |text: &str| text.trim().parse::<f64>().ok().map(short).unwrap_or_default();
    if let Some(most) = text.strip_prefix("Up to") {
        remarks.push("burst");
        return number(most);
    }
    match text.strip_suffix("Megabit") {
        Some(megabits) => {
            remarks.push("burst");
            megabits.trim().parse::<f64>().map_or(String::new(), |n| short(n / 1000.0))
        }
        None => number(text),
    }
}

/// The day of a list, and whether it is only the earliest that it can be.
///
/// Version 8 of the SkyPilot catalogue is from November 2025 on, and the static file of TPU prices no older than the
/// general availability of TPU v5e in November 2023; of the Spot Advisor's savings the latest possible day is known.
fn day(text: &str) -> (&str, bool) {
    match text {
        "undated v8 snapshot (2026)" => ("2026-01-01", true),
        text if text.starts_with("undated") => ("2025-11-01", true),
        text if text.starts_with("static file") => ("2023-11-01", true),
        text => match text.strip_prefix("<=") {
            Some(day) => (day, true),
            None => (text, false),
        },
    }
}

fn short(value: f64) -> String {
    // Six decimals are more than any list has.
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn quoted(text: &str) -> String {
    let special = text.contains([',', '"', '\n']);
    if special { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}
