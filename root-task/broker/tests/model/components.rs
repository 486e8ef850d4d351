// SPDX-License-Identifier: BSD-2-Clause

//! What components do without the broker, and what they see.

use kaal_broker::Object;
use kaal_protocol::slots;

use super::Model;
use super::capability::{Place, Rights, What};

impl Model {
    /// Blocks a thread in a call of the capability in this slot. Returns the thread's address.
    pub(crate) fn block(&mut self, badge: u64, slot: u64) -> u64 {
        let cnode = self.cnode_of(badge);
        let thread = self.threads[&cnode.unwrap()];
        self.invoked.insert(thread, slot);
        thread
    }

    /// Blocks a thread in a call of a passive server, which then runs on the thread's scheduling context.
    pub(crate) fn donate(&mut self, badge: u64, slot: u64, server: u64) {
        let thread = self.block(badge, slot);
        let server = self.threads[&self.cnode_of(server).unwrap()];
        self.donated.insert(self.contexts[&thread], server);
    }

    /// Returns the badges that the root task signalled since the last call.
    pub(crate) fn take_signals(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.signals)
    }

    /// Returns the CNode of the component that calls the broker with `badge`.
    fn cnode_of(&self, badge: u64) -> Option<u64> {
        let mut capabilities = self.capabilities.iter();
        capabilities.find_map(|(place, capability)| match *place {
            Place::Component(cnode, slots::BROKER)
                if capability.badge.is_some_and(|(of, _)| of == badge) =>
            {
                Some(cnode)
            }
            _ => None,
        })
    }

    /// Whether the capability in a component's slot leads to the broker.
    pub(crate) fn leads_to_broker(&self, badge: u64, slot: u64) -> bool {
        let cnode = self.cnode_of(badge).unwrap();
        let what = |slot| self.capabilities[&Place::Component(cnode, slot)].what;
        what(slot) == what(slots::BROKER)
    }

    /// Lets the component that calls the broker with `badge` replace the notification of its
    /// interrupt with the capability in its slot `signal`. The kernel keeps a copy.
    pub(crate) fn hide_in_interrupt(&mut self, badge: u64, signal: u64) {
        let Some(cnode) = self.cnode_of(badge) else {
            return;
        };
        let handler = self.capabilities.iter().find_map(|(place, capability)| {
            match (place, capability.what) {
                (Place::Component(of, _), What::Interrupt(number)) if *of == cnode => Some(number),
                _ => None,
            }
        });
        let signal = Place::Component(cnode, signal);
        let is_signal = self.capabilities.get(&signal).is_some_and(|capability| {
            matches!(capability.what, What::Object(Object::Notification, ..))
                && capability.rights != Rights::Receive
        });
        if let Some(number) = handler
            && is_signal
        {
            self.set_notification(number, signal);
        }
    }
}
