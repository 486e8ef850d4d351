// SPDX-License-Identifier: BSD-2-Clause

//! Which answer a request gets.

use core::task::Poll;

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

    /// Answers a request, unless that waits for its file, which `opening` keeps. `has_room` says whether another event
    /// stream may start.
    pub(crate) fn to<T: Files<File = F>>(
        request: &Request,
        snapshots: &Snapshots<'_>,
        files: &mut T,
        has_room: bool,
        opening: &mut Option<F>,
    ) -> Poll<Self> {
        let version = snapshots.version();
        let answer = match &request.target {
            Ok(Target::File(path)) => return Self::file(path, files, opening),
            Err(BadTarget::Unknown) => Self::words(Status::NotFound),
            Err(BadTarget::Malformed) => Self::words(Status::Malformed),
            Err(BadTarget::TooLong) => Self::words(Status::TargetTooLong),
            Ok(Target::Page) => Self::page(request.has_page),
            Ok(Target::System) => match snapshots.json(version) {
                Some(json) => Self::new(
                    Status::Ok,
                    "application/json",
                    Some(json.len() as u64),
                    Body::State(version, 0),
                ),
                None => Self::words(Status::Busy),
            },
            Ok(Target::Events) if !has_room => Self::words(Status::Busy),
            Ok(Target::Events) => {
                let body = Body::Events(Events::UpTo(0));
                Self::new(Status::Ok, "text/event-stream", None, body)
            }
        };
        Poll::Ready(answer)
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

    fn file<T: Files<File = F>>(
        path: &FilePath,
        files: &mut T,
        opening: &mut Option<F>,
    ) -> Poll<Self> {
        let path = path.as_str();
        let file = opening.take().map_or_else(|| files.open(path), Ok);
        let mut file = match file {
            Ok(file) => file,
            Err(error) => return Poll::Ready(Self::words(error.into())),
        };
        let answer = match files.size(&mut file) {
            Poll::Pending => {
                *opening = Some(file);
                return Poll::Pending;
            }
            Poll::Ready(Ok(size)) => {
                let body = Body::File(file, size);
                Self::new(Status::Ok, media_type(path), Some(size), body)
            }
            Poll::Ready(Err(error)) => {
                files.close(file);
                Self::words(error.into())
            }
        };
        Poll::Ready(answer)
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

impl From<FileError> for Status {
    fn from(error: FileError) -> Self {
        match error {
            FileError::NotFound => Self::NotFound,
            FileError::Busy => Self::Busy,
            FileError::Damaged => Self::Damaged,
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
