// SPDX-License-Identifier: BSD-2-Clause

//! Agrees with a device on its features.

use virtio_drivers::transport::mmio::MmioTransport;
use virtio_drivers::transport::{DeviceStatus, Transport};

/// The feature without which a device's registers are of an early version (Virtio 1.2, section 6).
const VERSION_1: u64 = 1 << 32;

/// Resets a device and agrees on features with it (Virtio 1.2, section 3.1.1, steps 1 to 6). Returns those of
/// `wanted` that it has; `None` if it is of an early version or refuses. Then make its queues, and call
/// [`finish_init`](Transport::finish_init).
pub fn negotiate(transport: &mut MmioTransport<'static>, wanted: u64) -> Option<u64> {
    let status = DeviceStatus::ACKNOWLEDGE | DeviceStatus::DRIVER;
    transport.set_status(DeviceStatus::empty());
    transport.set_status(status);
    let features = transport.read_device_features() & (wanted | VERSION_1);
    transport.write_driver_features(features);
    transport.set_status(status | DeviceStatus::FEATURES_OK);
    let has_accepted = transport.get_status().contains(DeviceStatus::FEATURES_OK);
    (has_accepted && features & VERSION_1 != 0).then_some(features & wanted)
}
