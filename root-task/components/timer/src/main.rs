// SPDX-License-Identifier: BSD-2-Clause

//! Tells the root task the time every second, and wakes clients at the times that they ask for.
//!
//! `clock` imports nothing from here.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

mod clock;

use core::sync::atomic::Ordering;

use kaal_component::{
    Alarm, Answer, CHANNEL_ENDED, Event, Failure, Refusal, Service, SharedMemory,
};
use kaal_timer::Alarms;

use clock::Clock;

kaal_component::main!(run);

/// The number of clients at the same time.
const CLIENTS: usize = 16;

/// The size of the memory in which a client sees its expired alarms, in bytes.
const MEMORY: usize = 4096;

type Clients = Alarms<SharedMemory, CLIENTS>;

fn run() -> Result<(), Failure> {
    let clock = Clock::open()?;
    let mut clients = Clients::default();
    Service::register("timer")?.serve(|event, answer| {
        match event {
            Event::Call(client, call) => serve(&clock, &mut clients, client, call, answer)?,
            Event::Signals(events) => {
                clock.acknowledge(events)?;
                if events & CHANNEL_ENDED != 0 {
                    let mut gone = clients.detach(|memory| !memory.is_open());
                    gone.try_for_each(SharedMemory::close)?;
                }
            }
        }
        clients.expire(clock.now(), |expired| {
            let words = expired.contact.words().iter();
            let counts = words.zip(expired.expiries);
            counts.for_each(|(word, count)| word.store(count, Ordering::Release));
            expired.contact.signal();
        });
        clock.wake_at(clients.next());
        Ok(())
    })?;
    Ok(())
}

fn serve(
    clock: &Clock,
    clients: &mut Clients,
    client: u64,
    call: Alarm,
    answer: &mut Answer,
) -> Result<(), Refusal> {
    match call {
        Alarm::Attach((), _) => {
            let former = clients.attach(client, || SharedMemory::accept(client, MEMORY))?;
            former.map_or(Ok(()), SharedMemory::close)
        }
        Alarm::Now((), reply) => {
            reply.with(answer, &(clock.now(), clock.resolution()));
            Ok(())
        }
        Alarm::Set((alarm, at, period), _) => clients.set(client, alarm, at, period),
    }
}
