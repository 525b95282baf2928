//! Links of version 1: `1;key=value;key=value`, or `1z` and the same packed.
//!
//! Frozen with the first release: neither keys nor defaults here may change after it. An input that
//! is added later gets a new row at the end of [`KEYS`]; an input whose default changes keeps its
//! row, and [`decode`] types the old default where a link leaves it out.
//!
//! A value stands as it is, but for characters outside `A-Z a-z 0-9 - . _ / : , @`, which are
//! written `~XX` in hexadecimal for each byte of UTF-8. Links hold no `%`, so that nothing on their
//! way can escape or unescape them by accident.

use super::limits::{LINK_BYTES_MAX, PARTS_MAX, UNPACKED_BYTES_MAX, VALUE_BYTES_MAX};
use super::{Decoded, Encoded, LinkProblem, Promise, excerpt, pack};
use crate::inputs::{Inputs, Key};

/// The inputs in the order of links: name, input, and what stands for it when it is left out.
const KEYS: &[(&str, Key, &str)] = &[
    ("m", Key::Model, "meta-llama/Llama-3.1-405B"),
    ("mc", Key::Config, ""),
    ("ml", Key::Layers, ""),
    ("mh", Key::Hidden, ""),
    ("ma", Key::Heads, ""),
    ("mk", Key::KvHeads, ""),
    ("md", Key::HeadDim, ""),
    ("mf", Key::FfnWidth, ""),
    ("mv", Key::Vocab, ""),
    ("me", Key::Experts, ""),
    ("mt", Key::TopK, ""),
    ("mw", Key::ExpertWidth, ""),
    ("ms", Key::SharedExperts, ""),
    ("mz", Key::DenseLayers, ""),
    ("mg", Key::Gated, "on"),
    ("mi", Key::Tied, "off"),
    ("g", Key::Accelerator, "h100-sxm"),
    ("n", Key::Count, "16384"),
    ("nn", Key::NodeSize, ""),
    ("dom", Key::Domain, ""),
    ("nic", Key::Nic, ""),
    ("leaf", Key::Leaf, ""),
    ("over", Key::Oversubscription, "1"),
    ("gm", Key::Memory, ""),
    ("gb", Key::MemoryBandwidth, ""),
    ("gp", Key::PeakBf16, ""),
    ("gh", Key::PeakFp16, ""),
    ("g8", Key::PeakFp8, ""),
    ("g4", Key::PeakFp4, ""),
    ("gt", Key::PeakFp32, ""),
    ("gl", Key::Link, ""),
    ("gw", Key::Power, ""),
    ("hm", Key::HostMemory, ""),
    ("hl", Key::HostLink, ""),
    ("b", Key::Batch, "2048"),
    ("s", Key::Sequence, "8192"),
    ("t", Key::Tokens, "15.6T"),
    ("p", Key::Precision, ""),
    ("o", Key::Optimizer, "adamw"),
    ("om", Key::Moments, "fp32"),
    ("og", Key::Gradients, "fp32"),
    ("ow", Key::Master, "on"),
    ("ei", Key::Imbalance, "1"),
    ("dr", Key::Dropout, "off"),
    ("fa", Key::FusedAttention, "on"),
    ("ca", Key::Causal, "on"),
    ("lo", Key::Adapters, ""),
    ("k", Key::Stack, "megatron"),
    ("c", Key::Price, ""),
    ("hr", Key::Headroom, "0.05"),
    ("tp", Key::Tp, ""),
    ("cp", Key::Cp, ""),
    ("pp", Key::Pp, ""),
    ("v", Key::Vpp, ""),
    ("ep", Key::Ep, ""),
    ("etp", Key::Etp, ""),
    ("mbs", Key::MicroBatch, ""),
    ("zero", Key::Zero, ""),
    ("shard", Key::Shard, ""),
    ("rc", Key::Recompute, ""),
    ("sched", Key::Schedule, ""),
    ("x", Key::Forbid, ""),
    ("ar", Key::AdaptiveRouting, "on"),
    ("fb", Key::Budget, ""),
    ("fd", Key::Deadline, ""),
    ("fs", Key::DataSet, ""),
    ("ft", Key::Terms, ""),
    ("fp", Key::Providers, ""),
    ("fr", Key::Regions, ""),
    ("fj", Key::Jurisdictions, ""),
    ("ff", Key::Families, ""),
    ("fn", Key::Machines, ""),
    ("fx", Key::Discounts, ""),
    ("fo", Key::PrivateOffers, ""),
    ("fq", Key::Failures, "usual"),
    ("fc", Key::Saving, "async"),
    ("fk", Key::Spares, "off"),
    ("fz", Key::Zone, "oregon"),
    ("ra", Key::Rails, "on"),
    ("fh", Key::Home, ""),
    ("fcap", Key::Capacity, ""),
    ("fw", Key::Charge, "term"),
    ("fm", Key::OwnMachines, ""),
    ("fy", Key::OwnYears, "5"),
    ("fu", Key::OwnUse, "0.8"),
    ("fe", Key::PowerPrice, "0.08"),
    ("fpu", Key::Pue, "1.56"),
    ("fsp", Key::Space, "0"),
    ("fst", Key::Staff, "0"),
    ("do", Key::Purpose, "train"),
    ("se", Key::Engine, "vllm"),
    ("sg", Key::ServeOn, "h200-sxm"),
    ("sn", Key::ServeMost, "64"),
    ("sw", Key::Weights, ""),
    ("sk", Key::Cache, ""),
    ("si", Key::Prompt, "2048"),
    ("so", Key::Answer, "512"),
    ("sv", Key::Spread, "0.7"),
    ("svp", Key::PromptSpread, "0"),
    ("sh", Key::Cached, "0"),
    ("sr", Key::Rate, ""),
    ("sc", Key::InFlight, ""),
    ("sf", Key::FirstToken, "2s"),
    ("st", Key::PerToken, "50ms"),
    ("sp", Key::Percentile, "p90"),
    ("spt", Key::FurtherPercentile, "mean"),
    ("sq", Key::Guesses, "0"),
    ("sy", Key::Acceptance, "0.7"),
    ("sd", Key::ServePrice, ""),
    ("sx", Key::ApiInput, ""),
    ("sz", Key::ApiOutput, ""),
    ("stp", Key::ServeTp, ""),
    ("spp", Key::ServePp, ""),
    ("sdp", Key::ServeDp, ""),
    ("sep", Key::ServeEp, ""),
    ("sb", Key::BatchMax, ""),
    ("by", Key::Bought, "own"),
    ("bp", Key::WayPrices, ""),
    ("bm", Key::Months, ""),
    ("bd", Key::Start, ""),
    ("bw", Key::WhatIf, ""),
    ("bn", Key::Trials, ""),
    ("bt", Key::TrialShare, "0.05"),
    ("bh", Key::Survivors, ""),
    ("ba", Key::AtATime, "1"),
    ("bc", Key::Retrain, ""),
    ("bo", Key::Horizon, "365d"),
    ("bl", Key::Sites, "2"),
    ("bb", Key::Wan, "10Gbps"),
    ("bj", Key::Latency, "50ms"),
    ("bk", Key::Every, "100"),
    ("bz", Key::WireBits, "32"),
    ("bf", Key::Pieces, "1"),
    ("bv", Key::Meanwhile, "0"),
    ("bx", Key::Between, "clouds"),
    ("bg", Key::Egress, ""),
    ("ec", Key::Clients, ""),
    ("eg", Key::Goal, "1k"),
    ("es", Key::ClientSteps, "100"),
    ("et", Key::ClientStep, "2s"),
    ("en", Key::ClientTokens, "2048"),
    ("eb", Key::ClientDown, "100Mbps"),
    ("eu", Key::ClientUp, "20Mbps"),
    ("ea", Key::Participation, "0.1"),
    ("eo", Key::ClientDropout, "0.08"),
    ("ew", Key::ClientStraggler, "2"),
    ("bs", Key::Stands, ""),
    ("sl", Key::ServeLeast, ""),
    ("dt", Key::Busiest, ""),
    ("dq", Key::Quietest, ""),
    ("dh", Key::PeakHour, "15:00"),
    ("dv", Key::Hourly, ""),
    ("ds", Key::StandBy, "1"),
    ("dl", Key::Fewest, "1"),
    ("dm", Key::Greatest, ""),
    ("dk", Key::Hold, "300s"),
    ("df", Key::Ahead, "none"),
    ("dw", Key::MachineStart, "180s"),
    ("de", Key::EngineStart, "60s"),
    ("db", Key::ReadRate, "5GB/s"),
    ("dx", Key::SpotShare, ""),
    ("du", Key::Users, ""),
    ("dg", Key::Areas, ""),
    ("da", Key::Access, "20ms"),
    ("ko", Key::OwnStack, ""),
    ("kn", Key::OwnStackName, ""),
    ("kv", Key::OwnStackVersion, ""),
    ("seo", Key::OwnEngine, ""),
    ("sen", Key::OwnEngineName, ""),
    ("sev", Key::OwnEngineVersion, ""),
    ("snn", Key::ServeNode, ""),
    ("snic", Key::ServeNic, ""),
    ("smem", Key::ServeMemory, ""),
    ("fage", Key::PriceAge, ""),
    ("sure", Key::Sure, ""),
];

/// The part that is no input: the figures that the link promises.
const PROMISE: &str = "r";

/// The link of canonical inputs.
pub(super) fn encode(inputs: &Inputs, promise: Option<&Promise>) -> Encoded {
    let mut left_out = Vec::new();
    let (mut parts, mut config) = (Parts::default(), None);
    for (name, key, default) in KEYS {
        let text = inputs.get(*key);
        if text == *default {
            continue;
        }
        if *key == Key::Config {
            config = Some((parts.list.len(), part(name, text)));
        } else if text.len() > VALUE_BYTES_MAX || !parts.push(part(name, text)) {
            left_out.push(*key);
        }
    }
    for (name, text) in inputs.unknown() {
        parts.push(part(name, text));
    }
    if let Some(promise) = promise {
        parts.push(part(PROMISE, &promise.text()));
    }
    if let Some((at, config)) = config {
        match packed(&parts.list, at, config) {
            Some(text) => return Encoded { text, left_out },
            None => left_out.push(Key::Config),
        }
    }
    Encoded { text: closed(format!("1{}", parts.list.concat())), left_out }
}

/// Parts of a link that together stay within its limits.
#[derive(Default)]
struct Parts {
    list: Vec<String>,
    bytes: usize,
}

impl Parts {
    /// Adds a part, unless the link would grow beyond its limits.
    fn push(&mut self, part: String) -> bool {
        // Room for the version number and for the escape of the last character.
        let bytes = self.bytes + part.len();
        let fits = bytes + 4 <= LINK_BYTES_MAX && self.list.len() + 1 < PARTS_MAX;
        if fits {
            self.bytes = bytes;
            self.list.push(part);
        }
        fits
    }
}

fn part(name: &str, text: &str) -> String {
    let (name, text) = (escaped(name), escaped(text));
    // `=3D` is how mail writes `=`.
    match text.strip_prefix("3D") {
        Some(rest) => format!(";{name}=~33D{rest}"),
        None => format!(";{name}={text}"),
    }
}

/// What follows the version number.
pub(super) fn decode(rest: &str) -> Decoded {
    let Some(packed) = rest.strip_prefix('z') else {
        return decode_parts(rest);
    };
    match pack::unpack(packed) {
        Ok(text) => decode_parts(&text),
        Err(why) => super::failed(LinkProblem::Packed(why)),
    }
}

fn decode_parts(text: &str) -> Decoded {
    let mut decoded = Decoded::default();
    let parts = text.split(';').filter(|part| !part.is_empty());
    let mut seen: Vec<String> = Vec::new();
    for (index, part) in parts.enumerate() {
        if index == PARTS_MAX {
            decoded.problems.push(LinkProblem::TooManyParts);
            break;
        }
        let Some((name, raw)) = part.split_once('=') else {
            decoded.problems.push(LinkProblem::NoValue(excerpt(part)));
            continue;
        };
        let name = unescaped(name, '~').unwrap_or_else(|| name.to_owned());
        let name = known(name);
        if seen.contains(&name) {
            decoded.problems.push(LinkProblem::Twice(excerpt(&name)));
            continue;
        }
        take(&mut decoded, &name, raw);
        seen.push(name);
    }
    type_old_defaults(&mut decoded.inputs, &seen);
    decoded.inputs.set_unknown(decoded.unknown.clone());
    decoded.unknown = decoded.inputs.unknown().to_vec();
    decoded
}

/// A name as it is known, whatever the case that it came in.
fn known(name: String) -> String {
    let names = KEYS.iter().map(|(known, ..)| *known).chain([PROMISE]);
    let known =
        names.filter(|known| known.eq_ignore_ascii_case(&name)).max_by_key(|own| *own == name);
    known.map_or(name.clone(), str::to_owned)
}

fn take(decoded: &mut Decoded, name: &str, raw: &str) {
    let text = unescaped(raw, '~').unwrap_or_else(|| {
        decoded.problems.push(LinkProblem::Escape(excerpt(name)));
        raw.to_owned()
    });
    match KEYS.iter().find(|(known, ..)| *known == name) {
        Some((_, key, _)) => decoded.inputs.set(*key, text),
        None if name == PROMISE => match Promise::read(&text) {
            Some(promise) => decoded.promise = Some(promise),
            None => decoded.problems.push(LinkProblem::Promise(excerpt(&text))),
        },
        None => decoded.unknown.push((name.to_owned(), text)),
    }
}

/// What a link leaves out has the default of its version, even where today's is another.
fn type_old_defaults(inputs: &mut Inputs, seen: &[String]) {
    for (name, key, default) in KEYS {
        let today = key.default_text().unwrap_or("");
        if today != *default && !seen.iter().any(|seen| seen == name) {
            inputs.set(*key, *default);
        }
    }
}

/// The packed link, when it is short enough.
fn packed(parts: &[String], at: usize, config: String) -> Option<String> {
    let (before, after) = parts.split_at_checked(at)?;
    let text = [before.concat(), config, after.concat()].concat();
    if text.len() > UNPACKED_BYTES_MAX {
        return None;
    }
    let link = format!("1z{}", pack::pack(&text)?);
    (link.len() <= LINK_BYTES_MAX).then_some(link)
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._/:,@".contains(c)
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) {
            out.push(c);
        } else {
            escape(&mut out, c);
        }
    }
    out
}

pub(super) fn escape(out: &mut String, c: char) {
    let mut buffer = [0; 4];
    for byte in c.encode_utf8(&mut buffer).bytes() {
        out.push_str(&format!("~{byte:02X}"));
    }
}

/// A link whose last character is never taken for punctuation after it.
fn closed(mut link: String) -> String {
    match link.pop() {
        Some(last) if last.is_ascii_alphanumeric() => link.push(last),
        Some(last) => escape(&mut link, last),
        None => {}
    }
    link
}

/// With every `~XX` (or `%XX`) replaced; nothing where one is broken or they do not spell UTF-8.
pub(super) fn unescaped(text: &str, sign: char) -> Option<String> {
    let mut pieces = text.split(sign);
    let mut bytes = pieces.next().unwrap_or("").as_bytes().to_vec();
    for piece in pieces {
        let (code, rest) = piece.split_at_checked(2)?;
        if !code.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}
