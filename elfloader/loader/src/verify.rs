// SPDX-License-Identifier: BSD-2-Clause

//! Checks what the builder can't know: whether the payload is whole and fits this machine. Otherwise, the kernel would
//! hang without a message.

use core::fmt;
use core::ptr;
use core::slice;

use kaal_devicetree::{Availability, Facts, MemoryKind};
use kaal_payload::{
    Cpu, Decimal, Digest, ExceptionLevel, Hex, Integrity, LogLevel, Payload, PhysAddr, PhysRange,
    PhysicalAddressBits, RegionKind, Text,
};

use kaal_integrity::{BLOCK_SIZE, digest, is_zero};
use kaal_runtime::registers::{
    PS_40_BITS, PS_44_BITS, always_has_e2h, current_level, has_4_kib_granules, has_el2,
    physical_address_range,
};
use kaal_runtime::{address_of, bulk, fail, log};

/// Bytes that are checked at each end of memory that should be zero.
const END_SIZE: usize = 128;

/// A hypervisor kernel runs only at EL2, and only on some processors (seL4 16.0.0, `vcpu_init_vtcr`).
pub(crate) fn exception_level(payload: &Payload<'_>) {
    if payload.exception_level == ExceptionLevel::El1 {
        return;
    }
    let least_range = match payload.physical_address_bits {
        PhysicalAddressBits::Bits44 => PS_44_BITS,
        _ => PS_40_BITS,
    };
    let need = match current_level() {
        1 => "EL2, but the firmware entered the loader at EL1",
        _ if !has_el2() => "EL2, which this processor does not have",
        _ if always_has_e2h() => "FEAT_E2H0",
        _ if physical_address_range() < least_range => "more bits of physical addresses",
        _ if !has_4_kib_granules() => "ID_AA64MMFR0_EL1.TGran4 = 0",
        _ => return,
    };
    fail!(
        "the kernel has hypervisor support and needs {}; with QEMU, use \
         -machine virt,virtualization=on -cpu cortex-a57",
        Text(need)
    );
}

/// Checks that all memory of the image is RAM and not `no-map`, by the firmware's device tree, and that none of the
/// cores to start polls a word in it: the loader would damage what it has verified.
///
/// Other reserved memory is no error: the firmware reserves the device tree and an initial RAM disk. seL4 doesn't need
/// them, and takes all such memory as RAM.
pub(crate) fn memory(payload: &Payload<'_>, facts: &Facts, cores: &[Cpu]) {
    for memory in memory_used(payload) {
        if let Some(cpu) = cores.iter().find(|cpu| cpu.polls(memory)) {
            fail!(
                "the core with MPIDR {} polls {} in the image; build the image for it with --dtb",
                Hex(cpu.mpidr),
                cpu.release_address
            );
        }
        match facts.availability(memory) {
            Availability::Free => {}
            Availability::Reserved(reserved) => log!(
                LogLevel::Debug,
                "KaaL: the image takes {memory}, of which {reserved} is reserved"
            ),
            Availability::NoMap(reserved) => fail!(
                "the image needs {memory}, of which the firmware keeps {reserved} to itself \
                 (no-map); build the image for it with --dtb"
            ),
            Availability::NotRam if facts.memory_of(MemoryKind::Ram).all(PhysRange::is_empty) => {
                fail!("the firmware's device tree names no RAM; start the image with 0 in x0")
            }
            Availability::NotRam => fail!(
                "the image needs {memory}, but this machine's RAM is{}; give it more memory, or \
                 build the image for it with --dtb",
                Banks(facts)
            ),
        }
    }
}

/// Printed after "RAM is".
struct Banks<'a>(&'a Facts);

impl fmt::Display for Banks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut banks = self.0.memory_of(MemoryKind::Ram);
        banks.try_for_each(|bank| write!(f, " {bank}"))
    }
}

/// The memory of the loader, of all regions and of the device tree.
fn memory_used(payload: &Payload<'_>) -> impl Iterator<Item = PhysRange> {
    let slot = payload.device_tree;
    let slot = PhysRange::from_size(slot.start, slot.capacity);
    let loader = PhysRange {
        start: payload.load_address,
        end: payload.tables.ttbr0,
    };
    let regions = payload.regions.iter().filter_map(|region| region.memory());
    regions.chain(slot).chain([loader])
}

/// Whether the loader's constant part is intact, if the payload header in `header` asks for that.
///
/// Without a signature this comes first, because damage in the loader could make it miss other damage, or hand
/// something wrong to the kernel. Damage in this comparison can't.
pub(crate) fn is_loader_intact(header: &[u8]) -> bool {
    let Some((integrity, expected)) = Payload::peek_loader(header) else {
        return true;
    };
    let start = PhysAddr(address_of!("__ehdr_start").addr() as u64);
    // SAFETY: nothing writes there, and the size is at most a loader's.
    let bytes = unsafe { bytes_at(start, expected.size) };
    digest(integrity, &[], bytes) == expected.digest
}

/// Verifies each region's digest, and that memory is zero where it should be: clears it, or looks at its ends.
/// Skips both if the payload asks for no verification.
pub(crate) fn regions(payload: &Payload<'_>, clears_zeroes: bool) {
    for (index, region) in payload.regions.iter().enumerate() {
        let number = Decimal(index as u64);
        let (Some(kind), Some(memory)) = (region.kind(), region.memory()) else {
            fail!("region {number} is malformed");
        };
        log!(LogLevel::Debug, "KaaL: region {number}: {memory} {kind}");
        if payload.integrity == Integrity::None {
            continue;
        }
        let damaged = |reason: fmt::Arguments<'_>| -> ! {
            fail!("region {number} ({kind}, {memory}) is damaged: {reason}; load the image again")
        };
        let copied;
        let first = match memory.start {
            // A reference to address 0 would be null.
            PhysAddr(0) => {
                copied = [first_block()];
                &copied[..]
            }
            _ => &[],
        };
        let seen = first.as_flattened().len() as u64;
        let start = PhysAddr(memory.start.0 + seen);
        // SAFETY: the region lies in RAM, and nothing has written to it since it was loaded.
        let bytes = unsafe { bytes_at(start, memory.size().saturating_sub(seen)) };
        let stored = region.file_size().checked_sub(seen);
        let Some((stored, rest)) =
            stored.and_then(|stored| bytes.split_at_checked(stored as usize))
        else {
            fail!("region {number} is malformed");
        };
        let found = digest(payload.integrity, first, stored);
        if found != *region.digest() {
            let name = Text(match payload.integrity {
                Integrity::Sha256 => "SHA-256 begins with",
                _ => "CRC-32C",
            });
            let number = |digest: &Digest| Hex(u64::from(digest.crc32c()));
            let (expected, found) = (number(region.digest()), number(&found));
            damaged(format_args!("{name} {expected} expected, {found} found"));
        }
        if clears_zeroes {
            let zeroes = PhysRange::from(PhysAddr(memory.start.0 + region.file_size())..memory.end);
            // SAFETY: the region lies in RAM, and nothing refers to this part of it any more.
            unsafe { bulk::clear(zeroes) };
            continue;
        }
        // The kernel doesn't read the memory behind the device tree, where the firmware may have left its own.
        if kind == RegionKind::DeviceTree || rest.is_empty() {
            continue;
        }
        let (start, end) = ends(rest);
        if !is_zero(start) || !is_zero(end) {
            damaged(format_args!("not zero behind its content"));
        }
    }
}

/// The first and the last [`END_SIZE`] bytes, or all bytes and none if there are no more.
fn ends(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes
        .split_last_chunk::<END_SIZE>()
        .and_then(|(start, end)| Some((start.get(..END_SIZE)?, &end[..])))
        .unwrap_or((bytes, &[]))
}

/// The first block at address 0, which must be RAM.
fn first_block() -> [u8; BLOCK_SIZE] {
    let mut block = [0; BLOCK_SIZE];
    let (words, _) = block.as_chunks_mut();
    for (index, word) in words.iter_mut().enumerate() {
        let place = ptr::with_exposed_provenance::<u64>(index * size_of::<u64>());
        // SAFETY: a volatile read may access address 0, where Rust allocates nothing.
        *word = unsafe { place.read_volatile() }.to_ne_bytes();
    }
    block
}

/// Memory as it was loaded.
///
/// # Safety
///
/// It must be memory that nothing writes to.
unsafe fn bytes_at(start: PhysAddr, size: u64) -> &'static [u8] {
    let start = ptr::with_exposed_provenance(start.0 as usize);
    // SAFETY: the caller vouches for the memory.
    unsafe { slice::from_raw_parts(start, size as usize) }
}
