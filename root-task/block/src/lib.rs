// SPDX-License-Identifier: BSD-2-Clause

//! Reads blocks of a virtio disk through memory that the driver shares with its client.
//!
//! The memory consists of [`WINDOWS`] windows. The client keeps in mind which blocks each window holds, and asks the
//! driver to fill one. The device writes to the window itself, so the driver copies nothing. A client that lies, or
//! a disk that does, gets an error or wrong content of this disk, and nothing else.
//!
//! Each module imports only modules listed below it:
//!
//! - `reader`: the client's end
//! - `requests`: the driver's end
//! - `window`: the windows of the shared memory

#![no_std]
#![forbid(unsafe_code)]

mod reader;
mod requests;
mod window;

pub use reader::Reader;
pub use requests::{QUEUE, QUEUE_SIZE, Requests};
pub use window::{BLOCK, Fill, SHARED, WINDOWS};
