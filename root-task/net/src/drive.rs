// SPDX-License-Identifier: BSD-2-Clause

//! What the driver does for each event.

use core::sync::atomic::AtomicU64;

use kaal_queue::QueueMemory;

use crate::broken::Broken;
use crate::chains::Chains;
use crate::driver::Driver;

/// Queues of the device that must be notified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// The queue for received packets.
    pub receive: bool,
    /// The queue for packets to send.
    pub send: bool,
}

/// Passes on all buffers between client and device. Each buffer is passed on once in each direction at
/// most, so this ends whatever they do. Later ones cause a signal or an interrupt.
///
/// # Errors
///
/// Fails if the client or the device broke a rule.
pub fn drive<M: AsRef<[AtomicU64]>, Q: QueueMemory>(
    driver: &mut Driver<M>,
    receive: &mut Chains<Q>,
    send: &mut Chains<Q>,
) -> Result<Notify, Broken> {
    send.set_interrupts(driver.is_client_waiting());
    while let Some(packet) = receive.used()? {
        driver.received(packet)?;
    }
    while let Some(packet) = send.used()? {
        driver.sent(packet.number)?;
    }
    // The device may have few buffers by now. Then the client's are looked at.
    driver.ask();
    let mut notify = Notify::default();
    while let Some(number) = driver.to_receive()? {
        receive.add(number, 0);
        notify.receive = true;
    }
    while let Some(packet) = driver.to_send()? {
        send.add(packet.number, packet.length);
        notify.send = true;
    }
    notify.receive = notify.receive && receive.publish();
    notify.send = notify.send && send.publish();
    Ok(notify)
}
