// SPDX-License-Identifier: BSD-2-Clause

//! The firmware's services (UEFI Specification 2.10, chapters 4 and 7).

use core::ptr;
use core::slice;

use r_efi::efi::{
    BootServices, ConfigurationTable, DTB_TABLE_GUID, Handle, LOADER_DATA, MemoryDescriptor,
    Status, SystemTable,
};

use crate::console::{Console, Refused};
use crate::memory_map::MemoryMap;

/// More descriptors than allocating the memory map's buffer adds.
const SPARE_DESCRIPTORS: usize = 8;

/// The firmware, while boot services run.
pub(crate) struct Firmware {
    image: Handle,
    table: &'static SystemTable,
    services: &'static BootServices,
}

impl Firmware {
    /// The firmware that passed these arguments to the image's entry point.
    ///
    /// # Safety
    ///
    /// The arguments must be the firmware's.
    pub(crate) unsafe fn new(image: Handle, table: *mut SystemTable) -> Self {
        // SAFETY: the tables are valid while boot services run.
        unsafe {
            Self {
                image,
                table: &*table,
                services: &*(*table).boot_services,
            }
        }
    }

    /// The console.
    pub(crate) fn console(&self) -> Console {
        // SAFETY: the table is the firmware's.
        unsafe { Console::new(self.table.con_out) }
    }

    /// The address of the device tree; 0 if the firmware describes the machine by ACPI only.
    pub(crate) fn device_tree(&self) -> u64 {
        let (start, count) = (
            self.table.configuration_table,
            self.table.number_of_table_entries,
        );
        if start.is_null() {
            return 0;
        }
        // SAFETY: the table says how many entries there are.
        let tables: &[ConfigurationTable] = unsafe { slice::from_raw_parts(start, count) };
        let mut tables = tables.iter();
        let tree = tables.find(|table| table.vendor_guid == DTB_TABLE_GUID);
        tree.map_or(0, |tree| tree.vendor_table.addr() as u64)
    }

    /// The memory map.
    pub(crate) fn memory_map(&self, console: &Console) -> Result<MemoryMap, Refused> {
        let mut map = MemoryMap::default();
        loop {
            match self.read(&mut map) {
                Status::SUCCESS => return Ok(map),
                Status::BUFFER_TOO_SMALL => {
                    let size = map.size + SPARE_DESCRIPTORS * map.descriptor_size;
                    self.free(map);
                    map = self.allocate(size, console)?;
                }
                status => {
                    self.free(map);
                    return Err(console.refuse(
                        "the firmware refuses its memory map, status #",
                        &[status.as_usize() as u64],
                    ));
                }
            }
        }
    }

    /// An empty memory map with a buffer of `capacity` bytes.
    fn allocate(&self, capacity: usize, console: &Console) -> Result<MemoryMap, Refused> {
        let mut buffer = ptr::null_mut();
        // SAFETY: the buffer is written to `buffer`.
        let status = unsafe { (self.services.allocate_pool)(LOADER_DATA, capacity, &mut buffer) };
        if status != Status::SUCCESS {
            return Err(console.refuse(
                "the firmware refuses its memory map, status #",
                &[status.as_usize() as u64],
            ));
        }
        Ok(MemoryMap {
            descriptors: buffer.cast::<MemoryDescriptor>(),
            capacity,
            ..MemoryMap::default()
        })
    }

    /// Reads the memory map into the buffer of `map`.
    fn read(&self, map: &mut MemoryMap) -> Status {
        map.size = map.capacity;
        let mut version = 0;
        // SAFETY: the buffer has the size that `map` says.
        unsafe {
            (self.services.get_memory_map)(
                &mut map.size,
                map.descriptors,
                &mut map.key,
                &mut map.descriptor_size,
                &mut version,
            )
        }
    }

    /// Frees the buffer of `map`.
    pub(crate) fn free(&self, map: MemoryMap) {
        if !map.descriptors.is_null() {
            // SAFETY: the buffer is from `allocate`, and nothing uses it any more.
            let _ = unsafe { (self.services.free_pool)(map.descriptors.cast()) };
        }
    }

    /// Ends boot services. If the memory map has changed since it was read, reads it again first, as the specification
    /// demands. After that, the firmware may only do this and report the error.
    pub(crate) fn exit(&self, map: &mut MemoryMap, console: &Console) -> Result<(), Refused> {
        let exit = |map: &MemoryMap| {
            // SAFETY: the program uses no boot services if this succeeds.
            unsafe { (self.services.exit_boot_services)(self.image, map.key) }
        };
        let mut status = exit(map);
        if status == Status::INVALID_PARAMETER {
            status = self.read(map);
            if status == Status::SUCCESS {
                status = exit(map);
            }
        }
        match status {
            Status::SUCCESS => Ok(()),
            status => Err(console.refuse(
                "the firmware refuses to end its boot services, status #",
                &[status.as_usize() as u64],
            )),
        }
    }
}
