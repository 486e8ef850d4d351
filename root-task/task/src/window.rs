// SPDX-License-Identifier: BSD-2-Clause

//! A page of the root task's address space that any page can be mapped to for a moment.

use core::cell::UnsafeCell;

use kaal_broker::{KernelError, KernelResult, PAGE_SIZE};
use sel4::{BootInfoPtr, CapRights, VmAttributes, cap, init_thread};

use crate::capabilities::checked;

/// Takes up the page; its own memory is never accessed.
#[repr(C, align(4096))]
struct Placeholder(UnsafeCell<[u8; PAGE_SIZE as usize]>);

// SAFETY: nothing refers to the placeholder's memory, only its address is taken.
unsafe impl Sync for Placeholder {}

static PLACEHOLDER: Placeholder = Placeholder(UnsafeCell::new([0; PAGE_SIZE as usize]));

unsafe extern "C" {
    /// Where the linker put the start of the root task's image.
    static __executable_start: u8;
}

/// The page, free to be mapped to.
pub(crate) struct Window {
    address: usize,
}

impl Window {
    /// Frees the page of what the kernel mapped there. There can be one window only.
    pub(crate) fn open(bootinfo: &BootInfoPtr) -> Result<Self, KernelError> {
        let address = PLACEHOLDER.0.get().expose_provenance();
        let image = (&raw const __executable_start).addr();
        let page = address / PAGE_SIZE as usize - image / PAGE_SIZE as usize;
        let frame = bootinfo.user_image_frames().index(page).cap();
        checked(frame.frame_unmap())?;
        Ok(Self { address })
    }

    /// Copies `bytes` to `offset` of `page`, which is not mapped anywhere. Instructions are made
    /// visible to fetches.
    pub(crate) fn copy(
        &mut self,
        page: cap::Granule,
        offset: usize,
        bytes: &[u8],
        executable: bool,
    ) -> KernelResult {
        if bytes.len() > (PAGE_SIZE as usize).saturating_sub(offset) {
            return Err(KernelError::RangeError);
        }
        let space = init_thread::slot::VSPACE.cap();
        let attributes = VmAttributes::DEFAULT | VmAttributes::EXECUTE_NEVER;
        checked(page.frame_map(space, self.address, CapRights::read_write(), attributes))?;
        let to = core::ptr::with_exposed_provenance_mut::<u8>(self.address + offset);
        // SAFETY: the page has just been mapped at the window's address, nothing else is there, and
        // the range ends within the page.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        if executable {
            unify(page)?;
        }
        checked(page.frame_unmap())
    }
}

/// Cleans a mapped page from the data cache, and removes it from the instruction cache.
fn unify(page: cap::Granule) -> KernelResult {
    let status = sel4::with_ipc_buffer_mut(|buffer| {
        buffer
            .inner_mut()
            .seL4_ARM_Page_Unify_Instruction(page.bits(), 0, PAGE_SIZE)
    });
    checked(sel4::Error::from_sys(status).map_or(Ok(()), Err))
}
