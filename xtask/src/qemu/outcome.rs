// SPDX-License-Identifier: BSD-2-Clause

//! The outcome of a boot, as a message and an exit status.

use anyhow::{Error, Result};
use kaal_harness::qemu::{End, Report, Watch};

/// A boot that ended before it reached its goal.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Unmet {
    end: End,
    message: String,
}

/// The exit status for `error`.
pub(crate) fn status(error: &Error) -> u8 {
    match error.downcast_ref::<Unmet>().map(|unmet| unmet.end) {
        Some(End::Failed) => 3,
        Some(End::TimedOut) => 4,
        Some(End::Exited(_)) => 5,
        Some(End::Expected | End::Stopped) | None => 1,
    }
}

/// Fails if a boot ended before it reached its goal.
pub(super) fn judge(report: &Report, watch: &Watch) -> Result<()> {
    let missing = match &watch.expect {
        Some(text) => format!(" before the console showed {text:?}"),
        None => String::new(),
    };
    let end = report.end;
    let message = match (end, report.messages.trim()) {
        (End::Expected | End::Stopped, _) => return Ok(()),
        (End::Exited(status), _) if status.success() && watch.expect.is_none() => return Ok(()),
        (End::Exited(status), "") => format!("QEMU ended{missing}: {status}"),
        (End::Exited(status), said) => format!("QEMU ended{missing}: {status}: {said}"),
        (End::Failed, _) => format!("the boot failed{missing}; its console says why"),
        (End::TimedOut, _) => format!("the time limit passed{missing}"),
    };
    Err(Unmet { end, message }.into())
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;
    use std::time::Duration;

    use anyhow::anyhow;
    use kaal_harness::qemu::{End, Report, Watch};

    use super::{judge, status};

    /// The status of a boot that ended like this and waited for `expect`.
    fn status_of(end: End, expect: Option<&str>) -> u8 {
        let report = Report {
            end,
            console: String::new(),
            messages: String::new(),
            duration: Duration::ZERO,
        };
        let watch = Watch {
            expect: expect.map(str::to_owned),
            ..Watch::default()
        };
        judge(&report, &watch).map_or_else(|error| status(&error), |()| 0)
    }

    #[test]
    fn statuses_tell_outcomes_apart() {
        let ended = End::Exited(ExitStatus::default());
        assert_eq!(status_of(End::Expected, Some("text")), 0);
        assert_eq!(status_of(ended, None), 0);
        assert_eq!(status_of(End::Failed, Some("text")), 3);
        assert_eq!(status_of(End::TimedOut, Some("text")), 4);
        assert_eq!(status_of(ended, Some("text")), 5);
        assert_eq!(status(&anyhow!("no QEMU")), 1);
    }
}
