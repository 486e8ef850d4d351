// SPDX-License-Identifier: BSD-2-Clause

//! Requests resources of a running system, one after the other on one connection.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// The time limit of an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// A connection to the server of a running system.
pub(super) struct Client(BufReader<TcpStream>);

impl Client {
    /// Connects to the server at `port` of this machine.
    pub(super) fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(ANSWER))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Gets a resource. Returns the size of the answer in bytes, with its head.
    pub(super) fn get(&mut self, path: &str) -> Result<u64> {
        // `write!` would send several packets.
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0.get_mut().write_all(request.as_bytes())?;
        size(&mut self.0).with_context(|| format!("failed to get {path}"))
    }
}

/// Reads an answer, and returns its size.
fn size(answer: &mut impl BufRead) -> Result<u64> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if answer.read_line(&mut head)? == 0 {
            bail!("a whole head expected, found {head:?}");
        }
    }
    ensure!(
        head.starts_with("HTTP/1.1 200 "),
        "status 200 expected, found:\n{head}"
    );
    let mut lines = head.lines();
    let length = lines.find_map(|line| line.strip_prefix("Content-Length: "));
    let length: u64 = length.context("no Content-Length")?.parse()?;
    let found = io::copy(&mut answer.take(length), &mut io::sink())?;
    ensure!(
        found == length,
        "{length} bytes of content expected, found {found}"
    );
    Ok(head.len() as u64 + length)
}

#[cfg(test)]
mod tests {
    use super::size;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n";

    #[test]
    fn answers_follow_one_another() {
        let answers = [HEAD, "page", HEAD, "file"].concat();
        let mut rest = answers.as_bytes();
        let expected = HEAD.len() as u64 + 4;
        assert_eq!(size(&mut rest).unwrap(), expected);
        assert_eq!(size(&mut rest).unwrap(), expected);
        assert!(rest.is_empty());
    }

    #[test]
    fn other_answers_are_errors() {
        let refused = HEAD.replace("200", "503");
        for (answer, error) in [
            (&*refused, "status 200 expected"),
            ("HTTP/1.1 200 OK\r\n", "a whole head expected"),
            ("HTTP/1.1 200 OK\r\n\r\n", "no Content-Length"),
            (
                &[HEAD, "pag"].concat(),
                "4 bytes of content expected, found 3",
            ),
        ] {
            let found = size(&mut answer.as_bytes()).unwrap_err().to_string();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
