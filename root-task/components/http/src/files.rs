// SPDX-License-Identifier: BSD-2-Clause

//! The files of the disk, by the service `files`, if the system has it. It is opened again after each restart.

use core::ops::Range;
use core::task::Poll;

use kaal_component::{CHANNEL_ENDED, Client, FileCall, Refusal, SharedMemory};
use kaal_disk::{RUN, RUNS, read};
use kaal_web::FileError;

const SERVICE: &str = "files";

/// The service, and the memory that it shares.
struct Worker {
    client: Client<FileCall>,
    memory: SharedMemory,
}

#[derive(Default)]
pub(crate) struct Files {
    /// `None` if it was not needed yet, or is gone.
    worker: Option<Worker>,
    /// The number of workers so far.
    workers: u64,
    /// The number of times so far that a busy worker may have become idle.
    news: u64,
}

/// A file, and what the worker has read of it.
pub(crate) struct File {
    number: u64,
    /// The number of its worker.
    worker: u64,
    /// The bytes in the shared memory that aren't sent yet.
    run: Range<usize>,
    /// The number of news when it was asked for in vain.
    asked: Option<u64>,
}

impl Files {
    /// Takes the worker's events.
    pub(crate) fn take(&mut self, events: u64) {
        let Some(worker) = &self.worker else {
            return;
        };
        if events & worker.memory.event != 0 {
            self.news += 1;
            if events & CHANNEL_ENDED != 0 {
                self.leave();
            }
        }
    }

    /// Leaves the worker if it is gone.
    fn leave(&mut self) {
        if let Some(worker) = self.worker.take_if(|worker| !worker.memory.is_open()) {
            // If the root task fails to free the memory, it stays until the end.
            let _ = worker.memory.close();
        }
    }

    /// Returns the worker; looks for a new one, if the last one is gone.
    fn worker(&mut self) -> Result<&Worker, FileError> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => {
                let worker = Worker::find()?;
                self.workers += 1;
                worker
            }
        };
        Ok(self.worker.insert(worker))
    }

    /// Returns the worker that opened a file, unless it is gone.
    fn worker_of(&self, file: &File) -> Result<&Worker, FileError> {
        let worker = self.worker.as_ref().filter(|_| file.worker == self.workers);
        worker.ok_or(FileError::Damaged)
    }

    /// Asks the worker for the number that `call` answers. It is asked again only after news.
    fn ask(
        &mut self,
        file: &mut File,
        call: impl FnOnce(&Client<FileCall>, u64) -> Result<(bool, u64), Refusal>,
    ) -> Poll<Result<u64, FileError>> {
        if file.asked == Some(self.news) {
            return Poll::Pending;
        }
        let worker = self.worker_of(file)?;
        let answer = call(&worker.client, file.number);
        file.asked = Some(self.news);
        match answer {
            Ok((false, _)) => Poll::Pending,
            Ok((true, number)) => {
                file.asked = None;
                Poll::Ready(Ok(number))
            }
            Err(refusal) => {
                self.leave();
                Poll::Ready(Err(reason(refusal)))
            }
        }
    }
}

impl Worker {
    fn find() -> Result<Self, FileError> {
        let client = Client::lookup(SERVICE).map_err(|_| FileError::NotFound)?;
        // Fails if the worker doesn't run. A call would wait for its restart.
        let memory = SharedMemory::create(SERVICE, RUNS).map_err(|_| FileError::Damaged)?;
        if client.call(FileCall::Attach, ()).is_err() {
            let _ = memory.close();
            return Err(FileError::Damaged);
        }
        Ok(Self { client, memory })
    }
}

impl kaal_web::Files for Files {
    type File = File;

    fn open(&mut self, path: &str) -> Result<File, FileError> {
        let worker = self.worker()?;
        let number = worker.client.call(FileCall::Open, path.into());
        match number {
            Ok(number) => Ok(File {
                number,
                worker: self.workers,
                run: 0..0,
                asked: None,
            }),
            Err(refusal) => {
                self.leave();
                Err(reason(refusal))
            }
        }
    }

    fn size(&mut self, file: &mut File) -> Poll<Result<u64, FileError>> {
        self.ask(file, |client, number| client.call(FileCall::Size, number))
    }

    fn read(&mut self, file: &mut File, buffer: &mut [u8]) -> Poll<Result<usize, FileError>> {
        if file.run.is_empty() {
            let read = self.ask(file, |client, number| client.call(FileCall::Read, number));
            let count = core::task::ready!(read)?;
            file.run = 0..(count as usize).min(RUN);
        }
        let count = file.run.len().min(buffer.len());
        let (bytes, _) = buffer.split_at_mut(count);
        let worker = self.worker_of(file)?;
        read(
            worker.memory.words(),
            file.number as usize,
            file.run.start,
            bytes,
        );
        file.run.start += count;
        Poll::Ready(Ok(count))
    }

    fn close(&mut self, file: File) {
        if let Ok(worker) = self.worker_of(&file) {
            // If it fails, the worker is gone, and so is the file.
            let _ = worker.client.call(FileCall::Close, file.number);
        }
    }
}

fn reason(refusal: Refusal) -> FileError {
    match refusal {
        Refusal::NotFound => FileError::NotFound,
        Refusal::UsedUp => FileError::Busy,
        _ => FileError::Damaged,
    }
}
