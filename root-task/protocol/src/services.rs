// SPDX-License-Identifier: BSD-2-Clause

//! Calls to the services of KaaL's components.

use crate::data::MESSAGE_BYTES;
use crate::text::{Bytes, Text};

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
        /// Fills the window of this number in that memory: from this block on, with this many.
        Fill((u64, u64, u64)) -> () = 3,
    }
}
