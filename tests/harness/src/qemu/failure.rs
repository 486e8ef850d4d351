// SPDX-License-Identifier: BSD-2-Clause

//! Recognizes a failed boot by its console.

/// Texts of failed boots: the probe kernel's line; the beginnings of the loader's lines; seL4's line if the kernel
/// faults, and if its first thread faults, which has no fault handler; edk2's if it starts no image; and the line of
/// KaaL's root task if it panics.
const FAILURES: [&str; 8] = [
    "KAAL_PROBE_FAIL",
    "KaaL: error:",
    "KaaL: fault:",
    "KERNEL DATA ABORT!",
    "KERNEL PREFETCH ABORT!",
    "\"rootserver\" at address",
    "BdsDxe: No bootable option",
    "\nroot task: panicked",
];

/// The length of the longest of these texts.
pub(super) const LONGEST: usize = 32;

/// Whether the console shows a failure.
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
