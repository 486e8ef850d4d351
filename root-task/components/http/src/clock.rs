// SPDX-License-Identifier: BSD-2-Clause

//! The time, and an alarm.

use core::time::Duration;

use kaal_component::{CHANNEL_ENDED, Counter, Refusal, Timer};

/// The alarm's number.
const ALARM: u64 = 0;

/// The processor's counter where the kernel exports it, else the time of the service `timer`; and an alarm
/// of that service.
pub(crate) struct Clock {
    counter: Option<Counter>,
    timer: Timer,
    /// What to add to the time for the time of the service, in microseconds. Without a counter, it never
    /// changes.
    ahead: u64,
    /// When the alarm expires; `None` if it isn't set.
    alarm: Option<Duration>,
}

impl Clock {
    pub(crate) fn open() -> Result<Self, Refusal> {
        let mut clock = Self {
            counter: Counter::new(),
            timer: Timer::open()?,
            ahead: 0,
            alarm: None,
        };
        clock.compare()?;
        Ok(clock)
    }

    fn compare(&mut self) -> Result<(), Refusal> {
        let (theirs, _) = self.timer.now()?;
        match self.counter {
            Some(_) => self.ahead = theirs.wrapping_sub(micros(self.now()?)),
            None if self.ahead == 0 => self.ahead = theirs,
            None => {}
        }
        Ok(())
    }

    /// Returns the time since the start of the machine or, without a counter, of this component.
    pub(crate) fn now(&self) -> Result<Duration, Refusal> {
        match self.counter {
            Some(counter) => {
                let (ticks, frequency) = (counter.ticks(), counter.frequency.max(1));
                let rest = u128::from(ticks % frequency) * 1_000_000_000;
                let nanos = rest / u128::from(frequency);
                Ok(Duration::new(ticks / frequency, nanos as u32))
            }
            None => {
                let (theirs, _) = self.timer.now()?;
                Ok(Duration::from_micros(theirs.wrapping_sub(self.ahead)))
            }
        }
    }

    /// Returns a number that differs from start to start.
    pub(crate) fn seed(&self) -> u64 {
        self.counter.map_or(self.ahead, Counter::ticks)
    }

    /// Takes the events of the alarm. If the service has restarted, attaches to it again.
    pub(crate) fn take(&mut self, events: u64) -> Result<(), Refusal> {
        if events & self.timer.event() == 0 {
            return Ok(());
        }
        self.alarm = None;
        if events & CHANNEL_ENDED != 0 && !self.timer.is_open() {
            let timer = Timer::open()?;
            core::mem::replace(&mut self.timer, timer).close()?;
            self.compare()?;
        }
        Ok(())
    }

    /// Sets the alarm, unless it expires earlier anyway.
    pub(crate) fn wake_at(&mut self, due: Option<Duration>) -> Result<(), Refusal> {
        let Some(due) = due else {
            return Ok(());
        };
        if self.alarm.is_some_and(|alarm| alarm <= due) {
            return Ok(());
        }
        let at = micros(due).saturating_add(1).wrapping_add(self.ahead);
        self.alarm = Some(due);
        self.timer.set(ALARM, at, 0)
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
