// SPDX-License-Identifier: BSD-2-Clause

//! The head of a response.

use core::fmt::{self, Write};

/// Maximum size of a head, in bytes. The page's is the longest, with its security policy.
const HEAD_LIMIT: usize = 768;

/// The status of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    NotModified,
    Malformed,
    NotFound,
    Method,
    Slow,
    TargetTooLong,
    FieldsTooLong,
    Damaged,
    Busy,
    Version,
}

impl Status {
    /// The code and its name (RFC 9110, 15; RFC 6585, 5).
    fn code(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::NotModified => "304 Not Modified",
            Self::Malformed => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::Method => "405 Method Not Allowed",
            Self::Slow => "408 Request Timeout",
            Self::TargetTooLong => "414 URI Too Long",
            Self::FieldsTooLong => "431 Request Header Fields Too Large",
            Self::Damaged => "500 Internal Server Error",
            Self::Busy => "503 Service Unavailable",
            Self::Version => "505 HTTP Version Not Supported",
        }
    }

    /// What went wrong, for people.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Ok | Self::NotModified => "",
            Self::Malformed => "The server does not understand this request.\n",
            Self::NotFound => "There is nothing at this address.\n",
            Self::Method => "The server only answers GET and HEAD.\n",
            Self::Slow => "The request took too long to arrive.\n",
            Self::TargetTooLong => "The address is too long.\n",
            Self::FieldsTooLong => "The request's header is too long.\n",
            Self::Damaged => "The server can't read its disk.\n",
            Self::Busy => "Too many clients are connected. Try again in a second.\n",
            Self::Version => "The server only speaks HTTP/1.0 and HTTP/1.1.\n",
        }
    }

    /// A field that tells programs what to do.
    fn advice(self) -> &'static str {
        match self {
            Self::Method => "Allow: GET, HEAD\r\n",
            Self::Busy => "Retry-After: 1\r\n",
            _ => "",
        }
    }
}

/// What the head says about the content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    /// Its media type.
    pub(crate) media_type: &'static str,
    /// Its length; `None` if it ends with the connection.
    pub(crate) length: Option<u64>,
    /// What a browser may do with it.
    pub(crate) policy: &'static str,
    /// What tells it from older content at its address; else it is never stored.
    pub(crate) tag: Option<&'static str>,
}

/// The bytes of a head.
#[derive(Debug)]
pub(crate) struct Head {
    bytes: [u8; HEAD_LIMIT],
    length: usize,
}

impl Head {
    pub(crate) const EMPTY: Self = Self {
        bytes: [0; HEAD_LIMIT],
        length: 0,
    };

    /// Writes the head of a response.
    ///
    /// # Errors
    ///
    /// Fails if it is too long.
    pub(crate) fn write(
        status: Status,
        content: &Content,
        keeps_alive: bool,
    ) -> Result<Self, fmt::Error> {
        let mut head = Self::EMPTY;
        let Content {
            media_type, policy, ..
        } = content;
        let (code, advice) = (status.code(), status.advice());
        write!(head, "HTTP/1.1 {code}\r\n{advice}")?;
        write!(head, "Content-Type: {media_type}\r\n")?;
        if let Some(length) = content.length {
            write!(head, "Content-Length: {length}\r\n")?;
        }
        match content.tag {
            Some(tag) => write!(head, "ETag: {tag}\r\nCache-Control: no-cache\r\n")?,
            None => head.write_str("Cache-Control: no-store\r\n")?,
        }
        write!(head, "Content-Security-Policy: {policy}\r\n")?;
        head.write_str("X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n")?;
        head.write_str(match keeps_alive {
            true => "Connection: keep-alive\r\n\r\n",
            false => "Connection: close\r\n\r\n",
        })?;
        Ok(head)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Write for Head {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let place = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        place.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
