//! What a run recomputed, and what it kept on the host: as its source says; else as its software's recipes of that
//! time have it; else as little as fits.

use super::run::Run;
use super::software::{self, Policy};
use crate::case::Case;
use crate::estimate::Book;
use crate::layout::{Layout, Offload, Recompute};
use crate::model::{Ffn, Mixer, Model};
use crate::stack::Technique;

const NONE: Recompute = Recompute { selective: false, full_layers: 0 };
const SELECTIVE: Recompute = Recompute { selective: true, full_layers: 0 };

/// The layout with what was recomputed, and a remark where the source does not say.
pub(super) fn with(run: &Run, case: &Case, layout: &Layout, remarks: &mut Vec<String>) -> Layout {
    let words = run.recompute.to_ascii_lowercase();
    let most = case.model.n_layers().div_ceil(layout.pp * layout.vpp);
    let blocks = !case.stack.techniques.has(Technique::SelectiveRecompute);
    let stated = policy(&words, blocks);
    let default = || software::policy(run, &case.model);
    let policy = match stated {
        Some(policy) => policy,
        None if words.is_empty() => match default() {
            Some((policy, source)) => {
                remarks.push(format!("recompute not stated: {}, {source}", policy.name()));
                policy
            }
            None => Policy::Least,
        },
        None => Policy::Least,
    };
    let moved = words.contains("offload") || words.contains("custom");
    let offload = Offload { activations: moved, ..layout.offload };
    let layout = Layout { offload, ..*layout };
    let recompute = match policy {
        Policy::Nothing => NONE,
        Policy::Cheap => SELECTIVE,
        Policy::Whole => of_layers(most),
        Policy::KeepProjections => {
            // Layers whose time adds up to that of what is made again in all of them, or as few as fit.
            let share = again(&case.model, case.stack.profile.stops_early);
            let alike = (f64::from(most) * share).round() as u32;
            of_layers(alike.max(fewest(most, |k| fits(case, &layout, of_layers(k)))))
        }
        Policy::Least => {
            let chosen = least(case, &layout, most);
            let name = match chosen {
                Recompute { selective: true, .. } => "selective".to_owned(),
                Recompute { full_layers: 0, .. } => "none".to_owned(),
                Recompute { full_layers, .. } if full_layers == most => "full".to_owned(),
                Recompute { full_layers, .. } => format!("{full_layers} layers of each chunk"),
            };
            let why = if words.is_empty() { "not stated" } else { "is of whole layers" };
            remarks.push(format!("recompute {why}: {name}, the least that fits"));
            chosen
        }
    };
    Layout { recompute, ..layout }
}

/// The policy that words such as `none`, `selective (per-op SAC)` or `MaxText remat_policy=full` name. MaxText's:
/// AI-Hypercomputer/maxtext layers/decoders.py; `custom` in its benchmarks (maxtext_trillium_model_configs.py and
/// maxtext_v5p_model_configs.py) moves the layers' inputs to the host, and of some models the projections of attention.
fn policy(words: &str, blocks: bool) -> Option<Policy> {
    let has = |word: &str| words.contains(word);
    Some(match words {
        "" => return None,
        words if words.starts_with("none") => Policy::Nothing,
        words if words.starts_with("selective") && blocks => Policy::Least,
        words if words.starts_with("selective") || has("minimal") => Policy::Cheap,
        "full" => Policy::Whole,
        _ if has("policy=full") => Policy::Whole,
        // What is moved away is brought back for about what making it again takes.
        _ if has("custom") || has("offload") => Policy::Whole,
        _ if has("proj") => Policy::KeepProjections,
        _ => return None,
    })
}

const fn of_layers(full_layers: u32) -> Recompute {
    Recompute { selective: false, full_layers }
}

/// Of the products that recomputing layers whole makes again, the share that is not attention's projections.
fn again(model: &Model, stops_early: bool) -> f64 {
    let (mut kept, mut rest) = (0.0, 0.0);
    let hidden = f64::from(model.hidden);
    for kind in &model.kinds {
        if let Mixer::Attention(attention) = &kind.mixer {
            let heads = 2.0 * f64::from(attention.heads) + 2.0 * f64::from(attention.kv_heads);
            kept += heads * f64::from(attention.head_dim) * hidden;
        }
        let (width, gated) = match &kind.ffn {
            Ffn::None => (0, false),
            Ffn::Dense(dense) => (dense.width, dense.gated),
            Ffn::Moe(moe) => (moe.top_k * moe.width + moe.shared_width, moe.gated),
        };
        let ups = if gated { 2.0 } else { 1.0 };
        let last = if stops_early { 0.0 } else { 1.0 };
        rest += (ups + last) * f64::from(width) * hidden;
    }
    if kept + rest > 0.0 { rest / (kept + rest) } else { 1.0 }
}

/// Whether a layout fits with that recompute.
fn fits(case: &Case, layout: &Layout, recompute: Recompute) -> bool {
    let estimate = Book::new(case).estimate(&Layout { recompute, ..*layout });
    estimate.memory.total() <= case.cluster.accelerator.memory
}

/// The recompute of those that the stack can run that makes a layout fit in the least time, as recipes are made;
/// that of every layer where nothing does.
fn least(case: &Case, layout: &Layout, most: u32) -> Recompute {
    let book = Book::new(case);
    let step = |recompute: Recompute| {
        let layout = Layout { recompute, ..*layout };
        fits(case, &layout, recompute).then(|| book.estimate(&layout).step())
    };
    let of = |selective, full_layers| Recompute { selective, full_layers };
    if step(of(false, 0)).is_some() {
        return of(false, 0);
    }
    let runs = |technique| case.stack.techniques.has(technique);
    let selective = of(true, 0);
    let blocks = if runs(Technique::BlockRecompute) {
        fewest(most, |k| step(of(false, k)).is_some())
    } else {
        most
    };
    let whole = of(false, blocks);
    match (step(selective), step(whole)) {
        (Some(some), Some(all)) if some <= all => selective,
        (Some(_), None) => selective,
        _ => whole,
    }
}

/// The least number up to `most` that is enough, where more always is; `most` if none is.
fn fewest(most: u32, enough: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, most);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if enough(middle) { high = middle } else { low = middle }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::models;

    #[test]
    fn policies_by_their_words() {
        for (words, blocks, expected) in [
            ("", false, None),
            ("none (recipe lists no recompute)", false, Some(Policy::Nothing)),
            ("selective (per-op sac)", false, Some(Policy::Cheap)),
            ("selective", true, Some(Policy::Least)),
            ("minimal_flash", false, Some(Policy::Cheap)),
            ("full", false, Some(Policy::Whole)),
            ("maxtext remat_policy=full", false, Some(Policy::Whole)),
            ("maxtext remat_policy=custom", false, Some(Policy::Whole)),
            ("maxtext remat_policy=qkv_proj_offloaded", false, Some(Policy::Whole)),
            ("save_qkv_proj", false, Some(Policy::KeepProjections)),
        ] {
            assert_eq!(policy(words, blocks), expected, "{words}");
        }
    }

    /// Llama 2 70B: projections of 8,192 x (2 x 8,192 + 2 x 1,024), a network of three matrices of 28,672.
    #[test]
    fn projections_are_a_share_of_what_is_made_again() {
        let model = &models::find("meta-llama/Llama-2-70b-hf").expect("in the catalogue").model;
        let (kept, matrix) = (2.0 * 8192.0 + 2.0 * 1024.0, 28672.0);
        let share = |matrices: f64| matrices * matrix / (kept + matrices * matrix);
        assert!((again(model, true) - share(2.0)).abs() < 1e-12);
        assert!((again(model, false) - share(3.0)).abs() < 1e-12);
    }
}
