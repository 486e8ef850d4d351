// SPDX-License-Identifier: BSD-2-Clause

//! Sizes and times.

use core::time::Duration;

/// Maximum size of a request's head, in bytes.
pub const REQUEST_LIMIT: usize = 2048;

/// Maximum number of a request's header fields. Browsers send about 20.
pub(crate) const FIELD_LIMIT: usize = 48;

/// Maximum length of a file's path, in bytes.
pub const PATH_LIMIT: usize = 255;

/// How long a request may take to arrive, from its first byte.
pub const REQUEST_TIME: Duration = Duration::from_secs(5);

/// How long a connection may wait for its next request.
pub const IDLE_TIME: Duration = Duration::from_secs(30);

/// The time in which a client must take [`RATE_BYTES`], or the rest of its response.
pub const RATE_TIME: Duration = Duration::from_secs(10);

/// The bytes that a client must take in [`RATE_TIME`].
pub const RATE_BYTES: usize = 16 << 10;

/// How long the disk may take to open a file, or to read its next bytes.
pub const FILE_TIME: Duration = Duration::from_secs(5);

/// How long a client may owe a request while others wait for a connection.
pub const GRACE: Duration = Duration::from_millis(100);

/// How long a client may take nothing while others wait for a connection.
pub const BUSY_TIME: Duration = Duration::from_secs(1);

/// How long a client may take to close its side after the last response.
pub const CLOSE_TIME: Duration = Duration::from_secs(2);

/// The time between two events of a stream, so that client and server notice each other's end.
pub const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// The most bytes that a connection sends in one turn.
pub const TURN: usize = 16 << 10;
