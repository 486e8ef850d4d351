// SPDX-License-Identifier: BSD-2-Clause

//! The state of a system from the records of its root task.
//!
//! The lists are of fixed size; a system with more is shown without the rest.

use heapless::Vec;
use kaal_protocol::{
    self as protocol, CapabilityRecord, ChannelRecord, ComponentRecord, KernelRecord, LogRecord,
    MESSAGE_WORDS, NameList, NameRecord, Record, Topic, Totals, records,
};

use crate::counters::{Counters, NetworkCounters};
use crate::state::{
    Capability, Channel, Component, Entry, Kernel, Kind, Measurement, REPORT_VERSION, Right, Share,
    State, System,
};

const COMPONENTS: usize = 32;
const NAMES: usize = 192;
const CHANNELS: usize = 64;
const CAPABILITIES: usize = 320;
const ENTRIES: usize = 128;
const OPTIONS: usize = 16;

/// The topics that make a state, in the order in which [`Report::collect`] asks for them.
const TOPICS: [Topic; 7] = [
    Topic::Kernel,
    Topic::Totals,
    Topic::Components,
    Topic::Names,
    Topic::Channels,
    Topic::Capabilities,
    Topic::Log,
];

/// All records of a system.
#[derive(Debug)]
pub struct Report<'a> {
    /// The records of each of [`TOPICS`].
    topics: [&'a [u64]; TOPICS.len()],
}

impl<'a> Report<'a> {
    /// Collects records in `memory`, as many as fit. `list` copies a topic's records to the words that
    /// it gets, at least [`MESSAGE_WORDS`], without the first so many; of the log, without those of lower
    /// numbers. It returns the number of words.
    ///
    /// # Errors
    ///
    /// Returns the error of `list`.
    pub fn collect<E>(
        mut memory: &'a mut [u64],
        mut list: impl FnMut(Topic, u64, &mut [u64]) -> Result<usize, E>,
    ) -> Result<Self, E> {
        let mut topics: [&[u64]; TOPICS.len()] = [&[]; TOPICS.len()];
        for (topic, words) in TOPICS.into_iter().zip(&mut topics) {
            let (mut used, mut from) = (0, 0);
            while let Some(room) = memory.get_mut(used..)
                && room.len() >= MESSAGE_WORDS
            {
                let count = list(topic, from, room)?.min(room.len());
                let Some(answer @ [_, ..]) = room.get(..count) else {
                    break;
                };
                from = after(topic, from, answer);
                used += count;
            }
            let (list, rest) = memory.split_at_mut(used);
            *words = list;
            memory = rest;
        }
        Ok(Self { topics })
    }

    /// Passes the state that the records make to `show`.
    pub fn with_system<T>(
        &self,
        web: Counters,
        network: NetworkCounters,
        uptime: u64,
        show: impl FnOnce(&System<'_>) -> T,
    ) -> T {
        let [
            kernel,
            totals,
            components,
            names,
            channels,
            capabilities,
            log,
        ] = self.topics;
        let kernel = all::<KernelRecord<'_>>(kernel).next();
        let totals = all::<Totals>(totals).next();
        let configuration = kernel.map_or("", |kernel| kernel.configuration);
        let configuration: Vec<_, OPTIONS> =
            configuration.split_whitespace().take(OPTIONS).collect();
        let name_keys: Vec<_, NAMES> = all(names).map(name_key).take(NAMES).collect();
        let names: Vec<_, NAMES> = all(names)
            .map(|one: NameRecord<'_>| one.name)
            .take(NAMES)
            .collect();
        let channel_keys: Vec<_, CHANNELS> = all(channels)
            .map(|one: ChannelRecord<'_>| one.component)
            .take(CHANNELS)
            .collect();
        let channels: Vec<_, CHANNELS> = all(channels).map(channel).take(CHANNELS).collect();
        let capability_keys: Vec<_, CAPABILITIES> = all(capabilities)
            .map(|one: CapabilityRecord<'_>| one.component)
            .take(CAPABILITIES)
            .collect();
        let capabilities: Vec<_, CAPABILITIES> = all(capabilities)
            .map(capability)
            .take(CAPABILITIES)
            .collect();
        let log: Vec<_, ENTRIES> = all(log).map(entry).take(ENTRIES).collect();
        let components: Vec<_, COMPONENTS> = all(components)
            .zip(0..)
            .map(|(one, index): (ComponentRecord<'_>, u64)| {
                let list = |list| part(&names, &name_keys, index * LISTS + list as u64);
                Component {
                    name: one.name,
                    state: state(one.state),
                    priority: u8::try_from(one.priority).unwrap_or(u8::MAX),
                    restarts: one.restarts,
                    memory: share(one.used_bytes, one.all_bytes),
                    slots: share(one.used_slots, one.all_slots),
                    devices: list(NameList::Devices),
                    provides: list(NameList::Provides),
                    needs: list(NameList::Needs),
                    channels: part(&channels, &channel_keys, index),
                    capabilities: part(&capabilities, &capability_keys, index),
                }
            })
            .take(COMPONENTS)
            .collect();
        show(&System {
            report_version: REPORT_VERSION,
            kernel: Kernel {
                version: kernel.map_or("", |kernel| kernel.version),
                configuration: &configuration,
                cores: kernel.map_or(0, |kernel| u32::try_from(kernel.cores).unwrap_or(u32::MAX)),
            },
            measurement: kernel
                .and_then(|kernel| kernel.measurement)
                .map(measurement),
            memory: totals.map_or(share(0, 0), |all| share(all.used_bytes, all.all_bytes)),
            slots: totals.map_or(share(0, 0), |all| share(all.used_slots, all.all_slots)),
            components: &components,
            log: &log,
            web,
            network,
            uptime,
        })
    }
}

/// The number of lists of names.
const LISTS: u64 = 3;

fn all<'a, T: Record<'a> + 'a>(words: &'a [u64]) -> impl Iterator<Item = T> {
    records(words).map_while(Result::ok)
}

/// Returns where a topic continues after an answer.
fn after(topic: Topic, from: u64, answer: &[u64]) -> u64 {
    let count = match topic {
        Topic::Kernel => all::<KernelRecord<'_>>(answer).count(),
        Topic::Totals => all::<Totals>(answer).count(),
        Topic::Components => all::<ComponentRecord<'_>>(answer).count(),
        Topic::Names => all::<NameRecord<'_>>(answer).count(),
        Topic::Channels => all::<ChannelRecord<'_>>(answer).count(),
        Topic::Capabilities => all::<CapabilityRecord<'_>>(answer).count(),
        Topic::Log => {
            let last = all::<LogRecord<'_>>(answer).last();
            return last.map_or(u64::MAX, |last| last.number.saturating_add(1));
        }
    };
    from + count as u64
}

/// Returns the items with this key; they lie side by side.
fn part<'a, T>(items: &'a [T], keys: &[u64], key: u64) -> &'a [T] {
    let start = keys.partition_point(|&other| other < key);
    let end = keys.partition_point(|&other| other <= key);
    items.get(start..end).unwrap_or_default()
}

fn name_key(record: NameRecord<'_>) -> u64 {
    record
        .component
        .saturating_mul(LISTS)
        .saturating_add(record.list as u64)
}

fn share(used: u64, total: u64) -> Share {
    Share { used, total }
}

fn measurement(words: [u64; 4]) -> Measurement {
    let mut bytes = [0; 32];
    let (places, _) = bytes.as_chunks_mut();
    for (place, word) in places.iter_mut().zip(words) {
        *place = word.to_be_bytes();
    }
    Measurement(bytes)
}

fn state(state: protocol::State) -> State {
    match state {
        protocol::State::Running => State::Running,
        protocol::State::Stopped => State::Stopped,
        protocol::State::GivenUp => State::GivenUp,
    }
}

fn channel(record: ChannelRecord<'_>) -> Channel<'_> {
    let ChannelRecord { peer, bytes, .. } = record;
    Channel { peer, bytes }
}

fn capability(record: CapabilityRecord<'_>) -> Capability<'_> {
    Capability {
        kind: match record.kind {
            protocol::Kind::Endpoint => Kind::Endpoint,
            protocol::Kind::Notification => Kind::Notification,
            protocol::Kind::Reply => Kind::Reply,
            protocol::Kind::Device => Kind::Device,
            protocol::Kind::Interrupt => Kind::Interrupt,
        },
        right: match record.right {
            protocol::Right::Call => Right::Call,
            protocol::Right::Receive => Right::Receive,
            protocol::Right::Signal => Right::Signal,
            protocol::Right::Use => Right::Use,
        },
        object: record.object,
        device: record.device,
        to: record.to,
    }
}

fn entry(record: LogRecord<'_>) -> Entry<'_> {
    Entry {
        number: record.number,
        component: record.component,
        action: record.action,
        denial: record.denial,
    }
}
