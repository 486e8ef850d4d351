// SPDX-License-Identifier: BSD-2-Clause

//! Register offsets of the PL031 real-time clock (Arm DDI 0224).

/// The device's `compatible`.
pub const DEVICE: &str = "arm,pl031";

/// Data register: the time in seconds.
pub const RTCDR: usize = 0x00;

/// Match register: the time of the interrupt, in seconds.
pub const RTCMR: usize = 0x04;

/// Interrupt mask register: 1 enables the interrupt.
pub const RTCIMSC: usize = 0x10;

/// Interrupt clear register: 1 clears the interrupt.
pub const RTCICR: usize = 0x1c;
