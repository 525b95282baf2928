//! Base64 with the letters of addresses and without padding (RFC 4648, section 5).

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The letters of some bytes.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte));
        let group = group << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = (group >> (18 - 6 * place)) & 63;
            text.push(LETTERS.get(index as usize).copied().map_or('A', char::from));
        }
    }
    text
}

/// The bytes of some letters; nothing for any other letter, an impossible length or leftover bits.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0u32;
        for letter in chunk {
            let index = LETTERS.iter().position(|known| known == letter)?;
            group = group << 6 | index as u32;
        }
        let group = group << (6 * (4 - chunk.len()));
        let count = chunk.len().checked_sub(1).filter(|count| *count > 0)?;
        let [_, whole @ ..] = group.to_be_bytes();
        bytes.extend(whole.iter().take(count));
        if whole.iter().skip(count).any(|left| *left != 0) {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_4648_hold_without_padding() {
        let rows = [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in rows {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()));
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["Z", "Zg==", "Zh", "Zm9vY", "Zm+v", "Z\u{e9}"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
