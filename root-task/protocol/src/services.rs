// SPDX-License-Identifier: BSD-2-Clause

//! Calls to the services of KaaL's components.

use crate::data::MESSAGE_BYTES;
use crate::text::{Bytes, Text};

/// The longest path of a file, in bytes.
pub const FILE_PATH: usize = 255;

crate::calls! {
    /// Calls to the service `serial`.
    pub enum Serial {
        /// Prints the text.
        Write(Text) -> () = 1,
        /// Sends typed text through the channel that the caller created last, if it may read the
        /// console.
        Read(()) -> () = 2,
    }
}

crate::calls! {
    /// Calls to the service `echo`.
    pub enum Echo {
        /// Accepts the channel that the caller created last, and sends back everything that arrives
        /// there.
        Accept(()) -> () = 1,
        /// Answers the same bytes.
        Repeat(Bytes<MESSAGE_BYTES>) -> Bytes<MESSAGE_BYTES> = 2,
    }
}

crate::calls! {
    /// Calls to the service `net`.
    pub enum Packets {
        /// Accepts the memory that the caller created last, and passes packets through it.
        Attach(()) -> () = 1,
    }
}

crate::calls! {
    /// Calls to the service `timer`. Times are microseconds from any start.
    pub enum Alarm {
        /// Accepts the memory that the caller created last, and counts the expiries of each of the
        /// caller's alarms there.
        Attach(()) -> () = 1,
        /// Answers the time, and its resolution.
        Now(()) -> (u64, u64) = 2,
        /// Sets the alarm of this number to this time, and to each period after it unless that is 0.
        Set((u64, u64, u64)) -> () = 3,
    }
}

crate::calls! {
    /// Calls to the service `disk`.
    pub enum Block {
        /// Answers the disk's number of blocks, of 512 bytes each.
        Count(()) -> u64 = 1,
        /// Accepts the memory that the caller created last, unless there is another client.
        Attach(()) -> () = 2,
        /// Fills the window of this number in that memory: from this block on, with this many. Answers at once whether
        /// it is filled; if not, call again after the next event.
        Fill((u64, u64, u64)) -> bool = 3,
    }
}

crate::calls! {
    /// Calls to the service `files`. Each is answered at once; if the answer begins with false, call again after the
    /// next event.
    pub enum FileCall {
        /// Accepts the memory that the caller created last, which has a part for each open file.
        Attach(()) -> () = 1,
        /// Begins to open the file at this path, and answers its number.
        Open(Bytes<FILE_PATH>) -> u64 = 2,
        /// Answers whether the file is open, and its size in bytes.
        Size(u64) -> (bool, u64) = 3,
        /// Answers whether the next bytes of the file are in its part of the memory, and their number; 0 at the end.
        Read(u64) -> (bool, u64) = 4,
        /// Closes the file.
        Close(u64) -> () = 5,
    }
}
