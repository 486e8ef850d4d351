// SPDX-License-Identifier: BSD-2-Clause

//! Consoles of all kinds that a board of QEMU has, and one that takes no bytes.
//!
//! The probe kernel is linked for one machine only. So these tests boot a kernel whose first
//! instruction is undefined, and expect the loader's report on the board's console. Boards that
//! this QEMU lacks are ignored.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use goblin::elf::program_header::PT_LOAD;
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::qemu::{self, End, Version, Watch};
use kaal_harness::workspace::Workspace;
use libtest_mimic::Trial;
use vm_fdt::{FdtWriter, FdtWriterResult};

use crate::image::{Image, change_file, find};
use crate::{says, trial};

/// The time limit of a boot.
const LIMIT: Duration = Duration::from_secs(60);

/// The first release of QEMU with `-audio none`.
const SILENT: Version = Version { major: 8, minor: 2 };

/// A board of QEMU's.
pub(crate) struct Board {
    /// QEMU's name for it.
    machine: &'static str,
    /// The `compatible` of the console's node.
    compatible: &'static str,
    /// The address of the console's registers.
    pub(crate) uart: u64,
    /// `reg-shift`
    register_shift: Option<u32>,
    /// The number of QEMU's serial lines before the console's.
    lines_before: usize,
    /// The start of RAM.
    ram: u64,
}

pub(crate) const RASPI3B: Board = Board {
    machine: "raspi3b",
    compatible: "arm,pl011",
    uart: 0x3f20_1000,
    register_shift: None,
    lines_before: 0,
    ram: 0,
};

const BOARDS: [Board; 8] = [
    RASPI3B,
    Board {
        compatible: "brcm,bcm2835-aux-uart",
        uart: 0x3f21_5040,
        lines_before: 1,
        ..RASPI3B
    },
    Board {
        machine: "raspi4b",
        uart: 0xfe20_1000,
        ..RASPI3B
    },
    Board {
        machine: "raspi4b",
        compatible: "brcm,bcm2835-aux-uart",
        uart: 0xfe21_5040,
        lines_before: 1,
        ..RASPI3B
    },
    Board {
        machine: "xlnx-zcu102",
        compatible: "cdns,uart-r1p12",
        uart: 0xff00_0000,
        ..RASPI3B
    },
    Board {
        machine: "imx8mp-evk",
        compatible: "fsl,imx6q-uart",
        uart: 0x3089_0000,
        lines_before: 1,
        ram: 0x4000_0000,
        ..RASPI3B
    },
    Board {
        machine: "npcm845-evb",
        compatible: "nuvoton,npcm750-uart",
        uart: 0xf000_0000,
        register_shift: Some(2),
        ..RASPI3B
    },
    Board {
        machine: "ast2700a1-evb",
        compatible: "ns16550a",
        uart: 0x14c3_3b00,
        register_shift: Some(2),
        ram: 0x4_0000_0000,
        ..RASPI3B
    },
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let known = process::read(Command::new(qemu::program()).args(["-machine", "help"]));
    let known = known.unwrap_or_default();
    let is_known = |machine| {
        known
            .lines()
            .any(|line| line.split(' ').next() == Some(machine))
    };
    let mut trials: Vec<Trial> = BOARDS
        .iter()
        .map(|board| {
            let name = format!("uarts::{}::{}", board.machine, board.compatible);
            trial(workspace, name, |workspace| board.check(workspace))
                .with_ignored_flag(!is_known(board.machine))
        })
        .collect();
    trials.push(trial(workspace, "uarts::stuck", stuck));
    trials
}

impl Board {
    /// The address of the kernel.
    fn kernel(&self) -> u64 {
        self.ram + 0x100_0000
    }

    fn device_tree(&self) -> FdtWriterResult<Vec<u8>> {
        /// The size of RAM, enough for the image.
        const RAM_SIZE: u64 = 0x800_0000;

        let mut fdt = FdtWriter::new()?;
        let root = fdt.begin_node("")?;
        fdt.property_u32("#address-cells", 2)?;
        fdt.property_u32("#size-cells", 2)?;
        let chosen = fdt.begin_node("chosen")?;
        fdt.property_string("stdout-path", "/serial:115200n8")?;
        fdt.end_node(chosen)?;
        let memory = fdt.begin_node("memory")?;
        fdt.property_string("device_type", "memory")?;
        fdt.property_array_u64("reg", &[self.ram, RAM_SIZE])?;
        fdt.end_node(memory)?;
        let serial = fdt.begin_node("serial")?;
        fdt.property_string("compatible", self.compatible)?;
        fdt.property_array_u64("reg", &[self.uart, 0x1000])?;
        if let Some(shift) = self.register_shift {
            fdt.property_u32("reg-shift", shift)?;
        }
        fdt.end_node(serial)?;
        fdt.end_node(root)?;
        fdt.finish()
    }

    /// An image for the board, whose kernel begins with an undefined instruction.
    pub(crate) fn image(&self, workspace: &Workspace) -> Result<Image> {
        let mut image = Image::ordinary(workspace)?;
        let device_tree = image.file("board.dtb");
        fs::write(&device_tree, self.device_tree()?)?;
        image.inputs.device_tree = Some(device_tree);
        change_file(&image.inputs.kernel, |kernel| {
            move_to(kernel, self.kernel())
        })?;
        Ok(image)
    }

    fn check(&self, workspace: &Workspace) -> Result<()> {
        let image = self.image(workspace)?;
        image.pack(workspace)?;

        let mut command = Command::new(qemu::program());
        command.args(["-machine", self.machine]).args([
            "-nodefaults",
            "-display",
            "none",
            "-no-reboot",
        ]);
        // Newer releases require an option that says that the host has no sound.
        if Version::query()? >= SILENT {
            command.args(["-audio", "none"]);
        }
        for _ in 0..self.lines_before {
            command.args(["-serial", "null"]);
        }
        let file = image.file("bootimage.elf").display().to_string();
        let file = file.replace(',', ",,");
        // All other cores start at zeroes, and wait there.
        command.args(["-device", &format!("loader,file={file},cpu-num=0")]);
        let watch = Watch {
            // The last line reports the power-off or its failure.
            expect: Some("power".to_owned()),
            limit: Some(LIMIT),
            ..Watch::default()
        };
        let report = qemu::run(command, &watch)?;
        let console = &report.console;
        if report.end != End::Expected {
            bail!("{:?}:\n{console}{}", report.end, report.messages);
        }
        let entry = 0xffff_ff80_0000_0000 + self.kernel();
        says(console, &format!("entering the kernel at {entry:#x}\r\n"))?;
        says(console, "KaaL: fault: undefined instruction")
    }
}

/// Moves the probe kernel to a physical address, and replaces its first instruction by an undefined
/// one.
fn move_to(kernel: &mut [u8], address: u64) -> Result<()> {
    const ENTRY: usize = 0x18;
    const P_OFFSET: usize = 8;
    const P_VADDR: usize = 16;
    const P_PADDR: usize = 24;
    const PROGRAM_HEADER_SIZE: usize = 56;

    let headers = goblin::elf::Elf::parse(kernel)?;
    let table = usize::try_from(headers.header.e_phoff)?;
    let load = headers
        .program_headers
        .iter()
        .position(|header| header.p_type == PT_LOAD);
    let load = load.context("a kernel without segments")?;
    let header = table + load * PROGRAM_HEADER_SIZE;
    let distance = address.wrapping_sub(word(kernel, header + P_PADDR));
    for place in [ENTRY, header + P_VADDR, header + P_PADDR] {
        let moved = word(kernel, place).wrapping_add(distance);
        kernel[place..place + 8].copy_from_slice(&moved.to_le_bytes());
    }
    let start = usize::try_from(word(kernel, header + P_OFFSET))?;
    kernel[start..start + 4].fill(0);
    Ok(())
}

fn word(bytes: &[u8], place: usize) -> u64 {
    let word = bytes[place..].first_chunk().copied();
    word.map_or(0, u64::from_le_bytes)
}

/// At the console's address in the device tree lies memory that reads as a UART without room.
fn stuck(workspace: &Workspace) -> Result<()> {
    const ADDRESS: u64 = 0x7800_0000;
    /// UARTFR, of which only TXFF is set.
    const FLAGS: &str = "loader,addr=0x78000018,data=0x20,data-len=4";

    let image = Image::ordinary(workspace)?;
    let dtb = image.inputs.device_tree.as_ref();
    change_file(dtb.context("no device tree")?, |tree| {
        let reg = [0x900_0000u64, 0x1000].map(u64::to_be_bytes);
        let place = find(tree, reg.as_flattened()).context("no UART")?;
        tree[place..place + 8].copy_from_slice(&ADDRESS.to_be_bytes());
        Ok(())
    })?;
    image.pack(workspace)?;
    let console = image.boot_with(&["-device".to_owned(), FLAGS.to_owned()], PASS)?;
    ensure!(!console.contains("KaaL 0"), "{console}");
    Ok(())
}
