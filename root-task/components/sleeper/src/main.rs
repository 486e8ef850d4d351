// SPDX-License-Identifier: BSD-2-Clause

//! Sets alarms, and says in which order they came and how often.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Console, Failure, Refusal, Timer, wait};

kaal_component::main!(run);

/// The time between two alarms, in microseconds, unless the clock is coarser.
const STEP: u64 = 5000;

/// The alarms in the order in which they expire. They are set in the order of their numbers.
const ORDER: [usize; 4] = [2, 0, 3, 1];

/// Expiries to wait for, of an alarm with a period.
const PERIODS: u64 = 3;

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let timer = Timer::open()?;
    let (_, resolution) = timer.now()?;
    let step = resolution.max(STEP);
    order(&timer, step, &mut console)?;
    count(&timer, step, &mut console)?;
    let refused = [
        timer.set(4, 0, 0) == Err(Refusal::NotFound),
        timer.set(0, 0, 999) == Err(Refusal::Malformed),
    ];
    writeln!(console, "wrong alarms are refused: {refused:?}")?;
    timer.close()?;
    Ok(())
}

/// Sets each alarm once, and waits for all of them.
fn order(timer: &Timer, step: u64, console: &mut Console) -> Result<(), Failure> {
    let (start, _) = timer.now()?;
    let mut due = [0; 4];
    for (place, alarm) in (1..).zip(ORDER) {
        due[alarm] = start + 2 * place * step;
    }
    for (alarm, &at) in (0..).zip(&due) {
        timer.set(alarm, at, 0)?;
    }
    let (mut are_in_order, mut are_early) = (true, false);
    let mut came = [false; 4];
    while came.contains(&false) {
        while wait() & timer.event() == 0 {}
        // Several may have come by now, but none before an earlier one. The last one is looked at first,
        // because more may come meanwhile.
        for (came, alarm) in came.iter_mut().zip(ORDER).rev() {
            *came = timer.expiries(alarm) == 1;
        }
        are_in_order &= came.is_sorted_by(|earlier, later| earlier >= later);
        let (now, _) = timer.now()?;
        are_early |= came
            .iter()
            .zip(ORDER)
            .any(|(came, alarm)| *came && now < due[alarm]);
    }
    writeln!(
        console,
        "alarms came in order: {are_in_order}, early: {are_early}"
    )?;
    Ok(())
}

/// Sets an alarm with a period, waits for some of its expiries, and stops it.
fn count(timer: &Timer, step: u64, console: &mut Console) -> Result<(), Failure> {
    let (start, _) = timer.now()?;
    timer.set(0, start + step, step)?;
    let before = timer.expiries(0);
    while timer.expiries(0) < before + PERIODS {
        wait();
    }
    timer.set(0, u64::MAX, 0)?;
    let (now, _) = timer.now()?;
    let expiries = timer.expiries(0) - before;
    let is_right = expiries <= (now - start) / step;
    writeln!(
        console,
        "at least {PERIODS} periods, no more than passed: {is_right}"
    )?;
    Ok(())
}
