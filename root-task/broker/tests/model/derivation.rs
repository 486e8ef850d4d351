// SPDX-License-Identifier: BSD-2-Clause

//! How capabilities are derived from others and deleted.

use kaal_broker::{KernelError, Object, Pass, Slot};

use super::capability::{Capability, Place, Rights, What};
use super::{EMPTY_SLOTS, Model};

impl Model {
    pub(super) fn get(&self, slot: Slot) -> Result<&Capability, KernelError> {
        self.capabilities
            .get(&Place::Root(slot.0))
            .ok_or(KernelError::InvalidCapability)
    }

    pub(super) fn object(&self, slot: Slot, expected: Object) -> Result<u64, KernelError> {
        match self.get(slot)?.what {
            What::Object(object, start, _) if object == expected => Ok(start),
            _ => Err(KernelError::InvalidCapability),
        }
    }

    pub(super) fn insert(
        &mut self,
        place: Place,
        capability: Capability,
    ) -> Result<(), KernelError> {
        match place {
            Place::Root(slot) if !EMPTY_SLOTS.contains(&slot) => {
                return Err(KernelError::FailedLookup);
            }
            _ if self.capabilities.contains_key(&place) => return Err(KernelError::DeleteFirst),
            _ => {}
        }
        self.capabilities.insert(place, capability);
        Ok(())
    }

    pub(super) fn children(&self, place: Place) -> Vec<Place> {
        self.capabilities
            .iter()
            .filter(|(_, capability)| capability.parent == Some(place))
            .map(|(&child, _)| child)
            .collect()
    }

    /// Deletes a capability, and its object if this was the last one. Its children move to its
    /// parent.
    pub(super) fn remove(&mut self, place: Place) {
        let Some(capability) = self.capabilities.remove(&place) else {
            return;
        };
        for child in self.children(place) {
            if let Some(child) = self.capabilities.get_mut(&child) {
                child.parent = capability.parent;
            }
        }
        if let Some(at) = capability.mapped {
            self.pages.remove(&at);
        }
        let is_last = !self
            .capabilities
            .values()
            .any(|other| other.what == capability.what);
        match capability.what {
            What::Interrupt(number) if is_last => {
                self.interrupts.remove(&number);
                self.remove(Place::Interrupt(number));
            }
            What::Object(object, start, _) if is_last => self.destroy(object, start),
            _ => {}
        }
    }

    pub(super) fn remove_derived(&mut self, place: Place) {
        loop {
            let children = self.children(place);
            if children.is_empty() {
                return;
            }
            children.into_iter().for_each(|child| self.remove(child));
        }
    }

    pub(super) fn destroy(&mut self, object: Object, start: u64) {
        match object {
            Object::CNode(_) => {
                let inside =
                    |place: &&Place| matches!(place, Place::Component(cnode, _) if *cnode == start);
                let inside: Vec<Place> = self.capabilities.keys().filter(inside).copied().collect();
                inside.into_iter().for_each(|place| self.remove(place));
            }
            Object::PageTable => self.tables.retain(|_, &mut table| table != start),
            Object::AddressSpace => {
                self.tables.retain(|&(space, _), _| space != start);
                self.pages.retain(|&(space, _), _| space != start);
                for capability in self.capabilities.values_mut() {
                    capability.mapped.take_if(|(space, _)| *space == start);
                }
            }
            Object::Thread => {
                self.running.remove(&start);
                self.donated.retain(|_, thread| *thread != start);
                self.invoked.remove(&start);
            }
            _ => {}
        }
    }

    pub(super) fn derive(&mut self, from: Place, to: Place, pass: Pass) -> Result<(), KernelError> {
        let source = self.capabilities.get(&from);
        let source = source.ok_or(KernelError::InvalidCapability)?.clone();
        let mut capability = Capability {
            mapped: None,
            is_revocable: false,
            ..source.clone()
        };
        if !source.is_revocable {
            capability.parent = source.parent;
        } else {
            capability.parent = Some(from);
        }
        match pass {
            Pass::Whole => {}
            Pass::Receive => capability.rights = Rights::Receive,
            Pass::Send(badge) => {
                if source.badge.is_some() {
                    return Err(KernelError::IllegalOperation);
                }
                self.badged += 1;
                capability.rights = Rights::Send;
                capability.badge = Some((badge, self.badged));
                capability.is_revocable = true;
            }
        }
        self.insert(to, capability)
    }

    pub(super) fn set_notification(&mut self, interrupt: u32, notification: Place) {
        self.remove(Place::Interrupt(interrupt));
        let to = Place::Interrupt(interrupt);
        assert_eq!(self.derive(notification, to, Pass::Whole), Ok(()));
    }
}
