//! Linear-time mixers of a configuration.

use super::families::Family;
use super::fields::Fields;
use crate::model::Linear;
use crate::model::limits::{HEADS_MAX, WIDTH_MAX};
use crate::model::linear::{GatedDeltaNet, KimiDelta, Mamba1, Mamba2, lightning};

/// The family's linear mixer, in a model of that width and with those attention heads.
pub(super) fn mixer(
    fields: &mut Fields<'_>,
    family: Family,
    hidden: u32,
    heads: u32,
    head_dim: u32,
) -> Option<Linear> {
    let linear = match family.value("linear") {
        Some("delta") => gated_delta_net(fields).mixer(hidden),
        Some("kda") => kimi_delta(fields).mixer(hidden),
        Some("mamba2") => mamba2(fields, hidden)?.mixer(hidden),
        Some("mamba1") => mamba1(fields, hidden).mixer(hidden),
        Some("lightning") => lightning(hidden, heads, head_dim),
        _ => {
            let hint =
                "The linear mixers of this model type are not covered; enter numbers by hand.";
            let given = "linear-attention layers".to_owned();
            fields.refuse("model_type", given, "a known hybrid family".to_owned(), hint);
            return None;
        }
    };
    if linear.params == u32::MAX {
        let expected = "a mixer of fewer than 2^32 weights".to_owned();
        let hint = "Check the widths of the linear mixer.";
        fields.refuse("linear mixer", "2^32 weights or more".to_owned(), expected, hint);
        return None;
    }
    Some(linear)
}

fn gated_delta_net(fields: &mut Fields<'_>) -> GatedDeltaNet {
    let reason = "default of Qwen3NextConfig";
    let mut get =
        |key, meaning, max, default| fields.count_or(&[key], meaning, 1..=max, (default, reason));
    GatedDeltaNet {
        key_heads: get("linear_num_key_heads", "key heads of DeltaNet", HEADS_MAX, 16),
        value_heads: get("linear_num_value_heads", "value heads of DeltaNet", HEADS_MAX, 32),
        key_dim: get("linear_key_head_dim", "width of its key heads", WIDTH_MAX, 128),
        value_dim: get("linear_value_head_dim", "width of its value heads", WIDTH_MAX, 128),
        taps: get("linear_conv_kernel_dim", "taps of its convolution", 64, 4),
    }
}

fn kimi_delta(fields: &mut Fields<'_>) -> KimiDelta {
    let reason = "default of KimiLinearConfig";
    let mut get = |keys: [&str; 2], meaning, max, default| {
        fields.count_or(&keys, meaning, 1..=max, (default, reason))
    };
    let heads = ["linear_attn_config.num_heads", "linear_num_heads"];
    let dims = ["linear_attn_config.head_dim", "linear_head_dim"];
    let taps = ["linear_attn_config.short_conv_kernel_size", "linear_conv_kernel_dim"];
    KimiDelta {
        heads: get(heads, "heads of Kimi Delta Attention", HEADS_MAX, 32),
        head_dim: get(dims, "width of its heads", WIDTH_MAX, 128),
        taps: get(taps, "taps of its convolution", 64, 4),
        full_rank_gate: fields
            .is_set(&["linear_attn_config.use_full_rank_gate"], "its output gate is one matrix"),
    }
}

fn mamba2(fields: &mut Fields<'_>, hidden: u32) -> Option<Mamba2> {
    let reason = "default of the configuration class";
    let keys = ["mamba_num_heads", "mamba_n_heads"];
    let heads = fields.count_or(&keys, "heads of Mamba-2", 1..=HEADS_MAX, (128, reason));
    let dims = ["mamba_head_dim", "mamba_d_head"];
    let automatic = dims
        .iter()
        .any(|key| fields.peek(key).is_some_and(|(_, value)| value.text() == Some("auto")));
    let head_dim = if automatic || !fields.has(&dims) {
        fields.take(&dims);
        let expand = fields.count_or(&["mamba_expand", "expand"], "growth", 1..=64, (2, reason));
        let dim = u64::from(hidden) * u64::from(expand) / u64::from(heads);
        fields.assume(dims[0], dim.to_string(), "the grown width shared by the heads");
        u32::try_from(dim).ok()?
    } else {
        fields.count(&dims, "width of its heads", 1..=WIDTH_MAX)?
    };
    let mut get = |keys: [&str; 2], meaning, max, default| {
        fields.count_or(&keys, meaning, 1..=max, (default, reason))
    };
    Some(Mamba2 {
        heads,
        head_dim,
        groups: get(["n_groups", "mamba_n_groups"], "groups of its state maps", HEADS_MAX, 1),
        state: get(["ssm_state_size", "mamba_d_state"], "state of a channel", WIDTH_MAX, 128),
        taps: get(["conv_kernel", "mamba_d_conv"], "taps of its convolution", 64, 4),
    })
}

fn mamba1(fields: &mut Fields<'_>, hidden: u32) -> Mamba1 {
    let reason = "default of JambaConfig";
    let expand = fields.count_or(&["mamba_expand"], "growth of Mamba", 1..=64, (2, reason));
    let state = fields.count_or(&["mamba_d_state"], "state", 1..=WIDTH_MAX, (16, reason));
    let taps = fields.count_or(&["mamba_d_conv"], "taps of its convolution", 1..=64, (4, reason));
    let rank = ["mamba_dt_rank"];
    let automatic = fields.peek(rank[0]).is_some_and(|(_, value)| value.text() == Some("auto"));
    let step_rank = if automatic {
        fields.take(&rank);
        fields.assume(rank[0], hidden.div_ceil(16).to_string(), "auto: a sixteenth of the width");
        hidden.div_ceil(16)
    } else {
        let default = (hidden.div_ceil(16), "a sixteenth of the width");
        fields.count_or(&rank, "rank of the time step", 1..=WIDTH_MAX, default)
    };
    let inner = hidden.saturating_mul(expand);
    Mamba1 { inner, state, step_rank, taps, inner_norms: true }
}
