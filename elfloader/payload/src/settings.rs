// SPDX-License-Identifier: BSD-2-Clause

//! The values that a header's fields can have.

use core::fmt;

use crate::PhysAddr;

/// Most cores that an image can be for: seL4 runs on no more with either interrupt controller. A
/// GICv2 has eight CPU interfaces (Arm GIC Architecture Specification, IHI 0048B, section 2.1), and
/// of a GICv3 seL4 maps the redistributors of eight (seL4 16.0.0,
/// `src/arch/arm/machine/gic_v3.c`, `GICR_SIZE`).
pub const MAX_CORES: u32 = 8;

/// Defines an enumeration and the reading of its values from a header.
macro_rules! wire_enum {
    (
        $(#[$doc:meta])*
        $name:ident {
            $( $(#[$variant_doc:meta])* $variant:ident = $value:literal, )+
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum $name {
            $( $(#[$variant_doc])* $variant = $value, )+
        }

        impl $name {
            /// The value that stands for `raw` in a header, if there is one.
            pub(crate) const fn from_wire(raw: u8) -> Option<Self> {
                match raw {
                    $( $value => Some(Self::$variant), )+
                    _ => None,
                }
            }
        }
    };
}

wire_enum! {
    /// The exception level that a kernel is entered at.
    ExceptionLevel {
        /// EL1: an ordinary kernel.
        El1 = 1,
        /// EL2: a kernel with hypervisor support.
        El2 = 2,
    }
}

wire_enum! {
    /// How much the loader says. Each level includes those before it.
    LogLevel {
        /// Only why it stopped.
        Error = 0,
        /// One line: version, exception level, regions and what is entered.
        Info = 1,
        /// Also the device tree's source, the machine and each region.
        Debug = 2,
    }
}

wire_enum! {
    /// What the loader computes of itself and of each region before it enters the kernel, and compares
    /// with their [`crate::Digest`]s. Unless it is nothing, it also looks whether memory is zero that
    /// should be.
    Integrity {
        /// Nothing: all is taken as it lies in memory. The digests are those of [`Self::Crc32c`].
        None = 0,
        /// CRC-32C (Castagnoli): finds damage.
        Crc32c = 1,
        /// SHA-256: finds forgeries as well, where the payload header is signed.
        Sha256 = 2,
    }
}

wire_enum! {
    /// Physical address size that the kernel expects in `TCR_EL2.PS`
    /// (seL4 16.0.0, `include/arch/arm/arch/64/mode/machine.h`). Ordinary kernels take the
    /// processor's.
    PhysicalAddressBits {
        /// Unknown: the one of the two that the processor's `ID_AA64MMFR0_EL1.PARange` suggests.
        FromProcessor = 0,
        /// `CONFIG_ARM_PA_SIZE_BITS_40`.
        Bits40 = 40,
        /// `CONFIG_ARM_PA_SIZE_BITS_44`.
        Bits44 = 44,
    }
}

wire_enum! {
    /// What a region holds.
    RegionKind {
        /// A loadable segment of the kernel.
        Kernel = 1,
        /// The device tree that the builder embedded.
        DeviceTree = 2,
        /// A loadable segment of the user image.
        UserImage = 3,
        /// Translation tables.
        TranslationTables = 4,
        /// Names of addresses in kernel and loader, for reports of faults.
        Symbols = 5,
    }
}

/// Shown as in "region 1 (device tree) is damaged".
impl fmt::Display for RegionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kernel => "kernel",
            Self::DeviceTree => "device tree",
            Self::UserImage => "user image",
            Self::TranslationTables => "translation tables",
            Self::Symbols => "symbols",
        })
    }
}

wire_enum! {
    /// The kinds of UART that the loader can print on.
    ConsoleKind {
        /// Arm PrimeCell PL011, and the generic UART of Arm's server base system architecture.
        Pl011 = 1,
        /// 8250, 16550 and what is compatible with them.
        Ns8250 = 2,
        /// NXP i.MX, from i.MX21 on.
        Imx = 3,
        /// NXP LPUART with registers of 32 bits.
        Lpuart = 4,
        /// Cadence, as in Xilinx Zynq.
        Cadence = 5,
        /// Amlogic Meson.
        Meson = 6,
    }
}

wire_enum! {
    /// How a package stores content.
    Encoding {
        /// As it is.
        Identity = 0,
        /// As an LZ4 block (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>).
        Lz4 = 1,
    }
}

wire_enum! {
    /// The size of an access to a device's register (device tree binding `8250`, `reg-io-width`).
    AccessSize {
        /// 8 bits
        Byte = 1,
        /// 16 bits
        HalfWord = 2,
        /// 32 bits
        Word = 4,
    }
}

wire_enum! {
    /// The instruction that calls the PSCI firmware (device tree binding `arm,psci`, `method`).
    PsciConduit {
        /// `smc`
        Smc = 1,
        /// `hvc`
        Hvc = 2,
    }
}

/// Where the loader prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// The kind of UART.
    pub kind: ConsoleKind,
    /// Its registers.
    pub base: PhysAddr,
    /// log2 of the bytes from one register to the next, where the kind leaves that to the board
    /// (device tree binding `8250`, `reg-shift`), else 0.
    pub register_shift: u8,
    /// How its registers are accessed.
    pub access_size: AccessSize,
}

impl Console {
    /// Largest [`Self::register_shift`].
    const MAX_REGISTER_SHIFT: u8 = 4;

    /// Whether registers lie at offsets that exist, each where it can be accessed.
    pub const fn is_sound(&self) -> bool {
        let size = self.access_size as u64;
        self.register_shift <= Self::MAX_REGISTER_SHIFT
            && self.base.0.is_multiple_of(size)
            && (!matches!(self.kind, ConsoleKind::Ns8250) || size <= 1 << self.register_shift)
    }
}

impl AccessSize {
    /// An access of so many bytes, if there is one.
    pub const fn from_bytes(bytes: u64) -> Option<Self> {
        match bytes {
            1 => Some(Self::Byte),
            2 => Some(Self::HalfWord),
            4 => Some(Self::Word),
            _ => None,
        }
    }
}

/// The registers of an Arm generic interrupt controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gic {
    /// GICv2
    V2 {
        /// The distributor's registers.
        distributor: PhysAddr,
        /// The CPU interface's registers.
        cpu_interface: PhysAddr,
    },
    /// GICv3 or GICv4
    V3 {
        /// The distributor's registers.
        distributor: PhysAddr,
        /// The first region of redistributors.
        redistributors: PhysAddr,
    },
}

/// What the loader needs to know of a machine, as a device tree tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The UART of `/chosen/stdout-path`, if the loader knows its kind.
    pub console: Option<Console>,
    /// How to call the PSCI firmware, if there is one.
    pub psci: Option<PsciConduit>,
    /// The interrupt controller, if the loader knows its kind.
    pub gic: Option<Gic>,
}
