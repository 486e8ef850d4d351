// SPDX-License-Identifier: BSD-2-Clause

//! The protocol between components and the root task.
//!
//! A message has a label and words, as in seL4. A request's label is the kind of request. An
//! answer's label is 0 for success, or the number of a [`Refusal`]. A text is its length in bytes,
//! then its bytes packed into words. [`Request::decode`] accepts or refuses every possible message.
//!
//! Each module imports only modules listed below it:
//!
//! - `services`: calls to the services of KaaL's components
//! - `request`: requests to the broker
//! - `refusal`: refusals of the root task and of services
//! - `console`: rights at the console, and lines that name their author
//! - `calls`: typed calls to services
//! - `data`: values that messages carry
//! - `records`: records about the running system
//! - `record`: records in messages
//! - `message`: words and text of messages
//! - `text`: bytes and text of bounded length
//! - `ring`: a byte stream through shared memory

#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod calls;
mod console;
mod data;
mod message;
mod record;
mod records;
mod refusal;
mod request;
mod ring;
mod services;
mod text;

pub use calls::{Answer, Calls, Reply};
pub use console::{Author, ConsoleRights, Lines};
pub use data::{Data, MESSAGE_BYTES, MESSAGE_WORDS, read, write};
pub use message::{Malformed, Reader, Writer};
pub use record::{RECORD_TEXT, Record, append, records};
pub use records::{
    CapabilityRecord, ChannelRecord, ComponentRecord, KernelRecord, Kind, LogRecord, NameList,
    NameRecord, Right, State, Topic, Totals,
};
pub use refusal::Refusal;
pub use request::{Request, Test, View};
pub use ring::{Broken, Consumer, Cursors, Producer};
pub use services::{Alarm, Block, Echo, FILE_PATH, FileCall, Packets, Serial};
pub use text::{Bytes, TEXT_LIMIT, Text, TooLong};

/// Slots of a component's CSpace that are filled at its start.
pub mod slots {
    /// The broker's endpoint.
    pub const BROKER: u64 = 1;
    /// The component's notification.
    pub const NOTIFICATION: u64 = 2;
    /// The component's reply object; MCS kernels only.
    pub const REPLY: u64 = 3;
    /// The broker's endpoint for the component's faults; kernels without MCS only.
    pub const FAULT: u64 = 4;
    /// The first slot that the broker fills on request.
    pub const FIRST_EMPTY: u64 = 8;
}

/// The event for the end of a channel: the other end is gone. The channel's own event is set too.
/// Events of several channels may arrive together; [`Request::IsOpen`] tells which have ended.
pub const CHANNEL_ENDED: u64 = 1 << 63;

/// The most bytes of all programs that replace others in a running system, in development.
pub const PROGRAMS_LIMIT: usize = 1 << 20;
