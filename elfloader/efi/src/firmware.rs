// SPDX-License-Identifier: BSD-2-Clause

//! The firmware's services (UEFI Specification 2.10, chapters 4 and 7).

use core::ffi::c_void;
use core::ptr;
use core::slice;

use r_efi::efi::{
    BootServices, ConfigurationTable, DTB_TABLE_GUID, Guid, Handle, Status, SystemTable,
};

use crate::console::{Console, Refused};
use crate::memory_map::MemoryMap;

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

    /// The first protocol of this kind; null if there is none.
    pub(crate) fn locate(&self, protocol: &Guid) -> *mut c_void {
        let mut found = ptr::null_mut();
        let mut protocol = *protocol;
        // SAFETY: the protocol is written to `found`.
        let status =
            unsafe { (self.services.locate_protocol)(&mut protocol, ptr::null_mut(), &mut found) };
        match status {
            Status::SUCCESS => found,
            _ => ptr::null_mut(),
        }
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

    /// The memory map, which is still empty.
    pub(crate) fn memory_map(&self) -> MemoryMap<'_> {
        MemoryMap::new(self.services)
    }

    /// Ends boot services. If the memory map has changed since it was read, reads it again first, as the specification
    /// demands. After that, the firmware may only do this, free memory and report the error.
    pub(crate) fn exit(&self, map: &mut MemoryMap<'_>, console: &Console) -> Result<(), Refused> {
        let exit = |map: &MemoryMap<'_>| {
            // SAFETY: the program uses no boot services if this succeeds.
            unsafe { (self.services.exit_boot_services)(self.image, map.key) }
        };
        map.read(console)?;
        let mut status = exit(map);
        if status == Status::INVALID_PARAMETER {
            status = map.read_again();
            if status == Status::SUCCESS {
                status = exit(map);
            }
        }
        match status {
            Status::SUCCESS => Ok(()),
            status => Err(console.refuse_status(
                "the firmware refuses to end its boot services, status #",
                status,
            )),
        }
    }
}
