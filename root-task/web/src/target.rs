// SPDX-License-Identifier: BSD-2-Clause

//! Which resource a request names.

use crate::limits::PATH_LIMIT;

/// A resource.
#[expect(
    clippy::large_enum_variant,
    reason = "there is no heap, and it lives for one call"
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// The page.
    Page,
    /// The state as JSON.
    System,
    /// States as an event stream.
    Events,
    /// A file.
    File(FilePath),
}

/// The path of a file: names separated by `/`, none of them empty, `.` or `..`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePath {
    bytes: [u8; PATH_LIMIT],
    length: usize,
}

/// The reason why a target names nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadTarget {
    /// There is no such resource.
    Unknown,
    /// It isn't a valid target.
    Malformed,
    /// Its path is too long.
    TooLong,
}

impl Target {
    /// Reads a target in origin form or absolute form (RFC 9112, 3.2). Ignores a query.
    pub(crate) fn parse(target: &str) -> Result<Self, BadTarget> {
        let path = match target.strip_prefix("http://") {
            None => target,
            Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
        };
        let (path, _) = path.split_once('?').unwrap_or((path, ""));
        match path {
            "/" => Ok(Self::Page),
            "/api/system.json" => Ok(Self::System),
            "/api/events" => Ok(Self::Events),
            _ => match path.strip_prefix("/files/") {
                Some(file) => FilePath::decode(file).map(Self::File),
                None if path.starts_with('/') => Err(BadTarget::Unknown),
                None => Err(BadTarget::Malformed),
            },
        }
    }
}

impl FilePath {
    /// Decodes `%` and two digits (RFC 3986, 2.1), and checks the names.
    fn decode(encoded: &str) -> Result<Self, BadTarget> {
        let mut path = Self {
            bytes: [0; PATH_LIMIT],
            length: 0,
        };
        let mut rest = encoded.bytes();
        while let Some(byte) = rest.next() {
            let byte = match byte {
                b'%' => {
                    let mut digit = || char::from(rest.next()?).to_digit(16);
                    let code = digit().zip(digit()).map(|(high, low)| high << 4 | low);
                    let code = code.and_then(|code| u8::try_from(code).ok());
                    code.ok_or(BadTarget::Malformed)?
                }
                byte => byte,
            };
            let place = path.bytes.get_mut(path.length);
            *place.ok_or(BadTarget::TooLong)? = byte;
            path.length += 1;
        }
        let text = path.checked().ok_or(BadTarget::Malformed)?;
        let is_bad = |name| matches!(name, "" | "." | "..");
        match text.split('/').any(is_bad) || text.contains(|c: char| c.is_control() || c == '\\') {
            true => Err(BadTarget::Malformed),
            false => Ok(path),
        }
    }

    fn checked(&self) -> Option<&str> {
        core::str::from_utf8(self.bytes.get(..self.length)?).ok()
    }

    /// The path as text.
    pub(crate) fn as_str(&self) -> &str {
        self.checked().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::borrow::ToOwned;
    use std::format;

    use super::{BadTarget, Target};
    use crate::limits::PATH_LIMIT;

    #[test]
    fn resources_have_one_name_each() {
        assert_eq!(Target::parse("/"), Ok(Target::Page));
        assert_eq!(Target::parse("/?a=/files/b"), Ok(Target::Page));
        assert_eq!(Target::parse("http://localhost:8080"), Ok(Target::Page));
        let absolute = Target::parse("http://a/api/system.json");
        assert_eq!(absolute, Ok(Target::System));
        assert_eq!(Target::parse("/api/events"), Ok(Target::Events));
        for other in ["/index.html", "/api", "/api/", "/files", "//"] {
            assert_eq!(Target::parse(other), Err(BadTarget::Unknown), "{other}");
        }
        for other in ["", "*", "files/a", "https://a/"] {
            assert_eq!(Target::parse(other), Err(BadTarget::Malformed), "{other}");
        }
    }

    #[test]
    fn no_file_lies_outside() {
        let path = |target: &str| match Target::parse(target) {
            Ok(Target::File(path)) => Ok(path.as_str().to_owned()),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error),
        };
        assert_eq!(path("/files/a/b%20c.txt?d"), Ok("a/b c.txt".to_owned()));
        assert_eq!(path("/files/%C3%A4"), Ok("ä".to_owned()));
        for malformed in [
            "",
            ".",
            "..",
            "a/../b",
            "a/%2e%2E/b",
            "a//b",
            "a/",
            "%2fa",
            "a%00",
            "%",
            "%4",
            "%g0",
            "%ff",
            "a%5Cb",
            "a%0Ab",
            "%2e",
        ] {
            let target = format!("/files/{malformed}");
            assert_eq!(path(&target), Err(BadTarget::Malformed), "{target}");
        }
        let longest = format!("/files/{}", "a".repeat(PATH_LIMIT));
        assert_eq!(path(&longest).unwrap().len(), PATH_LIMIT);
        assert_eq!(path(&format!("{longest}a")), Err(BadTarget::TooLong));
    }
}
