// SPDX-License-Identifier: BSD-2-Clause

//! The time, and an interrupt at a time.
//!
//! The PL031 real-time clock (Arm DDI 0224) counts seconds. The generic timer counts less than
//! microseconds, if the kernel exports it. But then any component can stop its interrupt, so the PL031
//! interrupts each second in any case.

use kaal_component::pl031::{DEVICE, RTCDR, RTCICR, RTCIMSC, RTCMR};
use kaal_component::{GenericTimer, Interrupt, Refusal, Registers};
use kaal_timer::{MICROSECONDS, from_ticks, to_ticks};

pub(crate) struct Clock {
    seconds: Registers,
    second: Interrupt,
    timer: Option<(GenericTimer, Interrupt)>,
}

impl Clock {
    pub(crate) fn open() -> Result<Self, Refusal> {
        let timer = GenericTimer::new().map(|timer| {
            let interrupt = Interrupt::request(GenericTimer::DEVICE);
            interrupt.map(|interrupt| (timer, interrupt))
        });
        let clock = Self {
            seconds: Registers::request(DEVICE)?,
            second: Interrupt::request(DEVICE)?,
            timer: timer.transpose()?,
        };
        clock.seconds.write(RTCIMSC, 1);
        clock.tick()?;
        Ok(clock)
    }

    /// Returns the time in microseconds.
    pub(crate) fn now(&self) -> u64 {
        match &self.timer {
            Some((timer, _)) => from_ticks(timer.counter.ticks(), timer.counter.frequency),
            None => u64::from(self.seconds.read(RTCDR)) * MICROSECONDS,
        }
    }

    /// Returns the time between two values of [`Self::now`], in microseconds.
    pub(crate) fn resolution(&self) -> u64 {
        match self.timer {
            Some(_) => 1,
            None => MICROSECONDS,
        }
    }

    /// Interrupts at `time`, or by the next second after it.
    pub(crate) fn wake_at(&self, time: Option<u64>) {
        if let (Some((timer, _)), Some(time)) = (&self.timer, time) {
            timer.set(to_ticks(time, timer.counter.frequency));
        }
    }

    /// Takes the interrupts in `events`.
    pub(crate) fn acknowledge(&self, events: u64) -> Result<(), Refusal> {
        if events & self.second.event != 0 {
            self.tick()?;
        }
        if let Some((timer, interrupt)) = &self.timer
            && events & interrupt.event != 0
        {
            timer.stop();
            interrupt.acknowledge()?;
        }
        Ok(())
    }

    /// Tells the root task the time, and interrupts at the next second.
    fn tick(&self) -> Result<(), Refusal> {
        loop {
            let now = self.seconds.read(RTCDR);
            kaal_component::tick(now.into())?;
            self.seconds.write(RTCMR, now.wrapping_add(1));
            self.seconds.write(RTCICR, 1);
            // If this second has passed meanwhile, the clock won't interrupt.
            if self.seconds.read(RTCDR) == now {
                return self.second.acknowledge();
            }
        }
    }
}
