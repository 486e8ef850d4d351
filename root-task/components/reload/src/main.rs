// SPDX-License-Identifier: BSD-2-Clause

//! Receives programs of other components over a virtio console, and passes them on to the root task, which checks them.
//!
//! Only development has it: `cargo xtask watch` adds it to the list. Without the device, it ends.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::Write;

use kaal_component::{Failure, NewProgram, Refusal, Text};
use kaal_reload::{Event, REFUSED, RUNS, Receiver};
use kaal_virtio::virtio_drivers::Error;
use kaal_virtio::virtio_drivers::transport::DeviceType;
use kaal_virtio::{Line, find};

kaal_component::main!(run);

/// Bus 16 of QEMU's virt machine.
const TRANSPORT: &str = "/virtio_mmio@a002000";

fn run() -> Result<(), Failure> {
    let Some(found) = find(&[TRANSPORT], DeviceType::Console)? else {
        return Ok(());
    };
    let mut line = Line::new(found.transport).map_err(broken)?;
    let mut receiver = Receiver::default();
    let mut program = None;
    loop {
        let mut answer = None;
        while let Some(outcome) = line
            .receive(|bytes| take(&mut receiver, &mut program, &mut answer, bytes))
            .map_err(broken)?
        {
            outcome?;
            if let Some(answer) = answer.take() {
                reply(&mut line, &answer)?;
            }
        }
        kaal_component::wait();
        line.acknowledge();
        found.interrupt.acknowledge()?;
    }
}

/// Takes bytes of the line. Sets `answer` to the reason of the last refusal, or to an empty text if a component was
/// restarted.
fn take(
    receiver: &mut Receiver,
    program: &mut Option<NewProgram>,
    answer: &mut Option<Text>,
    mut bytes: &[u8],
) -> Result<(), Refusal> {
    while let Some(event) = receiver.next(&mut bytes) {
        match event {
            Event::Begin(header) => {
                let length = header.length() as usize;
                *program = Some(NewProgram::begin(header.name(), length)?);
            }
            Event::Part(part) => {
                if let Some(program) = program {
                    program.add(part)?;
                }
            }
            Event::End(is_intact) => {
                *answer = match (program.take(), is_intact) {
                    (Some(program), true) => Some(program.run()?),
                    _ => Some(Text::from("it was damaged on the line")),
                }
            }
        }
    }
    Ok(())
}

/// Answers with a line of text. If nobody reads the line, the answer is lost.
fn reply(line: &mut Line, reason: &Text) -> Result<(), Refusal> {
    let mut text = Text::default();
    match reason.as_str() {
        "" => writeln!(text, "{RUNS}")?,
        reason => writeln!(text, "{REFUSED}{reason}")?,
    }
    match line.send(text.as_bytes()) {
        Ok(()) | Err(Error::NotReady) => Ok(()),
        Err(error) => Err(broken(error)),
    }
}

/// The device broke a rule, or is too old.
fn broken(_: Error) -> Refusal {
    Refusal::Broken
}
