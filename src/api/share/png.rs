//! A text within a PNG picture (ISO/IEC 15948, sections 5 and 11.3.4), where no program that shows the picture
//! minds it.

/// Keyword of the text.
const KEYWORD: &[u8] = b"AutoParallel\0";
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Length, type and checksum of a chunk.
const AROUND: usize = 12;
/// Most chunks that are looked at.
const CHUNKS_MAX: usize = 4096;

/// The picture with a link in it; as it was where it is no PNG.
#[must_use]
pub fn png_with(picture: &[u8], link: &str) -> Vec<u8> {
    let (Some(header), true) = (chunks(picture).next(), link.is_ascii()) else {
        return picture.to_vec();
    };
    let head = SIGNATURE.len() + AROUND + header.data.len();
    let (before, after) = picture.split_at(head.min(picture.len()));
    let body = [b"tEXt", KEYWORD, link.as_bytes()].concat();
    let length = (body.len() - 4) as u32;
    [before, &length.to_be_bytes(), &body, &checksum(&body).to_be_bytes(), after].concat()
}

/// The link in a picture.
pub(super) fn link_of(picture: &[u8]) -> Option<String> {
    let mut texts = chunks(picture).take(CHUNKS_MAX).filter_map(|chunk| {
        let text = chunk.data.strip_prefix(KEYWORD).filter(|_| chunk.kind == b"tEXt")?;
        let sound = checksum(&[chunk.kind, chunk.data].concat()) == chunk.sum;
        String::from_utf8(text.to_vec()).ok().filter(|_| sound)
    });
    texts.next()
}

struct Chunk<'a> {
    kind: &'a [u8],
    data: &'a [u8],
    sum: u32,
}

/// The chunks of a picture, up to the first that is broken.
fn chunks(picture: &[u8]) -> impl Iterator<Item = Chunk<'_>> {
    let mut rest = picture.strip_prefix(SIGNATURE).unwrap_or(&[]);
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (kind, after) = after.split_at_checked(4)?;
        let (data, after) = after.split_at_checked(length)?;
        let (sum, after) = after.split_first_chunk::<4>()?;
        rest = after;
        Some(Chunk { kind, data, sum: u32::from_be_bytes(*sum) })
    })
}

/// CRC-32 (ISO/IEC 15948, annex D).
fn checksum(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        // Every PNG ends in this chunk.
        assert_eq!(checksum(b"IEND"), 0xae42_6082);
    }
}
