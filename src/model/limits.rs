//! Limits on everything a model description can make grow; named in the messages that refuse.

/// Layers of one model, multi-token-prediction layers included.
pub const LAYERS_MAX: u32 = 10_000;
/// Distinct kinds of layer in one model.
pub const KINDS_MAX: u32 = 64;
/// Model width, and any other width.
pub const WIDTH_MAX: u32 = 1 << 20;
/// Attention heads.
pub const HEADS_MAX: u32 = 65_536;
/// Routed experts of one layer.
pub const EXPERTS_MAX: u32 = 65_536;
/// Rows of the vocabulary.
pub const VOCAB_MAX: u32 = 1 << 24;
/// All parameters together: a thousand times the largest published model.
pub const PARAMS_MAX: u64 = 4_000_000_000_000_000;
/// Text of one config.json.
pub const CONFIG_BYTES_MAX: u32 = 1 << 20;
/// A config.json up to this goes into links as it is; of a longer one, what is read of it.
pub const CONFIG_WHOLE_BYTES: usize = 4 << 10;
