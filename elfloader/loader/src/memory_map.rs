// SPDX-License-Identifier: BSD-2-Clause

//! The memory that the loader accesses while the caches are on, and how.
//!
//! What isn't listed here isn't mapped, and only the loader's variables, the place of the device tree and, in an image
//! that is signed, the memory that must be zero, can be written to. An access that breaks this is reported as a fault.

use core::cell::UnsafeCell;

use kaal_payload::{MAX_SIZE, PAGE_SIZE, Payload, PhysAddr, PhysRange};
use kaal_runtime::translation::Translation;
use kaal_runtime::{address_of, fail, firmware};
use kaal_translation::{ENTRIES, Table, TablesError, Use};

/// The most tables: the root, and up to four for each of the loader, the kernel with device tree and user image, and the
/// firmware's device tree.
const TABLES: usize = 13;

#[repr(C, align(4096))]
struct Pool(UnsafeCell<[Table; TABLES]>);

// SAFETY: only the first core uses it, once.
unsafe impl Sync for Pool {}

#[unsafe(link_section = ".bss.tables")]
static POOL: Pool = Pool(UnsafeCell::new([[0; ENTRIES]; TABLES]));

/// The memory that is mapped.
pub(crate) struct MemoryMap(Option<Translation>);

impl MemoryMap {
    /// Maps the loader with the payload header, and turns the caches on, if `is_worthwhile`.
    ///
    /// # Safety
    ///
    /// Must be called once.
    pub(crate) unsafe fn new(is_worthwhile: bool) -> Self {
        let mut map = Self(None);
        if !is_worthwhile {
            return map;
        }
        // SAFETY: this is the only call.
        let pool = unsafe { &mut *POOL.0.get() };
        let Ok(translation) = Translation::new(pool) else {
            return map;
        };
        map.0 = Some(translation);
        let [start, code_end, end] = [
            address_of!("__ehdr_start"),
            address_of!("_etext"),
            address_of!("_end"),
        ]
        .map(|address| address.addr() as u64);
        let variables = code_end.next_multiple_of(PAGE_SIZE);
        let header = end.next_multiple_of(PAGE_SIZE);
        map.add(range(start, variables), Use::Code);
        map.add(range(variables, header), Use::Data);
        map.add(range(header, header + MAX_SIZE as u64), Use::Constants);
        if let Some(translation) = &map.0 {
            // SAFETY: the loader is mapped. All other memory is added before it is accessed.
            unsafe { translation.turn_on() };
        }
        map
    }

    /// Adds the regions of the image. The loader writes to their zeroes if it `clears` them.
    pub(crate) fn add_regions(&mut self, payload: &Payload<'_>, clears: bool) {
        for memory in payload.regions.iter().filter_map(|region| region.memory()) {
            self.add(memory, if clears { Use::Data } else { Use::Constants });
            firmware::clean(memory);
        }
    }

    /// Adds memory.
    pub(crate) fn add(&mut self, memory: PhysRange, what_for: Use) {
        let Some(translation) = &mut self.0 else {
            return;
        };
        match translation.map(memory, what_for) {
            Ok(()) => {}
            Err(TablesError::Full) => {
                fail!("the image lies in too many pieces of memory to be mapped")
            }
            Err(TablesError::BeyondAddressSpace) => fail!("{memory} exceeds 48-bit addresses"),
        }
    }

    /// Turns the caches off.
    ///
    /// # Safety
    ///
    /// All memory but the loader's own must be clean.
    pub(crate) unsafe fn leave(self) {
        if let Some(translation) = self.0 {
            // SAFETY: the loader relies on no translation, and the caller has cleaned the rest.
            unsafe { translation.turn_off() };
        }
    }
}

fn range(start: u64, end: u64) -> PhysRange {
    PhysRange::from(PhysAddr(start)..PhysAddr(end))
}
