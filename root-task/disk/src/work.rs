// SPDX-License-Identifier: BSD-2-Clause

//! Opens and reads the files that clients want, one step after the other.

use core::array;
use core::future::poll_fn;
use core::task::Poll;

use hadris_fat::embedded::MountToken;
use kaal_web::FileError;
use zerocopy::IntoBytes;

use crate::desk::{Desk, Task};
use crate::disk::Disk;
use crate::fat::FatFiles;
use crate::runs::{FILES, RUN};

/// Does what the clients at the desk want, for ever. Poll it after each call of a client, and whenever the disk may
/// have answered.
///
/// `find` opens the disk when a client wants a file, and again until it has a file system. `report` learns the first
/// reason why a disk has none. `write` writes words of a file to the memory for its client; the last word is padded.
pub async fn work<D: Disk>(
    desk: &Desk,
    mut find: impl FnMut() -> Result<D, FileError>,
    report: impl FnOnce(FileError),
    mut write: impl FnMut(usize, &[u64]),
) -> ! {
    let mut report = Some(report);
    loop {
        poll_fn(|_| ready_if(desk.wants_file())).await;
        let mut token = MountToken::new();
        match find() {
            Ok(disk) => match FatFiles::mount(disk, &mut token).await {
                Ok(files) => serve(desk, files, &mut write).await,
                Err(error) => {
                    report.take().into_iter().for_each(|report| report(error));
                    desk.refuse(error);
                }
            },
            Err(error) => desk.refuse(error),
        }
    }
}

fn ready_if(is_ready: bool) -> Poll<()> {
    match is_ready {
        true => Poll::Ready(()),
        false => Poll::Pending,
    }
}

async fn serve<D: Disk>(
    desk: &Desk,
    mut files: FatFiles<'_, D, FILES>,
    write: &mut impl FnMut(usize, &[u64]),
) -> ! {
    let mut open: [_; FILES] = array::from_fn(|_| None);
    let mut run = [0; RUN / size_of::<u64>()];
    loop {
        let next = poll_fn(|_| desk.next().map_or(Poll::Pending, Poll::Ready));
        let (number, task) = next.await;
        let Some(place) = open.get_mut(number) else {
            continue;
        };
        match (task, &place) {
            (Task::Open, _) => {
                let opened = files.open(desk.path(number).as_str()).await;
                let size = opened.map(|(file, size)| {
                    *place = Some(file);
                    size
                });
                desk.note_open(number, size);
            }
            (Task::Read, Some(file)) => {
                let count = files.read(file, run.as_mut_bytes()).await;
                if let Ok(count) = count {
                    let words = run.get(..count.div_ceil(size_of::<u64>()));
                    write(number, words.unwrap_or_default());
                }
                desk.note_read(number, count);
            }
            (Task::Read, None) => desk.note_read(number, Err(FileError::Damaged)),
            (Task::Close, _) => {
                if let Some(file) = place.take() {
                    files.close(file).await;
                }
                desk.note_closed(number);
            }
        }
    }
}
