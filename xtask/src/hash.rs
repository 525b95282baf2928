//! Names files by their content, so that a cached file is never a stale one, and digests for browsers to check.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256, Sha384};

/// A file of the site.
#[derive(Clone, Debug)]
pub struct Asset {
    pub name: String,
    /// For an attribute `integrity` (W3C, Subresource Integrity).
    pub integrity: String,
}

impl Asset {
    /// Under a name made from its content.
    pub fn new(stem: &str, extension: &str, bytes: &[u8]) -> Self {
        Self { name: hashed_name(stem, extension, bytes), integrity: digest_384(bytes) }
    }
}

/// FNV-1a, 64 bits: the same on every system.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// `app.js` becomes `app-0123456789abcdef.js`.
pub fn hashed_name(stem: &str, extension: &str, bytes: &[u8]) -> String {
    format!("{stem}-{:016x}.{extension}", fnv1a(bytes))
}

/// As a policy names an inline script or style.
pub fn digest_256(bytes: &[u8]) -> String {
    format!("sha256-{}", base64(&Sha256::digest(bytes)))
}

pub fn digest_384(bytes: &[u8]) -> String {
    format!("sha384-{}", base64(&Sha384::digest(bytes)))
}

pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(hashed_name("app", "js", b"a"), "app-af63dc4c8601ec8c.js");
    }

    #[test]
    fn digests_are_those_of_the_standard() {
        // W3C, Content Security Policy 3, section 8.1: the digest of an empty text; FIPS 180-4.
        assert_eq!(digest_256(b""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        let alert = b"alert('Hello, world.');";
        // W3C, Subresource Integrity, section 3.1.
        let known = "sha384-H8BRh8j48O9oYatfu5AZzq6A9RINhZO5H16dQZngK7T62em8MUt1FLm52t+eX6xO";
        assert_eq!(digest_384(alert), known);
    }
}
