// SPDX-License-Identifier: BSD-2-Clause

//! Tests fault reports: the registers of the interrupted program, and the names of its functions.

use anyhow::{Context, Result, ensure};
use goblin::elf::Elf;
use kaal_harness::qemu::Machine;
use kaal_harness::workspace::{Program, Workspace};
use kaal_payload::{Digest, PhysAddr, PhysRange, Region, RegionKind, VirtAddr};
use libtest_mimic::Trial;

use crate::faults::{UNDEFINED, boot, plant};
use crate::image::{Image, find};
use crate::{says, trial};

/// The loader's function that calls the kernel.
const ENTERED_FROM: &str = " <kaal_elfloader::mmu::Handover>::enter_kernel+0x";

type Test = fn(&Workspace) -> Result<()>;

const TESTS: [(&str, Test); 12] = [
    ("reports::registers_at_el1", |workspace| {
        registers(Image::ordinary(workspace)?, workspace)
    }),
    ("reports::registers_at_el2", |workspace| {
        registers(Image::hypervisor(workspace)?, workspace)
    }),
    ("reports::registers_of_another_core", other_core),
    ("reports::names_at_el1", |workspace| {
        let console = boot(Image::ordinary(workspace)?, workspace, &UNDEFINED)?;
        says(&console, "KaaL: ELR 0xffffff8040000000: _start+0x0\r\n")?;
        entered_from_loader(&console)
    }),
    ("reports::names_at_el2", |workspace| {
        let console = boot(Image::hypervisor(workspace)?, workspace, &UNDEFINED)?;
        says(&console, "KaaL: ELR 0x8060000000: _start+0x0\r\n")?;
        entered_from_loader(&console)
    }),
    ("reports::names_from_packages", from_packages),
    ("reports::no_names_without_symbols", without_symbols),
    ("reports::kernel_that_was_overwritten", overwritten_kernel),
    ("reports::kernel_entered_in_its_data", entry_in_data),
    ("reports::symbols_that_are_damaged", damaged_symbols),
    ("reports::fault_within_a_report", fault_within_a_report),
    ("reports::explained_by_the_builder", explained),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    TESTS
        .into_iter()
        .map(|(name, test)| trial(workspace, name, test))
        .collect()
}

/// Values that a register doesn't have by chance.
fn value(register: u32) -> u32 {
    0xa500 + register
}

/// `movz` of a value to each register, `mov sp, x30`, `udf #0`
fn fill_registers() -> Vec<u32> {
    let movz = |register| 0xd280_0000 | value(register) << 5 | register;
    (0..31).map(movz).chain([0x9100_03df, 0]).collect()
}

fn says_registers(console: &str) -> Result<()> {
    let line = |first: u32| {
        let registers = first..(first + 4).min(31);
        let values: Vec<_> = registers
            .map(|register| format!("x{register} {:#x}", value(register)))
            .collect();
        format!("\r\nKaaL: {}\r\n", values.join(", "))
    };
    for first in (0..31).step_by(4) {
        says(console, &line(first))?;
    }
    says(console, &format!(", SP {:#x}, at EL", value(30)))
}

fn registers(image: Image, workspace: &Workspace) -> Result<()> {
    says_registers(&boot(image, workspace, &fill_registers())?)
}

/// `mrs x9, tpidr_el1; cbnz x9, .+8; b .`: only cores that were started go on.
const FIRST_CORE_RESTS: [u32; 3] = [0xd538_d089, 0xb500_0049, 0x1400_0000];

/// One of two cores, the one that was started, faults.
fn other_core(workspace: &Workspace) -> Result<()> {
    for (machine, program) in [
        (Machine::ordinary(), Program::Probe),
        (Machine::hypervisor(), Program::ProbeHyp),
    ] {
        let machine = Machine {
            cores: 2,
            ..machine
        };
        let boot = |code: &[u32]| {
            let image = Image::of(workspace, program, machine.clone())?;
            boot(image, workspace, &[&FIRST_CORE_RESTS, code].concat())
        };
        let console = boot(&fill_registers())?;
        says(&console, ", on core 1\r\n")?;
        says_registers(&console)?;
        let console = boot(&UNDEFINED)?;
        says(&console, ": _start+0xc\r\n")?;
        entered_from_loader(&console)?;
    }
    Ok(())
}

fn entered_from_loader(console: &str) -> Result<()> {
    let line = console
        .lines()
        .find(|line| line.starts_with("KaaL: x30 "))
        .with_context(|| format!("a line for x30 expected, found:\n{console}"))?;
    says(line, ": loader+0x")?;
    says(line, ENTERED_FROM)
}

fn from_packages(workspace: &Workspace) -> Result<()> {
    for compression in ["none", "lz4"] {
        let mut image = Image::ordinary(workspace)?;
        image.flags = vec!["--format", "image", "--compress", compression];
        let console = boot(image, workspace, &UNDEFINED)?;
        says(&console, "KaaL: ELR 0xffffff8040000000: _start+0x0\r\n")?;
        entered_from_loader(&console)?;
    }
    Ok(())
}

fn without_symbols(workspace: &Workspace) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--symbols", "off"];
    let console = boot(image, workspace, &UNDEFINED)?;
    ensure!(!console.contains("_start"), "{console}");
    ensure!(!console.contains("enter_kernel"), "{console}");
    says(&console, ": loader+0x")
}

/// An image of the probe, changed at its function `main`.
fn without_main(workspace: &Workspace, verify: &'static str) -> Result<Image> {
    /// The end of its mangled name.
    const MAIN: &str = "10kaal_probe4main";
    const WORD: usize = 4;

    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--verify", verify];
    image.pack(workspace)?;
    let kernel = std::fs::read(&image.inputs.kernel)?;
    let elf = Elf::parse(&kernel)?;
    let main = elf
        .syms
        .iter()
        .find(|symbol| {
            let name = elf.strtab.get_at(symbol.st_name);
            name.is_some_and(|name| name.ends_with(MAIN))
        })
        .context("the probe has no function main")?;
    let segment = elf
        .program_headers
        .iter()
        .find(|segment| segment.vm_range().contains(&(main.st_value as usize)))
        .context("main lies in no segment")?;
    let offset = (main.st_value - segment.p_vaddr + segment.p_offset) as usize;
    let code = &kernel[offset..][..main.st_size as usize];
    image.change(|bytes| {
        let place = find(bytes, code).context("main is not in the image")?;
        bytes[place..][..WORD].fill(0);
        Ok(())
    })?;
    Ok(image)
}

fn overwritten_kernel(workspace: &Workspace) -> Result<()> {
    let console = without_main(workspace, "none")?.boot("powering off")?;
    says(&console, "KaaL: fault: undefined instruction from the same")?;
    says(&console, ": kaal_probe::main+0x0\r\n")?;
    without_main(workspace, "crc32c")?
        .boot("KaaL: error: region 0 (kernel, ")
        .map(drop)
}

fn entry_in_data(workspace: &Workspace) -> Result<()> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = vec!["--verify", "none"];
    image.pack(workspace)?;
    let mut entry = 0;
    image.change_payload(|payload| {
        // The last words of the kernel's memory are zero.
        let size = payload.device_tree.start.0 - 0x4000_0000;
        entry = 0xffff_ff80_4000_0000 + size - 0x40;
        payload.kernel_entry = VirtAddr(entry);
    })?;
    let console = image.boot("powering off")?;
    says(&console, "KaaL: fault: undefined instruction from the same")?;
    says(&console, &format!(", ELR {entry:#x}, "))?;
    ensure!(!console.contains("KaaL: ELR "), "{console}");
    entered_from_loader(&console)
}

/// The loader verifies symbols like other regions.
fn damaged_symbols(workspace: &Workspace) -> Result<()> {
    let image = Image::ordinary(workspace)?;
    image.pack(workspace)?;
    image.change(|bytes| {
        let name = find(bytes, b"enter_kerne").context("no name in the image")?;
        bytes[name] ^= 1;
        Ok(())
    })?;
    let console = image.boot("load the image again")?;
    says(&console, "KaaL: error: region ")?;
    says(&console, " (symbols, ")
}

/// Symbols at an address without memory: the loader reports the rest and powers off.
fn fault_within_a_report(workspace: &Workspace) -> Result<()> {
    const NOWHERE: u64 = 0x70_0000_0000;

    for cores in [1, 2] {
        let machine = Machine {
            cores,
            ..Machine::ordinary()
        };
        let mut image = Image::of(workspace, Program::Probe, machine)?;
        image.flags = vec!["--verify", "none"];
        let code = match cores {
            1 => UNDEFINED.to_vec(),
            _ => [&FIRST_CORE_RESTS[..], &UNDEFINED].concat(),
        };
        plant(&image, &code)?;
        image.pack(workspace)?;
        let mut regions = Vec::new();
        image.payload(|payload| regions.extend_from_slice(payload.regions))?;
        let symbols = regions.last_mut().context("no regions")?;
        ensure!(symbols.kind() == Some(RegionKind::Symbols), "{symbols:?}");
        let memory = PhysRange::from_size(PhysAddr(NOWHERE), 0x1000).context("a range")?;
        *symbols = Region::new(RegionKind::Symbols, memory, 0x100, Digest::default());
        let regions = regions.leak();
        image.change_payload(|payload| payload.regions = regions)?;
        let console = image.boot("KaaL: powering off")?;
        says(&console, "KaaL: fault: undefined instruction from the same")?;
        says(&console, "x28 0x")?;
        ensure!(console.matches("KaaL: fault:").count() == 1, "{console}");
        ensure!(!console.contains("KaaL: ELR "), "{console}");
    }
    Ok(())
}

/// Finds file and line in the debug information of kernel and loader.
fn explained(workspace: &Workspace) -> Result<()> {
    let image = Image::ordinary(workspace)?;
    let log = image.file("log");
    let kernel = image.inputs.kernel.clone();
    plant(&image, &UNDEFINED)?;
    image.pack(workspace)?;
    std::fs::write(&log, image.boot("KaaL: powering off")?)?;
    let mut command = std::process::Command::new(workspace.builder());
    command.arg("explain").arg(&log);
    command.arg("--kernel").arg(&kernel);
    command.arg("--loader").arg(&image.inputs.loader);
    let text = kaal_harness::process::read(&mut command)?;
    says(&text, "| 0xffffff8040000000: probe.elf, _start+0x0\n")?;
    says(
        &text,
        "elfloader.elf, returns to <kaal_elfloader::mmu::Handover>::enter_kernel+0x",
    )?;
    says(&text, "elfloader/loader/src/mmu.rs:")
}
