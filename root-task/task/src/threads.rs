// SPDX-License-Identifier: BSD-2-Clause

//! The components' threads that may run, to stop them all when the root task ends.
//!
//! This needs neither heap nor broker: what ended the root task may have broken them.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use kaal_broker::Slot;
use sel4::{cap, sel4_cfg_usize};

const SLOTS: usize = 1 << sel4_cfg_usize!(ROOT_CNODE_SIZE_BITS);
const WORD: usize = u64::BITS as usize;

/// A bit for each slot of the root task: whether it holds the thread of a component that may run.
static MAY_RUN: [AtomicU64; SLOTS.div_ceil(WORD)] =
    [const { AtomicU64::new(0) }; SLOTS.div_ceil(WORD)];

/// Notes whether a thread may run.
pub(crate) fn note(thread: Slot, may_run: bool) {
    let slot = thread.0 as usize;
    let Some(word) = MAY_RUN.get(slot / WORD) else {
        return;
    };
    let bit = 1 << (slot % WORD);
    match may_run {
        true => word.fetch_or(bit, Relaxed),
        false => word.fetch_and(!bit, Relaxed),
    };
}

/// Stops all threads. Returns how many the kernel stopped, and how many there are.
pub(crate) fn stop_all() -> (usize, usize) {
    let running = (0..SLOTS).filter(|&slot| may_run(slot));
    let threads = running.map(|slot| cap::Tcb::from_bits(slot as u64));
    threads.fold((0, 0), |(stopped, all), thread| {
        (stopped + usize::from(thread.tcb_suspend().is_ok()), all + 1)
    })
}

fn may_run(slot: usize) -> bool {
    let word = MAY_RUN.get(slot / WORD);
    word.is_some_and(|word| word.load(Relaxed) >> (slot % WORD) & 1 == 1)
}
