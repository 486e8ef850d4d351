// SPDX-License-Identifier: BSD-2-Clause

//! Interrupts of a component, and other capabilities that the root task keeps for it.

use super::{Process, Watch};
use crate::error::Denial;
use crate::kernel::{Interrupt, Kernel, Pass, Slot};
use crate::pool::Pool;
use crate::quota::Resources;

/// Charge for an interrupt: its handler, and the notification badged with its event.
const HANDLER: Resources = Resources::new(0, 2);

impl Process {
    /// Lets the component handle an interrupt. Returns the slot of the handler, and the event.
    pub(crate) fn handle(
        &mut self,
        pool: &mut Pool<impl Kernel>,
        interrupt: Interrupt,
    ) -> Result<(u64, u64), Denial> {
        let kept = self.kept.len();
        let outcome = self.charged(HANDLER, |process| {
            process.with_event(|process, event| {
                let index = process.connect(pool, interrupt, event)?;
                Ok((index, event))
            })
        });
        if outcome.is_err() {
            pool.delete(self.kept.drain(kept..).rev());
        }
        outcome
    }

    fn connect(
        &mut self,
        pool: &mut Pool<impl Kernel>,
        interrupt: Interrupt,
        event: u64,
    ) -> Result<u64, Denial> {
        let signal = self.keep(pool, self.notification, event)?;
        let handler = pool.fill_slot(|kernel, slot| kernel.take_interrupt(interrupt, slot))?;
        self.kept.push(handler);
        pool.kernel.bind_interrupt(handler, signal)?;
        self.pass(&mut pool.kernel, handler, Pass::Whole)
    }

    /// Keeps a capability that signals the component. Returns its slot, and the event.
    pub(crate) fn open_signal(
        &mut self,
        pool: &mut Pool<impl Kernel>,
    ) -> Result<(Slot, u64), Denial> {
        self.charged(Resources::new(0, 1), |process| {
            process.with_event(|process, event| {
                let signal = process.keep(pool, process.notification, event)?;
                Ok((signal, event))
            })
        })
    }

    /// Lets the component know of changes. Returns its event.
    pub(crate) fn watch(&mut self, pool: &mut Pool<impl Kernel>) -> Result<u64, Denial> {
        if let Some(watch) = &self.watch {
            return Ok(watch.event);
        }
        let (signal, event) = self.open_signal(pool)?;
        let seen = None;
        self.watch = Some(Watch {
            signal,
            event,
            seen,
        });
        Ok(event)
    }

    /// Keeps a badged copy of a capability until the component ends. The caller charges its slot.
    pub(super) fn keep(
        &mut self,
        pool: &mut Pool<impl Kernel>,
        original: Slot,
        badge: u64,
    ) -> Result<Slot, Denial> {
        let copy = pool.fill_slot(|kernel, slot| kernel.copy(original, slot, Pass::Send(badge)))?;
        self.kept.push(copy);
        Ok(copy)
    }
}
