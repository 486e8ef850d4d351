// SPDX-License-Identifier: BSD-2-Clause

//! Registers and other memory that a device accesses. There must be no references to it, and the
//! compiler must keep all accesses.

use core::ptr::{self, NonNull};

use kaal_payload::{AccessSize, PhysAddr};
use kaal_protocol::{Refusal, Request, Text};
use safe_mmio::UniqueMmioPointer;

use crate::broker;

/// A device's registers: 32-bit words that are mapped as device memory. The component's entry in
/// `system.toml` must contain the device, such as `devices = ["arm,pl031"]`.
///
/// ```no_run
/// # use kaal_component::{Refusal, Registers};
/// # fn run() -> Result<(), Refusal> {
/// /// The seconds of the PL031 real-time clock (Arm DDI 0224).
/// const RTCDR: usize = 0;
///
/// let clock = Registers::request("arm,pl031")?;
/// let seconds = clock.read(RTCDR);
/// # let _ = seconds;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Registers {
    pub(crate) address: usize,
    size: usize,
}

impl Registers {
    /// Maps the first range of a device's registers. The device is given by path, alias or
    /// `compatible`.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't name the device, or another component has it.
    pub fn request(device: &str) -> Result<Self, Refusal> {
        let name = Text::from(device);
        let [address, size, ..] = broker::request(&Request::Device(0, name))?;
        Ok(Self::new(address, size))
    }

    /// The words at `address`, where the broker mapped `size` bytes that stay mapped.
    pub(crate) fn new(address: u64, size: u64) -> Self {
        Self {
            address: address as usize,
            size: size as usize,
        }
    }

    /// Returns a pointer to the registers for a driver, with the layout `T`.
    ///
    /// # Errors
    ///
    /// Fails if `T` is larger than the registers or needs another alignment.
    pub fn into_pointer<T>(self) -> Result<UniqueMmioPointer<'static, T>, Refusal> {
        let start = NonNull::new(ptr::with_exposed_provenance_mut::<T>(self.address));
        let start = start.filter(|start| start.is_aligned() && size_of::<T>() <= self.size);
        let start = start.ok_or(Refusal::NotFound)?;
        // SAFETY: the broker mapped the registers for this component only, they stay mapped, and
        // hold an aligned `T`. Nothing else accesses them, because `self` is consumed.
        Ok(unsafe { UniqueMmioPointer::new(start) })
    }

    /// Returns the size in bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// Reads the 32-bit word at `offset`, in bytes. Returns 0 if the offset is unaligned or too
    /// large.
    pub fn read(&self, offset: usize) -> u32 {
        match self.word(offset) {
            // SAFETY: the broker mapped the memory, and `word` lies within it.
            Some(word) => unsafe { ptr::read_volatile(word) },
            None => 0,
        }
    }

    /// Writes the 32-bit word at `offset`, in bytes. Does nothing if the offset is unaligned or too
    /// large.
    pub fn write(&self, offset: usize, value: u32) {
        if let Some(word) = self.word(offset) {
            // SAFETY: the broker mapped the memory, and `word` lies within it.
            unsafe { ptr::write_volatile(word, value) };
        }
    }

    fn word(&self, offset: usize) -> Option<*mut u32> {
        self.register(offset)
    }

    fn register<T>(&self, offset: usize) -> Option<*mut T> {
        let end = offset.checked_add(size_of::<T>());
        let fits = end.is_some_and(|end| end <= self.size);
        let aligned = offset.is_multiple_of(align_of::<T>());
        (fits && aligned).then(|| ptr::with_exposed_provenance_mut(self.address + offset))
    }

    /// Whether a register of this size is at a virtual address.
    fn has(&self, address: PhysAddr, size: AccessSize) -> bool {
        let offset = usize::try_from(address.0)
            .ok()
            .and_then(|address| address.checked_sub(self.address));
        offset.is_some_and(|offset| match size {
            AccessSize::Byte => self.register::<u8>(offset).is_some(),
            AccessSize::HalfWord => self.register::<u16>(offset).is_some(),
            AccessSize::Word => self.register::<u32>(offset).is_some(),
        })
    }
}

/// For drivers of UARTs, which pass virtual addresses. Other accesses read 0 and change nothing.
impl kaal_uart::Registers for Registers {
    fn read(&self, address: PhysAddr, size: AccessSize) -> u32 {
        match self.has(address, size) {
            // SAFETY: the broker mapped the memory, and this register lies within it.
            true => unsafe { kaal_device::read(address, size) },
            false => 0,
        }
    }

    fn write(&mut self, address: PhysAddr, size: AccessSize, value: u32) {
        if self.has(address, size) {
            // SAFETY: as for reading.
            unsafe { kaal_device::write(address, size, value) };
        }
    }
}
