// SPDX-License-Identifier: BSD-2-Clause

//! Records of the broker's books, for components that may inspect them.

use alloc::string::ToString;

use kaal_protocol::{
    CapabilityRecord, ChannelRecord, ComponentRecord, Kind, LogRecord, NameList, NameRecord,
    Record, Right, State, Topic, Totals, Writer, append,
};

use super::{Broker, Component};
use crate::config::ComponentId;
use crate::error::Denial;
use crate::kernel::Kernel;
use crate::process::Process;
use crate::shared::Line;

/// Records from a certain one on, as many as fit a message.
struct Page<'a, 'b> {
    writer: &'a mut Writer<'b>,
    /// How many are left out first.
    skip: u64,
    is_full: bool,
}

impl Page<'_, '_> {
    fn put<'c>(&mut self, record: &impl Record<'c>) {
        match self.skip.checked_sub(1) {
            Some(skip) => self.skip = skip,
            None => self.is_full = self.is_full || !append(self.writer, record),
        }
    }
}

impl<K: Kernel> Broker<K> {
    /// Writes a topic's records for `id`, without the first `from`; of the log, without those of
    /// lower numbers. The broker has no records about the kernel.
    pub fn list(&mut self, id: ComponentId, topic: Topic, from: u64, writer: &mut Writer<'_>) {
        let (skip, is_full) = (from, false);
        let mut page = Page {
            writer,
            skip,
            is_full,
        };
        let components = || self.components.values().zip(0..);
        match topic {
            Topic::Kernel => {}
            Topic::Totals => {
                page.put(&self.totals());
                let generation = self.generation();
                let watch = self
                    .process(id)
                    .ok()
                    .and_then(|(process, _)| process.watch.as_mut());
                if let Some(watch) = watch {
                    watch.seen = Some(generation);
                }
            }
            Topic::Components => components().for_each(|(one, _)| page.put(&component(one))),
            Topic::Names => components().for_each(|(one, index)| names(one, index, &mut page)),
            Topic::Channels => {
                for (&id, index) in self.components.keys().zip(0..) {
                    self.channels_of(id, index, &mut page);
                }
            }
            Topic::Capabilities => {
                for ((&id, component), index) in self.components.iter().zip(0..) {
                    if let Some(process) = &component.process {
                        self.capabilities_of(id, process, index, &mut page);
                    }
                }
            }
            Topic::Log => {
                page.skip = 0;
                self.log_from(from, &mut page);
            }
        }
    }

    /// Sets an event of a component whenever something changes after it listed [`Topic::Totals`].
    /// Returns the event.
    ///
    /// # Errors
    ///
    /// Fails if the component doesn't run, or its quota is exceeded.
    pub fn watch(&mut self, id: ComponentId) -> Result<u64, Denial> {
        self.unlogged_changes += 1;
        let (process, pool) = self.process(id)?;
        process.watch(pool)
    }

    /// Signals the components that watch, if something has changed since they looked.
    pub fn tell_watchers(&mut self) {
        let generation = self.generation();
        let processes = self.components.values_mut();
        let watches = processes.filter_map(|component| component.process.as_mut()?.watch.as_mut());
        for watch in watches {
            // Once: the component looks again before it gets another signal.
            if watch.seen.take_if(|seen| *seen != generation).is_some() {
                // If the kernel fails, the component doesn't learn of this change.
                let _ = self.pool.kernel.signal(watch.signal);
            }
        }
    }

    /// A number that differs after each change.
    fn generation(&self) -> u64 {
        self.audit.recorded().wrapping_add(self.unlogged_changes)
    }

    fn totals(&self) -> Totals {
        let (free, all) = (self.free(), self.all);
        Totals {
            generation: self.generation(),
            used_bytes: all.bytes.saturating_sub(free.bytes),
            all_bytes: all.bytes,
            used_slots: all.slots.saturating_sub(free.slots),
            all_slots: all.slots,
        }
    }

    fn channels_of(&self, id: ComponentId, component: u64, page: &mut Page<'_, '_>) {
        for channel in self.channels.values() {
            if channel.ends.contains_key(&id) {
                page.put(&ChannelRecord {
                    component,
                    peer: self.name(channel.peer_of(id)),
                    bytes: channel.size,
                });
            }
        }
    }

    fn capabilities_of(
        &self,
        id: ComponentId,
        process: &Process,
        component: u64,
        page: &mut Page<'_, '_>,
    ) {
        for (number, (_, device)) in self.interrupts.iter().filter(|(_, it)| it.0 == id) {
            page.put(&CapabilityRecord {
                component,
                kind: Kind::Interrupt,
                right: Right::Receive,
                object: &number.to_string(),
                device: Some(device),
                to: None,
            });
        }
        let mut put = |kind, right, object, to| {
            page.put(&CapabilityRecord {
                component,
                kind,
                right,
                object,
                device: None,
                to,
            });
        };
        put(Kind::Endpoint, Right::Call, "broker", None);
        put(Kind::Notification, Right::Receive, "events", None);
        match self.pool.kernel.is_mcs() {
            true => put(Kind::Reply, Right::Use, "reply", None),
            false => put(Kind::Endpoint, Right::Call, "broker for faults", None),
        }
        for name in process.devices() {
            put(Kind::Device, Right::Use, name, None);
        }
        for (&name, service) in &self.services {
            match service.holders.get(&id).map(|holder| holder.line) {
                Some(Line::Receives) => put(Kind::Endpoint, Right::Receive, name, None),
                Some(Line::Open) => put(Kind::Endpoint, Right::Call, name, self.offers(name)),
                Some(Line::Absent | Line::Refused) => put(Kind::Endpoint, Right::Call, name, None),
                None => {}
            }
        }
        for channel in self.channels.values() {
            let peer = channel.peer_of(id);
            if channel.ends.contains_key(&id) && channel.ends.contains_key(&peer) {
                let peer = self.name(peer);
                put(Kind::Notification, Right::Signal, "channel", Some(peer));
            }
        }
    }

    /// Returns the component whose configuration provides `service`.
    fn offers(&self, service: &str) -> Option<&'static str> {
        let mut configs = self.components.values().map(|component| component.config);
        let provider = configs.find(|config| config.provides.contains(&service));
        provider.map(|config| config.name)
    }

    fn log_from(&self, first: u64, page: &mut Page<'_, '_>) {
        let entries = self.audit.entries.iter();
        for entry in entries.skip_while(|entry| entry.number < first) {
            if page.is_full {
                return;
            }
            page.put(&LogRecord {
                number: entry.number,
                component: entry.component,
                action: &entry.action.to_string(),
                denial: entry.denial.map(|denial| denial.to_string()).as_deref(),
            });
        }
    }
}

fn component(component: &Component) -> ComponentRecord<'static> {
    let status = component.status();
    let quota = status.config.quota;
    ComponentRecord {
        name: status.config.name,
        state: match (status.is_running, status.given_up) {
            (true, _) => State::Running,
            (false, true) => State::GivenUp,
            (false, false) => State::Stopped,
        },
        priority: status.config.priority.into(),
        restarts: status.restarts.into(),
        used_bytes: status.usage.bytes,
        all_bytes: quota.bytes,
        used_slots: status.usage.slots,
        all_slots: quota.slots,
    }
}

fn names(of: &Component, component: u64, page: &mut Page<'_, '_>) {
    let config = of.config;
    for (list, names) in [
        (NameList::Devices, config.devices),
        (NameList::Provides, config.provides),
        (NameList::Needs, config.needs),
    ] {
        for &name in names {
            page.put(&NameRecord {
                component,
                list,
                name,
            });
        }
    }
}
