// SPDX-License-Identifier: BSD-2-Clause

//! All connections, and room for new ones.
//!
//! Only a transport without a client can take a new one. So if all have one, the server frees that
//! of the client who has kept it waiting longest: first of those that owe a request, then of those
//! that don't take their response, or for whom the disk doesn't answer. If all others are being served, the last one is told that the
//! server is busy.

use core::time::Duration;

use crate::connection::{Connection, Phase};
use crate::counters::Counters;
use crate::files::Files;
use crate::head::Status;
use crate::limits::{BUSY_TIME, GRACE, TURN};
use crate::response::{Broken, Context};
use crate::snapshots::{Snapshots, TooLong};
use crate::state::System;
use crate::transport::{Link, Transport};

/// The server.
#[derive(Debug)]
pub struct Server<'a, F: Files> {
    connections: &'a mut [Connection<F::File>],
    snapshots: Snapshots<'a>,
    counters: Counters,
}

impl<'a, F: Files> Server<'a, F> {
    /// Creates a server with these connections. It keeps [`SNAPSHOTS`](crate::SNAPSHOTS) states in
    /// `memory`, each in an equal part of it.
    pub fn new(connections: &'a mut [Connection<F::File>], memory: &'a mut [u8]) -> Self {
        Self {
            connections,
            snapshots: Snapshots::new(memory),
            counters: Counters::default(),
        }
    }

    /// Returns what the server did.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Shows a state, if it differs from the last one in more than the uptime. Returns whether it
    /// does.
    ///
    /// # Errors
    ///
    /// Fails if the state is too long even without its log. The last one stays then.
    pub fn publish(&mut self, system: &System<'_>) -> Result<bool, TooLong> {
        let connections = &*self.connections;
        let is_read = |version| {
            let mut versions = connections.iter().filter_map(Connection::version);
            versions.any(|read| read == version)
        };
        self.snapshots.publish(system, is_read)
    }

    /// Gives each connection a turn. The connection with index `i` belongs to `transports[i]`.
    ///
    /// Returns the time of the next turn, at the latest. It must come at once whenever a transport
    /// has bytes or room, and after [`publish`](Self::publish).
    pub fn poll<T: Transport>(
        &mut self,
        now: Duration,
        transports: &mut [T],
        files: &mut F,
    ) -> Option<Duration> {
        let streams = self.connections.iter().filter(|one| one.is_stream());
        let streams = streams.count();
        let mut context = Context {
            now,
            snapshots: &self.snapshots,
            counters: &mut self.counters,
            files,
            streams_left: (self.connections.len() / 2).saturating_sub(streams),
        };
        let mut again = false;
        for (connection, transport) in self.connections.iter_mut().zip(&mut *transports) {
            match turn(connection, transport, &mut context) {
                Ok(has_more) => again |= has_more,
                Err(Broken) => {
                    connection.reset(context.files);
                    transport.release();
                }
            }
        }
        again |= make_room(self.connections, transports, &mut context);
        if again {
            return Some(now);
        }
        let connections = self.connections.iter();
        let is_full = connections.clone().all(|one| one.phase != Phase::Free);
        // Then one may be freed soon.
        let room = is_full.then_some(now + GRACE);
        connections
            .filter_map(Connection::deadline)
            .chain(room)
            .min()
    }
}

/// One connection's turn. Returns whether it has more to do at once.
fn turn<T: Transport, F: Files>(
    connection: &mut Connection<F::File>,
    transport: &mut T,
    context: &mut Context<'_, '_, F>,
) -> Result<bool, Broken> {
    let now = context.now;
    let link = transport.link();
    match (link, connection.phase) {
        (Link::Down, Phase::Free) => return Ok(false),
        (Link::Down, _) => return Err(Broken),
        (_, Phase::Free) => connection.start(now),
        _ => {}
    }
    transport.receive(&mut |bytes| connection.receive(bytes, now));
    connection.answer(context)?;
    connection.check_time(context)?;
    let before = connection.phase;
    let (mut sent, mut is_filled) = (Ok(0), false);
    if connection.phase == Phase::Responding {
        transport.send(&mut |room| {
            let most = room.len().min(TURN);
            sent = connection.send(room.get_mut(..most).unwrap_or_default(), context);
            is_filled = sent == Ok(most);
            sent.unwrap_or_default()
        });
    }
    sent?;
    if link == Link::Ended {
        connection.end(now)?;
    }
    if connection.phase == Phase::Closing && before != Phase::Closing {
        transport.finish();
    }
    // There may be more room.
    Ok(is_filled || connection.can_go_on())
}

/// If all connections have clients, frees one for the next client. Returns whether it did.
fn make_room<T: Transport, F: Files>(
    connections: &mut [Connection<F::File>],
    transports: &mut [T],
    context: &mut Context<'_, '_, F>,
) -> bool {
    if connections.iter().any(|one| one.phase == Phase::Free) {
        return false;
    }
    let now = context.now;
    let reads = |one: &Connection<_>| one.phase == Phase::Reading;
    let is_stuck = |one: &Connection<_>| {
        !reads(one) && !one.is_waiting_stream() && now >= one.progress + BUSY_TIME
    };
    let all = || connections.iter().enumerate();
    let owes_request = all()
        .filter(|(_, one)| reads(one) && now >= one.since + GRACE)
        .min_by_key(|(_, one)| one.since);
    let takes_nothing = all()
        .filter(|(_, one)| is_stuck(one))
        .min_by_key(|(_, one)| one.progress);
    let victim = owes_request.or(takes_nothing).map(|(index, _)| index);
    if let Some(index) = victim
        && let Some((connection, transport)) =
            connections.get_mut(index).zip(transports.get_mut(index))
    {
        *match connection.waits_for_disk() {
            true => &mut context.counters.failed,
            false => &mut context.counters.slow,
        } += 1;
        connection.reset(context.files);
        transport.release();
        return true;
    }
    // Others end soon, or may be freed soon.
    let mut others = connections
        .iter_mut()
        .filter(|one| !matches!(one.phase, Phase::Opening | Phase::Responding));
    match (others.next(), others.next()) {
        (Some(last), None) if reads(last) => {
            context.counters.busy += 1;
            last.refuse(Status::Busy, now).is_ok()
        }
        _ => false,
    }
}
