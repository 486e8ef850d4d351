// SPDX-License-Identifier: BSD-2-Clause

//! Reads and writes payload headers.

use core::mem::offset_of;

use zerocopy::IntoBytes;

use crate::header::{self, Length, elements, peek, preamble};
use crate::layout::{ConstantPart, Cpu, DeviceTreeSlot, Header, Measurement, Region, UserImage};
use crate::places;
use crate::{
    ExceptionLevel, Integrity, LogLevel, MAX_CORES, Machine, PAGE_SIZE, PayloadError, PhysAddr,
    PhysRange, PhysicalAddressBits, RegionKind, Signature, VERSION, VirtAddr,
};

/// Largest size in bytes of a header with all that follows it. An image reserves these pages.
pub const MAX_SIZE: usize = 2 * PAGE_SIZE as usize;

/// Most memory in bytes that a loader may take: the size of a level 2 block.
pub const LOADER_MAX_SIZE: u64 = 2 << 20;

/// First byte of a header that its signature covers; the last one is the header's last.
pub const SIGNED_FROM: usize = offset_of!(Header, length);

/// Alignment in bytes of the end of a header.
const ALIGNMENT: usize = 8;

/// Roots of the page tables that the kernel is entered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TranslationTables {
    /// `TTBR0_EL1`, or `TTBR0_EL2` for a kernel at EL2.
    pub ttbr0: PhysAddr,
    /// `TTBR1_EL1`; `None` for a kernel at EL2, which has only one address range.
    pub ttbr1: Option<PhysAddr>,
}

/// All that the loader needs to know of an image.
///
/// The builder encodes it, the loader parses it:
///
/// ```
/// use crc::{CRC_32_ISCSI, Crc};
/// use kaal_payload::*;
///
/// let crc32c = |bytes: &[u8]| Crc::<u32>::new(&CRC_32_ISCSI).checksum(bytes);
/// let memory = PhysRange::new(PhysAddr(0x4000_0000), 0x23_d000);
/// let regions = [Region::new(RegionKind::Kernel, memory, 0x3_0190, Digest::from_crc32c(1))];
/// let payload = Payload {
///     image_version: 0,
///     key_id: 0,
///     signature: [0; 64],
///     load_address: PhysAddr(0x4040_0000),
///     loader: ConstantPart { size: 0x6000, digest: Digest::from_crc32c(2) },
///     exception_level: ExceptionLevel::El1,
///     cores: 1,
///     physical_address_bits: PhysicalAddressBits::FromProcessor,
///     log_level: LogLevel::Info,
///     integrity: Integrity::Crc32c,
///     kernel_entry: VirtAddr(0xffff_ff80_4000_0000),
///     user_image: UserImage {
///         memory: PhysRange::new(PhysAddr(0x4024_d000), 0x1_7000),
///         pv_offset: 0x4004_d000,
///         entry: VirtAddr(0x20_237c),
///     },
///     device_tree: DeviceTreeSlot {
///         start: PhysAddr(0x4023_d000),
///         size: 0,
///         capacity: 0x1_0000,
///     },
///     tables: TranslationTables {
///         ttbr0: PhysAddr(0x4040_9000),
///         ttbr1: Some(PhysAddr(0x4040_a000)),
///     },
///     machine: Machine::default(),
///     measurement: [0; 32],
///     package: [0; 32],
///     regions: &regions,
///     cpus: &[],
///     boot_arguments: b"quiet\0",
/// };
///
/// // A header is aligned like the words in it.
/// let mut header = [0_u64; MAX_SIZE / 8];
/// let header = zerocopy::IntoBytes::as_mut_bytes(&mut header);
/// let size = payload.encode(header, crc32c)?;
/// assert_eq!(Payload::parse(&header[..size], crc32c)?, payload);
///
/// header[100] ^= 1;
/// assert!(matches!(
///     Payload::parse(&header[..size], crc32c),
///     Err(PayloadError::Checksum { .. })
/// ));
/// # Ok::<(), PayloadError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Version of the image; a loader may refuse older ones. 0 if the image has no version.
    pub image_version: u64,
    /// [`crate::key_id`] of the key that signed the image; 0 if it is not signed.
    pub key_id: u64,
    /// Signature of the header and, through its digests, of the image; zero if it is not signed.
    pub signature: Signature,
    /// Address that the loader's relocations are applied for.
    pub load_address: PhysAddr,
    /// What the loader verifies of itself.
    pub loader: ConstantPart,
    /// Exception level at which the kernel must be entered.
    pub exception_level: ExceptionLevel,
    /// Number of cores that the kernel waits for, 1 to [`MAX_CORES`].
    pub cores: u32,
    /// Value that the kernel expects in `TCR_EL2.PS`.
    pub physical_address_bits: PhysicalAddressBits,
    /// How much the loader prints.
    pub log_level: LogLevel,
    /// How the loader verifies itself and each region.
    pub integrity: Integrity,
    /// The kernel's entry point.
    pub kernel_entry: VirtAddr,
    /// The user image.
    pub user_image: UserImage,
    /// The memory for the device tree.
    pub device_tree: DeviceTreeSlot,
    /// The page tables.
    pub tables: TranslationTables,
    /// The machine, from the embedded device tree.
    pub machine: Machine,
    /// SHA-256 of kernel and user image, for `/chosen` of the device tree; `docs/design.md` defines it.
    pub measurement: Measurement,
    /// In signed images that are not ELF files, the SHA-256 of what runs before the loader; else zero. `docs/payload.md`
    /// defines it. The loader doesn't see this part of the file.
    pub package: Measurement,
    /// The regions, disjoint and in ascending order of their addresses.
    pub regions: &'a [Region],
    /// The cores from the embedded device tree, as many as the kernel waits for, the one that boots first. Empty if
    /// the kernel needs one core, or without a device tree.
    pub cpus: &'a [Cpu],
    /// The value of `bootargs` in `/chosen`, with the nul at its end; empty to leave the property as it is.
    pub boot_arguments: &'a [u8],
}

impl<'a> Payload<'a> {
    /// Reads the header at the start of `bytes`. `crc32c` computes its checksum.
    ///
    /// # Errors
    ///
    /// Fails on any deviation from the format.
    pub fn parse(bytes: &'a [u8], crc32c: impl FnOnce(&[u8]) -> u32) -> Result<Self, PayloadError> {
        let (header, rest) = header::open::<Header, false>(bytes, Header::length, crc32c)?;
        let truncated = PayloadError::Truncated {
            needed: header.length as usize,
            found: bytes.len(),
        };
        let (regions, rest) = elements(rest, header.region_count as usize).ok_or(truncated)?;
        let (cpus, rest) = elements(rest, header.cpu_count as usize).ok_or(truncated)?;
        let (boot_arguments, padding) = rest
            .split_at_checked(header.boot_arguments_length as usize)
            .ok_or(truncated)?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(PayloadError::Field {
                name: "boot arguments",
            });
        }
        check_regions(regions)?;
        let fixed = Self::from_header(header).map_err(|name| PayloadError::Field { name })?;
        Ok(Self {
            regions,
            cpus,
            boot_arguments,
            ..fixed
        })
    }

    /// Checks that each field leads to memory that is for it: what is verified, and nothing else. All that a loader for
    /// signed images uses is then signed itself.
    ///
    /// # Errors
    ///
    /// Returns the first field that doesn't, as [`PayloadError::Place`].
    pub fn check_places(&self) -> Result<(), PayloadError> {
        places::check(self).map_err(|name| PayloadError::Place { name })
    }

    /// The machine in the header at the start of `bytes`. The rest of the header may be malformed: its errors must
    /// reach the console too.
    pub fn peek_machine(bytes: &[u8]) -> Machine {
        peek::<Header, false>(bytes)
            .map_or_else(Machine::default, |(header, _)| header.machine.peek())
    }

    /// The table of symbols, from the header at the start of `bytes`. The rest of the header may be malformed: a
    /// report of a fault needs no more.
    pub fn peek_symbols(bytes: &[u8]) -> Option<PhysRange> {
        let (header, rest) = peek::<Header, false>(bytes)
            .filter(|(header, _)| header.preamble.version == VERSION)?;
        let (regions, _) = elements::<Region>(rest, header.region_count as usize)?;
        let mut regions = regions.iter();
        let symbols = regions.find(|region| region.kind() == Some(RegionKind::Symbols))?;
        PhysRange::from_size(symbols.memory()?.start, symbols.file_size())
    }

    /// How the loader verifies itself, and the digest for that, from the header at the start of `bytes`. The rest of
    /// the header may be malformed. `None` if there is no header, or if the image asks for no verification. The digest
    /// is not copied: damaged code that copies nothing must not make it that of no bytes, zero.
    pub fn peek_loader(bytes: &[u8]) -> Option<(Integrity, &ConstantPart)> {
        let (header, _) = peek::<Header, false>(bytes)?;
        let integrity = Integrity::from_wire(header.integrity)?;
        let is_verified = header.loader.size <= LOADER_MAX_SIZE && integrity != Integrity::None;
        is_verified.then_some((integrity, &header.loader))
    }

    /// The bytes that the signature covers, in the `header` that this was parsed from.
    pub fn signed_part<'b>(&self, header: &'b [u8]) -> Option<&'b [u8]> {
        header.get(SIGNED_FROM..self.size())
    }

    /// Size in bytes of the header with all that follows it.
    pub fn size(&self) -> usize {
        total_size(
            self.regions.len(),
            self.cpus.len(),
            self.boot_arguments.len(),
        )
    }

    /// Writes the header to the start of `out` and returns its size.
    ///
    /// # Errors
    ///
    /// Fails with [`PayloadError::Truncated`] if `out` is too small.
    pub fn encode(
        &self,
        out: &mut [u8],
        crc32c: impl FnOnce(&[u8]) -> u32,
    ) -> Result<usize, PayloadError> {
        let size = self.size();
        let header = self.to_header(size as u32);
        let parts = [
            header.as_bytes(),
            self.regions.as_bytes(),
            self.cpus.as_bytes(),
            self.boot_arguments,
        ];
        header::write(&parts, size, out, crc32c)
    }

    /// The payload without the elements after the header, or the name of the malformed field.
    fn from_header(header: &Header) -> Result<Self, &'static str> {
        let user_image = header.user_image.memory;
        if user_image.is_empty()
            || !user_image.start.is_page_aligned()
            || !user_image.end.is_page_aligned()
        {
            return Err("user image");
        }
        let exception_level =
            ExceptionLevel::from_wire(header.exception_level).ok_or("exception level")?;
        if !(1..=MAX_CORES).contains(&header.cores) {
            return Err("cores");
        }
        if !header.load_address.is_page_aligned() {
            return Err("load address");
        }
        if header.loader.size > LOADER_MAX_SIZE {
            return Err("loader");
        }
        if header.device_tree.size > header.device_tree.capacity {
            return Err("device tree");
        }
        Ok(Self {
            image_version: header.image_version,
            key_id: header.key_id,
            signature: header.signature,
            load_address: header.load_address,
            loader: header.loader,
            exception_level,
            cores: header.cores,
            physical_address_bits: PhysicalAddressBits::from_wire(header.physical_address_bits)
                .ok_or("physical address bits")?,
            log_level: LogLevel::from_wire(header.log_level).ok_or("log level")?,
            integrity: Integrity::from_wire(header.integrity).ok_or("integrity")?,
            kernel_entry: header.kernel_entry,
            user_image: header.user_image,
            device_tree: header.device_tree,
            tables: tables(header, exception_level).ok_or("translation tables")?,
            machine: header.machine.machine()?,
            measurement: header.measurement,
            package: header.package,
            regions: &[],
            cpus: &[],
            boot_arguments: &[],
        })
    }

    fn to_header(self, length: u32) -> Header {
        Header {
            preamble: preamble::<false>(),
            signature: self.signature,
            length,
            region_count: self.regions.len() as u32,
            exception_level: self.exception_level as u8,
            log_level: self.log_level as u8,
            integrity: self.integrity as u8,
            physical_address_bits: self.physical_address_bits as u8,
            cores: self.cores,
            cpu_count: self.cpus.len() as u32,
            boot_arguments_length: self.boot_arguments.len() as u32,
            image_version: self.image_version,
            key_id: self.key_id,
            load_address: self.load_address,
            loader: self.loader,
            kernel_entry: self.kernel_entry,
            user_image: self.user_image,
            device_tree: self.device_tree,
            ttbr0: self.tables.ttbr0,
            ttbr1: self.tables.ttbr1.unwrap_or_default(),
            machine: self.machine.into(),
            measurement: self.measurement,
            package: self.package,
        }
    }
}

impl Header {
    fn length(&self) -> Length {
        let counts = [
            self.region_count,
            self.cpu_count,
            self.boot_arguments_length,
        ];
        let [regions, cpus, boot_arguments] = counts.map(|count| count as usize);
        let fits = regions.max(cpus).max(boot_arguments) <= MAX_SIZE;
        Length {
            stated: self.length,
            items: self.region_count,
            computed: fits.then(|| total_size(regions, cpus, boot_arguments)),
        }
    }
}

/// Size in bytes of a header with all that follows it.
const fn total_size(regions: usize, cpus: usize, boot_arguments: usize) -> usize {
    size_of::<Header>()
        + regions * size_of::<Region>()
        + cpus * size_of::<Cpu>()
        + boot_arguments.next_multiple_of(ALIGNMENT)
}

/// Checks each region, and that they ascend without overlap.
fn check_regions(regions: &[Region]) -> Result<(), PayloadError> {
    let mut previous_end = PhysAddr(0);
    for (index, region) in regions.iter().enumerate() {
        let memory = region.memory().ok_or(PayloadError::Item { index })?;
        if !region.is_clean()
            || region.kind().is_none()
            || memory.is_empty()
            || region.file_size() > memory.size()
        {
            return Err(PayloadError::Item { index });
        }
        if index > 0 && memory.start < previous_end {
            return Err(PayloadError::Order { index });
        }
        previous_end = memory.end;
    }
    Ok(())
}

fn tables(header: &Header, exception_level: ExceptionLevel) -> Option<TranslationTables> {
    let ttbr1 = match exception_level {
        ExceptionLevel::El1 => Some(header.ttbr1),
        ExceptionLevel::El2 if header.ttbr1 == PhysAddr(0) => None,
        ExceptionLevel::El2 => return None,
    };
    let aligned = header.ttbr0.is_page_aligned() && header.ttbr1.is_page_aligned();
    aligned.then_some(TranslationTables {
        ttbr0: header.ttbr0,
        ttbr1,
    })
}
