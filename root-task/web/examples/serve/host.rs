// SPDX-License-Identifier: BSD-2-Clause

//! The server on the host's sockets and files, for tests and measurements.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::mem;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use kaal_web::{Connection, FileError, Files, Link, Server, Transport};

/// The number of connections.
pub(crate) const CONNECTIONS: usize = 16;

/// The room for bytes to send, as a TCP stack has.
const ROOM: usize = 64 << 10;

/// How long to sleep if nothing happens.
const NAP: Duration = Duration::from_micros(200);

/// A client's socket with buffers, if there is a client.
pub(crate) struct Socket {
    stream: Option<TcpStream>,
    received: Vec<u8>,
    buffer: Vec<u8>,
    /// What is to send in the buffer.
    to_send: Range<usize>,
    is_ended: bool,
    is_finished: bool,
    /// Whether it waits for a client.
    is_free: bool,
}

impl Socket {
    fn new() -> Self {
        Self {
            stream: None,
            received: Vec::new(),
            buffer: Vec::new(),
            to_send: 0..0,
            is_ended: false,
            is_finished: false,
            is_free: true,
        }
    }

    /// Moves bytes between the socket and the buffers. Returns whether any moved.
    fn pump(&mut self) -> bool {
        let Some(mut stream) = self.stream.as_ref() else {
            return false;
        };
        let mut moved = false;
        let mut chunk = [0; 4096];
        if self.received.is_empty() && !self.is_ended {
            match stream.read(&mut chunk) {
                Ok(0) => self.is_ended = true,
                Ok(count) => self.received.extend(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return self.drop_stream(),
            }
            moved |= self.is_ended || !self.received.is_empty();
        }
        if !self.to_send.is_empty() {
            match stream.write(&self.buffer[self.to_send.clone()]) {
                Ok(count) => {
                    self.to_send.start += count;
                    moved |= count > 0;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => return self.drop_stream(),
            }
        } else if self.is_finished {
            let _ = stream.shutdown(Shutdown::Write);
            if self.is_ended {
                return self.drop_stream();
            }
        }
        moved
    }

    fn drop_stream(&mut self) -> bool {
        self.stream = None;
        true
    }
}

impl Transport for Socket {
    fn link(&self) -> Link {
        match (&self.stream, self.is_ended && self.received.is_empty()) {
            (None, _) => Link::Down,
            (Some(_), true) => Link::Ended,
            (Some(_), false) => Link::Up,
        }
    }

    fn receive(&mut self, take: &mut dyn FnMut(&[u8]) -> usize) {
        if !self.received.is_empty() {
            let taken = take(&self.received);
            self.received.drain(..taken);
        }
    }

    fn send(&mut self, fill: &mut dyn FnMut(&mut [u8]) -> usize) {
        if self.to_send.is_empty() {
            self.to_send = 0..0;
        }
        self.buffer.resize(ROOM, 0);
        let room = &mut self.buffer[self.to_send.end..];
        if !room.is_empty() {
            self.to_send.end += fill(room);
        }
    }

    fn finish(&mut self) {
        self.is_finished = true;
    }

    fn release(&mut self) {
        *self = Self {
            buffer: mem::take(&mut self.buffer),
            ..Self::new()
        };
    }
}

/// The files in a folder of the host.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Files for Folder {
    type File = File;

    fn open(&mut self, path: &str) -> Result<File, FileError> {
        let path = self.0.join(Path::new(path));
        File::open(path).map_err(|_| FileError::NotFound)
    }

    fn size(&mut self, file: &mut File) -> Poll<Result<u64, FileError>> {
        let about = file.metadata().map_err(|_| FileError::Damaged)?;
        Poll::Ready(match about.is_file() {
            true => Ok(about.len()),
            false => Err(FileError::NotFound),
        })
    }

    fn read(&mut self, file: &mut File, buffer: &mut [u8]) -> Poll<Result<usize, FileError>> {
        Poll::Ready(file.read(buffer).map_err(|_| FileError::Damaged))
    }

    fn close(&mut self, file: File) {
        drop(file);
    }
}

/// Serves until `step` returns false. It is called before each turn, and may publish a state.
pub(crate) fn serve<F: Files>(
    listener: &TcpListener,
    files: &mut F,
    mut step: impl FnMut(&mut Server<'_, F>, Duration) -> bool,
) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let mut connections: Vec<Connection<F::File>> = Vec::new();
    connections.resize_with(CONNECTIONS, Connection::default);
    let mut memory = vec![0; 256 << 10];
    let mut server = Server::new(&mut connections, &mut memory);
    let mut sockets: Vec<Socket> = (0..CONNECTIONS).map(|_| Socket::new()).collect();
    let start = Instant::now();
    while step(&mut server, start.elapsed()) {
        let mut moved = false;
        for socket in &mut sockets {
            if socket.is_free
                && let Ok((stream, _)) = listener.accept()
            {
                stream.set_nonblocking(true)?;
                // Else the last bytes of a response wait for the client's acknowledgement.
                stream.set_nodelay(true)?;
                socket.stream = Some(stream);
                socket.is_free = false;
            }
            moved |= socket.pump();
        }
        let now = start.elapsed();
        let next = server.poll(now, &mut sockets, files);
        for socket in &mut sockets {
            moved |= socket.pump();
        }
        if !moved && next != Some(now) {
            thread::sleep(NAP);
        }
    }
    Ok(())
}
