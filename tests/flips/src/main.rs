// SPDX-License-Identifier: BSD-2-Clause

//! A small hypervisor that boots an image once for each of its bits, with that bit flipped, and finds
//! out what became of it: the loader names the damage, or the kernel is entered with just what the
//! undamaged image gives it.
//!
//! It runs at EL2 on QEMU's virt machine, and the image at EL1, in memory of its own (`stage2.rs`). The
//! image sees a UART, a firmware that powers off, and nothing else. The kernel can't be executed: an
//! attempt to is where a boot ends.
//!
//! What the image's kernel does rely on, and so is compared: its arguments in x0 to x5, the processor's
//! state and system registers (`own_registers.rs`), and memory as the job says.

#![no_std]
#![no_main]

mod clock;
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
use core::fmt;

use aarch64_cpu::registers::{CNTHCTL_EL2, CPTR_EL2, HCR_EL2, MDCR_EL2, Readable, Writeable};
use kaal_flips::{DONE, FAILED, FLIP, JOB_ADDRESS, JOB_MAGIC, Job, Outcome};
use smccc::{Smc, psci};

use crate::console::{UART_BASE, println};
use crate::memory::Memory;
use crate::own_registers::SEEN;
use crate::run::{End, Handover, Run};
use crate::stage2::Stage2;

/// How much longer than the undamaged image a damaged one may run.
const PATIENCE: u64 = 16;

/// The time that the undamaged image is given, in the counter's units.
const FIRST_LIMIT: u64 = 1 << 26;

/// HCR_EL2: EL1 is AArch64, under a second stage of translation; interrupts come here, waiting, SMC and
/// implementation-defined registers trap.
const HCR: u64 = 1 | 0b111 << 3 | 0b11 << 13 | 1 << 19 | 1 << 20 | 1 << 31;

/// CPTR_EL2: nothing traps; the bits that are set are RES1.
const CPTR: u64 = 0x33ff;

/// MDCR_EL2: registers of debugging and of the performance monitors trap.
const MDCR: u64 = 0b111 << 9 | 0b11 << 5;

/// CNTHCTL_EL2: the physical counter may be read, the physical timer traps.
const CNTHCTL: u64 = 0b01;

/// Memory that one core uses, once.
struct Global<T>(UnsafeCell<T>);

// SAFETY: there is one core.
unsafe impl<T> Sync for Global<T> {}

static STAGE2: Global<Stage2> = Global(UnsafeCell::new(Stage2::EMPTY));

/// What is known of the undamaged image.
struct Reference {
    entry: u64,
    handover: Handover,
    limit: u64,
}

extern "C" fn main() -> ! {
    match flip_all() {
        Ok(()) => {}
        Err(reason) => println!("{FAILED}{reason}"),
    }
    let _ = psci::system_off::<Smc>();
    loop {
        aarch64_cpu::asm::wfe();
    }
}

fn flip_all() -> Result<(), &'static str> {
    // SAFETY: whoever started this program put a job there; any bytes are one.
    let job = unsafe { &*(JOB_ADDRESS as *const Job) };
    if job.magic != JOB_MAGIC {
        return Err("there is no job");
    }
    let seen = job.seen.get(..job.seen_count as usize);
    let sweeps = job.sweeps.get(..job.sweep_count as usize);
    let file = memory::file(job.file_size);
    let (Some(seen), Some(sweeps), Some(file)) = (seen, sweeps, file) else {
        return Err("the job is malformed");
    };
    set_up();
    // SAFETY: this is the only reference.
    let stage2 = unsafe { &mut *STAGE2.0.get() };
    let mut memory = Memory::new(stage2.turn_on(job.kernel, UART_BASE));
    let reference = boot_undamaged(job, &mut memory, file)?;

    let mut counts = [0u64; Outcome::ALL.len()];
    for sweep in sweeps {
        for bit in (sweep.bits.start..sweep.bits.end).step_by(sweep.step as usize) {
            let outcome = flip(job, &mut memory, file, &reference, seen, bit);
            counts[outcome as usize] += 1;
        }
    }
    println!("{DONE}{} {}", counts.iter().sum::<u64>(), Counts(counts));
    Ok(())
}

/// Prepares EL2.
fn set_up() {
    HCR_EL2.set(HCR);
    CPTR_EL2.set(CPTR);
    MDCR_EL2.set(MDCR_EL2.get() | MDCR);
    CNTHCTL_EL2.set(CNTHCTL);
    clock::start();
}

/// Boots the undamaged image, twice: it has to come to the same.
fn boot_undamaged(
    job: &Job,
    memory: &mut Memory,
    file: &mut [u8],
) -> Result<Reference, &'static str> {
    let entry = memory.load(job, file).ok_or("the image can't be loaded")?;
    let started = clock::now();
    let run = Run::new(job, memory, entry, FIRST_LIMIT);
    let duration = clock::now() - started;
    if run.end != End::Entered || !run.text.is_empty() {
        println!(
            "{} at {:#x}: {:?}",
            run.end,
            run.guest.address,
            run.text.as_bytes()
        );
        return Err("the undamaged image doesn't enter its kernel in silence");
    }
    memory.note_reference();
    println!("the undamaged image takes {duration} units of the counter");
    Ok(Reference {
        entry,
        handover: run.handover(),
        limit: PATIENCE * duration,
    })
}

/// Boots the image with a bit flipped.
fn flip(
    job: &Job,
    memory: &mut Memory,
    file: &mut [u8],
    reference: &Reference,
    seen: &[kaal_flips::Span],
    bit: u64,
) -> Outcome {
    let (offset, mask) = ((bit / 8) as usize, 1 << (bit % 8));
    file[offset] ^= mask;
    let outcome = match memory.load_flipped(file, offset, mask, reference.entry) {
        Some(entry) => {
            let run = Run::new(job, memory, entry, reference.limit);
            let difference = match run.end {
                End::Entered => difference(&run, memory, reference, seen),
                _ => None,
            };
            let outcome = outcome(&run, difference.as_ref());
            if outcome != Outcome::Named {
                println!(
                    "{FLIP}{offset:x}.{} {outcome} {} at {:#x}{}",
                    bit % 8,
                    run.end,
                    run.guest.address,
                    Detail(difference, &run)
                );
            }
            outcome
        }
        None => {
            println!("{FLIP}{offset:x}.{} {}", bit % 8, Outcome::NotLoaded);
            Outcome::NotLoaded
        }
    };
    file[offset] ^= mask;
    memory.restore();
    outcome
}

fn outcome(run: &Run, difference: Option<&Difference>) -> Outcome {
    match run.end {
        End::Entered if difference.is_none() => Outcome::Irrelevant,
        End::Entered | End::Strayed => Outcome::Unaccounted,
        _ if run.names_failure => Outcome::Named,
        _ if run.text.is_empty() => Outcome::Silent,
        _ => Outcome::Garbled,
    }
}

/// What a kernel is entered with that it should not be.
enum Difference {
    Argument(usize),
    State,
    Register(&'static str),
    Memory(u64),
}

/// The first difference to what the undamaged image enters its kernel with.
fn difference(
    run: &Run,
    memory: &Memory,
    reference: &Reference,
    seen: &[kaal_flips::Span],
) -> Option<Difference> {
    let (found, expected) = (run.handover(), &reference.handover);
    let argument = (0..6).find(|&index| found.arguments[index] != expected.arguments[index]);
    let register =
        (0..SEEN.len()).find(|&index| found.own_registers[index] != expected.own_registers[index]);
    argument
        .map(Difference::Argument)
        .or((found.state != expected.state).then_some(Difference::State))
        .or(register.map(|index| Difference::Register(SEEN[index])))
        .or_else(|| memory.first_difference(seen).map(Difference::Memory))
}

/// Shown behind an outcome.
struct Detail<'a>(Option<Difference>, &'a Run);

impl fmt::Display for Detail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(Difference::Argument(index)) => write!(f, ", x{index} differs")?,
            Some(Difference::State) => f.write_str(", PSTATE differs")?,
            Some(Difference::Register(name)) => write!(f, ", {name} differs")?,
            Some(Difference::Memory(address)) => write!(f, ", {address:#x} differs")?,
            None => {}
        }
        if !self.1.text.is_empty() {
            write!(f, ", prints {}", self.1.text.as_bytes().escape_ascii())?;
        }
        Ok(())
    }
}

/// Shown as the number of each outcome.
struct Counts([u64; Outcome::ALL.len()]);

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (outcome, count) in Outcome::ALL.iter().zip(self.0) {
            write!(f, " {outcome}={count}")?;
        }
        Ok(())
    }
}

#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    println!("{FAILED}{}", info.message());
    let _ = psci::system_off::<Smc>();
    loop {
        aarch64_cpu::asm::wfe();
    }
}
