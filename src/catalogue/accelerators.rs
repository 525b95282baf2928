//! Accelerators with the machines and networks they usually come in, and look-up by name.

use super::kernels;
use super::table::{Row, Table};
use crate::cluster::{ACCELERATORS_MAX, Accelerator, Cluster, Fabric, Host, Level, Peak};
use crate::units::order;
use crate::units::{Bytes, BytesPerSecond, DollarsPerHour, FlopsPerSecond, Ratio, Seconds, Watts};
use std::sync::OnceLock;

/// Accelerators under one leaf of the network unless the user says otherwise: the scalable unit
/// of 32 nodes of eight, NVIDIA DGX SuperPOD H100 reference architecture (2023).
pub const LEAF_SPAN: u32 = 256;
/// Latency of one NCCL message across one leaf: send and receive between two nodes take 12 us more
/// than within one (H100, `vidur` rows of the kernel data: 17 us against 5 us).
pub const LEAF_LATENCY: Seconds = Seconds::us(12.0);
/// The same across the spine: two more switches each way, at 0.5 us each.
pub const SPINE_LATENCY: Seconds = Seconds::us(14.0);

/// One accelerator and its usual machine.
#[derive(Clone, Debug, PartialEq)]
pub struct MachineRow {
    /// Name in links.
    pub key: String,
    /// Name for people.
    pub label: String,
    /// Other names people type.
    pub aliases: Vec<String>,
    /// `available` or `announced`.
    pub status: String,
    /// The accelerator itself.
    pub accelerator: Accelerator,
    /// Accelerators in one machine.
    pub node_size: u32,
    /// Accelerators joined by the scale-up link: NVLink domain, rack, torus, bridge; 1 for none.
    pub domain: u32,
    /// Scale-up link, each way, of one accelerator. PCIe cards: what peers reach, not the data
    /// sheet.
    pub link: BytesPerSecond,
    /// Time of one step of a collective over that link.
    pub link_latency: Seconds,
    /// Network of one accelerator, each way.
    pub nic: BytesPerSecond,
    /// The machine around it, one accelerator's share.
    pub host: Host,
    /// Usual on-demand price of one accelerator.
    pub price: Option<DollarsPerHour>,
    /// Offer, date and rule that the price was taken by.
    pub price_source: String,
    /// Row of the kernel table that describes its matrix kernels.
    pub kernels: String,
    /// Whether that row was fitted on products by shape, of this chip or its nearest relative.
    pub kernels_measured: bool,
    /// Whether every figure of the accelerator was confirmed: by its maker's documents or by sources that agree.
    pub verified: bool,
    /// How far the row was verified: `vendor-doc`, `secondary` (sources that cite others agree), `partial` (some figures,
    /// and only where `accelerator.unverified` names others is it known which were not), `assumed` or `unverified`.
    pub verification: String,
    /// Where the figures were read.
    pub source: String,
    /// Date of the row.
    pub date: String,
    /// What else to know.
    pub note: String,
}

/// All accelerators, in the order of the table.
#[must_use]
pub fn all() -> &'static [MachineRow] {
    static ROWS: OnceLock<Vec<MachineRow>> = OnceLock::new();
    ROWS.get_or_init(|| table().rows().filter_map(read).collect())
}

/// The one accelerator of that key, alias or label, whatever its case, spaces and dashes.
#[must_use]
pub fn find(text: &str) -> Option<&'static MachineRow> {
    let wanted = squeezed(text);
    let rows = all();
    let by_key = rows.iter().find(|row| squeezed(&row.key) == wanted);
    let named = |row: &&MachineRow| row.names().any(|name| squeezed(name) == wanted);
    by_key.or_else(|| rows.iter().find(named))
}

/// The accelerator of that very key: what a list that was read holds already.
#[must_use]
pub fn by_key(key: &str) -> Option<&'static MachineRow> {
    all().iter().find(|row| row.key == key)
}

/// Machines that serve but hardly train: desktop and laptop chips, phones, processors, cards without a
/// network (`data/edge.csv`).
#[must_use]
pub fn edge() -> &'static [MachineRow] {
    static ROWS: OnceLock<Vec<MachineRow>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let table = Table::read(include_str!("data/edge.csv"));
        table.rows().filter_map(read).collect()
    })
}

/// The one machine of that key, alias or label among those that serve, whatever its case, spaces and dashes.
#[must_use]
pub fn find_serving(text: &str) -> Option<&'static MachineRow> {
    let wanted = squeezed(text);
    let named = |row: &&MachineRow| row.names().any(|name| squeezed(name) == wanted);
    find(text).or_else(|| edge().iter().find(named))
}

/// Where the share of a memory that programs get was read, or that it is assumed.
#[must_use]
pub fn usable_source(key: &str, generation: &str) -> String {
    let told = |row: Row<'_>| [row.text("source"), row.text("date")].join(", ");
    usable_row(key, generation).map(told).unwrap_or_default()
}

/// Accelerators for a search box: every word of the text occurs in one of the names, keys first.
#[must_use]
pub fn search(text: &str) -> Vec<&'static MachineRow> {
    let words: Vec<String> = text.split_whitespace().map(squeezed).collect();
    let fits = |row: &&MachineRow| {
        let names: Vec<String> = row.names().map(squeezed).collect();
        words.iter().all(|word| names.iter().any(|name| name.contains(word.as_str())))
    };
    let whole = squeezed(text);
    let mut hits: Vec<&MachineRow> = all().iter().filter(fits).collect();
    order::sort_by_key(&mut hits, |row| match squeezed(&row.key) {
        key if key == whole => 0,
        key if key.starts_with(&whole) => 1,
        _ => 2,
    });
    hits
}

/// `count` of these accelerators in their usual machines, on a network without oversubscription.
#[must_use]
pub fn cluster(row: &MachineRow, count: u32) -> Cluster {
    cluster_on(row, count, &Fabric::full(LEAF_SPAN))
}

/// The same on a network of one's own; with several places, the way between them is the last level.
#[must_use]
pub fn cluster_on(row: &MachineRow, count: u32, fabric: &Fabric) -> Cluster {
    let count = count.clamp(1, ACCELERATORS_MAX);
    let between = fabric.between_sites(count);
    let within = fabric.sites.map_or(count, |site| site.span.clamp(1, count));
    // No scale-up domain reaches from one place to another.
    let domain = fabric.sites.map_or(row.domain, |site| row.domain.min(site.span));
    let link = Level { span: domain, bandwidth: row.link, latency: row.link_latency };
    let mut levels = network(link, row.nic, fabric, within);
    if row.node_size > row.domain && count > row.domain {
        // Pairs and fours of bridged PCIe cards meet the rest of their node over PCIe.
        let bandwidth = row.host.link;
        levels.insert(1, Level { span: row.node_size, bandwidth, latency: PCIE_LATENCY });
    }
    levels.extend(between);
    Cluster {
        accelerator: row.accelerator.clone(),
        count,
        node_size: row.node_size,
        levels,
        host: row.host,
    }
}

/// Network levels for `count` accelerators of one place: the scale-up domain, a leaf at the full
/// rate of each accelerator's network, and above it a spine at that rate over the oversubscription
/// (at least 1), of which congestion leaves a share.
/// A level is left out where the one below already holds the whole cluster.
#[must_use]
pub fn network(link: Level, nic: BytesPerSecond, fabric: &Fabric, count: u32) -> Vec<Level> {
    let inner = Level { span: link.span.max(1), ..link };
    let mut levels = vec![inner];
    if count > inner.span && fabric.leaf > inner.span {
        levels.push(Level { span: fabric.leaf, bandwidth: nic, latency: LEAF_LATENCY });
    }
    if count > inner.span.max(fabric.leaf) {
        let over = fabric.oversubscription.max(Ratio::ONE).get();
        let left = fabric.congestion.min(Ratio::ONE).get();
        let bandwidth = BytesPerSecond::new(nic.get() / over) * left;
        levels.push(Level { span: count, bandwidth, latency: SPINE_LATENCY });
    }
    levels
}

/// Lines of the embedded table, whether or not they could be read.
#[must_use]
pub fn n_lines() -> usize {
    table().rows().count()
}

/// One step of an NCCL collective between PCIe cards of a node: L40S all-gather over 8 cards takes
/// 8.6 us longer than over 2, in six more steps (kernel data).
const PCIE_LATENCY: Seconds = Seconds::us(1.4);

impl MachineRow {
    /// Every name it answers to: key, label, aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let aliases = self.aliases.iter().map(String::as_str);
        [self.key.as_str(), self.label.as_str()].into_iter().chain(aliases)
    }

    /// The same in machines of `size`, each accelerator with `nic` of network.
    ///
    /// Racks and pods, whose scale-up links join machines, keep their domain; elsewhere it ends with the machine.
    #[must_use]
    pub fn of_size(&self, size: u32, nic: Option<BytesPerSecond>) -> Self {
        let domain = if self.domain > self.node_size { self.domain } else { self.domain.min(size) };
        Self { node_size: size, domain, nic: nic.unwrap_or(self.nic), ..self.clone() }
    }
}

impl MachineRow {
    /// How far the figures were confirmed, in words and whether nothing is left in doubt; `unverified` are those in doubt
    /// of the accelerator as it is used, where some may have been typed.
    #[must_use]
    pub fn confirmed(&self, unverified: &[String]) -> (String, bool) {
        let fields = unverified.join(", ").replace('_', " ");
        let typed = unverified.is_empty() && !self.accelerator.unverified.is_empty();
        let told = match (self.verification.as_str(), fields.as_str()) {
            (_, "") if typed => "what no primary source confirmed of it is typed".to_owned(),
            ("vendor-doc", "") => "every figure used was read in its maker's documents".to_owned(),
            ("secondary", "") => {
                "secondary sources agree on every figure used; no data sheet was read".to_owned()
            }
            (_, "") => {
                "not every figure used was confirmed; which ones were is not recorded".to_owned()
            }
            (_, "all") => "no primary source confirmed any of its figures".to_owned(),
            ("assumed", _) => format!("assumed are its {fields}"),
            _ => format!("no primary source confirmed its {fields}"),
        };
        (format!("{}: {told}.", self.label), typed || self.verified)
    }
}

fn table() -> Table {
    Table::read(include_str!("data/accelerators.csv"))
}

/// Lower case without blanks, dashes and other punctuation.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn read(row: Row<'_>) -> Option<MachineRow> {
    let key = row.text("kernels");
    let fitted = kernels::find(key)?;
    let unverified = row.list("unverified", ' ');
    let aliases = row.list("aliases", ';');
    Some(MachineRow {
        key: row.text("key").to_owned(),
        label: row.text("label").to_owned(),
        aliases: aliases.into_iter().map(str::to_owned).collect(),
        status: row.text("status").to_owned(),
        accelerator: accelerator(row, fitted, &unverified)?,
        node_size: row.count("node").filter(|size| *size > 0)?,
        domain: row.count("domain").filter(|domain| *domain > 0)?,
        link: BytesPerSecond::gb(row.number("link_gb_s")?),
        link_latency: Seconds::us(row.number("link_us")?),
        nic: BytesPerSecond::gbit(row.number("nic_gbit_s")?),
        host: host(row)?,
        price: row.number("price_usd_h").map(DollarsPerHour::new),
        price_source: row.text("price_source").to_owned(),
        kernels: key.to_owned(),
        kernels_measured: fitted.basis == "measured",
        verified: unverified.is_empty()
            && ["vendor-doc", "secondary"].contains(&row.text("verification")),
        verification: row.text("verification").to_owned(),
        source: row.text("source").to_owned(),
        date: row.text("date").to_owned(),
        note: row.text("note").to_owned(),
    })
}

fn accelerator(
    row: Row<'_>,
    fitted: &kernels::KernelRow,
    unverified: &[&str],
) -> Option<Accelerator> {
    static RATES: OnceLock<Table> = OnceLock::new();
    let rates = RATES.get_or_init(|| Table::read(include_str!("data/rates.csv")));
    let rates = rates.rows().find(|rates| rates.text("key") == row.text("key"));
    let tera = |column| row.number(column).map(FlopsPerSecond::tera);
    let other = |column| rates?.number(column).map(FlopsPerSecond::tera);
    Some(Accelerator {
        name: row.text("key").to_owned(),
        generation: row.text("generation").to_owned(),
        memory: Bytes::mib(u64::from(row.count("memory_mib")?)),
        usable: usable(row.text("key"), row.text("generation"), row.count("memory_mib")?),
        memory_bandwidth: BytesPerSecond::gb(row.number("memory_gb_s")?),
        peak: Peak {
            fp32: tera("fp32_tflops"),
            fp16: tera("fp16_tflops"),
            bf16: tera("bf16_tflops"),
            fp8: tera("fp8_tflops"),
            fp4: tera("fp4_tflops"),
            int8: other("int8_tflops"),
            int8_warp: other("int8_warp_tflops"),
            half: other("half_tflops"),
            vector: other("vector_tflops"),
        },
        power: row.number("power_w").map(Watts::new),
        units: row.count("units").filter(|units| *units > 0)?,
        kernels: fitted.kernels,
        gap: Seconds::us(rates.and_then(|rates| rates.number("gap_us")).unwrap_or(0.0)),
        k_quants: rates.and_then(|rates| rates.number("k_quant_gb_s")).map(BytesPerSecond::gb),
        unverified: unverified.iter().map(|&field| field.to_owned()).collect(),
    })
}

/// What programs found of an accelerator's memory, else what they find of its generation.
fn usable(key: &str, generation: &str, memory_mib: u32) -> Ratio {
    let row = usable_row(key, generation);
    let gib = row.and_then(|row| row.number("gib"));
    let share = gib.map(|gib| gib * 1024.0 / f64::from(memory_mib.max(1)));
    Ratio::new(share.or_else(|| row?.number("share")).unwrap_or(1.0).min(1.0))
}

/// The line that says it (`data/usable.csv`).
fn usable_row(key: &str, generation: &str) -> Option<Row<'static>> {
    static TABLE: OnceLock<Table> = OnceLock::new();
    let table = TABLE.get_or_init(|| Table::read(include_str!("data/usable.csv")));
    let of = |name: &str| table.rows().find(|row| row.text("key") == name);
    of(key).or_else(|| of(generation))
}

fn host(row: Row<'_>) -> Option<Host> {
    Some(Host {
        memory: Bytes::from_f64(row.number("host_memory_gb")? * 1e9),
        link: BytesPerSecond::gb(row.number("host_link_gb_s")?),
        memory_bandwidth: BytesPerSecond::gb(row.number("host_memory_gb_s")?),
    })
}
