//! Messages between the page and its workers: every type of the wire goes there and back with any values, and bytes that
//! were cut or altered are a message or are refused.

#![cfg(not(target_arch = "wasm32"))]

#[path = "support/dreamt.rs"]
mod dreamt;

use autoparallel::api::packed::{Unpackable, pack, unpack};
use autoparallel::api::{Answer, PartView, Request};
use dreamt::dreamt;
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::fmt::Debug;

/// There and back, and what becomes of the bytes when they are cut short, or longer by one.
fn returns<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T, cut: usize) {
    let bytes = pack(value).expect("a message of the wire");
    assert_eq!(unpack::<T>(&bytes).as_ref(), Ok(value));
    let end = cut % bytes.len();
    assert_eq!(unpack::<T>(&bytes[..end]), Err(Unpackable), "{end} of {}", bytes.len());
    assert_eq!(unpack::<T>(&[&bytes[..], &[0]].concat()), Err(Unpackable), "one byte more");
}

/// What altered bytes are read as is a message, which packs and returns like any other.
fn withstands<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    if let Ok(value) = unpack::<T>(bytes) {
        let again = pack(&value).expect("what was read");
        let back = unpack::<T>(&again).expect("what was packed");
        // Bytes are compared, as not every fraction equals itself.
        assert_eq!(pack(&back), Ok(again));
    }
}

fn seed() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(any::<u8>(), 0..3000)
}

proptest! {
    #[test]
    fn any_message_returns((seed, cut) in (seed(), any::<usize>())) {
        returns(&dreamt::<Request>(&seed), cut);
        returns(&dreamt::<Answer>(&seed), cut);
    }

    #[test]
    fn altered_messages_are_read_or_refused(
        (seed, changes) in (seed(), proptest::collection::vec(any::<(usize, u8)>(), 1..9)),
    ) {
        let mut bytes = pack(&dreamt::<Answer>(&seed)).expect("a message");
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        withstands::<Answer>(&bytes);
        withstands::<Request>(&bytes);
    }
}

/// What the properties above look at is every kind of message, with lists that are empty and lists that are not.
#[test]
fn every_kind_of_message_is_dreamt_of() {
    let mut kinds = BTreeSet::new();
    for n in 0..=255u8 {
        let seed: Vec<u8> = (0..400u32).map(|at| n.wrapping_add((at * at / 7) as u8)).collect();
        let name = |text: String| text.split([' ', '{']).next().map(str::to_owned);
        kinds.extend(name(format!("{:?}", dreamt::<Request>(&seed))).map(|name| (0, name)));
        kinds.extend(name(format!("{:?}", dreamt::<Answer>(&seed))).map(|name| (1, name)));
    }
    let of = |which: u8| kinds.iter().filter(|(own, _)| *own == which).count();
    assert_eq!((of(0), of(1)), (9, 11), "{kinds:?}");
}

/// A list that says to be endless holds no more than its bytes, and one within another no deeper than parts ever are.
#[test]
fn lengths_and_depths_are_not_trusted() {
    // `Compare`, its run, and 4,294,967,295 links in five bytes.
    assert_eq!(unpack::<Request>(&[7, 1, 255, 255, 255, 255, 15]), Err(Unpackable));
    // A part of empty texts and zeros: its figure has a number of eight bytes, and ten lengths and signs beside it.
    let part = pack(&PartView::default()).expect("a part");
    let (one, all) = part.split_at(part.len() - 1);
    assert_eq!(all, [0], "no parts of its own");
    let nested = |depth: usize| {
        let mut bytes: Vec<u8> = [one, &[1]].concat().repeat(depth);
        bytes.extend(one);
        bytes.push(0);
        bytes
    };
    let deep = unpack::<PartView>(&nested(20)).expect("a deep part");
    let mut depth = 0;
    let mut inner = &deep;
    while let Some(next) = inner.children.first() {
        (depth, inner) = (depth + 1, next);
    }
    assert_eq!(depth, 20);
    assert_eq!(unpack::<PartView>(&nested(1_000_000)), Err(Unpackable));
}
