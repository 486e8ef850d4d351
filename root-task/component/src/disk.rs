// SPDX-License-Identifier: BSD-2-Clause

//! A disk, by the service `disk`.

use core::task::Poll;

use kaal_block::{Fill, Reader, SHARED};
use kaal_protocol::{Block, Refusal};

use crate::service::Client;
use crate::shared_memory::SharedMemory;

const SERVICE: &str = "disk";

/// A disk that can be read. The component's entry in `system.toml` must contain `needs = ["disk"]`.
///
/// ```no_run
/// # use kaal_component::{Disk, Refusal, wait};
/// # fn run() -> Result<(), Refusal> {
/// let mut disk = Disk::open()?;
/// let mut first = [0; 512];
/// while disk.read(0, &mut first)?.is_pending() {
///     while wait() & disk.event() == 0 {}
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Disk {
    client: Client<Block>,
    memory: SharedMemory,
    reader: Reader,
}

impl Disk {
    /// Opens the disk. If the service restarts, the component gets the events of [`Self::event`] and
    /// [`CHANNEL_ENDED`](kaal_protocol::CHANNEL_ENDED), and reads fail; then close it, and open it again.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, this doesn't run, the machine has no disk,
    /// another component has it, or quota or memory are exhausted.
    pub fn open() -> Result<Self, Refusal> {
        let client = Client::lookup(SERVICE)?;
        // Fails if the service doesn't run. A call would wait for its restart.
        let memory = SharedMemory::create(SERVICE, SHARED)?;
        let attached = client.call(Block::Attach, ());
        match attached.and_then(|()| client.call(Block::Count, ())) {
            Ok(blocks) => Ok(Self {
                client,
                memory,
                reader: Reader::new(blocks),
            }),
            Err(refusal) => {
                memory.close()?;
                Err(refusal)
            }
        }
    }

    /// Returns the number of blocks, of 512 bytes each.
    pub fn blocks(&self) -> u64 {
        self.reader.blocks()
    }

    /// Reads consecutive blocks, from `first` on, some of those that `buffer` holds. Returns the number of bytes; if it
    /// is [`Poll::Pending`], call again after [`Self::event`].
    ///
    /// # Errors
    ///
    /// Fails if the disk has fewer blocks than `buffer` holds or can't be read, or `buffer` holds none or a part of one.
    pub fn read(&mut self, first: u64, buffer: &mut [u8]) -> Poll<Result<usize, Refusal>> {
        let client = &self.client;
        let fill = |fill: Fill| {
            let is_filled = client.call(Block::Fill, (fill.window, fill.first, fill.count))?;
            match is_filled {
                true => Poll::Ready(Ok(())),
                false => Poll::Pending,
            }
        };
        self.reader.read(first, buffer, self.memory.words(), fill)
    }

    /// Returns the event that the disk sets when a read may go on.
    pub fn event(&self) -> u64 {
        self.memory.event
    }

    /// Whether the service still runs.
    pub fn is_open(&self) -> bool {
        self.memory.is_open()
    }

    /// Closes the disk.
    ///
    /// # Errors
    ///
    /// Fails if the memory is gone.
    pub fn close(self) -> Result<(), Refusal> {
        self.memory.close()
    }
}
