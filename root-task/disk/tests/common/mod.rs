// SPDX-License-Identifier: BSD-2-Clause

//! Disks in memory, also for `fuzz/`.

use std::cell::Cell;
use std::rc::Rc;
use std::task::Poll;

use hadris_fat::embedded::sync::Fat;
use hadris_fat::embedded::{Dir, MountToken};
use hadris_fat::{FatKind, FatOptions};
use hadris_fs::OpenOptions;
use hadris_storage::{BlockSize, MemDevice};
use kaal_disk::{BLOCK, Disk, DiskError};

/// A disk in memory that counts its blocks read.
pub(crate) struct Memory {
    pub(crate) image: Vec<u8>,
    pub(crate) blocks: u64,
    pub(crate) read: Rc<Cell<u64>>,
}

impl Memory {
    pub(crate) fn new(image: Vec<u8>) -> Self {
        Self {
            blocks: (image.len() / BLOCK) as u64,
            read: Rc::default(),
            image,
        }
    }
}

impl Disk for Memory {
    fn blocks(&self) -> u64 {
        self.blocks
    }

    fn read(&mut self, first: u64, buffer: &mut [u8]) -> Poll<Result<usize, DiskError>> {
        self.read
            .set(self.read.get() + (buffer.len() / BLOCK) as u64);
        let start = usize::try_from(first).map_err(|_| DiskError)? * BLOCK;
        let blocks = self.image.get(start..start + buffer.len());
        buffer.copy_from_slice(blocks.ok_or(DiskError)?);
        Poll::Ready(Ok(buffer.len()))
    }
}

/// A file for a disk: its path and content.
pub(crate) type Content<'a> = (&'a str, &'a [u8]);

/// Makes an image of this kind and size with these files.
pub(crate) fn image(kind: FatKind, size: usize, files: &[Content<'_>]) -> Vec<u8> {
    let block = BlockSize::new(BLOCK as u32).expect("not 0");
    let mut device = MemDevice::new(vec![0; size], block);
    let options = FatOptions::new().with_kind(kind);
    hadris_fat::sync::format(&mut device, &options).expect("a size for this kind");
    let mut token = MountToken::new();
    let mut fat: Fat<'_, _> = Fat::mount(device, &mut token).expect("a file system");
    for (path, content) in files {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = match folders {
            "" => fat.root(),
            _ => {
                let root: Dir = fat.root();
                fat.create_dir_all(root, folders).expect("a new folder")
            }
        };
        let create = OpenOptions::new().write().create_new();
        let file = fat.open(folder, name, create).expect("a new file");
        let mut rest = *content;
        while !rest.is_empty() {
            let count = fat.write(&file, rest).expect("room");
            rest = &rest[count..];
        }
        fat.close(file).expect("an open file");
    }
    fat.unmount().expect("written").into_inner()
}
