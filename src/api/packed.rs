//! Messages between the page and its workers as bytes: both are of one build, so fields need no names.
//!
//! Numbers are in base 128 (signed ones in zigzag), fractions in 8 bytes, little end first; texts and lists follow their
//! length, what may be missing a 0 or a 1, one of several its number. A field that is left out where it is empty is
//! the zero that an empty list and a missing value are.

mod read;
mod write;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes that are no message of that kind, or a value that no message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpackable;

impl std::fmt::Display for Unpackable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a message of this build")
    }
}

impl std::error::Error for Unpackable {}

impl serde::ser::Error for Unpackable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

impl serde::de::Error for Unpackable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

/// A value as bytes.
///
/// # Errors
/// It holds what no message does: maps, characters, numbers of other sizes than the wire's.
pub fn pack<T: Serialize>(value: &T) -> Result<Vec<u8>, Unpackable> {
    let mut packer = write::Packer::default();
    value.serialize(&mut packer)?;
    Ok(packer.bytes())
}

/// The value of such bytes, all of them.
///
/// # Errors
/// They are no value of that kind.
pub fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unpackable> {
    let mut left = read::Unpacker::new(bytes);
    let value = T::deserialize(&mut left)?;
    if left.is_done() { Ok(value) } else { Err(Unpackable) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Answer, Request, answer, serve, serve_study};

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    enum Kind {
        Unit,
        New(f64),
        Two(bool, i32),
        Named { list: Vec<(u32, String)> },
    }

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct All {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        kinds: Vec<Kind>,
        #[serde(skip_serializing_if = "Option::is_none")]
        left: Option<Box<All>>,
        pair: [f64; 2],
    }

    fn returns<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
        let bytes = pack(value).expect("packs");
        assert_eq!(unpack::<T>(&bytes).as_ref(), Ok(value));
        for end in 0..bytes.len().min(4096) {
            assert!(unpack::<T>(&bytes[..end]).is_err(), "{end} of {}", bytes.len());
        }
        assert!(unpack::<T>(&[&bytes[..], &[0]].concat()).is_err(), "one byte more");
    }

    #[test]
    fn every_shape_returns() {
        let text = |text: &str| text.to_owned();
        let list =
            vec![(0, text("")), (127, text("\u{b5}")), (128, text("x")), (u32::MAX, text("y"))];
        let kinds = vec![
            Kind::Unit,
            Kind::New(-0.1),
            Kind::New(f64::INFINITY),
            Kind::Two(true, -1),
            Kind::Two(false, i32::MIN),
            Kind::Two(false, i32::MAX),
            Kind::Named { list },
        ];
        let least = All { kinds: Vec::new(), left: None, pair: [0.0, -0.0] };
        returns(&least);
        returns(&All { kinds, left: Some(Box::new(least)), pair: [f64::MIN_POSITIVE, f64::MAX] });
    }

    #[test]
    fn requests_and_answers_return() {
        let link = || "1;n=64".to_owned();
        returns(&Request::Plan { run: 7, link: link() });
        let (list, share) = (String::new(), Some((1, 4)));
        let (today, minute) = (Some(-20_000), None);
        returns(&Request::Fleet { run: 300, link: link(), list, today, minute, share });
        returns(&Request::Moved { run: 1, link: link(), by: vec![0.5, 1.0 / 3.0] });
        let mut all = Vec::new();
        answer(1, "1;n=64", &|| 0.5, &mut || true, &mut |own| all.push(own));
        answer(2, "1;n=1", &|| 0.5, &mut || true, &mut |own| all.push(own));
        for link in ["1;do=serve", "1;do=serve;sr=5/s;st=2ms"] {
            serve(3, link, &|| 0.5, &mut |own| all.push(own));
            serve_study(3, link, &mut |own| all.push(own));
        }
        assert!(all.len() >= 6, "{}", all.len());
        all.iter().for_each(returns);
        assert!(all.iter().any(|own| matches!(own, Answer::ServeStudied { .. })));
    }

    #[test]
    fn bytes_that_are_no_message_are_refused() {
        for bytes in [&[][..], &[255; 12], &[0, 255, 255, 255, 255, 15], &[3, 1, 200, 1, 65]] {
            assert!(unpack::<Request>(bytes).is_err(), "{bytes:?}");
            assert!(unpack::<Answer>(bytes).is_err(), "{bytes:?}");
        }
    }
}
