// SPDX-License-Identifier: BSD-2-Clause

//! The head of a request.

use httparse::{EMPTY_HEADER, Error, Status};

use crate::limits::FIELD_LIMIT;
use crate::page;
use crate::target::{BadTarget, Target};

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// The length of the head.
    pub(crate) length: usize,
    /// Whether only the head of the response is wanted.
    pub(crate) head_only: bool,
    /// Whether another request may follow.
    pub(crate) keeps_alive: bool,
    /// Whether the client has the current page.
    pub(crate) has_page: bool,
    /// The resource, or why there is none.
    pub(crate) target: Result<Target, BadTarget>,
}

/// The reason why bytes are not a request. The connection can't go on after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadRequest {
    /// Not HTTP, or a request with a body.
    Malformed,
    /// A method other than GET and HEAD.
    Method,
    /// The request line is too long.
    LineTooLong,
    /// The header fields are too long or too many.
    FieldsTooLong,
    /// Another version of HTTP.
    Version,
}

impl Request {
    /// Reads a head. Returns `None` if more bytes are needed, and `is_full` says whether there is
    /// room for them.
    pub(crate) fn parse(bytes: &[u8], is_full: bool) -> Result<Option<Self>, BadRequest> {
        let mut fields = [EMPTY_HEADER; FIELD_LIMIT];
        let mut request = httparse::Request::new(&mut fields);
        let length = match request.parse(bytes) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) if !is_full => return Ok(None),
            Ok(Status::Partial) => {
                return Err(match request.version {
                    None => BadRequest::LineTooLong,
                    Some(_) => BadRequest::FieldsTooLong,
                });
            }
            Err(Error::TooManyHeaders) => return Err(BadRequest::FieldsTooLong),
            Err(Error::Version) => return Err(BadRequest::Version),
            Err(_) => return Err(BadRequest::Malformed),
        };
        let head_only = match request.method {
            Some("GET") => false,
            Some("HEAD") => true,
            _ => return Err(BadRequest::Method),
        };
        let is_modern = request.version == Some(1);
        let fields = Fields(request.headers);
        if fields.announce_a_body() || is_modern && !fields.has_one("host") {
            return Err(BadRequest::Malformed);
        }
        Ok(Some(Self {
            length,
            head_only,
            keeps_alive: match is_modern {
                true => !fields.list("connection", "close"),
                false => fields.list("connection", "keep-alive"),
            },
            has_page: fields.list("if-none-match", page::TAG),
            target: Target::parse(request.path.unwrap_or_default()),
        }))
    }
}

/// The header fields.
struct Fields<'a>(&'a [httparse::Header<'a>]);

impl Fields<'_> {
    fn named(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let named = move |field: &&httparse::Header<'_>| field.name.eq_ignore_ascii_case(name);
        self.0.iter().filter(named).map(|field| field.value)
    }

    /// Whether one of the values in a list is `value`.
    fn list(&self, name: &str, value: &str) -> bool {
        self.named(name).any(|list| {
            let mut values = list.split(|&byte| byte == b',');
            values.any(|item| item.trim_ascii().eq_ignore_ascii_case(value.as_bytes()))
        })
    }

    /// Whether bytes follow the head. No request that is served has any.
    fn announce_a_body(&self) -> bool {
        let mut lengths = self.named("content-length");
        lengths.any(|length| length != b"0") || self.named("transfer-encoding").next().is_some()
    }

    /// Whether there is exactly one field of this name (RFC 9112, 3.2).
    fn has_one(&self, name: &str) -> bool {
        self.named(name).count() == 1
    }
}
