//! Text packed for a link: deflate (RFC 1951) in base64url, then `.` and a checksum.
//!
//! The checksum tells a link that was cut or altered on its way, which deflate may unpack to
//! another text. Its digits also end the link, where `-` or `_` might be taken for punctuation.

use super::base64url;
use super::limits::UNPACKED_BYTES_MAX;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::{TINFLStatus, decompress_to_vec_with_limit};

const LEVEL: u8 = 10;

/// The packed text; nothing where it would unpack to more than is ever read.
pub(super) fn pack(text: &str) -> Option<String> {
    if text.len() > UNPACKED_BYTES_MAX {
        return None;
    }
    let body = base64url::encode(&compress_to_vec(text.as_bytes(), LEVEL));
    Some(format!("{body}.{:08x}", checksum(text)))
}

/// The text of a packed one.
pub(super) fn unpack(packed: &str) -> Result<String, &'static str> {
    const DAMAGED: &str = "it is cut short or was altered";
    let (body, sum) = packed.split_once('.').ok_or(DAMAGED)?;
    let bytes = base64url::decode(body).ok_or(DAMAGED)?;
    let text = decompress_to_vec_with_limit(&bytes, UNPACKED_BYTES_MAX).map_err(|error| {
        let large = error.status == TINFLStatus::HasMoreOutput;
        if large { "it unpacks to more than 64 KiB" } else { DAMAGED }
    })?;
    let text = String::from_utf8(text).map_err(|_| DAMAGED)?;
    if format!("{:08x}", checksum(&text)) == sum.to_ascii_lowercase() {
        Ok(text)
    } else {
        Err(DAMAGED)
    }
}

/// FNV-1a in 32 bits (Fowler, Noll and Vo; RFC 9923).
fn checksum(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_fnv_1a() {
        // Test vectors of the authors' page.
        assert_eq!(checksum(""), 0x811c_9dc5);
        assert_eq!(checksum("a"), 0xe40c_292c);
        assert_eq!(checksum("foobar"), 0xbf9c_f968);
    }

    #[test]
    fn a_bomb_is_refused() {
        let bomb = base64url::encode(&compress_to_vec(&vec![b'a'; 10 << 20], LEVEL));
        assert_eq!(unpack(&format!("{bomb}.00000000")), Err("it unpacks to more than 64 KiB"));
    }
}
