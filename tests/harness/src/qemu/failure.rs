// SPDX-License-Identifier: BSD-2-Clause

//! Tells by its console that a boot failed.

/// What consoles show then: the probe kernel's line; the beginnings of the loader's; what seL4 says where it faults
/// itself, and where its first thread faults, whom nobody is there to help.
const FAILURES: [&str; 6] = [
    "KAAL_PROBE_FAIL",
    "KaaL: error:",
    "KaaL: fault:",
    "KERNEL DATA ABORT!",
    "KERNEL PREFETCH ABORT!",
    "\"rootserver\" at address",
];

/// No text that tells of a failure has more bytes.
pub(super) const LONGEST: usize = 32;

/// Whether a console tells of a failure.
pub(super) fn is_shown_by(console: &str) -> bool {
    FAILURES.iter().any(|failure| console.contains(failure))
}

#[cfg(test)]
mod tests {
    use super::{FAILURES, LONGEST, is_shown_by};

    #[test]
    fn none_is_longer_than_the_longest() {
        assert!(FAILURES.iter().all(|failure| failure.len() <= LONGEST));
    }

    #[test]
    fn only_the_first_thread_fails_for_all() {
        let fault = |name: &str| {
            format!("vm fault\nin thread 0xffffff807ffb8400 \"{name}\" at address 0x2017a0")
        };
        assert!(is_shown_by(&fault("rootserver")));
        assert!(!is_shown_by(&fault("child of: 'rootserver'")));
    }
}
