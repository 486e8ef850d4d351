// SPDX-License-Identifier: BSD-2-Clause

//! The latest states, as JSON.
//!
//! Clients that read slowly go on reading an older state while newer ones are written elsewhere.
//! If they hold all older states, the oldest is overwritten, and its readers lose their connection.

use core::mem;

use thiserror::Error;

use crate::state::System;

/// The number of states that are kept.
pub const SNAPSHOTS: usize = 4;

/// What makes an event of a state: the stream's field, and the empty line after it.
const BEFORE: &[u8] = b"data: ";
const AFTER: &[u8] = b"\n\n";

/// Error: the state doesn't fit the memory for it, not even without its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the state is too long for its buffer")]
pub struct TooLong;

/// A state as an event: [`BEFORE`], JSON, [`AFTER`].
#[derive(Debug, Default)]
struct Snapshot<'a> {
    memory: &'a mut [u8],
    length: usize,
    version: u64,
}

/// The latest states.
#[derive(Debug)]
pub(crate) struct Snapshots<'a> {
    /// The current one is the first.
    all: [Snapshot<'a>; SNAPSHOTS],
}

impl<'a> Snapshots<'a> {
    /// Divides `memory` among the states.
    pub(crate) fn new(mut memory: &'a mut [u8]) -> Self {
        let size = memory.len() / SNAPSHOTS;
        let all = core::array::from_fn(|_| {
            let (part, rest) = mem::take(&mut memory).split_at_mut(size);
            memory = rest;
            Snapshot {
                memory: part,
                ..Snapshot::default()
            }
        });
        Self { all }
    }

    /// The version of the current state; 0 if there is none.
    pub(crate) fn version(&self) -> u64 {
        self.all.first().map_or(0, |current| current.version)
    }

    /// The event with a version's state, unless it is overwritten.
    pub(crate) fn event(&self, version: u64) -> Option<&[u8]> {
        let mut versions = self.all.iter();
        let found = versions.find(|snapshot| snapshot.version == version && version != 0)?;
        Some(found.event())
    }

    /// The JSON in that event.
    pub(crate) fn json(&self, version: u64) -> Option<&[u8]> {
        let event = self.event(version)?;
        event.strip_prefix(BEFORE)?.strip_suffix(AFTER)
    }

    /// Writes a state. If it differs from the current one in more than the uptime, it is current
    /// then. Returns whether it is.
    pub(crate) fn publish(
        &mut self,
        system: &System<'_>,
        is_read: impl Fn(u64) -> bool,
    ) -> Result<bool, TooLong> {
        let version = self.version() + 1;
        let [current, older @ ..] = &mut self.all;
        let oldest_unread = |older: &&mut Snapshot<'_>| (is_read(older.version), older.version);
        let spare = older.iter_mut().min_by_key(oldest_unread).ok_or(TooLong)?;
        spare.version = 0;
        spare.length = write(spare.memory, system)?;
        if without_uptime(spare.event()) == without_uptime(current.event()) {
            return Ok(false);
        }
        spare.version = version;
        mem::swap(current, spare);
        Ok(true)
    }
}

impl Snapshot<'_> {
    fn event(&self) -> &[u8] {
        self.memory.get(..self.length).unwrap_or_default()
    }
}

/// The event up to the uptime, which is the last field.
fn without_uptime(event: &[u8]) -> Option<&[u8]> {
    let end = event.iter().rposition(|&byte| byte == b',')?;
    event.get(..end)
}

/// Writes a state as an event, with as much of the log as fits. Returns the length.
fn write(memory: &mut [u8], system: &System<'_>) -> Result<usize, TooLong> {
    let mut system = *system;
    let (before, rest) = memory.split_at_mut_checked(BEFORE.len()).ok_or(TooLong)?;
    before.copy_from_slice(BEFORE);
    let room = rest.len().checked_sub(AFTER.len()).ok_or(TooLong)?;
    let length = loop {
        let json = rest.get_mut(..room).ok_or(TooLong)?;
        if let Ok(length) = serde_json_core::to_slice(&system, json) {
            break length;
        }
        let half = system.log.len().div_ceil(2);
        match system.log.get(half..) {
            Some(newest) if half > 0 => system.log = newest,
            _ => return Err(TooLong),
        }
    };
    let after = rest.get_mut(length..length + AFTER.len());
    after.ok_or(TooLong)?.copy_from_slice(AFTER);
    Ok(BEFORE.len() + length + AFTER.len())
}
