// SPDX-License-Identifier: BSD-2-Clause

//! Tells the root task the time, each second, by the PL031 real-time clock (Arm DDI 0224).

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{Interrupt, Refusal, Registers};

kaal_component::main!(run);

const DEVICE: &str = "arm,pl031";

/// Seconds, counting up.
const RTCDR: usize = 0x00;
/// The second at which to interrupt.
const RTCMR: usize = 0x04;
/// Whether to interrupt.
const RTCIMSC: usize = 0x10;
/// Clears the interrupt.
const RTCICR: usize = 0x1c;

fn run() -> Result<(), Refusal> {
    let clock = Registers::request(DEVICE)?;
    let interrupt = Interrupt::request(DEVICE)?;
    clock.write(RTCIMSC, 1);
    loop {
        let now = clock.read(RTCDR);
        kaal_component::tick(now.into())?;
        clock.write(RTCMR, now.wrapping_add(1));
        // A second that began meanwhile would not interrupt.
        if clock.read(RTCDR) == now {
            kaal_component::wait();
        }
        clock.write(RTCICR, 1);
        interrupt.acknowledge()?;
    }
}
