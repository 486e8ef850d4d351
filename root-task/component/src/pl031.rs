// SPDX-License-Identifier: BSD-2-Clause

//! The registers of the PL031 real-time clock (Arm DDI 0224), as offsets.

/// The device's `compatible`.
pub const DEVICE: &str = "arm,pl031";

/// Seconds, counting up.
pub const RTCDR: usize = 0x00;

/// The second at which to interrupt.
pub const RTCMR: usize = 0x04;

/// Whether to interrupt.
pub const RTCIMSC: usize = 0x10;

/// Clears the interrupt.
pub const RTCICR: usize = 0x1c;
