// SPDX-License-Identifier: BSD-2-Clause

//! The values of fields in headers.

use core::fmt;

use crate::PhysAddr;

/// The most cores that an image can be for. A GICv2 has eight CPU interfaces (Arm GIC Architecture Specification,
/// IHI 0048B, section 2.1), and seL4 maps eight redistributors of a GICv3 (seL4 16.0.0,
/// `src/arch/arm/machine/gic_v3.c`, `GICR_SIZE`).
pub const MAX_CORES: u32 = 8;

/// Defines an enumeration that can be read from a header.
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
            /// The value that `raw` stands for, if there is one.
            pub const fn from_wire(raw: u8) -> Option<Self> {
                match raw {
                    $( $value => Some(Self::$variant), )+
                    _ => None,
                }
            }
        }
    };
}

wire_enum! {
    /// The exception level at which the kernel is entered.
    ExceptionLevel {
        /// EL1: an ordinary kernel.
        El1 = 1,
        /// EL2: a kernel with hypervisor support.
        El2 = 2,
    }
}

wire_enum! {
    /// How much the loader prints. Each level includes the ones before it.
    #[derive(Default)]
    LogLevel {
        /// Only why it stopped.
        Error = 0,
        /// Also one line with version, exception level, regions and entry point.
        #[default]
        Info = 1,
        /// Also where the device tree comes from, and each region.
        Debug = 2,
    }
}

wire_enum! {
    /// How the loader verifies itself and each region. Unless it verifies nothing, it also checks memory that should be
    /// zero.
    #[derive(Default)]
    Integrity {
        /// No verification. The digests are those of [`Self::Crc32c`].
        None = 0,
        /// CRC-32C (Castagnoli): finds damage.
        #[default]
        Crc32c = 1,
        /// SHA-256: finds forgeries too, if the payload header is signed.
        Sha256 = 2,
    }
}

wire_enum! {
    /// Physical address size that a hypervisor kernel expects in `TCR_EL2.PS` (seL4 16.0.0,
    /// `include/arch/arm/arch/64/mode/machine.h`). Ordinary kernels use the processor's.
    #[derive(Default)]
    PhysicalAddressBits {
        /// Unknown: 40 or 44 bits, by the processor's `ID_AA64MMFR0_EL1.PARange`.
        #[default]
        FromProcessor = 0,
        /// `CONFIG_ARM_PA_SIZE_BITS_40`.
        Bits40 = 40,
        /// `CONFIG_ARM_PA_SIZE_BITS_44`.
        Bits44 = 44,
    }
}

wire_enum! {
    /// The content of a region.
    RegionKind {
        /// A loadable segment of the kernel.
        Kernel = 1,
        /// The device tree that the builder embedded.
        DeviceTree = 2,
        /// A loadable segment of the user image.
        UserImage = 3,
        /// Page tables.
        TranslationTables = 4,
        /// Names of functions in kernel and loader, for fault reports.
        Symbols = 5,
    }
}

/// Printed as in "region 1 (device tree) is damaged".
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
        /// 8250, 16550 and compatible ones.
        Ns8250 = 2,
        /// NXP i.MX, from i.MX21 on.
        Imx = 3,
        /// NXP LPUART with registers of 32 bits.
        Lpuart = 4,
        /// Cadence, as in Xilinx Zynq.
        Cadence = 5,
        /// Amlogic Meson.
        Meson = 6,
        /// STMicroelectronics STM32, from STM32F7 on.
        Stm32 = 7,
        /// Qualcomm GENI.
        Geni = 8,
        /// Qualcomm UARTDM 1.4.
        UartDm = 9,
        /// Renesas SCIF and HSCIF.
        Scif = 10,
        /// Marvell Armada 3700.
        Armada3700 = 11,
        /// Samsung S5PV210 and Exynos.
        Samsung = 12,
    }
}

wire_enum! {
    /// How a package stores a chunk.
    Encoding {
        /// Uncompressed.
        Identity = 0,
        /// As an LZ4 block (<https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>).
        Lz4 = 1,
    }
}

wire_enum! {
    /// The width of an access to a device's register (device tree binding `8250`, `reg-io-width`).
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

/// The UART that the loader prints on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Console {
    /// The kind of UART.
    pub kind: ConsoleKind,
    /// Its registers.
    pub base: PhysAddr,
    /// log2 of the distance in bytes of its registers, if it differs within the kind (device tree binding `8250`,
    /// `reg-shift`), else 0.
    pub register_shift: u8,
    /// How its registers are accessed.
    pub access_size: AccessSize,
}

impl Console {
    /// Largest [`Self::register_shift`].
    const MAX_REGISTER_SHIFT: u8 = 4;

    /// Whether the registers don't overlap and accesses to them are aligned.
    pub const fn is_sound(&self) -> bool {
        // A power of two: dividing by it would take more instructions.
        let size = self.access_size as u64;
        self.register_shift <= Self::MAX_REGISTER_SHIFT
            && self.base.0 & (size - 1) == 0
            && (!matches!(self.kind, ConsoleKind::Ns8250) || size <= 1 << self.register_shift)
    }
}

impl AccessSize {
    /// The access of this many bytes, if there is one.
    pub fn from_bytes(bytes: u64) -> Option<Self> {
        Self::from_wire(bytes.try_into().ok()?)
    }
}

/// The registers of an Arm generic interrupt controller.
///
/// No variant has the number 0, which stands for `None` then: a static without one takes no room in a program's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Gic {
    /// GICv2
    V2 {
        /// The distributor's registers.
        distributor: PhysAddr,
        /// The CPU interface's registers.
        cpu_interface: PhysAddr,
    } = 1,
    /// GICv3 or GICv4
    V3 {
        /// The distributor's registers.
        distributor: PhysAddr,
        /// The first region of redistributors.
        redistributors: PhysAddr,
    } = 2,
}

/// The part of a device tree that the loader needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// The UART that the device tree names as console, if the loader supports it.
    pub console: Option<Console>,
    /// How to call the PSCI firmware, if there is one.
    pub psci: Option<PsciConduit>,
    /// The interrupt controller, if the loader supports it.
    pub gic: Option<Gic>,
}
