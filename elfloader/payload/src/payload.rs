// SPDX-License-Identifier: BSD-2-Clause

//! Reading and writing payload headers.

use core::mem::offset_of;

use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::layout::{Cpu, Header, MAGIC, Region, VERSION};
use crate::{
    Digest, ExceptionLevel, Integrity, LogLevel, MAX_CORES, Machine, PAGE_SIZE, PayloadError,
    PhysAddr, PhysRange, PhysicalAddressBits, RegionKind, Signature, VirtAddr,
};

/// Largest size in bytes of a header with what follows it: the pages that images keep for it.
pub const MAX_SIZE: usize = 2 * PAGE_SIZE as usize;

/// Most bytes of memory that a loader may take: the size of a level 2 block.
pub const LOADER_MAX_SIZE: u64 = 2 << 20;

/// [`MAGIC`] as [`Header`] has it: bytes would be compared one by one.
const MAGIC_NUMBER: u64 = u64::from_le_bytes(MAGIC);

/// Where the bytes begin that the header's checksum covers.
const CHECKED_FROM: usize = offset_of!(Header, signature);

/// Where the bytes begin that the header's signature covers; they end with the header.
pub const SIGNED_FROM: usize = offset_of!(Header, length);

/// Alignment in bytes of what a header ends with.
const ALIGNMENT: usize = 8;

/// A SHA-256.
pub type Measurement = [u8; 32];

/// The part of the loader that is the same in the file and whenever it runs: code and constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConstantPart {
    /// Its size in bytes, from the loader's first byte on.
    pub size: u64,
    /// What tells it from others.
    pub digest: Digest,
}

/// The user image (the root task) as the kernel is told of it
/// (seL4 16.0.0, `src/arch/arm/64/head.S`, x0 to x3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserImage {
    /// Its pages.
    pub memory: PhysRange,
    /// Physical minus virtual address, modulo 2^64.
    pub pv_offset: u64,
    /// Its entry point.
    pub entry: VirtAddr,
}

/// The memory that the kernel's device tree lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceTreeSlot {
    /// Its start.
    pub start: PhysAddr,
    /// Size of the embedded device tree; 0 where none is embedded.
    pub size: u64,
    /// Bytes that a firmware's device tree may take in its stead.
    pub capacity: u64,
}

/// Roots of the translation tables that the kernel is entered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TranslationTables {
    /// `TTBR0_EL1`, or `TTBR0_EL2` for a kernel at EL2.
    pub ttbr0: PhysAddr,
    /// `TTBR1_EL1`; `None` for a kernel at EL2, which has one address range only.
    pub ttbr1: Option<PhysAddr>,
}

/// All that the loader must not guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload<'a> {
    /// Version of what is booted: a loader may refuse older ones. 0 where nobody counts.
    pub image_version: u64,
    /// [`crate::key_id`] of the key that the image is signed with; 0 where it isn't signed.
    pub key_id: u64,
    /// Signature of the header, and so of all that it names the digest of; zero where there is none.
    pub signature: Signature,
    /// Where the loader's first byte must lie: its relocations are applied for this address.
    pub load_address: PhysAddr,
    /// What the loader verifies of itself.
    pub loader: ConstantPart,
    /// The exception level that the kernel is entered at.
    pub exception_level: ExceptionLevel,
    /// Number of cores that the kernel waits for, 1 to [`MAX_CORES`].
    pub cores: u32,
    /// What `TCR_EL2.PS` must say.
    pub physical_address_bits: PhysicalAddressBits,
    /// How much the loader says.
    pub log_level: LogLevel,
    /// What the loader verifies of itself and of each region.
    pub integrity: Integrity,
    /// The kernel's entry point.
    pub kernel_entry: VirtAddr,
    /// The user image.
    pub user_image: UserImage,
    /// The device tree's place.
    pub device_tree: DeviceTreeSlot,
    /// The translation tables.
    pub tables: TranslationTables,
    /// What the embedded device tree says of the machine.
    pub machine: Machine,
    /// SHA-256 of what the image boots, for the device tree's `/chosen`; the builder defines it.
    pub measurement: Measurement,
    /// The regions, in ascending order of address, disjoint.
    pub regions: &'a [Region],
    /// The cores that the embedded device tree names, as many as the kernel waits for, the one that
    /// boots first; none where there is one core, or no device tree.
    pub cpus: &'a [Cpu],
    /// What `bootargs` of the device tree's `/chosen` is to be, the nul at its end included; empty to
    /// leave it as it is.
    pub boot_arguments: &'a [u8],
}

impl<'a> Payload<'a> {
    /// Reads the header at the start of `bytes`, whose checksum `crc32c` computes.
    ///
    /// # Errors
    ///
    /// Any deviation from the contract is a [`PayloadError`].
    pub fn parse(bytes: &'a [u8], crc32c: impl FnOnce(&[u8]) -> u32) -> Result<Self, PayloadError> {
        if bytes.len() < size_of::<Header>() {
            return Err(PayloadError::Truncated {
                needed: size_of::<Header>(),
                found: bytes.len(),
            });
        }
        let (header, rest) = Header::ref_from_prefix(bytes).map_err(|_| PayloadError::Magic)?;
        if header.magic != MAGIC_NUMBER {
            return Err(PayloadError::Magic);
        }
        if header.version != VERSION {
            return Err(PayloadError::Version {
                found: header.version,
            });
        }
        let length = header.length as usize;
        let sizes = Sizes::of(header).filter(|sizes| sizes.total() == length);
        let Some(sizes) = sizes else {
            return Err(PayloadError::Length {
                length: header.length,
                regions: header.region_count,
            });
        };
        let truncated = PayloadError::Truncated {
            needed: length,
            found: bytes.len(),
        };
        let checked = bytes.get(CHECKED_FROM..length).ok_or(truncated)?;
        let found = crc32c(checked);
        if found != header.checksum {
            return Err(PayloadError::Checksum {
                expected: header.checksum,
                found,
            });
        }
        let (regions, rest) = elements(rest, sizes.region_count).ok_or(truncated)?;
        let (cpus, rest) = elements(rest, sizes.cpu_count).ok_or(truncated)?;
        let (boot_arguments, padding) = rest
            .get(..sizes.padded_boot_arguments())
            .and_then(|padded| padded.split_at_checked(sizes.boot_arguments))
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

    /// What the header at the start of `bytes` says of the machine, whether or not the rest of it
    /// is well-formed: enough to say on the machine's console that it isn't.
    pub fn peek_machine(bytes: &[u8]) -> Machine {
        match Header::ref_from_prefix(bytes) {
            Ok((header, _)) if header.magic == MAGIC_NUMBER => header.machine.peek(),
            _ => Machine::default(),
        }
    }

    /// Where the table of symbols lies, as the header at the start of `bytes` says, whether or not the
    /// rest of it is well-formed: a report of a fault needs no more.
    pub fn peek_symbols(bytes: &[u8]) -> Option<PhysRange> {
        let (header, rest) = Header::ref_from_prefix(bytes).ok()?;
        if header.magic != MAGIC_NUMBER || header.version != VERSION {
            return None;
        }
        let count = header.region_count as usize;
        let (regions, _) = <[Region]>::ref_from_prefix_with_elems(rest, count).ok()?;
        let mut regions = regions.iter();
        let symbols = regions.find(|region| region.kind() == Some(RegionKind::Symbols))?;
        PhysRange::from_size(symbols.memory()?.start, symbols.file_size())
    }

    /// What the header at the start of `bytes` says that the loader verifies of itself, and how, whether
    /// or not the rest of it is well-formed; `None` where that is nothing, or no header is there.
    pub fn peek_loader(bytes: &[u8]) -> Option<(Integrity, ConstantPart)> {
        let (header, _) = Header::ref_from_prefix(bytes).ok()?;
        let integrity = Integrity::from_wire(header.integrity)?;
        let is_verified = header.magic == MAGIC_NUMBER
            && header.loader_constant_size <= LOADER_MAX_SIZE
            && integrity != Integrity::None;
        is_verified.then_some((integrity, header.loader()))
    }

    /// The part of `header`, which this was parsed from, that its signature is about.
    pub fn signed_part<'b>(&self, header: &'b [u8]) -> Option<&'b [u8]> {
        header.get(SIGNED_FROM..self.size())
    }

    /// Size in bytes of the header with what follows it.
    pub fn size(&self) -> usize {
        let sizes = Sizes {
            region_count: self.regions.len(),
            cpu_count: self.cpus.len(),
            boot_arguments: self.boot_arguments.len(),
        };
        sizes.total()
    }

    /// Writes the header to the start of `out` and returns its size.
    ///
    /// # Errors
    ///
    /// Returns [`PayloadError::Truncated`] where `out` is too small for the regions.
    pub fn encode(
        &self,
        out: &mut [u8],
        crc32c: impl FnOnce(&[u8]) -> u32,
    ) -> Result<usize, PayloadError> {
        let needed = self.size();
        let found = out.len();
        let out = out
            .get_mut(..needed)
            .ok_or(PayloadError::Truncated { needed, found })?;
        let header = self.to_header(needed as u32);
        let parts = [
            header.as_bytes(),
            self.regions.as_bytes(),
            self.cpus.as_bytes(),
            self.boot_arguments,
        ];
        let mut rest = &mut *out;
        for part in parts {
            let (place, behind) = rest.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = behind;
        }
        rest.fill(0);
        let checksum = crc32c(&out[CHECKED_FROM..]);
        out[offset_of!(Header, checksum)..CHECKED_FROM].copy_from_slice(&checksum.to_le_bytes());
        Ok(needed)
    }

    /// Gives the header's fields their types, or returns the name of the field that has none.
    fn from_header(header: &Header) -> Result<Self, &'static str> {
        let user_memory = PhysRange {
            start: header.user_start,
            end: header.user_end,
        };
        if user_memory.is_empty()
            || !user_memory.start.is_page_aligned()
            || !user_memory.end.is_page_aligned()
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
        if header.loader_constant_size > LOADER_MAX_SIZE {
            return Err("loader");
        }
        if header.dtb_size > header.dtb_capacity {
            return Err("device tree");
        }
        Ok(Self {
            image_version: header.image_version,
            key_id: header.key_id,
            signature: header.signature,
            load_address: header.load_address,
            loader: header.loader(),
            exception_level,
            cores: header.cores,
            physical_address_bits: PhysicalAddressBits::from_wire(header.physical_address_bits)
                .ok_or("physical address bits")?,
            log_level: LogLevel::from_wire(header.log_level).ok_or("log level")?,
            integrity: Integrity::from_wire(header.integrity).ok_or("integrity")?,
            kernel_entry: header.kernel_entry,
            user_image: UserImage {
                memory: user_memory,
                pv_offset: header.user_pv_offset,
                entry: header.user_entry,
            },
            device_tree: DeviceTreeSlot {
                start: header.dtb_start,
                size: header.dtb_size,
                capacity: header.dtb_capacity,
            },
            tables: tables(header, exception_level).ok_or("translation tables")?,
            machine: header.machine.machine()?,
            measurement: header.measurement,
            regions: &[],
            cpus: &[],
            boot_arguments: &[],
        })
    }

    fn to_header(self, length: u32) -> Header {
        Header {
            magic: MAGIC_NUMBER,
            version: VERSION,
            checksum: 0,
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
            loader_constant_size: self.loader.size,
            loader_digest: self.loader.digest,
            kernel_entry: self.kernel_entry,
            user_start: self.user_image.memory.start,
            user_end: self.user_image.memory.end,
            user_pv_offset: self.user_image.pv_offset,
            user_entry: self.user_image.entry,
            dtb_start: self.device_tree.start,
            dtb_size: self.device_tree.size,
            dtb_capacity: self.device_tree.capacity,
            ttbr0: self.tables.ttbr0,
            ttbr1: self.tables.ttbr1.unwrap_or_default(),
            machine: self.machine.into(),
            measurement: self.measurement,
        }
    }
}

impl Header {
    fn loader(&self) -> ConstantPart {
        ConstantPart {
            size: self.loader_constant_size,
            digest: self.loader_digest,
        }
    }
}

/// How many there are of what follows a header.
struct Sizes {
    region_count: usize,
    cpu_count: usize,
    /// Length of the boot arguments, without the zeroes behind them.
    boot_arguments: usize,
}

impl Sizes {
    /// What `header` says, unless it is more than a payload header can hold.
    fn of(header: &Header) -> Option<Self> {
        let sizes = Self {
            region_count: header.region_count as usize,
            cpu_count: header.cpu_count as usize,
            boot_arguments: header.boot_arguments_length as usize,
        };
        let largest = sizes
            .region_count
            .max(sizes.cpu_count)
            .max(sizes.boot_arguments);
        (largest <= MAX_SIZE).then_some(sizes)
    }

    /// Size in bytes of the header with all of it.
    fn total(&self) -> usize {
        size_of::<Header>()
            + self.region_count * size_of::<Region>()
            + self.cpu_count * size_of::<Cpu>()
            + self.padded_boot_arguments()
    }

    fn padded_boot_arguments(&self) -> usize {
        self.boot_arguments.next_multiple_of(ALIGNMENT)
    }
}

/// The first `count` elements in `bytes`, and what follows them.
fn elements<T: FromBytes + Immutable>(bytes: &[u8], count: usize) -> Option<(&[T], &[u8])> {
    let (elements, rest) = bytes.split_at_checked(count.checked_mul(size_of::<T>())?)?;
    Some((<[T]>::ref_from_bytes(elements).ok()?, rest))
}

/// Checks each region by itself, and that they ascend without overlap.
fn check_regions(regions: &[Region]) -> Result<(), PayloadError> {
    let mut previous_end = PhysAddr(0);
    for (index, region) in regions.iter().enumerate() {
        let memory = region.memory().ok_or(PayloadError::Region { index })?;
        if !region.is_clean()
            || region.kind().is_none()
            || memory.is_empty()
            || region.file_size() > memory.size()
        {
            return Err(PayloadError::Region { index });
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
