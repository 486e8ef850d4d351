// SPDX-License-Identifier: BSD-2-Clause

//! A disk, by the service `disk`.

use kaal_block::{Fill, Reader, SHARED};
use kaal_protocol::{Block, Refusal};

use crate::service::Client;
use crate::shared_memory::SharedMemory;

const SERVICE: &str = "disk";

/// A disk that can be read. The component's entry in `system.toml` must contain `needs = ["disk"]`.
///
/// ```no_run
/// # use kaal_component::{Disk, Refusal};
/// # fn run() -> Result<(), Refusal> {
/// let mut disk = Disk::open()?;
/// let mut first = [0; 512];
/// disk.read(0, &mut first)?;
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
    /// Opens the disk. If the service restarts, the component gets the event
    /// [`CHANNEL_ENDED`](kaal_protocol::CHANNEL_ENDED), and reads fail; then close it, and open it again.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need the service, the machine has no disk, another
    /// component has it, or quota or memory are exhausted.
    pub fn open() -> Result<Self, Refusal> {
        let client = Client::lookup(SERVICE)?;
        // Waits for the service, if it restarts: memory can be shared only with a running component.
        let blocks = client.call(Block::Count, ())?;
        let memory = SharedMemory::create(SERVICE, SHARED)?;
        match client.call(Block::Attach, ()) {
            Ok(()) => Ok(Self {
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

    /// Reads consecutive blocks, from `first` on, as many as `buffer` holds. Waits for the disk.
    ///
    /// # Errors
    ///
    /// Fails if the disk has fewer blocks or can't be read, or the buffer holds a part of one.
    pub fn read(&mut self, first: u64, buffer: &mut [u8]) -> Result<(), Refusal> {
        let client = &self.client;
        let fill = |fill: Fill| client.call(Block::Fill, (fill.window, fill.first, fill.count));
        self.reader.read(first, buffer, self.memory.words(), fill)
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
