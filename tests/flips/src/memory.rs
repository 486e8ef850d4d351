// SPDX-License-Identifier: BSD-2-Clause

//! The window that images are booted in, and its content before each boot.
//!
//! Memory without a segment holds a pattern, so that it shows if anything relies on zeroes that nothing wrote.
//! Only changed pages are restored, and only different bytes are written, because QEMU translates code again if
//! it is written to.

use core::ops::Range;

use kaal_flips::{Job, Span, WINDOW};

use crate::areas::{
    PAGE_SIZE, PRISTINE, Pages, REFERENCE, STAGING, area, copy_changes, page, window,
};
use crate::elf::{self, Segment};
use crate::stage2::Stage2;

/// The content of memory without a segment: an undefined instruction, and an unmapped address.
const PATTERN: u8 = 0xe7;

/// The most segments of an undamaged file.
const MOST_SEGMENTS: usize = 64;

/// The window and its copies.
pub(crate) struct Memory {
    stage2: &'static mut Stage2,
    load_address: u64,
    /// Number of bytes at the start of the file that say where the rest belongs.
    headers_size: usize,
    /// The segments of the undamaged file.
    segments: [Segment; MOST_SEGMENTS],
    segment_count: usize,
    /// Pages that may differ from the pristine ones.
    changed: Pages,
    /// How many of these are always writable, and so always count as changed.
    always: usize,
    /// Pages that a damaged file may load with other content.
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
        let entry = self.reload(file, false)?;
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

    /// Prepares the window for `file`, whose byte at `offset` has the bits `flip` flipped. Returns the entry
    /// point; that of the undamaged file is `entry`.
    pub(crate) fn load_flipped(
        &mut self,
        file: &[u8],
        offset: usize,
        flip: u8,
        entry: u64,
    ) -> Option<u64> {
        if offset < self.headers_size {
            return self.reload(file, true);
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

    /// Prepares the window for another `file`, and returns its entry point.
    pub(crate) fn load_other(&mut self, file: &[u8]) -> Option<u64> {
        self.reload(file, false)
    }

    /// Changes the window from the undamaged file to `file`, which may have the same content where it has the same
    /// headers.
    fn reload(&mut self, file: &[u8], has_same_content: bool) -> Option<u64> {
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
                if !has_same_content || before != Some(&segment) {
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

    /// Copies a segment of `file` to the staging area, as far as it touches affected pages.
    fn stage(&self, file: &[u8], segment: &Segment) {
        let content = file.get(segment.offset..segment.offset.wrapping_add(segment.file_size));
        let content = content.unwrap_or_default();
        for number in pages_of(segment).filter(|&number| self.affected.contains(number)) {
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

    /// Restores the window as before an undamaged boot.
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

    /// Copies the window after the undamaged image has entered its kernel. The pages that it wrote stay
    /// writable from now on.
    pub(crate) fn note_reference(&mut self) {
        for index in 0..self.changed.count {
            let number = self.changed.get(index);
            copy_changes(page(REFERENCE, number), page(WINDOW.start, number));
        }
        self.always = self.changed.count;
    }

    /// The first address in `seen` at which the window differs from that of the undamaged image in its kernel.
    pub(crate) fn first_difference(&self, seen: &[Span]) -> Option<u64> {
        self.difference_to(REFERENCE, seen)
    }

    /// The first address in `part` at which the window differs from that of the undamaged image before its boot.
    pub(crate) fn first_change(&self, part: Span) -> Option<u64> {
        self.difference_to(PRISTINE, &[part])
    }

    fn difference_to(&self, copy: u64, spans: &[Span]) -> Option<u64> {
        spans.iter().find_map(|&Span { start, end }| {
            let [start, end] = [start, end].map(in_window);
            let first = start / PAGE_SIZE;
            (first..end.div_ceil(PAGE_SIZE))
                .filter(|&number| self.changed.contains(number))
                .find_map(|number| {
                    let from = start.max(number * PAGE_SIZE);
                    let place = from..end.min((number + 1) * PAGE_SIZE);
                    let found = &window()[place.clone()];
                    let expected = &area(copy)[place];
                    let differ = |(a, b): (&u8, &u8)| a != b;
                    let difference = found.iter().zip(expected).position(differ)?;
                    Some(WINDOW.start + (from + difference) as u64)
                })
        })
    }

    /// Makes the page of `address` writable, after a write to it. Returns whether that is allowed.
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

/// The segment of a file that is put to `address` as a whole.
fn whole(address: u64, file: &[u8]) -> Segment {
    Segment {
        offset: 0,
        file_size: file.len(),
        address,
        memory_size: file.len() as u64,
    }
}

/// The pages of the window that a segment is loaded to.
fn pages_of(segment: &Segment) -> Range<usize> {
    let size = segment.memory_size.max(segment.file_size as u64);
    let start = segment.address.max(WINDOW.start);
    let end = segment.address.saturating_add(size).min(WINDOW.end);
    match start < end {
        true => in_window(start) / PAGE_SIZE..in_window(end).div_ceil(PAGE_SIZE),
        false => 0..0,
    }
}

/// Offset of `address` in the window.
fn in_window(address: u64) -> usize {
    (address - WINDOW.start) as usize
}
