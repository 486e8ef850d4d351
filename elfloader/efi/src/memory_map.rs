// SPDX-License-Identifier: BSD-2-Clause

//! The firmware's memory map (UEFI Specification 2.10, section 7.2).

use core::ptr;

use kaal_payload::{PAGE_SIZE, Package, PhysRange};
use r_efi::efi::{
    BOOT_SERVICES_CODE, BOOT_SERVICES_DATA, CONVENTIONAL_MEMORY, LOADER_CODE, LOADER_DATA,
    MemoryDescriptor,
};

use crate::console::{Console, Refused};

/// The memory map, as of some moment.
pub(crate) struct MemoryMap {
    /// The first descriptor; null if there is no buffer.
    pub(crate) descriptors: *mut MemoryDescriptor,
    /// Size in bytes of the buffer.
    pub(crate) capacity: usize,
    /// Size in bytes of the descriptors.
    pub(crate) size: usize,
    /// Distance in bytes of the descriptors. It can exceed the size that this version of the specification gives them.
    pub(crate) descriptor_size: usize,
    /// Identifies this state of the map.
    pub(crate) key: usize,
}

impl Default for MemoryMap {
    fn default() -> Self {
        Self {
            descriptors: ptr::null_mut(),
            capacity: 0,
            size: 0,
            descriptor_size: 0,
            key: 0,
        }
    }
}

impl MemoryMap {
    /// Checks that all memory that the unpacker writes to is RAM that is free once boot services have ended.
    pub(crate) fn check(&self, package: &Package<'_>, console: &Console) -> Result<(), Refused> {
        let chunks = package.chunks.iter().map(|chunk| chunk.memory());
        let mut needed = chunks.chain(package.scratch.memory());
        needed.try_for_each(|memory| self.check_range(memory, console))
    }

    fn check_range(&self, needed: PhysRange, console: &Console) -> Result<(), Refused> {
        let (start, end) = (needed.start.0, needed.end.0);
        let mut next = start;
        while next < end {
            let Some(found) = self.find(next) else {
                let message = "the image needs #..#, but this machine has no RAM at #; give it more memory, or build \
                               the image for it with --dtb";
                return Err(console.refuse(message, &[start, end, next]));
            };
            let found_end = found.physical_start + found.number_of_pages * PAGE_SIZE;
            if !is_given_up(found) {
                let message = "the image needs #..#, of which the firmware keeps #..# to itself (memory type @); \
                               build the image for other memory";
                let numbers = [start, end, next, found_end.min(end), found.r#type.into()];
                return Err(console.refuse(message, &numbers));
            }
            next = found_end;
        }
        Ok(())
    }

    /// The descriptor of the memory with `address`.
    fn find(&self, address: u64) -> Option<&MemoryDescriptor> {
        let mut offset = 0;
        while offset < self.size {
            // SAFETY: the firmware has filled the buffer up to `size`.
            let descriptor = unsafe { &*self.descriptors.byte_add(offset) };
            let distance = address.wrapping_sub(descriptor.physical_start);
            if distance / PAGE_SIZE < descriptor.number_of_pages {
                return Some(descriptor);
            }
            offset += self.descriptor_size;
        }
        None
    }
}

/// Whether the memory is free once boot services have ended.
fn is_given_up(descriptor: &MemoryDescriptor) -> bool {
    matches!(
        descriptor.r#type,
        LOADER_CODE | LOADER_DATA | BOOT_SERVICES_CODE | BOOT_SERVICES_DATA | CONVENTIONAL_MEMORY
    )
}
