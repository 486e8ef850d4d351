// SPDX-License-Identifier: BSD-2-Clause

//! How long a connection may wait, for its client and for the disk.

use core::time::Duration;

use super::{Connection, Phase};
use crate::files::Files;
use crate::head::Status;
use crate::limits::{
    CLOSE_TIME, FILE_TIME, IDLE_TIME, KEEP_ALIVE, RATE_BYTES, RATE_TIME, REQUEST_TIME,
};
use crate::response::{Broken, Context};

impl<F> Connection<F> {
    /// The time of its next step, if nothing else happens.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let time = match (self.phase, self.disk_wait) {
            (Phase::Free, _) => return None,
            (Phase::Reading, _) if self.length == 0 => self.since + IDLE_TIME,
            (Phase::Reading, _) => self.since + REQUEST_TIME,
            (Phase::Opening, _) => self.since + FILE_TIME,
            (Phase::Responding, _) if self.is_waiting_stream() => self.progress + KEEP_ALIVE,
            (Phase::Responding, Some(since)) => since + FILE_TIME,
            (Phase::Responding, None) => self.window + RATE_TIME,
            (Phase::Closing, _) => self.since + CLOSE_TIME,
        };
        Some(time)
    }

    /// Acts if its time is over.
    pub(crate) fn check_time<T: Files<File = F>>(
        &mut self,
        context: &mut Context<'_, '_, T>,
    ) -> Result<(), Broken> {
        let now = context.now;
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return Ok(());
        }
        match self.phase {
            Phase::Reading if self.length > 0 => {
                context.counters.slow += 1;
                self.refuse(Status::Slow, now)
            }
            Phase::Opening => {
                context.counters.failed += 1;
                self.drop_opening(context.files);
                self.refuse(Status::Damaged, now)
            }
            Phase::Responding if self.is_waiting_stream() => {
                self.response.end_silence();
                self.start_window(now);
                Ok(())
            }
            Phase::Responding if self.disk_wait.is_some() => {
                context.counters.failed += 1;
                Err(Broken)
            }
            Phase::Responding if self.taken >= RATE_BYTES => {
                self.start_window(now);
                Ok(())
            }
            Phase::Responding => {
                context.counters.slow += 1;
                Err(Broken)
            }
            Phase::Free | Phase::Reading | Phase::Closing => Err(Broken),
        }
    }

    pub(super) fn start_window(&mut self, now: Duration) {
        self.window = now;
        self.taken = 0;
    }
}
