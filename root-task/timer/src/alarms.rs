// SPDX-License-Identifier: BSD-2-Clause

//! The alarms of all clients.

use core::array;

use kaal_protocol::Refusal;

use crate::alarm::{Alarm, SHORTEST_PERIOD};

/// The number of alarms that each client has.
pub const ALARMS: usize = 4;

/// The time between two interrupts at least, in microseconds. Alarms that lie closer together share one.
const PAUSE: u64 = 100;

/// A client with expired alarms.
#[derive(Debug)]
pub struct Expired<'a, T> {
    /// Where it learns of them.
    pub contact: &'a T,
    /// How often each of its alarms has expired since it attached.
    pub expiries: [u64; ALARMS],
}

#[derive(Debug)]
struct Client<T> {
    badge: u64,
    contact: T,
    alarms: [Alarm; ALARMS],
}

/// The alarms of at most `CLIENTS` clients, each with a contact `T`.
#[derive(Debug)]
pub struct Alarms<T, const CLIENTS: usize> {
    clients: [Option<Client<T>>; CLIENTS],
    /// When alarms expired last.
    last: Option<u64>,
}

impl<T, const CLIENTS: usize> Default for Alarms<T, CLIENTS> {
    fn default() -> Self {
        Self {
            clients: array::from_fn(|_| None),
            last: None,
        }
    }
}

impl<T, const CLIENTS: usize> Alarms<T, CLIENTS> {
    /// Adds a client, whose alarms are not set. `contact` makes its contact. Returns the contact of an
    /// earlier client with the same badge, which is gone.
    ///
    /// # Errors
    ///
    /// Fails if there are too many clients, or like `contact`.
    pub fn attach(
        &mut self,
        badge: u64,
        contact: impl FnOnce() -> Result<T, Refusal>,
    ) -> Result<Option<T>, Refusal> {
        let is_known =
            |place: &Option<Client<T>>| place.as_ref().is_some_and(|it| it.badge == badge);
        let known = self.clients.iter().position(is_known);
        let place = known.or_else(|| self.clients.iter().position(Option::is_none));
        let place = place.and_then(|place| self.clients.get_mut(place));
        let place = place.ok_or(Refusal::UsedUp)?;
        let former = place.replace(Client {
            badge,
            contact: contact()?,
            alarms: [Alarm::OFF; ALARMS],
        });
        Ok(former.map(|client| client.contact))
    }

    /// Removes the clients whose contact is `gone`, and returns their contacts one after another.
    pub fn detach(&mut self, mut gone: impl FnMut(&T) -> bool) -> impl Iterator<Item = T> {
        self.clients.iter_mut().filter_map(move |place| {
            let client = place.take_if(|client| gone(&client.contact));
            client.map(|client| client.contact)
        })
    }

    /// Sets a client's alarm to the time `at`, in microseconds, and then to each `period`; once if that
    /// is 0. An alarm in the past expires at once; one at [`u64::MAX`] never does.
    ///
    /// # Errors
    ///
    /// Fails if the client has no such alarm, or the period is shorter than [`SHORTEST_PERIOD`].
    pub fn set(&mut self, badge: u64, number: u64, at: u64, period: u64) -> Result<(), Refusal> {
        let mut clients = self.clients.iter_mut().flatten();
        let client = clients.find(|client| client.badge == badge);
        let client = client.ok_or(Refusal::NotFound)?;
        let number = usize::try_from(number).ok();
        let alarm = number.and_then(|number| client.alarms.get_mut(number));
        let alarm = alarm.ok_or(Refusal::NotFound)?;
        if (1..SHORTEST_PERIOD).contains(&period) {
            return Err(Refusal::Malformed);
        }
        alarm.set(at, period);
        Ok(())
    }

    /// Returns when to call [`Self::expire`] next; `None` if no alarm is set.
    pub fn next(&self) -> Option<u64> {
        let alarms = self.clients.iter().flatten().flat_map(|it| &it.alarms);
        let next = alarms.filter_map(Alarm::next).min()?;
        let earliest = self.last.map(|last| last.saturating_add(PAUSE));
        Some(earliest.map_or(next, |earliest| next.max(earliest)))
    }

    /// Lets all alarms up to `now` expire, and passes each client that had any to `tell`.
    pub fn expire(&mut self, now: u64, mut tell: impl FnMut(Expired<'_, T>)) {
        self.last = Some(now);
        for client in self.clients.iter_mut().flatten() {
            let mut any = false;
            for alarm in &mut client.alarms {
                any |= alarm.expire(now);
            }
            if any {
                tell(Expired {
                    contact: &client.contact,
                    expiries: client.alarms.map(|alarm| alarm.expiries),
                });
            }
        }
    }
}
