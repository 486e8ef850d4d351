// SPDX-License-Identifier: BSD-2-Clause

//! Which answer a request gets.

use crate::files::{FileError, Files};
use crate::head::{Content, Status};
use crate::page::{PAGE, POLICY, TAG};
use crate::request::{BadRequest, Request};
use crate::snapshots::Snapshots;
use crate::target::{BadTarget, FilePath, Target};

/// Nothing in other content may run, or load anything.
const NOTHING: &str = "default-src 'none'; sandbox";

/// An event that tells the page that the server still runs.
pub(crate) const ALIVE: &[u8] = b"event: alive\ndata: -\n\n";

/// The content of a response.
#[derive(Debug)]
pub(crate) enum Body<F> {
    /// Bytes that are always the same.
    Constant(&'static [u8]),
    /// The state of this version, from this byte on.
    State(u64, usize),
    /// A stream of states.
    Events(Events),
    /// A file, and how many of its bytes are left.
    File(F, u64),
}

/// The place in a stream of states.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Events {
    /// Everything up to this version is sent.
    UpTo(u64),
    /// The event of this version is being sent, from this byte on.
    Within(u64, usize),
    /// Everything up to this version is sent, and [`ALIVE`] is being sent, from this byte on.
    Alive(u64, usize),
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer<F> {
    pub(crate) status: Status,
    pub(crate) content: Content,
    pub(crate) body: Body<F>,
}

impl<F> Answer<F> {
    /// An answer in plain words.
    pub(crate) fn words(status: Status) -> Self {
        let words = status.words().as_bytes();
        Self::new(
            status,
            "text/plain; charset=utf-8",
            Some(words.len() as u64),
            Body::Constant(words),
        )
    }

    /// Answers a request. `has_room` says whether another event stream may start.
    pub(crate) fn to<T: Files<File = F>>(
        request: &Request,
        snapshots: &Snapshots<'_>,
        files: &mut T,
        has_room: bool,
    ) -> Self {
        let target = match &request.target {
            Ok(target) => target,
            Err(BadTarget::Unknown) => return Self::words(Status::NotFound),
            Err(BadTarget::Malformed) => return Self::words(Status::Malformed),
            Err(BadTarget::TooLong) => return Self::words(Status::TargetTooLong),
        };
        let version = snapshots.version();
        match target {
            Target::Page => Self::page(request.has_page),
            Target::System => match snapshots.json(version) {
                Some(json) => Self::new(
                    Status::Ok,
                    "application/json",
                    Some(json.len() as u64),
                    Body::State(version, 0),
                ),
                None => Self::words(Status::Busy),
            },
            Target::Events if !has_room => Self::words(Status::Busy),
            Target::Events => {
                let body = Body::Events(Events::UpTo(0));
                Self::new(Status::Ok, "text/event-stream", None, body)
            }
            Target::File(path) => Self::file(path, files),
        }
    }

    fn page(is_known: bool) -> Self {
        let (status, page) = match is_known {
            true => (Status::NotModified, ""),
            false => (Status::Ok, PAGE),
        };
        let length = PAGE.len() as u64;
        let body = Body::Constant(page.as_bytes());
        let mut answer = Self::new(status, "text/html; charset=utf-8", Some(length), body);
        answer.content.policy = POLICY;
        answer.content.tag = Some(TAG);
        answer
    }

    fn file<T: Files<File = F>>(path: &FilePath, files: &mut T) -> Self {
        let path = path.as_str();
        match files.open(path) {
            Ok((file, size)) => {
                let body = Body::File(file, size);
                Self::new(Status::Ok, media_type(path), Some(size), body)
            }
            Err(FileError::NotFound) => Self::words(Status::NotFound),
            Err(FileError::Busy) => Self::words(Status::Busy),
            Err(FileError::Damaged) => Self::words(Status::Damaged),
        }
    }

    fn new(status: Status, media_type: &'static str, length: Option<u64>, body: Body<F>) -> Self {
        let content = Content {
            media_type,
            length,
            policy: NOTHING,
            tag: None,
        };
        Self {
            status,
            content,
            body,
        }
    }
}

impl From<BadRequest> for Status {
    fn from(bad: BadRequest) -> Self {
        match bad {
            BadRequest::Malformed => Self::Malformed,
            BadRequest::Method => Self::Method,
            BadRequest::LineTooLong => Self::TargetTooLong,
            BadRequest::FieldsTooLong => Self::FieldsTooLong,
            BadRequest::Version => Self::Version,
        }
    }
}

/// The media type of a file, by the end of its name.
fn media_type(path: &str) -> &'static str {
    let (_, end) = path.rsplit_once('.').unwrap_or_default();
    const TYPES: [(&str, &str); 7] = [
        ("txt", "text/plain; charset=utf-8"),
        ("html", "text/html; charset=utf-8"),
        ("json", "application/json"),
        ("svg", "image/svg+xml"),
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("pdf", "application/pdf"),
    ];
    let mut types = TYPES.iter();
    let known = types.find(|(name, _)| name.eq_ignore_ascii_case(end));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}
