//! Limits on everything that a link can make grow.

/// Longest text that is looked at: a link with its address, escaped several times over.
pub const ARRIVING_BYTES_MAX: usize = 128 << 10;
/// Longest link, once cleaned.
pub const LINK_BYTES_MAX: usize = 8 << 10;
/// Longest text that a packed link may unpack to.
pub const UNPACKED_BYTES_MAX: usize = 64 << 10;
/// Most parts (`key=value`) of a link.
pub const PARTS_MAX: usize = 256;
/// Longest value of an input other than a config.json, in bytes before escaping: every constant of a stack of one's own.
pub const VALUE_BYTES_MAX: usize = 2 << 10;
/// Most rounds of percent-decoding.
pub const DECODINGS_MAX: usize = 4;
/// Most columns of a comparison.
pub const COLUMNS_MAX: usize = 4;
/// Most rounds of cleaning one column of a comparison.
pub const SETTLINGS_MAX: usize = 64;
/// Longest column that is kept though it cannot be read.
pub const UNREAD_BYTES_MAX: usize = 2 * LINK_BYTES_MAX;
