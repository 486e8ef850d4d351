// SPDX-License-Identifier: BSD-2-Clause

//! The network, attached again after each restart of its driver.

use kaal_component::{CHANNEL_ENDED, Interface, Refusal};
use kaal_stack::Stack;
use kaal_web::NetworkCounters;

#[derive(Default)]
pub(crate) struct Network {
    /// `None` without a driver.
    interface: Option<Interface>,
    /// Whether there was room to send when the driver was asked for events; `None` if it wasn't asked
    /// since the last event.
    asked: Option<bool>,
    /// How often a driver broke a rule.
    broken: u64,
}

impl Network {
    /// Takes events: leaves a driver that is gone. If there is none, looks for a new one, since a driver
    /// that has started is a change of the system, which sets an event too.
    pub(crate) fn take(&mut self, events: u64, stack: &mut Stack<'_>) {
        let is_gone = |interface: &mut Interface| {
            events & CHANNEL_ENDED != 0 && events & interface.event != 0 && !interface.is_open()
        };
        if events != 0 {
            self.asked = None;
        }
        if let Some(gone) = self.interface.take_if(is_gone) {
            leave(gone);
        }
        if self.interface.is_none() && events != 0 {
            self.interface = Interface::open().ok();
            if let Some(interface) = &self.interface {
                stack.set_mac(interface.mac);
            }
        }
    }

    /// Asks the driver for an event when packets arrive or, without room to send, when there is some.
    /// Returns false if it was asked already: then nothing comes unnoticed.
    pub(crate) fn ask(&mut self) -> bool {
        let has_room = kaal_stack::Network::can_send(self);
        let Some(interface) = &self.interface else {
            return false;
        };
        if self.asked == Some(has_room) {
            return false;
        }
        interface.ask();
        self.asked = Some(has_room);
        true
    }

    /// Tells the driver about the packets of this turn.
    pub(crate) fn flush(&mut self) {
        self.interface.iter_mut().for_each(Interface::flush);
    }

    /// Returns what the network brought that is not served.
    pub(crate) fn counters(&self, stack: &Stack<'_>) -> NetworkCounters {
        NetworkCounters {
            broken: self.broken,
            ..stack.counters()
        }
    }

    /// Leaves a driver that broke a rule.
    fn check<T>(&mut self, outcome: Result<T, Refusal>) -> Option<T> {
        if outcome.is_err() {
            self.broken += 1;
            self.interface.take().into_iter().for_each(leave);
        }
        outcome.ok()
    }
}

/// Frees the memory that was shared with a driver. If the root task fails to, it stays until the end.
fn leave(interface: Interface) {
    let _ = interface.close();
}

impl kaal_stack::Network for Network {
    fn receive(&mut self, packet: &mut [u8]) -> Option<usize> {
        let received = self.interface.as_mut()?.receive(packet);
        self.check(received).flatten()
    }

    fn can_send(&mut self) -> bool {
        let Some(interface) = &mut self.interface else {
            return false;
        };
        let has_room = interface.can_send();
        self.check(has_room).unwrap_or_default()
    }

    fn send(&mut self, packet: &[u8]) {
        if let Some(interface) = &mut self.interface {
            let sent = interface.send(packet);
            self.check(sent);
        }
    }
}
