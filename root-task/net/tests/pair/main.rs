// SPDX-License-Identifier: BSD-2-Clause

//! A driver and its client, with a device that sends each packet back.

#![expect(clippy::unwrap_used, reason = "a test that can't go on may panic")]

mod device;
mod honest;
mod hostile;
mod signals;
