// SPDX-License-Identifier: BSD-2-Clause

//! Hostile streams to the component that receives programs, and hostile programs to the root task.
//!
//! A stream has the same frames, however it is cut into pieces. A program within its quota never makes the root task
//! count more pages than that.

use kaal_broker::{Config, Resources, check_start_up};
use kaal_program::Program;
use kaal_reload::Header;

use crate::common::reload::receive;
use crate::manifest::pages;
use crate::{Target, input};

/// More memory than any component of the demo has.
const QUOTA: u64 = 1 << 20;

/// The line of `cargo xtask watch`. The first byte chooses the size of the pieces, or a program without a frame.
pub const RELOAD: Target = Target {
    name: "reload",
    run: |input| match input.split_first() {
        Some((0, program)) => run_program(program),
        Some((size, stream)) => {
            let frames = receive(stream, (*size).into());
            assert_eq!(frames, receive(stream, stream.len().max(1)));
            frames.iter().any(|frame| frame.2)
        }
        None => false,
    },
    seeds: || {
        let program = pages().to_bytes();
        let header = Header::new("hello", &program).expect("a short name");
        let frame = [header.to_bytes(), &program].concat();
        vec![input(0, &program), input(7, &frame)]
    },
};

/// Reads a program and checks that it fits its quota, as the root task does.
fn run_program(file: &[u8]) -> bool {
    let Ok(program) = Program::read(file) else {
        return false;
    };
    let config = Config {
        quota: Resources {
            bytes: QUOTA,
            slots: 300,
            devices: 0,
        },
        stack: 4096,
        ..Config::new("hello")
    };
    let fits = check_start_up(&config, &program.image()).is_ok();
    let sizes = program.segments.iter().map(|segment| segment.size);
    let size = sizes.fold(0, u64::saturating_add);
    assert!(!fits || size <= QUOTA);
    fits
}
