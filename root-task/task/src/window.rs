// SPDX-License-Identifier: BSD-2-Clause

//! Pages of the root task's address space where other pages are mapped: one for the console's
//! registers, and one where pages of components are mapped briefly, to fill them.

use core::cell::UnsafeCell;

use kaal_broker::{KernelError, KernelResult, PAGE_SIZE};
use sel4::{BootInfoPtr, CapRights, VmAttributes, cap, init_thread};

use crate::capabilities::checked;

/// Reserves the page's address. Its memory is never accessed.
#[repr(C, align(4096))]
struct Placeholder(UnsafeCell<[u8; PAGE_SIZE as usize]>);

// SAFETY: only the placeholder's address is used, never its memory.
unsafe impl Sync for Placeholder {}

impl Placeholder {
    const fn new() -> Self {
        Self(UnsafeCell::new([0; PAGE_SIZE as usize]))
    }

    /// Unmaps the page that the kernel mapped there. Call it only once. Returns the address.
    fn clear(&self, bootinfo: &BootInfoPtr) -> Result<usize, KernelError> {
        let address = self.0.get().expose_provenance();
        let image = (&raw const __executable_start).addr();
        let page = address / PAGE_SIZE as usize - image / PAGE_SIZE as usize;
        let frame = bootinfo.user_image_frames().index(page).cap();
        checked(frame.frame_unmap())?;
        Ok(address)
    }
}

static WINDOW: Placeholder = Placeholder::new();
static CONSOLE: Placeholder = Placeholder::new();

/// Returns the address for the console's registers, with nothing mapped. Call it only once.
pub(crate) fn for_console(bootinfo: &BootInfoPtr) -> Result<usize, KernelError> {
    CONSOLE.clear(bootinfo)
}

unsafe extern "C" {
    /// Start of the root task's image, from the linker.
    static __executable_start: u8;
}

/// The page's address, with nothing mapped.
pub(crate) struct Window(usize);

impl Window {
    /// Unmaps the page that the kernel mapped there. Call it only once.
    pub(crate) fn open(bootinfo: &BootInfoPtr) -> Result<Self, KernelError> {
        WINDOW.clear(bootinfo).map(Self)
    }

    /// Copies `bytes` to `offset` of `page`, which isn't mapped anywhere. If `executable`, makes
    /// them visible to instruction fetches.
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
        checked(page.frame_map(space, self.0, CapRights::read_write(), attributes))?;
        let to = core::ptr::with_exposed_provenance_mut::<u8>(self.0 + offset);
        // SAFETY: `page` has just been mapped at the window's address, nothing refers to that, and
        // the range ends within the page.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        if executable {
            unify(page)?;
        }
        checked(page.frame_unmap())
    }

    /// Writes `value` to the register at `offset` of a device's `page`, which isn't mapped anywhere.
    /// Returns whether the register soon reads as `read_back`.
    pub(crate) fn quiesce(
        &mut self,
        page: cap::Granule,
        offset: usize,
        value: u32,
        read_back: u32,
    ) -> Result<bool, KernelError> {
        /// Polls of the register.
        const POLLS: u32 = 10_000;
        let fits = offset.is_multiple_of(size_of::<u32>()) && offset < PAGE_SIZE as usize;
        if !fits {
            return Err(KernelError::AlignmentError);
        }
        let space = init_thread::slot::VSPACE.cap();
        let attributes = VmAttributes::EXECUTE_NEVER;
        checked(page.frame_map(space, self.0, CapRights::read_write(), attributes))?;
        let register = core::ptr::with_exposed_provenance_mut::<u32>(self.0 + offset);
        // SAFETY: `page` has just been mapped at the window's address, and the register is aligned and
        // lies within it.
        unsafe { register.write_volatile(value) };
        // SAFETY: as above.
        let is_quiet = (0..POLLS).any(|_| unsafe { register.read_volatile() } == read_back);
        checked(page.frame_unmap())?;
        Ok(is_quiet)
    }
}

/// Cleans a mapped page in the data cache, and invalidates it in the instruction cache.
fn unify(page: cap::Granule) -> KernelResult {
    let status = sel4::with_ipc_buffer_mut(|buffer| {
        buffer
            .inner_mut()
            .seL4_ARM_Page_Unify_Instruction(page.bits(), 0, PAGE_SIZE)
    });
    checked(sel4::Error::from_sys(status).map_or(Ok(()), Err))
}
