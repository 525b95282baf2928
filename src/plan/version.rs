//! Which model found a plan: a name that changes whenever its answers do.

/// The digests of its answers, which `tests/agree.rs` holds the model to.
const ANSWERS: &[u8] = include_bytes!("../../tests/agree/digests.txt");

/// Of the answers, FNV-1a in 32 bits (Fowler, Noll and Vo; RFC 9923); worked out by the compiler.
const DIGEST: u32 = {
    let (mut sum, mut i) = (0x811c_9dc5_u32, 0);
    while i < ANSWERS.len() {
        sum = (sum ^ ANSWERS[i] as u32).wrapping_mul(0x0100_0193);
        i += 1;
    }
    sum
};

/// The version of the model: `0.1.0-a3f9c2`. Two models of one version answer alike.
#[must_use]
pub fn model_version() -> String {
    format!("{}-{:06x}", env!("CARGO_PKG_VERSION"), DIGEST & 0x00ff_ffff)
}
