// SPDX-License-Identifier: BSD-2-Clause

//! The client, and the memory that it shares.

use core::cell::RefCell;

use kaal_component::{Refusal, SharedMemory};
use kaal_disk::{RUNS, write};

/// The memory of the client, if there is one.
#[derive(Default)]
pub(crate) struct Client(RefCell<Option<SharedMemory>>);

impl Client {
    /// Takes the client with this badge in place of the last one.
    pub(crate) fn accept(&self, badge: u64) -> Result<(), Refusal> {
        self.leave();
        let memory = SharedMemory::accept(badge, RUNS)?;
        *self.0.borrow_mut() = Some(memory);
        Ok(())
    }

    /// Leaves the client. If the root task fails to free the memory, it stays until the end.
    pub(crate) fn leave(&self) {
        let memory = self.0.borrow_mut().take();
        let _ = memory.map(SharedMemory::close);
    }

    pub(crate) fn is_absent(&self) -> bool {
        self.0.borrow().is_none()
    }

    pub(crate) fn is_gone(&self) -> bool {
        let memory = self.0.borrow();
        memory.as_ref().is_some_and(|memory| !memory.is_open())
    }

    /// Tells the client to ask again.
    pub(crate) fn signal(&self) {
        self.0.borrow().iter().for_each(SharedMemory::signal);
    }

    /// Writes words to a file's part of the memory.
    pub(crate) fn write(&self, file: usize, words: &[u64]) {
        if let Some(memory) = &*self.0.borrow() {
            write(memory.words(), file, words);
        }
    }
}
