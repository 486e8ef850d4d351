// SPDX-License-Identifier: BSD-2-Clause

//! Reads a whole disk, and says what it has read.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;
use core::task::Poll;

use kaal_component::{Console, Disk, Failure, Refusal, wait};

kaal_component::main!(run);

const BLOCK: usize = 512;

/// The blocks that are read at once. They fit no window of the driver exactly.
const BLOCKS: usize = 24;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let mut disk = Disk::open()?;
    let blocks = disk.blocks();
    let mut buffer = [0; BLOCKS * BLOCK];
    let mut hash = FNV_OFFSET;
    for first in (0..blocks).step_by(BLOCKS) {
        let count = (blocks - first).min(BLOCKS as u64) as usize;
        let part = buffer.get_mut(..count * BLOCK).unwrap_or_default();
        read(&mut disk, first, part)?;
        hash = part.iter().fold(hash, fnv);
    }
    writeln!(console, "{blocks} blocks with the hash {hash:#x}")?;
    let part = buffer.get_mut(..BLOCK).unwrap_or_default();
    let behind = read(&mut disk, blocks, part) == Err(Refusal::Malformed);
    let again = Disk::open().err() == Some(Refusal::Taken);
    writeln!(
        console,
        "refused: behind the end {behind}, a second client {again}"
    )?;
    disk.close()?;
    Ok(())
}

/// Fills `buffer` with blocks, from `first` on.
fn read(disk: &mut Disk, first: u64, buffer: &mut [u8]) -> Result<(), Refusal> {
    let (mut next, mut rest) = (first, buffer);
    while !rest.is_empty() {
        match disk.read(next, rest)? {
            Poll::Ready(count) => {
                next += (count / BLOCK) as u64;
                (_, rest) = rest.split_at_mut(count);
            }
            Poll::Pending => while wait() & disk.event() == 0 {},
        }
    }
    Ok(())
}

/// The hash FNV-1a of no bytes.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// The hash of one more byte.
fn fnv(hash: u64, &byte: &u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
}
