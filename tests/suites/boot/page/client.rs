// SPDX-License-Identifier: BSD-2-Clause

//! Clients of the page.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

/// The time limit of an answer, and of a step that is tried again.
const ANSWER: Duration = Duration::from_secs(10);
const STEP: Duration = Duration::from_secs(60);

/// The end of an answer's head.
const HEAD_END: &[u8] = b"\r\n\r\n";

fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(ANSWER))?;
    Ok(stream)
}

/// Gets a resource in a connection of its own.
pub(super) fn get(port: u16, path: &str) -> Result<String> {
    let (head, body) = fetch(port, path)?;
    ensure!(head.starts_with("HTTP/1.1 200 "), "{head}");
    Ok(String::from_utf8(body)?)
}

/// Requests a resource in a connection of its own. Returns the answer's head and its whole body.
pub(super) fn fetch(port: u16, path: &str) -> Result<(String, Vec<u8>)> {
    let mut stream = connect(port)?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer
        .windows(HEAD_END.len())
        .position(|end| end == HEAD_END);
    let body = answer.split_off(end.context("no whole head")? + HEAD_END.len());
    let head = String::from_utf8(answer)?;
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "));
    ensure!(length == Some(&*body.len().to_string()), "{head}");
    Ok((head, body))
}

/// Repeats a step until it succeeds.
pub(super) fn retry<T>(step: impl Fn() -> Result<T>) -> Result<T> {
    let deadline = Instant::now() + STEP;
    loop {
        match step() {
            Err(_) if Instant::now() < deadline => thread::sleep(Duration::from_millis(100)),
            outcome => return outcome,
        }
    }
}

/// Sends half a request.
pub(super) fn stall(port: u16) -> Result<TcpStream> {
    let mut stream = connect(port)?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost")?;
    Ok(stream)
}

/// The stream of events.
pub(super) struct Events(BufReader<TcpStream>);

impl Events {
    pub(super) fn open(port: u16) -> Result<Self> {
        let mut stream = connect(port)?;
        stream.write_all(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Waits for a state.
    pub(super) fn wait_for(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let deadline = Instant::now() + STEP;
        while Instant::now() < deadline {
            let mut line = String::new();
            ensure!(self.0.read_line(&mut line)? > 0, "the stream ended");
            if let Some(state) = line.strip_prefix("data: ")
                && let Ok(state) = serde_json::from_str(state)
                && is_wanted(&state)
            {
                return Ok(state);
            }
        }
        bail!("the state doesn't come");
    }
}
