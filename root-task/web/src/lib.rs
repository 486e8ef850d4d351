// SPDX-License-Identifier: BSD-2-Clause

//! The page that shows a running system, and the HTTP server core behind it.
//!
//! The core knows no sockets and no clock. The caller gives it received bytes, room for bytes to
//! send, the time, files, and the state to show. So it runs, and is tested and fuzzed, on any host.
//!
//! All memory is the caller's and of fixed size. Each connection has one turn in each
//! [`Server::poll`]. Connections that wait too long, or read too slowly, are closed.
//!
//! Each module imports only modules listed below it:
//!
//! - `server`: all connections, and room for new ones
//! - `connection`: one connection, from its first byte to its last
//! - `response`: a response, sent piece by piece
//! - `answer`: which answer a request gets
//! - `head`: the head of a response
//! - `request`: the head of a request
//! - `target`: which resource a request names
//! - `snapshots`: the latest states, as JSON
//! - `report`: the state of a system from the records of its root task
//! - `state`: the state of a system
//! - `page`: the page
//! - `files`: the caller's files
//! - `transport`: the caller's connections
//! - `counters`: requests, refusals and dropped packets, counted
//! - `limits`: sizes and times

#![no_std]
#![forbid(unsafe_code)]

mod answer;
mod connection;
mod counters;
mod files;
mod head;
mod limits;
mod page;
mod report;
mod request;
mod response;
mod server;
mod snapshots;
mod state;
mod target;
mod transport;

pub use connection::Connection;
pub use counters::{Counters, NetworkCounters};
pub use files::{FileError, Files, NoFiles};
pub use limits::{
    BUSY_TIME, CLOSE_TIME, FILE_TIME, GRACE, IDLE_TIME, KEEP_ALIVE, PATH_LIMIT, RATE_BYTES,
    RATE_TIME, REQUEST_LIMIT, REQUEST_TIME, TURN,
};
pub use page::PAGE;
pub use report::Report;
pub use server::Server;
pub use snapshots::{SNAPSHOTS, TooLong};
pub use state::{
    Capability, Channel, Component, Entry, Kernel, Kind, Measurement, REPORT_VERSION, Right, Share,
    State, System,
};
pub use transport::{Link, Transport};
