// SPDX-License-Identifier: BSD-2-Clause

//! The content of a disk: a GPT with one partition, which holds a FAT file system with the image.
//!
//! Equal images make equal disks, so all identifiers are fixed, and files have no date.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;

use anyhow::{Context, Result};
use fatfs::{FatType, FileSystem, FormatVolumeOptions, FsOptions};
use fscommon::{BufStream, StreamSlice};
use gpt::GptConfig;
use gpt::disk::DEFAULT_SECTOR_SIZE;
use gpt::mbr::ProtectiveMBR;
use gpt::partition::Partition;
use gpt::partition_types;
use uuid::{Uuid, uuid};

/// Bytes in a mebibyte.
pub(super) const MIB: u64 = 1 << 20;

/// The path that UEFI firmware for AArch64 boots from removable disks, by its folders and its file.
pub(super) const PATH: [&str; 3] = ["EFI", "BOOT", "BOOTAA64.EFI"];

/// The free space before and after the partition: the GPT and its backup take less, and partitions begin at a mebibyte.
const MARGIN: u64 = MIB;

/// The size in MiB of the smallest disk whose partition has the 65,525 clusters of 512 bytes by which readers tell
/// FAT32 from FAT16, their 2 tables, and the reserved sectors.
const SMALLEST_FAT32: u64 = 35;

const DISK: Uuid = uuid!("4b61614c-0000-4000-8000-6469736b0001");
const PARTITION: Uuid = uuid!("4b61614c-0000-4000-8000-6469736b0002");

/// The file system's serial number, and its label.
const SERIAL_NUMBER: u32 = 0x4b61_614c;
const LABEL: &[u8; 11] = b"KAAL       ";

/// The size in MiB of the smallest disk for an image of `size` bytes. The two tables take 8 bytes for a cluster of 512.
pub(super) fn smallest_disk(size: usize) -> u64 {
    let size = size as u64;
    let content = (size + size / 64).div_ceil(MIB) + 1;
    SMALLEST_FAT32.max(content + 2 * MARGIN / MIB)
}

/// Writes partitions, file system and `image` to the empty `disk`.
pub(super) fn write(disk: &mut File, image: &[u8]) -> Result<()> {
    let end = disk.metadata()?.len() - MARGIN;
    partition(disk, MARGIN, end).context("failed to write the GPT")?;
    let slice = StreamSlice::new(&mut *disk, MARGIN, end)?;
    fill(BufStream::new(slice), image).context("failed to write the file system")
}

/// Writes a GPT with one EFI system partition, from byte `start` to `end`.
fn partition(disk: &mut File, start: u64, end: u64) -> Result<()> {
    let sector = DEFAULT_SECTOR_SIZE.as_u64();
    let sectors = disk.metadata()?.len() / sector;
    let protected = u32::try_from(sectors - 1).unwrap_or(u32::MAX);
    ProtectiveMBR::with_lb_size(protected).overwrite_lba0(disk)?;
    let partition = Partition {
        part_type_guid: partition_types::EFI,
        part_guid: PARTITION,
        first_lba: start / sector,
        last_lba: end / sector - 1,
        flags: 0,
        name: "KaaL".to_owned(),
    };
    let mut table = GptConfig::new()
        .writable(true)
        .create_from_device(disk, Some(DISK))?;
    table.update_partitions(BTreeMap::from([(1, partition)]))?;
    table.write()?;
    Ok(())
}

/// Formats the partition and writes `image` to its path.
fn fill(mut partition: impl fatfs::ReadWriteSeek, image: &[u8]) -> Result<()> {
    let format = FormatVolumeOptions::new()
        .fat_type(FatType::Fat32)
        .volume_id(SERIAL_NUMBER)
        .volume_label(*LABEL);
    fatfs::format_volume(&mut partition, format)?;
    let volume = FileSystem::new(partition, FsOptions::new())?;
    let [top, folder, name] = PATH;
    let folder = volume.root_dir().create_dir(top)?.create_dir(folder)?;
    let mut file = folder.create_file(name)?;
    file.write_all(image)?;
    file.flush()?;
    drop(file);
    drop(folder);
    Ok(volume.unmount()?)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::path::Path;

    use super::*;

    /// The smallest number of clusters with which readers take a file system for FAT32.
    const CLUSTERS: u32 = 65_525;

    /// Writes a disk of `size` MiB to `file`.
    fn disk(file: &Path, size: u64, image: &[u8]) -> Result<()> {
        let mut disk = File::create_new(file)?;
        disk.set_len(size * MIB)?;
        write(&mut disk, image)
    }

    /// The image on the disk in `file`, and the number of clusters of its file system.
    fn read(file: &Path) -> (Vec<u8>, u32) {
        let table = GptConfig::new().open(file).unwrap();
        assert!(table.primary_header().is_ok() && table.backup_header().is_ok());
        let partition = &table.partitions()[&1];
        let sector = DEFAULT_SECTOR_SIZE.as_u64();
        let [start, end] = [partition.first_lba, partition.last_lba + 1].map(|at| at * sector);
        let slice = StreamSlice::new(
            File::options().read(true).write(true).open(file).unwrap(),
            start,
            end,
        );
        let volume = FileSystem::new(BufStream::new(slice.unwrap()), FsOptions::new()).unwrap();
        let mut image = Vec::new();
        let mut found = volume.root_dir().open_file(&PATH.join("/")).unwrap();
        found.read_to_end(&mut image).unwrap();
        (image, volume.stats().unwrap().total_clusters())
    }

    #[test]
    fn equal_images_make_equal_disks() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        for file in [&one, &other] {
            disk(file, SMALLEST_FAT32, b"image").unwrap();
        }
        assert_eq!(fs::read(one).unwrap(), fs::read(other).unwrap());
    }

    #[test]
    fn the_smallest_disk_has_fat32_and_holds_the_image() {
        let folder = tempfile::tempdir().unwrap();
        for length in [1, 33 << 20] {
            let image = vec![0x5a; length];
            let file = folder.path().join(length.to_string());
            disk(&file, smallest_disk(length), &image).unwrap();
            let (found, clusters) = read(&file);
            assert!(found == image, "{length}");
            assert!(clusters >= CLUSTERS, "{clusters}");
        }
    }

    #[test]
    fn a_smaller_disk_has_too_few_clusters() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("small");
        disk(&file, SMALLEST_FAT32 - 1, b"image").unwrap();
        assert!(read(&file).1 < CLUSTERS);
    }
}
