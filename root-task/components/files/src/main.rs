// SPDX-License-Identifier: BSD-2-Clause

//! Finds and reads files of the disk for one client, the web server. So a hostile disk reaches only this component.
//!
//! With MCS, the component is passive: it runs on its client's time, and if a disk makes it loop, it ends alone. It
//! answers each call at once. If the disk is busy, the answer says so, and the client gets an event when it isn't.
//!
//! Each module imports only modules listed below it:
//!
//! - `client`: the client, and the memory that it shares
//! - `blocks`: the blocks of the disk

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

mod blocks;
mod client;

use core::cell::Cell;
use core::fmt::Write;
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use kaal_component::{CHANNEL_ENDED, Console, Event, Failure, FileCall, Refusal, Service};
use kaal_disk::{Desk, work};
use kaal_web::FileError;

use blocks::Blocks;
use client::Client;

kaal_component::main!(run);

fn run() -> Result<(), Failure> {
    let desk = Desk::default();
    let client = Client::default();
    let events = Cell::new(0);
    let find = || Blocks::open(&events);
    let share = |file, words: &[u64]| client.write(file, words);
    let mut work = pin!(work(&desk, find, report, share));
    let mut go_on = || {
        let _ = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    };
    Service::register("files")?.serve(|event, answer| {
        match event {
            Event::Call(badge, FileCall::Attach((), _)) => {
                desk.close_all();
                client.accept(badge)?;
                go_on();
            }
            // After a restart, the client calls again, perhaps what was the reason.
            Event::Call(..) if client.is_absent() => return Err(Refusal::NotOwned),
            Event::Call(_, FileCall::Open(path, reply)) => {
                let file = desk.open(path).map_err(refusal)?;
                go_on();
                reply.with(answer, &(file as u64));
            }
            Event::Call(_, FileCall::Size(file, reply)) => {
                go_on();
                reply.with(answer, &data(desk.size(file as usize))?);
            }
            Event::Call(_, FileCall::Read(file, reply)) => {
                let mut count = desk.read(file as usize);
                if count.is_pending() {
                    go_on();
                    count = desk.read(file as usize);
                }
                let count = count.map_ok(|count| count as u64);
                reply.with(answer, &data(count)?);
            }
            Event::Call(_, FileCall::Close(file, _)) => {
                desk.close(file as usize);
                go_on();
            }
            Event::Signals(signals) => {
                events.set(events.get() | signals);
                if signals & CHANNEL_ENDED != 0 && client.is_gone() {
                    desk.close_all();
                    client.leave();
                }
                // The work goes on in the client's next call, on its time.
                if desk.is_busy() {
                    client.signal();
                }
            }
        }
        // The client may have asked for it in vain.
        if desk.has_answer() {
            client.signal();
        }
        Ok(())
    })?;
    Ok(())
}

/// Says that the disk has no files.
fn report(error: FileError) {
    let reason = match error {
        FileError::Damaged => "the disk can't be read",
        _ => "the disk has no FAT12, FAT16 or FAT32 file system, or a damaged one",
    };
    // Without a console, the client gets an error only.
    let _ = Console::open().map(|mut console| writeln!(console, "no files: {reason}"));
}

/// What the client gets: whether it is there, and a number.
fn data(answer: Poll<Result<u64, FileError>>) -> Result<(bool, u64), Refusal> {
    match answer {
        Poll::Pending => Ok((false, 0)),
        Poll::Ready(number) => number.map(|number| (true, number)).map_err(refusal),
    }
}

fn refusal(error: FileError) -> Refusal {
    match error {
        FileError::NotFound => Refusal::NotFound,
        FileError::Busy => Refusal::UsedUp,
        FileError::Damaged => Refusal::Failed,
    }
}
