// SPDX-License-Identifier: BSD-2-Clause

//! Tests the broker from a component, before other components start. The root task prints the
//! results.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::pl031::{DEVICE, RTCDR, RTCICR, RTCIMSC, RTCMR};
use kaal_component::{
    DmaMemory, Failure, Interrupt, Refusal, Registers, Test, allocate, ping, report, wait,
    wait_briefly,
};

kaal_component::main!(run);

const PATTERN: u8 = 0xa5;

fn run() -> Result<(), Failure> {
    // The build can make a test fail, to prove that failures are reported.
    let tell = |test, name, passed| {
        let passed = passed && option_env!("KAAL_SEED_FAULT") != Some(name);
        report(test, passed)
    };
    tell(Test::Ipc, "ipc", try_ipc().is_ok())?;
    tell(Test::Memory, "memory", try_memory().unwrap_or(false))?;
    let clock = Registers::request(DEVICE);
    let reads_back = clock.as_ref().is_ok_and(try_device);
    tell(Test::Device, "device", reads_back)?;
    let interrupts = clock.and_then(|clock| try_interrupt(&clock));
    tell(Test::Interrupt, "interrupt", interrupts.unwrap_or(false))?;
    let mut held = allocate(64 * 1024)?;
    held.fill(PATTERN);
    // A board has no device to test.
    let _ = DmaMemory::allocate(4096);
    tell(Test::Stoppable, "stoppable", true)?;
    loop {
        wait();
    }
}

fn try_ipc() -> Result<(), Refusal> {
    (0..100).try_for_each(|round: u64| ping(round.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

/// Checks that memory is zero, keeps its content, is zero again after it was freed and allocated, and
/// is copied whole.
fn try_memory() -> Result<bool, Refusal> {
    const SIZE: usize = 20 * 1024;
    let mut passed = true;
    for _ in 0..3 {
        let mut memory = allocate(SIZE)?;
        passed &= memory.len() == SIZE && memory.iter().all(|&byte| byte == 0);
        memory.fill(PATTERN);
        passed &= memory.iter().all(|&byte| byte == PATTERN);
        memory.free()?;
    }
    let mut memory = allocate(SIZE)?;
    let (from, to) = memory.split_at_mut(SIZE / 2);
    passed &= copies(from, to);
    memory.free()?;
    Ok(passed)
}

/// Checks that copies of few and many bytes, from and to any alignment, copy these bytes and no others.
fn copies(from: &mut [u8], to: &mut [u8]) -> bool {
    const MOST: usize = 70;
    for (number, byte) in from.iter_mut().enumerate() {
        *byte = number as u8;
    }
    let mut cases = (0..=MOST).flat_map(|size| (0..8).map(move |at| (size, at, size % 8)));
    cases.all(|(size, at, place)| {
        let (Some(from), Some(to)) = (from.get(at..at + size), to.get_mut(..=place + size)) else {
            return false;
        };
        to.fill(0);
        let (before, rest) = to.split_at_mut(place);
        let (copy, after) = rest.split_at_mut(size);
        copy.copy_from_slice(from);
        copy == from && before.iter().chain(&*after).all(|&byte| byte == 0)
    })
}

fn try_device(clock: &Registers) -> bool {
    const LATER: u32 = 0xffff_fff0;
    clock.write(RTCMR, LATER);
    clock.read(RTCMR) == LATER
}

fn try_interrupt(clock: &Registers) -> Result<bool, Refusal> {
    const TRIES: u32 = 3;
    const POLLS: u32 = 100_000;
    let interrupt = Interrupt::request(DEVICE)?;
    clock.write(RTCIMSC, 1);
    let mut arrived = false;
    for _ in 0..TRIES {
        // The clock interrupts at this second, which has begun, unless the next one has begun too.
        clock.write(RTCMR, clock.read(RTCDR));
        arrived = wait_briefly(POLLS).is_some_and(|events| events & interrupt.event != 0);
        clock.write(RTCICR, 1);
        interrupt.acknowledge()?;
        if arrived {
            break;
        }
    }
    clock.write(RTCIMSC, 0);
    Ok(arrived)
}
