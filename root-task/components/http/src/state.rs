// SPDX-License-Identifier: BSD-2-Clause

//! The state of the system, published when it changes.

use core::time::Duration;

use kaal_component::{Refusal, list, watch};
use kaal_web::{Counters, Files, NetworkCounters, Report, Server};

/// Room for all records, in words.
const RECORDS: usize = 8192;

/// The least time between two states, so that a busy system doesn't keep the server busy.
const PAUSE: Duration = Duration::from_millis(100);

pub(crate) struct State {
    /// The event of changes.
    event: u64,
    has_changed: bool,
    /// What was counted when the last state was published.
    shown: (Counters, NetworkCounters),
    /// When the last state was published.
    last: Option<Duration>,
    records: [u64; RECORDS],
}

impl State {
    pub(crate) fn open() -> Result<Self, Refusal> {
        Ok(Self {
            event: watch()?,
            has_changed: true,
            shown: Default::default(),
            last: None,
            records: [0; RECORDS],
        })
    }

    /// Takes the events of changes, and publishes the state if it has changed. Returns when it must be
    /// called again.
    pub(crate) fn take<F: Files>(
        &mut self,
        events: u64,
        now: Duration,
        network: NetworkCounters,
        server: &mut Server<'_, F>,
    ) -> Result<Option<Duration>, Refusal> {
        self.has_changed |= events & self.event != 0;
        let counters = (server.counters(), network);
        if !self.has_changed && counters == self.shown {
            return Ok(None);
        }
        let due = self.last.map_or(now, |last| last + PAUSE);
        if now < due {
            return Ok(Some(due));
        }
        let uptime = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let report = Report::collect(&mut self.records, list)?;
        // A state that is too long isn't shown; the last one stays.
        let _ = report.with_system(counters.0, network, uptime, |system| server.publish(system));
        self.has_changed = false;
        self.shown = counters;
        self.last = Some(now);
        Ok(None)
    }
}
