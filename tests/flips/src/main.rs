// SPDX-License-Identifier: BSD-2-Clause

//! A small hypervisor that boots an image once for each of its bits, with that bit flipped. It finds out
//! whether the loader reports the damage, or the kernel is entered exactly as by the undamaged image.
//!
//! It runs at EL2 on QEMU's virt machine, the image at EL1 in memory of its own (`stage2.rs`). The image has a
//! UART and a firmware that powers off, nothing else. The kernel's code can't be executed: the attempt ends the
//! boot.
//!
//! It also boots forgeries of a signed image, to find out whether the loader refuses them without having changed anything
//! but its own variables.
//!
//! It compares everything that the kernel relies on: its arguments in x0 to x5, the processor's state and
//! system registers (`own_registers.rs`), and the memory that the job names.

#![no_std]
#![no_main]

mod areas;
mod clock;
mod compare;
mod console;
mod elf;
mod entry;
mod guest;
mod memory;
mod own_registers;
mod run;
mod stage2;
mod text;

use core::cell::UnsafeCell;

use aarch64_cpu::registers::{CNTHCTL_EL2, CPTR_EL2, HCR_EL2, MDCR_EL2, Readable, Writeable};
use kaal_flips::{DONE, FAILED, FLIP, FORGERY, Fate, JOB_ADDRESS, JOB_MAGIC, Job, Outcome, Span};
use smccc::{Smc, psci};

use crate::compare::{Found, Reference};
use crate::console::{UART_BASE, println};
use crate::memory::Memory;
use crate::run::{End, Run};
use crate::stage2::Stage2;

/// How many times as long as the undamaged image a damaged one may run.
const PATIENCE: u64 = 16;

/// The time limit of the undamaged image, in the counter's units.
const FIRST_LIMIT: u64 = 1 << 26;

/// HCR_EL2: EL1 is AArch64, under a second stage of translation. Interrupts are routed to EL2. WFI, WFE, SMC and
/// implementation-defined registers trap.
const HCR: u64 = 1 | 0b111 << 3 | 0b11 << 13 | 1 << 19 | 1 << 20 | 1 << 31;

/// CPTR_EL2: nothing traps. The bits that are set are RES1.
const CPTR: u64 = 0x33ff;

/// MDCR_EL2: the registers of debugging and performance monitors trap.
const MDCR: u64 = 0b111 << 9 | 0b11 << 5;

/// CNTHCTL_EL2: the physical counter is readable, the physical timer traps.
const CNTHCTL: u64 = 0b01;

const MALFORMED: &str = "the job is malformed";

/// Memory that one core takes once.
struct Global<T>(UnsafeCell<T>);

// SAFETY: there is one core.
unsafe impl<T> Sync for Global<T> {}

static STAGE2: Global<Stage2> = Global(UnsafeCell::new(Stage2::EMPTY));

extern "C" fn main() -> ! {
    match boot_all() {
        Ok(()) => {}
        Err(reason) => println!("{FAILED}{reason}"),
    }
    let _ = psci::system_off::<Smc>();
    loop {
        aarch64_cpu::asm::wfe();
    }
}

fn boot_all() -> Result<(), &'static str> {
    // SAFETY: the test has put a job there, and any bytes are valid.
    let job = unsafe { &*(JOB_ADDRESS as *const Job) };
    if job.magic != JOB_MAGIC {
        return Err("there is no job");
    }
    let sweeps = job.sweeps.get(..job.sweep_count as usize);
    let file = areas::file(job.file_size);
    let (true, Some(sweeps), Some(file)) = (job.seen_count <= job.seen.len() as u64, sweeps, file)
    else {
        return Err(MALFORMED);
    };
    set_up();
    // SAFETY: this is the only reference.
    let stage2 = unsafe { &mut *STAGE2.0.get() };
    let mut memory = Memory::new(stage2.turn_on(job.kernel, UART_BASE));
    let reference = boot_undamaged(job, &mut memory, file)?;

    for sweep in sweeps {
        for bit in (sweep.bits.start..sweep.bits.end).step_by(sweep.step as usize) {
            flip(job, &mut memory, file, &reference, bit);
        }
    }
    let mut forgeries = areas::forgeries();
    for _ in 0..job.forgery_count {
        let (size, rest) = forgeries.split_first_chunk().ok_or(MALFORMED)?;
        let size = u64::from_ne_bytes(*size) as usize;
        let (forgery, rest) = rest.split_at_checked(size).ok_or(MALFORMED)?;
        boot_forgery(job, &mut memory, forgery, &reference);
        forgeries = rest;
    }
    println!("{DONE}");
    Ok(())
}

/// Sets up EL2.
fn set_up() {
    HCR_EL2.set(HCR);
    CPTR_EL2.set(CPTR);
    MDCR_EL2.set(MDCR_EL2.get() | MDCR);
    CNTHCTL_EL2.set(CNTHCTL);
    clock::start();
}

/// Boots the undamaged image.
fn boot_undamaged(job: &Job, memory: &mut Memory, file: &[u8]) -> Result<Reference, &'static str> {
    let entry = memory.load(job, file).ok_or("the image can't be loaded")?;
    let started = clock::now();
    let run = Run::new(job, memory, entry, FIRST_LIMIT);
    if run.end != End::Entered || !run.text.is_empty() {
        println!(
            "the undamaged image {} at {:#x}",
            run.end, run.guest.address
        );
        return Err("the undamaged image doesn't enter its kernel in silence");
    }
    memory.note_reference();
    Ok(Reference {
        entry,
        handover: run.handover(),
        limit: PATIENCE * (clock::now() - started),
    })
}

/// Boots the image with a flipped bit, and prints the result.
fn flip(job: &Job, memory: &mut Memory, file: &mut [u8], reference: &Reference, bit: u64) {
    let (offset, mask) = ((bit / 8) as usize, 1 << (bit % 8));
    let place = format_args!("{offset:x}.{}", bit % 8);
    file[offset] ^= mask;
    match memory.load_flipped(file, offset, mask, reference.entry) {
        Some(entry) => {
            let run = Run::new(job, memory, entry, reference.limit);
            let found = Found::new(&run, memory, reference, seen(job));
            if found.outcome != Outcome::Named {
                println!("{FLIP}{place} {} {found}", found.outcome);
            }
        }
        None => println!("{FLIP}{place} {}", Outcome::NotLoaded),
    }
    file[offset] ^= mask;
    memory.restore();
}

/// Boots a forgery, and prints the result.
fn boot_forgery(job: &Job, memory: &mut Memory, forgery: &[u8], reference: &Reference) {
    match memory.load_other(forgery) {
        Some(entry) if entry == reference.entry && memory.first_change(job.loader).is_none() => {
            let run = Run::new(job, memory, entry, reference.limit);
            let mut found = Found::new(&run, memory, reference, seen(job));
            let fate = found.fate(memory, job.constant);
            println!("{FORGERY}{fate} {found}");
        }
        Some(_) => println!("{FORGERY}{}", Fate::AnotherLoader),
        None => println!("{FORGERY}{}", Fate::NotLoaded),
    }
    memory.restore();
}

/// The memory that the kernel relies on.
fn seen(job: &Job) -> &[Span] {
    &job.seen[..job.seen_count as usize]
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("{FAILED}{}", info.message());
    let _ = psci::system_off::<Smc>();
    loop {
        aarch64_cpu::asm::wfe();
    }
}
