// SPDX-License-Identifier: BSD-2-Clause

//! Frames in streams of bytes, whole and damaged.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod common;

use common::{Frame, receive};
use kaal_reload::{Header, NAME_LIMIT};
use proptest::prelude::*;

fn frame(name: &str, program: &[u8]) -> Vec<u8> {
    let header = Header::new(name, program).unwrap();
    [header.to_bytes(), program].concat()
}

fn intact(name: &str, program: &[u8]) -> Frame {
    (name.to_owned(), program.to_owned(), true)
}

#[test]
fn frames_arrive_in_pieces_of_any_size() {
    let stream = [
        frame("hello", b"program"),
        frame("", b""),
        frame("a", b"KaaLload"),
    ]
    .concat();
    let expected = [
        intact("hello", b"program"),
        intact("", b""),
        intact("a", b"KaaLload"),
    ];
    for size in 1..=stream.len() {
        assert_eq!(receive(&stream, size), expected, "{size}");
    }
}

#[test]
fn the_next_frame_arrives_after_nonsense() {
    let whole = frame("hello", b"program");
    for end in 0..whole.len() - b"program".len() {
        // The start of a header, without its rest.
        let stream = [b"KaaL", &whole[..end], &whole].concat();
        assert_eq!(receive(&stream, 7), [intact("hello", b"program")], "{end}");
    }
}

#[test]
fn a_damaged_header_is_skipped_and_a_damaged_program_reported() {
    let whole = frame("hello", b"program");
    let start = whole.len() - b"program".len();
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        let received = receive(&[&damaged[..], &whole].concat(), 64);
        let (last, before) = received.split_last().unwrap();
        assert_eq!(*last, intact("hello", b"program"));
        let in_program = damaged[start..].to_vec();
        let expected = [("hello".to_owned(), in_program, false)];
        assert_eq!(
            before,
            if place < start { &[][..] } else { &expected },
            "{place}"
        );
    }
}

#[test]
fn names_are_bounded() {
    let longest = "a".repeat(NAME_LIMIT);
    assert_eq!(Header::new(&longest, b"").unwrap().name(), longest);
    assert_eq!(Header::new(&(longest + "a"), b""), None);
}

proptest! {
    #[test]
    fn nothing_but_frames_is_received(
        noise in prop::collection::vec(any::<u8>(), 0..300),
        program in prop::collection::vec(any::<u8>(), 0..300),
        size in 1_usize..100,
    ) {
        let stream = [noise, frame("x", &program)].concat();
        prop_assert_eq!(receive(&stream, size), [intact("x", &program)]);
    }
}
