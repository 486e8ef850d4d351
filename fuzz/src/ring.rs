// SPDX-License-Identifier: BSD-2-Clause

//! A ring of which the other side is hostile.
//!
//! Until the first lie, all bytes must come through in order. After it, neither side may write or read more than
//! the ring holds.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};

use arbitrary::{Arbitrary, Result, Unstructured};
use kaal_protocol::{Consumer, Cursors, Producer};

use crate::Target;

/// The ring of a channel. The first byte is its size. Each step is a byte that says what is done, and its
/// parameters.
pub const RING: Target = Target {
    name: "ring",
    run: |input| steps(&mut Unstructured::new(input)).is_ok(),
    seeds: || {
        let honest = b"\x05\0\x04abcd\x01\x03\0\x04efgh\x01\x08\x01\x08";
        let liar =
            b"\x03\x02\xff\xff\xff\xff\xff\xff\xff\x7f\x01\x08\x03\x01\0\0\0\0\0\0\0\0\x04abcd";
        vec![honest.to_vec(), liar.to_vec()]
    },
};

fn steps(input: &mut Unstructured<'_>) -> Result<()> {
    let size = u8::arbitrary(input)? % 16;
    let bytes: Vec<AtomicU8> = (0..size).map(AtomicU8::new).collect();
    let cursors = Cursors::default();
    let mut producer = Producer::new(&cursors, &bytes);
    let mut consumer = Consumer::new(&cursors, &bytes);
    let (mut honest, mut expected) = (true, VecDeque::new());
    while !input.is_empty() {
        match u8::arbitrary(input)? % 4 {
            0 => {
                let length = u8::arbitrary(input)?;
                let text = input.bytes(length.into())?;
                let room = producer.room();
                let written = producer.write(text);
                assert_eq!(written, room.map(|room| room.min(text.len())));
                assert!(!honest || written == Ok(text.len().min(bytes.len() - expected.len())));
                let written = written.unwrap_or(0);
                assert!(written <= bytes.len());
                expected.extend(&text[..written]);
            }
            1 => {
                let mut buffer = vec![0; u8::arbitrary(input)?.into()];
                let unread = consumer.unread();
                let read = consumer.read(&mut buffer);
                assert_eq!(read, unread.map(|unread| unread.min(buffer.len())));
                let read = read.unwrap_or(0);
                assert!(read <= bytes.len());
                if honest {
                    let first: Vec<u8> = expected.drain(..read.min(expected.len())).collect();
                    assert_eq!(first, buffer[..read]);
                    assert!(expected.is_empty() || read == buffer.len());
                }
            }
            2 => {
                cursors
                    .written
                    .store(u64::arbitrary(input)?, Ordering::Relaxed);
                honest = false;
            }
            _ => {
                cursors
                    .read
                    .store(u64::arbitrary(input)?, Ordering::Relaxed);
                honest = false;
            }
        }
    }
    Ok(())
}
