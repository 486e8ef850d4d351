// SPDX-License-Identifier: BSD-2-Clause

//! What clients want, and what they get.

use core::cell::{Cell, RefCell};
use core::task::Poll;

use kaal_protocol::{Bytes, FILE_PATH};
use kaal_web::FileError;

use crate::runs::FILES;

/// The path of a file.
type Path = Bytes<FILE_PATH>;

/// What is known of a file with a number.
#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// No client has a file with this number.
    #[default]
    Free,
    /// The client waits until the file is open.
    Wanted,
    /// The same, and the worker is at it.
    Opening,
    /// The file is open, and has this size. The client hasn't asked since.
    Opened(u64),
    /// The client wants nothing.
    Idle,
    /// The client waits for the next bytes.
    Reading,
    /// The next bytes are in the memory, as many. The client hasn't asked since.
    Read(usize),
    /// It can't be opened or read.
    Failed(FileError),
    /// The client has closed it.
    Left,
}

/// Work to do for the file with a number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Task {
    Open,
    Read,
    Close,
}

/// The files of the clients, by number.
#[derive(Debug, Default)]
pub struct Desk {
    places: RefCell<[Place; FILES]>,
    paths: RefCell<[Path; FILES]>,
    /// The number of the last file that was worked on: each has its turn.
    last: Cell<usize>,
}

impl Desk {
    /// Begins to open a file. Returns its number.
    ///
    /// # Errors
    ///
    /// Fails if too many files are open.
    pub fn open(&self, path: Path) -> Result<usize, FileError> {
        let mut places = self.places.borrow_mut();
        let mut numbered = places.iter_mut().enumerate();
        let free = numbered.find(|(_, place)| matches!(place, Place::Free));
        let (file, place) = free.ok_or(FileError::Busy)?;
        *place = Place::Wanted;
        if let Some(place) = self.paths.borrow_mut().get_mut(file) {
            *place = path;
        }
        Ok(file)
    }

    /// Returns the size of a file, in bytes, once it is open.
    ///
    /// # Errors
    ///
    /// Fails if there is no such file, or it can't be opened.
    pub fn size(&self, file: usize) -> Poll<Result<u64, FileError>> {
        self.ask(file, |place| match *place {
            Place::Opened(size) => {
                *place = Place::Idle;
                Poll::Ready(Ok(size))
            }
            Place::Wanted | Place::Opening => Poll::Pending,
            Place::Failed(error) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Err(FileError::Damaged)),
        })
    }

    /// Returns the number of the next bytes of an open file, once they are in the memory; 0 at the end.
    ///
    /// # Errors
    ///
    /// Fails if no such file is open, or it can't be read.
    pub fn read(&self, file: usize) -> Poll<Result<usize, FileError>> {
        self.ask(file, |place| match *place {
            Place::Read(count) => {
                *place = Place::Idle;
                Poll::Ready(Ok(count))
            }
            Place::Idle | Place::Reading => {
                *place = Place::Reading;
                Poll::Pending
            }
            Place::Failed(error) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Err(FileError::Damaged)),
        })
    }

    fn ask<T>(
        &self,
        file: usize,
        ask: impl FnOnce(&mut Place) -> Poll<Result<T, FileError>>,
    ) -> Poll<Result<T, FileError>> {
        let mut places = self.places.borrow_mut();
        places
            .get_mut(file)
            .map_or(Poll::Ready(Err(FileError::Damaged)), ask)
    }

    /// Closes a file, also one that isn't open yet.
    pub fn close(&self, file: usize) {
        if let Some(place) = self.places.borrow_mut().get_mut(file) {
            *place = match place {
                Place::Free | Place::Wanted => Place::Free,
                _ => Place::Left,
            };
        }
    }

    /// Closes all files.
    pub fn close_all(&self) {
        (0..FILES).for_each(|file| self.close(file));
    }

    /// Whether there is an answer that no client has asked for since.
    pub fn has_answer(&self) -> bool {
        let places = self.places.borrow();
        places
            .iter()
            .any(|place| matches!(place, Place::Opened(_) | Place::Read(_) | Place::Failed(_)))
    }

    /// Whether there is work to do, or being done.
    pub fn is_busy(&self) -> bool {
        let places = self.places.borrow();
        places.iter().any(|place| {
            matches!(
                place,
                Place::Wanted | Place::Opening | Place::Reading | Place::Left
            )
        })
    }

    /// Whether a client waits until a file is open.
    pub(crate) fn wants_file(&self) -> bool {
        let places = self.places.borrow();
        places.iter().any(|place| matches!(place, Place::Wanted))
    }

    /// Returns the next file to work on, and what to do.
    pub(crate) fn next(&self) -> Option<(usize, Task)> {
        let mut places = self.places.borrow_mut();
        let numbers = (1..=FILES).map(|step| (self.last.get() + step) % FILES);
        let mut tasks = numbers.filter_map(|file| {
            let place = places.get_mut(file)?;
            let task = match place {
                Place::Wanted => {
                    *place = Place::Opening;
                    Task::Open
                }
                Place::Reading => Task::Read,
                Place::Left => Task::Close,
                _ => return None,
            };
            Some((file, task))
        });
        let next = tasks.next();
        if let Some((file, _)) = next {
            self.last.set(file);
        }
        next
    }

    /// Returns the path of a file.
    pub(crate) fn path(&self, file: usize) -> Path {
        self.paths.borrow().get(file).cloned().unwrap_or_default()
    }

    /// Takes note that a file is open, and has this size.
    pub(crate) fn note_open(&self, file: usize, size: Result<u64, FileError>) {
        self.note(file, size.map_or_else(Place::Failed, Place::Opened));
    }

    /// Takes note that so many bytes of a file are in the memory.
    pub(crate) fn note_read(&self, file: usize, count: Result<usize, FileError>) {
        self.note(file, count.map_or_else(Place::Failed, Place::Read));
    }

    /// Unless the client has left meanwhile.
    fn note(&self, file: usize, news: Place) {
        if let Some(place) = self.places.borrow_mut().get_mut(file)
            && !matches!(place, Place::Left)
        {
            *place = news;
        }
    }

    /// Takes note that a file is closed.
    pub(crate) fn note_closed(&self, file: usize) {
        if let Some(place) = self.places.borrow_mut().get_mut(file) {
            *place = Place::Free;
        }
    }

    /// Refuses all files: there is no file system.
    pub(crate) fn refuse(&self, error: FileError) {
        for place in self.places.borrow_mut().iter_mut() {
            *place = match *place {
                Place::Left => Place::Free,
                Place::Wanted => Place::Failed(error),
                other => other,
            };
        }
    }
}
