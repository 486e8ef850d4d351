// SPDX-License-Identifier: BSD-2-Clause

//! What came of a boot, in words and as an exit status.

use std::fmt;

use anyhow::{Error, Result};
use kaal_harness::qemu::{End, Report, Watch};

/// A boot that did not come to what was waited for.
#[derive(Debug)]
struct Unmet {
    end: End,
    message: String,
}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Unmet {}

/// The status to end with for `error`.
pub(crate) fn status(error: &Error) -> u8 {
    match error.downcast_ref::<Unmet>().map(|unmet| unmet.end) {
        Some(End::Failed) => 3,
        Some(End::TimedOut) => 4,
        Some(End::Exited(_)) => 5,
        Some(End::Expected | End::Stopped) | None => 1,
    }
}

/// Whether a boot came to what was waited for.
pub(super) fn judge(report: &Report, watch: &Watch) -> Result<()> {
    let missing = match &watch.expect {
        Some(text) => format!(" before the console showed {text:?}"),
        None => String::new(),
    };
    let message = match report.end {
        End::Expected | End::Stopped => return Ok(()),
        End::Exited(status) if status.success() && watch.expect.is_none() => return Ok(()),
        End::Exited(status) => format!("QEMU ended{missing}: {status}{}", said(report)),
        End::Failed => format!("the boot failed{missing}; its console says why"),
        End::TimedOut => format!("time was over{missing}"),
    };
    Err(Unmet {
        end: report.end,
        message,
    }
    .into())
}

/// What QEMU itself said, to end a sentence with.
fn said(report: &Report) -> String {
    match report.messages.trim() {
        "" => String::new(),
        messages => format!(": {messages}"),
    }
}

#[cfg(test)]
mod tests {
    use std::process::ExitStatus;
    use std::time::Duration;

    use anyhow::anyhow;
    use kaal_harness::qemu::{End, Report, Watch};

    use super::{judge, status};

    /// The status for a boot that ended like that, where `expect` was waited for.
    fn status_of(end: End, expect: Option<&str>) -> u8 {
        let report = Report {
            end,
            console: String::new(),
            messages: String::new(),
            duration: Duration::ZERO,
            from_note: None,
        };
        let watch = Watch {
            expect: expect.map(str::to_owned),
            ..Watch::default()
        };
        judge(&report, &watch).map_or_else(|error| status(&error), |()| 0)
    }

    #[test]
    fn statuses_tell_what_came_of_a_boot() {
        let ended = End::Exited(ExitStatus::default());
        assert_eq!(status_of(End::Expected, Some("text")), 0);
        assert_eq!(status_of(ended, None), 0);
        assert_eq!(status_of(End::Failed, Some("text")), 3);
        assert_eq!(status_of(End::TimedOut, Some("text")), 4);
        assert_eq!(status_of(ended, Some("text")), 5);
        assert_eq!(status(&anyhow!("no QEMU")), 1);
    }
}
