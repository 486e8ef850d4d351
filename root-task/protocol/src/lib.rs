// SPDX-License-Identifier: BSD-2-Clause

//! What components and the root task say to each other.
//!
//! A message has a label and words, as seL4 passes them. A request's label says what is asked for; an
//! answer's label is 0 for yes, or the number of a [`Refusal`]. Text is packed into words, its length
//! in bytes before it. Whatever a component sends, [`Request::decode`] either understands or refuses.
//!
//! Each module imports none but those that are listed below it:
//!
//! - `request`: requests to the broker
//! - `refusal`: why the answer is no
//! - `message`: words of a message, and text in them
//! - `text`: text of bounded length
//! - `ring`: bytes through memory that two components share

#![no_std]
#![forbid(unsafe_code)]

mod message;
mod refusal;
mod request;
mod ring;
mod text;

pub use message::{Malformed, Reader, Writer};
pub use refusal::Refusal;
pub use request::{Report, Request, Test, View};
pub use ring::{Cursors, Ring};
pub use text::{TEXT_LIMIT, Text};

/// The slots of a component's CSpace that hold something from the start.
pub mod slots {
    /// The broker's endpoint.
    pub const BROKER: u64 = 1;
    /// The component's own notification.
    pub const NOTIFICATION: u64 = 2;
    /// The component's reply object; MCS kernels only.
    pub const REPLY: u64 = 3;
    /// The broker's endpoint once more, for the component's faults; kernels without MCS only.
    pub const FAULT: u64 = 4;
    /// The first of those that the broker fills on request.
    pub const FIRST_EMPTY: u64 = 8;
}

/// The event that says that the other end of a channel is gone.
pub const CHANNEL_ENDED: u64 = 1 << 63;

/// The labels of calls to the service `serial`.
pub mod serial {
    /// Print the text.
    pub const WRITE: u64 = 1;
    /// Send what is typed from now on through the channel that the caller created.
    pub const READ: u64 = 2;
}

/// The label of calls to the service `echo`: take part in the channel that the caller created, and
/// send back whatever comes through it.
pub const ECHO: u64 = 1;
