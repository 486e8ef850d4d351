// SPDX-License-Identifier: BSD-2-Clause

//! Connections in memory, and a server of them.

use std::task::Poll;
use std::time::Duration;

use kaal_web::{
    Component, Connection, Counters, FileError, Files, Kernel, Link, NetworkCounters,
    REPORT_VERSION, Server, Share, System, Transport,
};

/// A connection in memory.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) link: Link,
    pub(crate) to_server: Vec<u8>,
    pub(crate) to_client: Vec<u8>,
    /// How many bytes the client takes.
    pub(crate) room: usize,
    pub(crate) is_finished: bool,
}

impl Wire {
    pub(crate) fn new() -> Self {
        Self {
            link: Link::Down,
            to_server: Vec::new(),
            to_client: Vec::new(),
            room: usize::MAX,
            is_finished: false,
        }
    }

    /// A client that has sent these bytes.
    pub(crate) fn with(bytes: &[u8]) -> Self {
        Self {
            link: Link::Up,
            to_server: bytes.to_vec(),
            ..Self::new()
        }
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.to_client).into_owned()
    }
}

impl Transport for Wire {
    fn link(&self) -> Link {
        self.link
    }

    fn receive(&mut self, take: &mut dyn FnMut(&[u8]) -> usize) {
        if !self.to_server.is_empty() {
            let taken = take(&self.to_server);
            self.to_server.drain(..taken);
        }
    }

    fn send(&mut self, fill: &mut dyn FnMut(&mut [u8]) -> usize) {
        let mut buffer = vec![0xa5; self.room.min(5000)];
        if !buffer.is_empty() {
            let written = fill(&mut buffer);
            self.room -= written;
            self.to_client.extend(&buffer[..written]);
        }
    }

    fn finish(&mut self) {
        self.is_finished = true;
    }

    fn release(&mut self) {
        self.link = Link::Down;
    }
}

/// Files whose names are their sizes. `busy` and `damaged` can't be opened, `short` ends early.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    pub(crate) open: usize,
    /// How many more times the disk answers; `None` if it always does.
    pub(crate) answers_left: Option<usize>,
}

impl Sizes {
    /// Whether the disk doesn't answer this time.
    fn is_silent(&mut self) -> bool {
        let left = self.answers_left;
        self.answers_left = left.map(|left| left.saturating_sub(1));
        left == Some(0)
    }
}

/// The sizes of files with names.
const DAMAGED: u64 = u64::MAX;
const SHORT: u64 = 20_000;

/// The byte at this place of each file.
pub(crate) fn byte(at: u64) -> u8 {
    (at * 7 % 251) as u8
}

impl Files for Sizes {
    type File = (u64, u64);

    fn open(&mut self, path: &str) -> Result<Self::File, FileError> {
        let size = match path {
            "busy" => return Err(FileError::Busy),
            "damaged" => DAMAGED,
            "short" => SHORT,
            _ => path.parse().map_err(|_| FileError::NotFound)?,
        };
        self.open += 1;
        Ok((0, size))
    }

    fn size(&mut self, (_, size): &mut (u64, u64)) -> Poll<Result<u64, FileError>> {
        match *size {
            _ if self.is_silent() => Poll::Pending,
            DAMAGED => Poll::Ready(Err(FileError::Damaged)),
            size => Poll::Ready(Ok(size)),
        }
    }

    fn read(
        &mut self,
        (at, size): &mut (u64, u64),
        buffer: &mut [u8],
    ) -> Poll<Result<usize, FileError>> {
        if self.is_silent() {
            return Poll::Pending;
        }
        let end = match size {
            &mut SHORT => SHORT / 2,
            size => *size,
        };
        let count = buffer.len().min((end - *at) as usize);
        for (index, place) in buffer[..count].iter_mut().enumerate() {
            *place = byte(*at + index as u64);
        }
        *at += count as u64;
        Poll::Ready(Ok(count))
    }

    fn close(&mut self, _: (u64, u64)) {
        self.open -= 1;
    }
}

/// A server with its wires, files and time.
pub(crate) struct World<'a> {
    pub(crate) server: Server<'a, Sizes>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) files: Sizes,
    pub(crate) now: Duration,
}

/// Runs `test` with a server of `count` connections that shows [`system`].
pub(crate) fn with_world<R>(count: usize, test: impl FnOnce(&mut World<'_>) -> R) -> R {
    let mut connections: Vec<Connection<(u64, u64)>> = Vec::new();
    connections.resize_with(count, Connection::default);
    let mut memory = vec![0; 32 << 10];
    let mut server = Server::new(&mut connections, &mut memory);
    assert_eq!(server.publish(&system(&[component("hello", 0)])), Ok(true));
    test(&mut World {
        server,
        wires: (0..count).map(|_| Wire::new()).collect(),
        files: Sizes::default(),
        now: Duration::from_secs(1),
    })
}

impl World<'_> {
    /// Lets a time pass, and gives each connection turns until nothing happens at once.
    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        for _ in 0..10_000 {
            let next = self.server.poll(self.now, &mut self.wires, &mut self.files);
            if next != Some(self.now) {
                return;
            }
        }
        panic!("the server never rests");
    }

    pub(crate) fn settle(&mut self) {
        self.pass(Duration::ZERO);
    }
}

pub(crate) fn component(name: &str, restarts: u64) -> Component<'_> {
    Component {
        name,
        state: kaal_web::State::Running,
        priority: 1,
        restarts,
        memory: Share { used: 1, total: 2 },
        slots: Share { used: 3, total: 4 },
        devices: &[],
        provides: &[],
        needs: &[],
        channels: &[],
        capabilities: &[],
    }
}

pub(crate) fn system<'a>(components: &'a [Component<'a>]) -> System<'a> {
    System {
        report_version: REPORT_VERSION,
        kernel: Kernel {
            version: "seL4",
            configuration: &[],
            cores: 1,
        },
        measurement: None,
        memory: Share { used: 1, total: 2 },
        slots: Share { used: 1, total: 2 },
        components,
        log: &[],
        web: Counters::default(),
        network: NetworkCounters::default(),
        uptime: 7,
    }
}
