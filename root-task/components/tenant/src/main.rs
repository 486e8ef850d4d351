// SPDX-License-Identifier: BSD-2-Clause

//! Holds memory and a channel to `echo`, which it uses once, until it is stopped.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use kaal_component::{CHANNEL_ENDED, Channel, Client, Echo, Failure, allocate, wait};

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let echo = Client::lookup("echo")?;
    allocate(16 * 1024)?.fill(1);
    loop {
        let mut channel = Channel::create("echo", 8192)?;
        // An `echo` that was restarted amid the call refuses: the one before had taken the channel.
        if echo.call(Echo::Accept, ()).is_ok() {
            channel.send(&[1; 1000])?;
            while wait() & CHANNEL_ENDED == 0 {
                while channel.receive(&mut [0; 64])? > 0 {}
            }
        }
        channel.close()?;
    }
}
