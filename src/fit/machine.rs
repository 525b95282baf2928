//! The machines of a run: a row of the catalogue, with the node and network that the source states.

use super::run::Run;
use crate::catalogue::accelerators::{self, MachineRow};
use crate::cluster::Cluster;
use crate::units::BytesPerSecond;

/// The machines, with a remark for each figure taken from the catalogue's usual machine.
///
/// # Errors
/// What is missing.
pub(super) fn cluster(run: &Run, remarks: &mut Vec<String>) -> Result<Cluster, String> {
    let count = run.count.ok_or("the number of accelerators is not stated")?;
    let row = accelerator(&run.accelerator)
        .ok_or_else(|| format!("the catalogue has no accelerator {}", run.accelerator))?;
    let mut row = row.clone();
    if let Some(size) = run.node_size.filter(|size| *size != row.node_size) {
        // A rack that is one domain keeps it; a machine with fewer cards has a smaller one.
        if row.domain == row.node_size {
            row.domain = size;
        }
        row.node_size = size;
    }
    if count > row.node_size {
        match nic(&run.network, row.node_size) {
            Some(rate) => row.nic = rate,
            None => remarks.push("network not stated: the machine's usual one".to_owned()),
        }
    }
    Ok(accelerators::cluster(&row, count))
}

/// The catalogue's row for a name in a table of runs: as it stands, or without what brackets hold.
fn accelerator(name: &str) -> Option<&'static MachineRow> {
    let plain = name.split('(').next().unwrap_or(name).trim();
    accelerators::find(name).or_else(|| accelerators::find(plain))
}

/// Network of one accelerator, each way, from words such as `8x200Gb/s HDR InfiniBand per node`,
/// `4x ConnectX-7 IB NDR 400Gb/s`, `1600 Gb/s RoCE per node` or `400 Gb/s RDMA per GPU`.
fn nic(words: &str, node_size: u32) -> Option<BytesPerSecond> {
    // Of storage, management and compute networks, the last is meant.
    let words = words.rsplit("Compute:").next().unwrap_or(words);
    let words = words.rsplit("Storage&Compute:").next().unwrap_or(words);
    let words = words.split(['+', ';', ',']).next().unwrap_or(words);
    let words = words.rsplit(':').next().unwrap_or(words).trim();
    let rate = rate_before(words)?;
    let cards = words.split_once('x').and_then(|(n, _)| n.trim().parse::<f64>().ok());
    let per_node = match cards {
        Some(cards) => rate * cards,
        None if words.contains("per GPU") => rate * f64::from(node_size),
        None if words.contains("per node") => rate,
        None => return None,
    };
    let gbit = per_node / f64::from(node_size.max(1));
    (gbit > 0.0).then(|| BytesPerSecond::gbit(gbit))
}

/// The number that stands before `Gb/s`.
fn rate_before(words: &str) -> Option<f64> {
    let lower = words.to_ascii_lowercase();
    let at = lower.find("gb/s").or_else(|| lower.find("gb/sec"))?;
    let head = lower.get(..at)?.trim_end();
    let digits = head.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    head.get(digits..)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_in_words() {
        let gbit = |words: &str, node| nic(words, node).map(|rate| rate.get() * 8.0 / 1e9);
        for (words, node, expected) in [
            ("4x Omni-Path 100Gb/s per node (Jean Zay)", 8, Some(50.0)),
            ("Selene: 8x200Gb/s HDR InfiniBand per node", 8, Some(200.0)),
            ("8x200Gb/s HDR InfiniBand per node", 8, Some(200.0)),
            ("1600 Gb/s RoCE per node", 8, Some(200.0)),
            ("400 Gb/s RDMA per GPU", 8, Some(400.0)),
            ("400 Gb/s CX-7 per GPU", 8, Some(400.0)),
            ("4x ConnectX-7 IB NDR 400Gb/s", 4, Some(400.0)),
            ("Ethernet", 8, None),
            ("", 8, None),
        ] {
            assert_eq!(gbit(words, node), expected, "{words}");
        }
    }

    #[test]
    fn names_of_accelerators() {
        for (name, key) in [
            ("A100 (SXM; 40/80GB not stated in repo)", "a100-80g"),
            ("H100-96GB-SXM HBM2e 500W (Meta Grand Teton)", "h100-96g-500w"),
            ("GB200-NVL72", "gb200"),
            ("TPU v6e (Trillium)", "tpu-v6e"),
            ("Trainium1 (trn1.32xlarge)", "trainium1"),
            ("RTX A6000 48GB", "rtx-a6000"),
        ] {
            assert_eq!(accelerator(name).map(|row| row.key.as_str()), Some(key), "{name}");
        }
    }
}
