// SPDX-License-Identifier: BSD-2-Clause

//! A client and a driver, with a device that behaves, and ones that don't.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;

use kaal_block::{BLOCK, Fill, QUEUE, Reader, Requests, SHARED, WINDOWS};
use kaal_protocol::Refusal;
use kaal_queue::QueueMemory;
use proptest::collection::vec;
use proptest::prelude::*;

/// The physical address of the queue, and of the shared memory.
const PHYSICAL: u64 = 0x1_4000_0000;
const SHARED_AT: u64 = 0x2_8000_0000;

/// The byte of the disk at this place.
fn content(at: usize) -> u8 {
    (at / BLOCK * 7 + at % 251) as u8
}

struct Memory(RefCell<Vec<u32>>);

impl QueueMemory for &Memory {
    fn read(&self, offset: usize) -> u32 {
        self.0.borrow()[offset / 4]
    }

    fn write(&self, offset: usize, value: u32) {
        self.0.borrow_mut()[offset / 4] = value;
    }
}

impl Memory {
    fn new() -> Self {
        Self(RefCell::new(vec![0; QUEUE / 4]))
    }

    fn long(&self, offset: usize) -> u64 {
        u64::from(self.read(offset)) | u64::from(self.read(offset + 4)) << 32
    }

    /// Does what a disk does with the request, by the addresses in the descriptors. Ends it with `status`.
    fn serve(&self, queue: &Requests<&Memory>, words: &[AtomicU64], status: u32) {
        let places = queue.places();
        let offset = |address: u64| usize::try_from(address - PHYSICAL).unwrap();
        let descriptor = |number: usize| {
            let start = offset(places.descriptors) + 16 * number;
            let (length, flags) = (self.read(start + 8), self.read(start + 12));
            (self.long(start), length as usize, flags)
        };
        let available = self.read(offset(places.available)) >> 16;
        let chain = self.read(offset(places.available) + 4);
        assert_eq!(chain, 0, "not the first descriptor");
        let [header, data, outcome] = [0, 1, 2].map(descriptor);
        assert_eq!((header.1, header.2), (16, 1 | 1 << 16));
        assert_eq!(data.2, 1 | 2 | 2 << 16);
        assert_eq!((outcome.1, outcome.2 & 3), (1, 2));
        assert_eq!(self.long(offset(header.0)), 0, "no read");
        let sector = usize::try_from(self.long(offset(header.0) + 8)).unwrap();
        let start = usize::try_from(data.0 - SHARED_AT).unwrap() / 8;
        for (index, word) in words[start..start + data.1 / 8].iter().enumerate() {
            let bytes =
                std::array::from_fn(|byte: usize| content(sector * BLOCK + index * 8 + byte));
            word.store(u64::from_le_bytes(bytes), Ordering::Relaxed);
        }
        self.write(offset(outcome.0), status);
        self.write(offset(places.used), available << 16);
    }
}

/// Reads all blocks that `buffer` holds. As with a driver, a fill takes two calls, and another one drops it.
fn read(
    reader: &mut Reader,
    pending: &mut Option<Fill>,
    mut first: u64,
    mut buffer: &mut [u8],
    words: &[AtomicU64],
    mut fill: impl FnMut(Fill) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    while !buffer.is_empty() {
        let step = reader.read(first, buffer, words, |wanted| {
            match pending.take() == Some(wanted) {
                true => Poll::Ready(fill(wanted)),
                false => {
                    *pending = Some(wanted);
                    Poll::Pending
                }
            }
        });
        if let Poll::Ready(count) = step {
            let count = count?;
            buffer = &mut buffer[count..];
            first += (count / BLOCK) as u64;
        }
    }
    Ok(())
}

fn shared() -> Vec<AtomicU64> {
    (0..SHARED / 8).map(|_| AtomicU64::new(u64::MAX)).collect()
}

proptest! {
    /// Any reads give the disk's content, and what lies beyond its end is refused.
    #[test]
    fn content_arrives(
        blocks in 1..400u64,
        reads in vec((0..420u64, 1..150usize), 1..20),
    ) {
        let (memory, words) = (Memory::new(), shared());
        let queue = RefCell::new(Requests::new(&memory, PHYSICAL));
        let (mut reader, mut pending) = (Reader::new(blocks), None);
        for (first, count) in reads {
            let mut buffer = vec![0; count * BLOCK];
            let read = read(&mut reader, &mut pending, first, &mut buffer, &words, |fill| {
                let (offset, length) = fill.check(blocks).unwrap();
                let mut queue = queue.borrow_mut();
                queue.read(fill.first, SHARED_AT + offset as u64, length)?;
                assert_eq!(queue.outcome(), None);
                memory.serve(&queue, &words, 0);
                queue.outcome().unwrap()
            });
            if first + count as u64 > blocks {
                prop_assert_eq!(read, Err(Refusal::Malformed));
            } else {
                prop_assert_eq!(read, Ok(()));
                let start = usize::try_from(first).unwrap() * BLOCK;
                prop_assert!(buffer.iter().zip(start..).all(|(&byte, at)| byte == content(at)));
            }
        }
    }

    /// A window is filled only within the shared memory, and only with blocks that the disk has.
    #[test]
    fn fills_are_checked(window: u64, first: u64, count in 0..100u64, blocks: u64) {
        let fill = Fill { window, first, count };
        if let Some((offset, length)) = fill.check(blocks) {
            prop_assert!(window < WINDOWS as u64 && offset + length <= SHARED && length > 0);
            prop_assert!(first.checked_add(count).is_some_and(|end| end <= blocks));
        }
    }

    /// Whatever the device writes to the queue's memory, the driver makes requests in the window alone.
    #[test]
    fn a_hostile_device_causes_errors_only(writes in vec((0..QUEUE / 4, any::<u32>()), 0..200)) {
        let memory = Memory::new();
        let mut queue = Requests::new(&memory, PHYSICAL);
        for (place, value) in writes {
            if queue.read(5, SHARED_AT, BLOCK).is_ok() {
                prop_assert_eq!(memory.long(16), SHARED_AT);
                prop_assert_eq!((&memory).read(24), BLOCK as u32);
            }
            (&memory).write(4 * place, value);
            queue.outcome();
        }
    }
}

#[test]
fn neighbouring_blocks_take_one_request() {
    let words = shared();
    let fills = Cell::new(0);
    let (mut reader, mut pending) = (Reader::new(1000), None);
    let mut block = [0; BLOCK];
    let mut read_block = |first| {
        let fill = |_| {
            fills.set(fills.get() + 1);
            Ok(())
        };
        read(&mut reader, &mut pending, first, &mut block, &words, fill).unwrap();
    };
    (0..64).for_each(&mut read_block);
    assert_eq!(fills.get(), 1);
    // The table of a file system, between blocks of a file.
    (64..192).for_each(|first| [first, 5].map(&mut read_block).into_iter().collect());
    assert_eq!(fills.get(), 3);
}

#[test]
fn blocks_in_a_row_are_read_ahead() {
    let words = shared();
    let wanted = Cell::new(None);
    let mut reader = Reader::new(400);
    let mut read_block = |first| {
        wanted.set(None);
        let fill = |fill: Fill| {
            wanted.set(Some((fill.first, fill.count)));
            Poll::Ready(Ok(()))
        };
        let read = reader.read(first, &mut [0; BLOCK], &words, fill);
        assert_eq!(read, Poll::Ready(Ok(BLOCK)));
        wanted.get()
    };
    assert_eq!(read_block(0), Some((64, 64)));
    assert_eq!(read_block(63), None);
    assert_eq!(read_block(64), Some((128, 64)));
    // Not in a row.
    assert_eq!(read_block(300), Some((300, 64)));
    assert_eq!(read_block(172), Some((172, 64)));
    // What follows is there already.
    assert_eq!(read_block(236), Some((236, 64)));
    assert_eq!(read_block(300), None);
    // The disk ends behind these.
    assert_eq!(read_block(364), Some((364, 36)));
    assert_eq!(read_block(399), None);
}

#[test]
fn a_failed_read_is_made_again() {
    let (memory, words) = (Memory::new(), shared());
    let mut queue = Requests::new(&memory, PHYSICAL);
    let mut reader = Reader::new(10);
    let mut buffer = [0; BLOCK];
    for (status, expected) in [(1, Err(Refusal::Failed)), (0, Ok(()))] {
        let read = read(&mut reader, &mut None, 3, &mut buffer, &words, |fill| {
            queue.read(fill.first, SHARED_AT, BLOCK)?;
            memory.serve(&queue, &words, status);
            queue.outcome().unwrap()
        });
        assert_eq!(read, expected);
    }
}

#[test]
fn one_request_at_a_time() {
    let memory = Memory::new();
    let mut queue = Requests::new(&memory, PHYSICAL);
    assert_eq!(queue.outcome(), None);
    queue.read(0, SHARED_AT, BLOCK).unwrap();
    assert_eq!(queue.read(0, SHARED_AT, BLOCK), Err(Refusal::Taken));
}
