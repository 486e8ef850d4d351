// SPDX-License-Identifier: BSD-2-Clause

//! Memory for the drivers of `virtio-drivers`.
//!
//! A device can access only memory for devices, never the stack or heap of a component. So each buffer that a
//! driver passes to the device is copied to memory for devices, and back after the device has written to it.
//! Large data needs no such copies: a driver can give the device memory that it shares with a client.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};
use core::{ptr, slice};

use kaal_component::DmaMemory;
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

/// The copies' memory: as many units as a word has bits.
const UNIT: usize = 1024;
const UNITS: u32 = u64::BITS;

/// The copies' address and physical address, and the units in use. A component has one thread.
static ADDRESS: AtomicU64 = AtomicU64::new(0);
static PHYSICAL: AtomicU64 = AtomicU64::new(0);
static TAKEN: AtomicU64 = AtomicU64::new(0);

/// Memory for queues and buffers. Buffers of all requests together may have 64 KiB.
#[derive(Debug)]
pub struct DriverMemory;

// SAFETY: `dma_alloc` returns whole pages that the broker has just zeroed and mapped for this component
// only. `share` and `unshare` access the given buffers and the units that they have taken.
unsafe impl Hal for DriverMemory {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        match DmaMemory::allocate(pages * PAGE_SIZE) {
            Ok(memory) => (memory.physical, memory.start()),
            // Address 0 is an error for the caller.
            Err(_) => (0, NonNull::dangling()),
        }
    }

    unsafe fn dma_dealloc(_: PhysAddr, _: NonNull<u8>, _: usize) -> i32 {
        // The broker keeps memory for devices until the component has ended and the device is quiet.
        0
    }

    unsafe fn mmio_phys_to_virt(_: PhysAddr, _: usize) -> NonNull<u8> {
        unreachable!("only devices on PCI need it")
    }

    unsafe fn share(buffer: NonNull<[u8]>, direction: BufferDirection) -> PhysAddr {
        let offset = take(buffer.len());
        if direction != BufferDirection::DeviceToDriver {
            // SAFETY: the caller passes a valid buffer.
            let bytes = unsafe { buffer.as_ref() };
            for (index, part) in bytes.chunks(size_of::<u64>()).enumerate() {
                let mut word = [0; size_of::<u64>()];
                word.iter_mut().zip(part).for_each(|(to, from)| *to = *from);
                // SAFETY: the units at `offset` hold the buffer.
                unsafe { ptr::write_volatile(place(offset, index), u64::from_ne_bytes(word)) };
            }
        }
        PHYSICAL.load(Ordering::Relaxed) + offset as u64
    }

    unsafe fn unshare(physical: PhysAddr, buffer: NonNull<[u8]>, direction: BufferDirection) {
        let offset = physical.wrapping_sub(PHYSICAL.load(Ordering::Relaxed)) as usize;
        if direction != BufferDirection::DriverToDevice {
            // SAFETY: the caller passes a valid buffer that nothing else accesses.
            let bytes = unsafe { slice::from_raw_parts_mut(buffer.cast().as_ptr(), buffer.len()) };
            for (index, part) in bytes.chunks_mut(size_of::<u64>()).enumerate() {
                // SAFETY: `share` took these units for the buffer.
                let word: u64 = unsafe { ptr::read_volatile(place(offset, index)) };
                part.iter_mut()
                    .zip(word.to_ne_bytes())
                    .for_each(|(to, from)| *to = from);
            }
        }
        let units = mask(buffer.len()) << (offset / UNIT);
        TAKEN.fetch_and(!units, Ordering::Relaxed);
    }
}

/// The word with this index, behind an offset into the copies' memory.
fn place(offset: usize, index: usize) -> *mut u64 {
    let start = ADDRESS.load(Ordering::Relaxed) as usize + offset;
    ptr::with_exposed_provenance_mut(start + index * size_of::<u64>())
}

/// Takes units for a buffer. Returns their offset.
fn take(bytes: usize) -> usize {
    if ADDRESS.load(Ordering::Relaxed) == 0 {
        match DmaMemory::allocate(UNIT * UNITS as usize) {
            Ok(memory) => {
                ADDRESS.store(memory.start().addr().get() as u64, Ordering::Relaxed);
                PHYSICAL.store(memory.physical, Ordering::Relaxed);
            }
            Err(refusal) => panic!("no memory for the device: {refusal}"),
        }
    }
    let (mask, taken) = (mask(bytes), TAKEN.load(Ordering::Relaxed));
    let last = UNITS - mask.count_ones();
    let first = (0..=last).find(|first| taken & mask << first == 0);
    let Some(first) = first else {
        panic!("more than 64 KiB of buffers at once");
    };
    TAKEN.store(taken | mask << first, Ordering::Relaxed);
    first as usize * UNIT
}

/// As many low bits as a buffer needs units.
fn mask(bytes: usize) -> u64 {
    let units = bytes.div_ceil(UNIT).max(1);
    match u32::try_from(units) {
        Ok(units @ 1..UNITS) => (1 << units) - 1,
        Ok(UNITS) => u64::MAX,
        _ => panic!("a buffer of more than 64 KiB"),
    }
}
