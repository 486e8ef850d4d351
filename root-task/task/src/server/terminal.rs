// SPDX-License-Identifier: BSD-2-Clause

//! The component that drives the console, and what it prints for the root task.

use alloc::vec;

use kaal_broker::{ComponentId, Kernel, PAGE_SIZE, Slot};
use kaal_payload::PhysRange;
use kaal_protocol::{Refusal, TEXT_LIMIT, Writer};

use super::{Answer, Server};
use crate::console;

/// The component that has the page with the console's registers.
pub(super) struct Driver {
    id: ComponentId,
    /// Signals it when there is new text, once it has asked for that.
    signal: Option<Slot>,
}

impl Server<'_> {
    /// Notes who has the console, after a component got `registers`.
    pub(super) fn note_driver(&mut self, id: ComponentId, registers: PhysRange) {
        let page = |address: u64| address / PAGE_SIZE;
        let is_console = |base: u64| {
            (page(registers.start.0)..=page(registers.end.0.saturating_sub(1)))
                .contains(&page(base))
        };
        if self
            .console
            .is_some_and(|console| is_console(console.base.0))
        {
            self.driver = Some(Driver { id, signal: None });
        }
    }

    /// After a change, prints the log if no component drives the console, else signals the component.
    pub(super) fn settle_console(&mut self) {
        let Some(console) = self.console else {
            return;
        };
        let is_lent = self.broker.is_lent(console.base.0);
        if !is_lent {
            self.driver = None;
        }
        console::lend(is_lent);
        let signal = self.driver.as_ref().and_then(|driver| driver.signal);
        if let Some(signal) = signal
            && console::has_news()
        {
            // If the driver is about to end, the root task prints the text then.
            let _ = self.broker.kernel().signal(signal);
        }
    }

    pub(super) fn open_log(&mut self, id: ComponentId) -> Answer {
        let (Some(driver), Some(console)) = (&mut self.driver, self.console) else {
            return Err(Refusal::NotOwned);
        };
        if driver.id != id || driver.signal.is_some() {
            return Err(Refusal::NotOwned);
        }
        let (signal, event) = self.broker.open_signal(id)?;
        driver.signal = Some(signal);
        let model = [
            console.kind as u8,
            console.register_shift,
            console.access_size as u8,
        ];
        let [kind, shift, size] = model.map(u64::from);
        Ok(vec![event, kind, shift, size])
    }

    pub(super) fn read_log(&self, id: ComponentId) -> Answer {
        self.check_driver(id)?;
        let mut text = [0; TEXT_LIMIT];
        let length = console::take(&mut text);
        let mut words = vec![0; 1 + TEXT_LIMIT / size_of::<u64>()];
        let text = text.get(..length).unwrap_or_default();
        let length = Writer::new(&mut words).text(text).length();
        words.truncate(length);
        Ok(words)
    }

    /// Tells the driver the name and the rights of a client.
    pub(super) fn client(&self, id: ComponentId, client: u64) -> Answer {
        self.check_driver(id)?;
        let client = u16::try_from(client).map_err(|_| Refusal::NotFound)?;
        let status = self.broker.status(ComponentId(client));
        let config = status.ok_or(Refusal::NotFound)?.config;
        let mut words = vec![0; 2 + TEXT_LIMIT / size_of::<u64>()];
        let length = Writer::new(&mut words)
            .word(config.console.to_word())
            .text(config.name.as_bytes())
            .length();
        words.truncate(length);
        Ok(words)
    }

    fn check_driver(&self, id: ComponentId) -> Result<(), Refusal> {
        match &self.driver {
            Some(driver) if driver.id == id => Ok(()),
            _ => Err(Refusal::NotOwned),
        }
    }
}
