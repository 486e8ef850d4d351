// SPDX-License-Identifier: BSD-2-Clause

//! The firmware's memory map (UEFI Specification 2.10, section 7.2).

use core::ptr;

use kaal_payload::{PAGE_SIZE, PhysRange};
use r_efi::efi::{
    BOOT_SERVICES_CODE, BOOT_SERVICES_DATA, BootServices, CONVENTIONAL_MEMORY, LOADER_CODE,
    LOADER_DATA, MemoryDescriptor, Status,
};

use crate::console::{Console, Refused};

/// Size in bytes of the first buffer, and what each further one has over the size that the firmware asks for:
/// allocating it can add descriptors.
const SPARE: usize = 2048;

/// The number of buffers that are tried.
const MOST_BUFFERS: usize = 8;

/// The memory map, as of some moment.
pub(crate) struct MemoryMap<'a> {
    services: &'a BootServices,
    /// The first descriptor; null if there is no buffer.
    descriptors: *mut MemoryDescriptor,
    /// Size in bytes of the buffer.
    capacity: usize,
    /// Size in bytes of the descriptors, or the size that the firmware asks for.
    size: usize,
    /// Distance in bytes of the descriptors. It can exceed the size that this version of the specification gives them.
    descriptor_size: usize,
    /// Identifies this state of the map.
    pub(crate) key: usize,
}

impl<'a> MemoryMap<'a> {
    /// An empty map.
    pub(crate) fn new(services: &'a BootServices) -> Self {
        Self {
            services,
            descriptors: ptr::null_mut(),
            capacity: 0,
            size: 0,
            descriptor_size: 0,
            key: 0,
        }
    }

    /// Reads the map, into a larger buffer if necessary.
    pub(crate) fn read(&mut self, console: &Console) -> Result<(), Refused> {
        let mut status = self.read_again();
        for _ in 0..MOST_BUFFERS {
            if status == Status::BUFFER_TOO_SMALL {
                status = self.allocate();
                if status == Status::SUCCESS {
                    status = self.read_again();
                }
            }
        }
        match status {
            Status::SUCCESS => Ok(()),
            status => {
                Err(console.refuse_status("the firmware refuses its memory map, status #", status))
            }
        }
    }

    /// Reads the map into the same buffer.
    pub(crate) fn read_again(&mut self) -> Status {
        self.size = self.capacity;
        let mut version = 0;
        // SAFETY: the buffer has this size.
        unsafe {
            (self.services.get_memory_map)(
                &mut self.size,
                self.descriptors,
                &mut self.key,
                &mut self.descriptor_size,
                &mut version,
            )
        }
    }

    /// Allocates a buffer that is larger than the firmware asks for.
    fn allocate(&mut self) -> Status {
        self.free();
        let capacity = self.size + SPARE;
        let mut buffer = ptr::null_mut();
        // SAFETY: the buffer is written to `buffer`.
        let status = unsafe { (self.services.allocate_pool)(LOADER_DATA, capacity, &mut buffer) };
        if status == Status::SUCCESS {
            self.descriptors = buffer.cast();
            self.capacity = capacity;
        }
        status
    }

    /// Frees the buffer.
    pub(crate) fn free(&mut self) {
        if !self.descriptors.is_null() {
            // SAFETY: the buffer is from `allocate`, and nothing uses it any more.
            let _ = unsafe { (self.services.free_pool)(self.descriptors.cast()) };
            self.descriptors = ptr::null_mut();
            self.capacity = 0;
        }
    }

    /// Checks that all memory that the unpacker writes to is RAM that is free once boot services have ended.
    pub(crate) fn check(
        &self,
        mut needed: impl Iterator<Item = PhysRange>,
        console: &Console,
    ) -> Result<(), Refused> {
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
