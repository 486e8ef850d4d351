// SPDX-License-Identifier: BSD-2-Clause

//! The window that images are booted in, and what it has to be like before each boot.
//!
//! Memory that no segment is loaded to holds a pattern, so that it shows where someone relies on
//! zeroes that nobody has written. Only pages that have changed are put in order again, and only bytes
//! that differ are written: QEMU translates code anew that has been written to.

use core::ops::Range;
use core::slice;

use kaal_flips::{FILE_ADDRESS, FILE_MAX_SIZE, Job, Span, WINDOW};

use crate::elf::{self, Segment};
use crate::stage2::Stage2;

pub(crate) const PAGE_SIZE: usize = 4096;

/// Pages of the window.
pub(crate) const PAGES: usize = SIZE / PAGE_SIZE;

/// Size of the window in bytes.
const SIZE: usize = (WINDOW.end - WINDOW.start) as usize;

/// Where it lies what the window is like before an undamaged boot.
const PRISTINE: u64 = 0x4100_0000;

/// Where it lies what the window was like when the undamaged image entered its kernel.
const REFERENCE: u64 = 0x4200_0000;

/// Where damaged ELF files are laid out.
const STAGING: u64 = 0x4300_0000;

/// What memory holds that nothing is loaded to: an instruction that is undefined, and an address that
/// is not mapped.
const PATTERN: u8 = 0xe7;

/// Most segments that an undamaged file may have.
const MOST_SEGMENTS: usize = 64;

/// Pages, each listed once.
struct Pages {
    is_listed: [bool; PAGES],
    list: [u16; PAGES],
    count: usize,
}

impl Pages {
    const NONE: Self = Self {
        is_listed: [false; _],
        list: [0; _],
        count: 0,
    };

    fn add(&mut self, page: usize) {
        if !self.is_listed[page] {
            self.is_listed[page] = true;
            self.list[self.count] = page as u16;
            self.count += 1;
        }
    }

    /// Forgets all but the first `count`.
    fn truncate(&mut self, count: usize) {
        for index in count..self.count {
            self.is_listed[usize::from(self.list[index])] = false;
        }
        self.count = count;
    }

    fn get(&self, index: usize) -> usize {
        usize::from(self.list[index])
    }
}

/// The window, and copies of it.
pub(crate) struct Memory {
    stage2: &'static mut Stage2,
    load_address: u64,
    /// Bytes from the file's start on that tell where the rest belongs.
    headers_size: usize,
    /// What the undamaged file loads.
    segments: [Segment; MOST_SEGMENTS],
    segment_count: usize,
    /// Pages that may differ from the pristine ones.
    changed: Pages,
    /// How many of those are always writable, and so always taken for changed.
    always: usize,
    /// Pages that another file may load otherwise than the undamaged one.
    affected: Pages,
}

impl Memory {
    pub(crate) fn new(stage2: &'static mut Stage2) -> Self {
        Self {
            stage2,
            load_address: 0,
            headers_size: 0,
            segments: [Segment::default(); _],
            segment_count: 0,
            changed: Pages::NONE,
            always: 0,
            affected: Pages::NONE,
        }
    }

    /// Loads the undamaged `file`, and returns its entry point.
    pub(crate) fn load(&mut self, job: &Job, file: &[u8]) -> Option<u64> {
        self.load_address = job.load_address;
        if self.load_address == 0 {
            self.headers_size = elf::headers_size(file)?;
        }
        window().fill(PATTERN);
        let entry = self.reload(file)?;
        area(PRISTINE).copy_from_slice(window());
        area(REFERENCE).copy_from_slice(window());
        self.changed.truncate(0);

        let (mut segments, mut count) = ([Segment::default(); MOST_SEGMENTS], 0);
        self.segments_of(file, |segment| {
            if let Some(place) = segments.get_mut(count) {
                *place = segment;
            }
            count += 1;
        })?;
        (self.segments, self.segment_count) = (segments, count);
        (count <= MOST_SEGMENTS).then_some(entry)
    }

    /// Lets the window be as the `file` is loaded whose byte at `offset` differs by the bits `flip` from
    /// the undamaged one's, and returns its entry point, `entry` if that is the undamaged one's.
    pub(crate) fn load_flipped(
        &mut self,
        file: &[u8],
        offset: usize,
        flip: u8,
        entry: u64,
    ) -> Option<u64> {
        if offset < self.headers_size {
            return self.reload(file);
        }
        for segment in &self.segments[..self.segment_count] {
            let into = offset.wrapping_sub(segment.offset);
            if into < segment.file_size {
                let place = in_window(segment.address) + into;
                window()[place] ^= flip;
                self.changed.add(place / PAGE_SIZE);
            }
        }
        Some(entry)
    }

    /// Lets the window, in which the undamaged file is loaded, be as `file` is loaded.
    fn reload(&mut self, file: &[u8]) -> Option<u64> {
        let (undamaged, count) = (self.segments, self.segment_count);
        let mut affected = |segment: &Segment| {
            for page in pages_of(segment) {
                self.affected.add(page);
            }
        };
        let mut index = 0;
        let entry = match self.load_address {
            0 => elf::load(file, |segment| {
                let before = undamaged[..count].get(index);
                if before != Some(&segment) {
                    affected(&segment);
                    before.into_iter().for_each(&mut affected);
                }
                index += 1;
            }),
            address => {
                affected(&whole(address, file));
                Some(address)
            }
        };
        undamaged[..count].iter().skip(index).for_each(affected);
        if entry.is_some() {
            for index in 0..self.affected.count {
                page(STAGING, self.affected.get(index)).fill(u128::from_ne_bytes([PATTERN; 16]));
            }
            self.segments_of(file, |segment| self.stage(file, &segment));
            for index in 0..self.affected.count {
                let number = self.affected.get(index);
                if copy_changes(page(WINDOW.start, number), page(STAGING, number)) {
                    self.changed.add(number);
                }
            }
        }
        self.affected.truncate(0);
        entry
    }

    fn segments_of(&self, file: &[u8], mut look: impl FnMut(Segment)) -> Option<u64> {
        match self.load_address {
            0 => elf::load(file, look),
            address => {
                look(whole(address, file));
                Some(address)
            }
        }
    }

    /// Puts a segment of `file` to the staging area, as far as pages are affected.
    fn stage(&self, file: &[u8], segment: &Segment) {
        let content = file.get(segment.offset..segment.offset.wrapping_add(segment.file_size));
        let content = content.unwrap_or_default();
        for number in pages_of(segment).filter(|&number| self.affected.is_listed[number]) {
            let start = WINDOW.start + (number * PAGE_SIZE) as u64;
            let end = start + PAGE_SIZE as u64;
            let part = |size: u64| {
                let first = segment.address.max(start);
                let behind = segment.address.saturating_add(size).min(end).max(first);
                [first, behind]
            };
            let [first, behind] = part(segment.memory_size);
            area(STAGING)[in_window(first)..in_window(behind)].fill(0);
            let [first, behind] = part(content.len() as u64);
            if first < behind {
                let [from, to] =
                    [first, behind].map(|address| (address - segment.address) as usize);
                area(STAGING)[in_window(first)..in_window(behind)]
                    .copy_from_slice(&content[from..to]);
            }
        }
    }

    /// Lets the window be as before an undamaged boot.
    pub(crate) fn restore(&mut self) {
        for index in 0..self.changed.count {
            let number = self.changed.get(index);
            copy_changes(page(WINDOW.start, number), page(PRISTINE, number));
            if index >= self.always {
                self.stage2.set_writable(number, false);
            }
        }
        self.changed.truncate(self.always);
    }

    /// Notes what the window is like now, when the undamaged image has entered its kernel, and that the
    /// pages that it wrote to are always written to.
    pub(crate) fn note_reference(&mut self) {
        for index in 0..self.changed.count {
            let number = self.changed.get(index);
            copy_changes(page(REFERENCE, number), page(WINDOW.start, number));
        }
        self.always = self.changed.count;
    }

    /// The first address among `seen` where the window is not as the undamaged image leaves it.
    pub(crate) fn first_difference(&self, seen: &[Span]) -> Option<u64> {
        seen.iter().find_map(|&Span { start, end }| {
            let [start, end] = [start, end].map(in_window);
            let first = start / PAGE_SIZE;
            (first..end.div_ceil(PAGE_SIZE))
                .filter(|&number| self.changed.is_listed[number])
                .find_map(|number| {
                    let from = start.max(number * PAGE_SIZE);
                    let place = from..end.min((number + 1) * PAGE_SIZE);
                    let found = &window()[place.clone()];
                    let expected = &area(REFERENCE)[place];
                    let differ = |(a, b): (&u8, &u8)| a != b;
                    let difference = found.iter().zip(expected).position(differ)?;
                    Some(WINDOW.start + (from + difference) as u64)
                })
        })
    }

    /// Lets the image write to the page of `address`, which it has tried to; returns whether it may.
    pub(crate) fn allow_write(&mut self, address: u64) -> bool {
        if !WINDOW.contains(address) {
            return false;
        }
        let number = in_window(address) / PAGE_SIZE;
        self.changed.add(number);
        self.stage2.set_writable(number, true);
        true
    }

    pub(crate) fn stage2(&mut self) -> &mut Stage2 {
        self.stage2
    }
}

/// A file that is put to `address` as it is.
fn whole(address: u64, file: &[u8]) -> Segment {
    Segment {
        offset: 0,
        file_size: file.len(),
        address,
        memory_size: file.len() as u64,
    }
}

/// The window's pages that a segment is loaded to.
fn pages_of(segment: &Segment) -> Range<usize> {
    let size = segment.memory_size.max(segment.file_size as u64);
    let start = segment.address.max(WINDOW.start);
    let end = segment.address.saturating_add(size).min(WINDOW.end);
    match start < end {
        true => in_window(start) / PAGE_SIZE..in_window(end).div_ceil(PAGE_SIZE),
        false => 0..0,
    }
}

/// Bytes from the window's start to `address`.
fn in_window(address: u64) -> usize {
    (address - WINDOW.start) as usize
}

/// The file, as whoever started this program put it into memory.
pub(crate) fn file(size: u64) -> Option<&'static mut [u8]> {
    if size > FILE_MAX_SIZE {
        return None;
    }
    // SAFETY: this memory is the file's, and this is called once.
    Some(unsafe { slice::from_raw_parts_mut(FILE_ADDRESS as *mut u8, size as usize) })
}

/// The window.
fn window() -> &'static mut [u8] {
    area(WINDOW.start)
}

/// The window, or a copy of it.
fn area(start: u64) -> &'static mut [u8] {
    // SAFETY: the areas are apart from each other and from this program. No two references to the same
    // one are in use at a time, and none while the image runs.
    unsafe { slice::from_raw_parts_mut(start as *mut u8, SIZE) }
}

/// A page of the window, or of a copy of it.
fn page(area_start: u64, number: usize) -> &'static mut [u128] {
    let start = area_start as usize + number * PAGE_SIZE;
    // SAFETY: as above.
    unsafe { slice::from_raw_parts_mut(start as *mut u128, PAGE_SIZE / size_of::<u128>()) }
}

/// Makes a page like another one, and returns whether it wasn't.
fn copy_changes(to: &mut [u128], from: &[u128]) -> bool {
    let mut is_changed = false;
    for (to, from) in to.iter_mut().zip(from) {
        if to != from {
            *to = *from;
            is_changed = true;
        }
    }
    is_changed
}
