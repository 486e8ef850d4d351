// SPDX-License-Identifier: BSD-2-Clause

//! Alarms, by the service `timer`.

use core::sync::atomic::Ordering;

use kaal_protocol::{Alarm, Refusal};

use crate::service::Client;
use crate::shared_memory::SharedMemory;

const SERVICE: &str = "timer";

/// The size of the memory that the service shows expired alarms in, in bytes.
const MEMORY: usize = 4096;

/// The time, and four alarms of the component's own. Its entry in `system.toml` must contain
/// `needs = ["timer"]`.
///
/// ```no_run
/// # use kaal_component::{Refusal, Timer, wait};
/// # fn run() -> Result<(), Refusal> {
/// let timer = Timer::open()?;
/// let (now, _resolution) = timer.now()?;
/// // In 10 ms, and then in each second.
/// timer.set(0, now + 10_000, 1_000_000)?;
/// while wait() & timer.event() == 0 {}
/// let expiries = timer.expiries(0);
/// # let _ = expiries;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Timer {
    client: Client<Alarm>,
    memory: SharedMemory,
}

impl Timer {
    /// Attaches to the service. If the service restarts, it forgets the alarms, and the component gets
    /// the event [`CHANNEL_ENDED`](kaal_protocol::CHANNEL_ENDED); then close this, and open it again.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, it has too many clients, or
    /// quota or memory are exhausted.
    pub fn open() -> Result<Self, Refusal> {
        let client = Client::lookup(SERVICE)?;
        // Waits for the service, if it restarts: memory can be shared only with a running component.
        let (_, _): (u64, u64) = client.call(Alarm::Now, ())?;
        let memory = SharedMemory::create(SERVICE, MEMORY)?;
        match client.call(Alarm::Attach, ()) {
            Ok(()) => Ok(Self { client, memory }),
            Err(refusal) => {
                memory.close()?;
                Err(refusal)
            }
        }
    }

    /// The event of expired alarms.
    pub fn event(&self) -> u64 {
        self.memory.event
    }

    /// Returns the time and its resolution, in microseconds. The time only has a meaning for alarms.
    ///
    /// # Errors
    ///
    /// Fails if the service doesn't run any more.
    pub fn now(&self) -> Result<(u64, u64), Refusal> {
        self.client.call(Alarm::Now, ())
    }

    /// Sets the alarm of this number, from 0 to 3, to a time in microseconds. If `period` isn't 0, it
    /// expires again after each period of at least 1000. It expires at once if the time is in the past,
    /// and never at [`u64::MAX`].
    ///
    /// # Errors
    ///
    /// Fails if there is no such alarm, the period is too short, or the service has restarted.
    pub fn set(&self, alarm: u64, at: u64, period: u64) -> Result<(), Refusal> {
        self.client.call(Alarm::Set, (alarm, at, period))
    }

    /// Returns how often an alarm has expired; 0 if there is no such alarm.
    pub fn expiries(&self, alarm: usize) -> u64 {
        let word = self.memory.words().get(alarm);
        word.map_or(0, |word| word.load(Ordering::Acquire))
    }

    /// Whether the service still runs.
    pub fn is_open(&self) -> bool {
        self.memory.is_open()
    }

    /// Gives the alarms back.
    ///
    /// # Errors
    ///
    /// Fails if the memory is gone.
    pub fn close(self) -> Result<(), Refusal> {
        self.memory.close()
    }
}
