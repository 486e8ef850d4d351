// SPDX-License-Identifier: BSD-2-Clause

//! Makes the page tables of every small image, and proves that they map exactly the intended pages
//! with the intended rights.
//!
//! The test collects all descriptors and compares them with the intended mappings, so it finds each
//! other page that is mapped. It also translates pages around all ends as the processor does.

use kaal_payload::{ExceptionLevel, PAGE_SIZE};

use super::super::{Mapping, Tables};
use super::{BASE, BLOCK_SIZE, HYPERVISOR_BASE, ORDINARY_BASE, kernel, mapping, near};
use hardware::{Hardware, Run, join};

mod hardware;

/// A boundary of level 3 tables that is also one of level 2.
const BOUNDARY: u64 = 1 << 30;

/// Checks the tables of one image.
fn check(level: ExceptionLevel, loader: &[Mapping], kernel: Mapping) {
    let tables = Tables::new(BASE, level, loader, kernel);
    let hardware = Hardware::new(&tables, level);
    let mappings = loader.iter().copied().chain([kernel]);
    let intended = join(mappings.map(Run::from).collect());
    let found = hardware.runs();
    assert!(found == intended, "{found:x?}\n{intended:x?}");

    let ends = intended
        .iter()
        .flat_map(|run| [run.virt, run.virt + run.size]);
    for virt in ends.flat_map(near) {
        let of_run = |run: &Run| {
            let offset = virt.wrapping_sub(run.virt);
            (offset < run.size).then(|| (run.phys + offset, run.rights))
        };
        let expected = intended.iter().find_map(of_run);
        assert!(
            hardware.translate(virt) == expected,
            "{virt:#x}: {intended:x?}"
        );
    }
}

/// Loaders at `base` with three parts of up to two pages each, followed by the payload header.
fn loaders(base: u64) -> impl Iterator<Item = Vec<Mapping>> {
    let sizes = (0..27u64).map(|number| [number % 3, number / 3 % 3, number / 9, 1]);
    sizes.map(move |sizes| {
        let mut start = base;
        let rights = [(false, false), (false, true), (true, false), (false, false)];
        let parts = sizes.into_iter().zip(rights);
        parts
            .map(|(pages, (writable, executable))| {
                let part = mapping(0, start, pages * PAGE_SIZE, writable, executable);
                start += pages * PAGE_SIZE;
                part
            })
            .collect()
    })
}

/// Kernels that begin near the boundary, and end near it or near one of the next two of level 3.
fn kernels(base: u64) -> impl Iterator<Item = Mapping> {
    let ends = [0, BLOCK_SIZE, 2 * BLOCK_SIZE].map(|distance| BOUNDARY + distance);
    near(BOUNDARY)
        .flat_map(move |start| ends.into_iter().flat_map(near).map(move |end| (start, end)))
        .filter(|(start, end)| start < end)
        .map(move |(start, end)| kernel(base, start, end - start))
}

/// Checks the tables of every image. Returns the number of images.
fn check_all(level: ExceptionLevel, base: u64) -> usize {
    let mut images = 0;
    // All places from the highest below the boundary to the lowest above it.
    for start in (BOUNDARY - 7 * PAGE_SIZE..=BOUNDARY).step_by(PAGE_SIZE as usize) {
        for loader in loaders(start) {
            for kernel in kernels(base) {
                check(level, &loader, kernel);
                images += 1;
            }
        }
    }
    images
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn at_el1() {
    assert_eq!(check_all(ExceptionLevel::El1, ORDINARY_BASE), 12_960);
}

#[test]
#[cfg_attr(miri, ignore = "too many cases")]
fn at_el2() {
    assert_eq!(check_all(ExceptionLevel::El2, HYPERVISOR_BASE), 12_960);
}
