// SPDX-License-Identifier: BSD-2-Clause

//! Clients at the desk, with a disk that takes its time.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test that can't go on may panic"
)]

mod common;

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::AtomicU64;
use std::task::{Context, Poll, Waker};

use hadris_fat::FatKind;
use kaal_disk::{BLOCK, Desk, Disk, DiskError, FILES, RUN, RUNS, read, work, write};
use kaal_web::FileError;

use common::{Memory, image};

const NAME: &str = "a folder/big";

fn content() -> Vec<u8> {
    (0..RUN + 1001).map(|at| (at * 7 % 251) as u8).collect()
}

/// A disk that answers as often as it may, each time with one block.
struct Slow<'a> {
    memory: Memory,
    answers: &'a Cell<usize>,
    fails: &'a Cell<bool>,
}

impl Disk for Slow<'_> {
    fn blocks(&self) -> u64 {
        self.memory.blocks()
    }

    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Poll<Result<usize, DiskError>> {
        if self.fails.get() {
            return Poll::Ready(Err(DiskError));
        }
        let Some(left) = self.answers.get().checked_sub(1) else {
            return Poll::Pending;
        };
        self.answers.set(left);
        self.memory.read(first, &mut buffer[..BLOCK])
    }
}

/// The desk, its worker, the disk, and the memory that clients share.
struct World<'a> {
    desk: &'a Desk,
    work: Pin<&'a mut dyn Future<Output = ()>>,
    memory: &'a [AtomicU64],
    /// How many more times the disk answers.
    answers: &'a Cell<usize>,
    fails: &'a Cell<bool>,
    reports: &'a Cell<usize>,
}

impl World<'_> {
    fn poll(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        assert!(self.work.as_mut().poll(&mut context).is_pending());
    }

    /// Lets the disk answer once.
    fn answer(&mut self) {
        self.answers.set(1);
        self.poll();
    }

    /// Answers until the client has what it asks for. Returns how often the disk answered.
    fn wait<T>(&mut self, ask: impl Fn(&Desk) -> Poll<T>) -> (T, usize) {
        for answers in 0..1000 {
            if let Poll::Ready(outcome) = ask(self.desk) {
                return (outcome, answers);
            }
            self.answer();
        }
        panic!("no answer");
    }

    /// Reads the rest of an open file.
    fn rest(&mut self, file: usize) -> Vec<u8> {
        let mut content = Vec::new();
        loop {
            let count = self.wait(|desk| desk.read(file)).0.unwrap();
            let start = content.len();
            content.resize(start + count, 0);
            read(self.memory, file, 0, &mut content[start..]);
            if count == 0 {
                return content;
            }
        }
    }
}

/// Runs `test` with a disk that has this content.
fn with_world(image: &[u8], test: impl FnOnce(&mut World<'_>)) {
    let (desk, answers, fails, reports) = (
        Desk::default(),
        Cell::new(0),
        Cell::new(false),
        Cell::new(0),
    );
    let memory: Vec<_> = (0..RUNS / 8).map(|_| AtomicU64::new(0)).collect();
    let find = || {
        Ok(Slow {
            memory: Memory::new(image.to_vec()),
            answers: &answers,
            fails: &fails,
        })
    };
    let report = |_| reports.set(reports.get() + 1);
    let share = |file, words: &[u64]| write(&memory, file, words);
    let work = pin!(async { work(&desk, find, report, share).await });
    test(&mut World {
        desk: &desk,
        work,
        memory: &memory,
        answers: &answers,
        fails: &fails,
        reports: &reports,
    });
}

fn disk() -> Vec<u8> {
    image(FatKind::Fat16, 16 << 20, &[(NAME, &content())])
}

#[test]
fn files_come_whole_however_slow_the_disk_is() {
    with_world(&disk(), |world| {
        let file = world.desk.open(NAME.into()).unwrap();
        let (size, answers) = world.wait(|desk| desk.size(file));
        assert_eq!(size, Ok(content().len() as u64));
        assert!(answers > 3, "{answers}");
        assert!(world.rest(file) == content());
        assert!(!world.desk.has_answer());
    });
}

#[test]
fn many_files_advance_at_once() {
    with_world(&disk(), |world| {
        let files = [(); FILES].map(|()| world.desk.open(NAME.into()).unwrap());
        assert_eq!(world.desk.open(NAME.into()), Err(FileError::Busy));
        for file in files {
            world.wait(|desk| desk.size(file)).0.unwrap();
        }
        for file in files {
            assert_eq!(world.desk.read(file), Poll::Pending);
        }
        // One poll after another, nobody asks meanwhile.
        for _ in 0..1000 {
            world.answer();
        }
        for file in files {
            assert_eq!(world.desk.read(file), Poll::Ready(Ok(RUN)));
            let mut bytes = vec![0; RUN];
            read(world.memory, file, 0, &mut bytes);
            assert!(bytes == content()[..RUN]);
            world.desk.close(file);
        }
        world.poll();
        assert!(!world.desk.is_busy());
        for file in [(); FILES].map(|()| world.desk.open(NAME.into()).unwrap()) {
            world.wait(|desk| desk.size(file)).0.unwrap();
        }
    });
}

#[test]
fn clients_may_leave_at_any_time() {
    for leaves_after in 0..30 {
        with_world(&disk(), |world| {
            let file = world.desk.open(NAME.into()).unwrap();
            for _ in 0..leaves_after {
                let _ = world.desk.size(file).is_ready() && world.desk.read(file).is_ready();
                world.answer();
            }
            world.desk.close_all();
            let other = world.desk.open(NAME.into()).unwrap();
            world.wait(|desk| desk.size(other)).0.unwrap();
            assert!(world.rest(other) == content(), "{leaves_after}");
            world.desk.close(other);
            for _ in 0..10 {
                world.answer();
            }
            assert!(!world.desk.is_busy() && !world.desk.has_answer());
        });
    }
}

#[test]
fn clients_of_a_silent_disk_may_come_and_go() {
    with_world(&disk(), |world| {
        world.desk.open(NAME.into()).unwrap();
        // The search for the file system begins, and the disk is silent.
        world.poll();
        for _ in 0..3 * FILES {
            let file = world.desk.open(NAME.into()).unwrap();
            world.poll();
            world.desk.close(file);
        }
    });
}

#[test]
fn a_disk_that_fails_may_work_again() {
    with_world(&disk(), |world| {
        // Before the file system is found, and after that.
        for _ in 0..2 {
            world.fails.set(true);
            let file = world.desk.open(NAME.into()).unwrap();
            let size = world.wait(|desk| desk.size(file)).0;
            assert_eq!(size, Err(FileError::Damaged));
            world.desk.close(file);
            world.fails.set(false);
            let file = world.desk.open(NAME.into()).unwrap();
            world.wait(|desk| desk.size(file)).0.unwrap();
            world.fails.set(true);
            let count = world.wait(|desk| desk.read(file)).0;
            assert_eq!(count, Err(FileError::Damaged));
            world.desk.close(file);
            world.poll();
        }
        assert_eq!(world.reports.get(), 1);
    });
}

#[test]
fn a_disk_without_files_has_none() {
    with_world(&vec![0; 1 << 20], |world| {
        for _ in 0..2 * FILES {
            let file = world.desk.open(NAME.into()).unwrap();
            let size = world.wait(|desk| desk.size(file)).0;
            assert_eq!(size, Err(FileError::NotFound));
            world.desk.close(file);
        }
        assert_eq!(world.reports.get(), 1);
    });
}

#[test]
fn numbers_of_no_file_are_refused() {
    with_world(&disk(), |world| {
        for file in [0, FILES, usize::MAX] {
            assert_eq!(world.desk.size(file), Poll::Ready(Err(FileError::Damaged)));
            assert_eq!(world.desk.read(file), Poll::Ready(Err(FileError::Damaged)));
            world.desk.close(file);
        }
        assert!(!world.desk.is_busy());
    });
}

#[test]
fn bytes_survive_in_memory() {
    let memory: Vec<_> = (0..RUNS / 8).map(|_| AtomicU64::new(0)).collect();
    let words: Vec<u64> = (0..RUN as u64 / 8)
        .map(|at| at.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .collect();
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    write(&memory, 3, &words);
    for at in [0, 1, 7, 8, 505, 512, RUN - 9, RUN - 1] {
        for count in [0, 1, 8, 9, 600, RUN] {
            let count = count.min(RUN - at);
            let mut copy = vec![0; count];
            read(&memory, 3, at, &mut copy);
            assert!(copy == bytes[at..at + count], "{count} at {at}");
        }
    }
    // Only its own part.
    write(&memory, 3, &vec![u64::MAX; RUN]);
    write(&memory, usize::MAX, &words);
    for file in [2, 4] {
        let mut copy = vec![1; RUN];
        read(&memory, file, 0, &mut copy);
        assert!(copy.iter().all(|&byte| byte == 0));
    }
}
