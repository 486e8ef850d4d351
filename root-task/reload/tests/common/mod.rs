// SPDX-License-Identifier: BSD-2-Clause

//! Receives streams. The fuzz target `reload` does too.

use kaal_reload::{Event, Receiver};

/// A received frame: the component's name, the program, and whether its checksum is right.
pub(crate) type Frame = (String, Vec<u8>, bool);

/// Receives a stream that arrives in pieces of this size.
pub(crate) fn receive(stream: &[u8], size: usize) -> Vec<Frame> {
    let mut receiver = Receiver::default();
    let (mut frames, mut current) = (Vec::new(), None);
    for mut bytes in stream.chunks(size) {
        while let Some(event) = receiver.next(&mut bytes) {
            current = match (event, current.take()) {
                (Event::Begin(header), _) => Some((header, Vec::new())),
                (Event::Part(part), Some((header, program))) => {
                    Some((header, [&program, part].concat()))
                }
                (Event::End(is_intact), Some((header, program))) => {
                    assert_eq!(header.length() as usize, program.len());
                    frames.push((header.name().to_owned(), program, is_intact));
                    None
                }
                (_, None) => panic!("a frame without a beginning"),
            };
        }
        assert!(bytes.is_empty());
    }
    frames
}
