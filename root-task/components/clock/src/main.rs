// SPDX-License-Identifier: BSD-2-Clause

//! Tells the root task the time every second, from the PL031 real-time clock (Arm DDI 0224).

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::pl031::{DEVICE, RTCDR, RTCICR, RTCIMSC, RTCMR};
use kaal_component::{Failure, Interrupt, Registers};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let clock = Registers::request(DEVICE)?;
    let interrupt = Interrupt::request(DEVICE)?;
    clock.write(RTCIMSC, 1);
    loop {
        let now = clock.read(RTCDR);
        kaal_component::tick(now.into())?;
        clock.write(RTCMR, now.wrapping_add(1));
        // If this second has passed meanwhile, the clock won't interrupt.
        if clock.read(RTCDR) == now {
            kaal_component::wait();
        }
        clock.write(RTCICR, 1);
        interrupt.acknowledge()?;
    }
}
