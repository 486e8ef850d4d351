// SPDX-License-Identifier: BSD-2-Clause

//! Measures the heap that the broker needs, counted as the root task's allocator would, and its slots.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use kaal_broker::{
    Access, Block, Broker, ComponentId, Config, HEAP_FOR_REST, HEAP_PER_DEVICE, HEAP_PER_SLOT,
    Image, Largest, PAGE_SIZE, Resources, Slot, UntypedMemory,
};
use kaal_payload::{PhysAddr, PhysRange};

/// Counts allocated bytes. A growing vector counts twice while it is copied.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Returns the size of an allocation on the heap: with a header of 8 bytes, aligned to 16 bytes, at
/// least 32 bytes.
fn taken(layout: Layout) -> usize {
    (layout.size() + 8).next_multiple_of(16).max(32)
}

// SAFETY: the system's allocator does all the work; this one only counts sizes.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(taken(layout), Ordering::Relaxed) + taken(layout);
        MOST.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(taken(layout), Ordering::Relaxed);
        // SAFETY: the caller keeps the same contract.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

/// Number of times that each component allocates as much as it gets.
const ROUNDS: u32 = 3;

/// Slots that a component uses at its start.
const OF_ITS_OWN: u64 = 20;

/// Empty slots of the root task's CSpace.
const EMPTY_SLOTS: std::ops::Range<u64> = 1000..1 << 20;

/// Heap for the audit log and the kernel's list of untyped memory, in bytes.
const LOG: u64 = HEAP_FOR_REST / 2;

const IMAGE: Image<'_> = Image {
    entry: 0,
    segments: &[],
};

/// Pattern of a component's allocations.
#[derive(Clone, Copy, Debug)]
enum Appetite {
    /// Single pages, of which every other one is freed.
    Sieve,
    /// Everything in one allocation.
    Whole,
    /// Pieces of this many pages.
    Pieces(u64),
}

const APPETITES: [Appetite; 6] = [
    Appetite::Sieve,
    Appetite::Whole,
    Appetite::Pieces(1),
    Appetite::Pieces(2),
    Appetite::Pieces(3),
    Appetite::Pieces(7),
];

/// The largest number of untyped pieces that a kernel lists, one of them as large as possible.
fn untyped() -> Vec<UntypedMemory> {
    let large = UntypedMemory {
        block: Block {
            bits: 46,
            start: 0x4000_0000_0000,
        },
        slot: Slot(500),
        is_device: true,
    };
    let pieces = (0..229u64).map(|piece| UntypedMemory {
        block: Block {
            bits: if piece == 0 { 29 } else { 12 },
            start: if piece == 0 { 1 << 29 } else { piece << 32 },
        },
        slot: Slot(piece),
        is_device: piece > 0,
    });
    pieces.chain([large]).collect()
}

fn config(name: &'static str, slots: u64) -> Config {
    Config {
        quota: Resources {
            bytes: 1 << 28,
            slots,
            devices: 1,
        },
        stack: 16 * 1024,
        ..Config::new(name)
    }
}

/// Returns the maximum heap in bytes and the maximum number of the root task's slots, for components
/// with a quota of `slots` each and the pattern `appetite`.
fn most_taken(slots: u64, appetite: Appetite) -> (usize, u64) {
    let configs = NAMES.map(|name| config(name, slots));
    let configs: &'static [Config] = Vec::leak(configs.into());
    let mut had: Vec<(ComponentId, u64)> = Vec::with_capacity(1 << 16);
    let untyped = untyped();
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);

    let mut broker = Broker::new(Largest, EMPTY_SLOTS, untyped).unwrap();
    for config in configs {
        let id = broker.add(config).unwrap();
        broker.spawn(id, &IMAGE).unwrap();
    }
    let pages = match appetite {
        Appetite::Sieve => 1,
        Appetite::Whole => slots - OF_ITS_OWN,
        Appetite::Pieces(pages) => pages,
    };
    let mut fewest_left = u64::MAX;
    for _ in 0..ROUNDS {
        had.clear();
        let mut numbers = (1..=NAMES.len() as u16).cycle();
        let mut denied = 0;
        while denied < NAMES.len() {
            let id = ComponentId(numbers.next().unwrap());
            match broker.allocate_memory(id, pages * PAGE_SIZE, Access::ReadWrite) {
                Ok(address) => had.push((id, address)),
                Err(_) => denied += 1,
            }
        }
        fewest_left = fewest_left.min(broker.free().slots);
        if matches!(appetite, Appetite::Sieve) {
            for &(id, address) in had.iter().step_by(2) {
                broker.free_memory(id, address).unwrap();
            }
        }
    }
    let most_slots = EMPTY_SLOTS.end - EMPTY_SLOTS.start - fewest_left;
    (MOST.load(Ordering::Relaxed) - before, most_slots)
}

/// Returns the heap in bytes and the root task's slots for one page of device memory, from a piece as
/// large as the address space.
fn taken_by_device() -> (usize, u64) {
    let configs: &'static [Config] = Vec::leak(vec![Config {
        devices: &["device"],
        ..config("a", 100)
    }]);
    let mut broker = Broker::new(Largest, EMPTY_SLOTS, untyped()).unwrap();
    let id = broker.add(&configs[0]).unwrap();
    broker.spawn(id, &IMAGE).unwrap();
    let start = 0x5555_5555_5000;
    let registers = Ok(PhysRange {
        start: PhysAddr(start),
        end: PhysAddr(start + PAGE_SIZE),
    });
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let slots = broker.free().slots;
    broker.request_device(id, "device", registers).unwrap();
    let slots = slots - broker.free().slots;
    (MOST.load(Ordering::Relaxed) - before, slots)
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn quotas_bound_the_heap_and_the_slots() {
    let (device, slots) = taken_by_device();
    let device = device as u64;
    let of_device = Resources {
        devices: 1,
        ..Resources::default()
    };
    assert!(
        slots <= of_device.most_slots(),
        "{slots} slots for a device"
    );
    assert!(device <= HEAP_PER_DEVICE / 2, "{device} bytes for a device");
    for slots in [64, 100, 400, 1100] {
        for appetite in APPETITES {
            let (most, most_slots) = most_taken(slots, appetite);
            let quotas = config("", slots).quota.most_slots() * NAMES.len() as u64;
            assert!(
                most_slots <= quotas,
                "{slots} slots, {appetite:?}: {most_slots} slots"
            );
            let each = (most as u64).saturating_sub(LOG) / (slots * NAMES.len() as u64);
            assert!(
                each <= HEAP_PER_SLOT / 2,
                "{slots} slots, {appetite:?}: {each} bytes for a slot"
            );
        }
    }
}
