// SPDX-License-Identifier: BSD-2-Clause

//! Serves the page of a running system over TCP/IP: `smoltcp` between the packets of a network driver
//! and the HTTP server of `kaal-web`.
//!
//! All memory is the caller's and of fixed size. The number of connections is fixed too. A client that
//! doesn't finish its handshake loses its place to the next one, so a flood of them costs others
//! nothing but time.
//!
//! Each module imports only modules listed below it:
//!
//! - `stack`: packets, connections and server, in turns
//! - `port`: a TCP socket as a connection of the server
//! - `announcement`: the packet that tells neighbours the MAC address
//! - `device`: packets of the caller's network
//! - `inlet`: which received packets the stack reads

#![no_std]
#![forbid(unsafe_code)]

mod announcement;
mod device;
mod inlet;
mod port;
mod stack;

pub use device::{Network, PACKET};
pub use smoltcp::iface::SocketStorage;
pub use stack::{Address, CONNECTIONS, Stack};
