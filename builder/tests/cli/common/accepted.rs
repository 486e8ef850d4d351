// SPDX-License-Identifier: BSD-2-Clause

//! Checks that every image that the builder makes must pass.

use goblin::container::{Container, Ctx, Endian};
use goblin::elf::program_header::PT_LOAD;
use goblin::elf::{Elf, ProgramHeader};
use kaal_elfloader_builder::{File, Image, ImageReader, Inputs, System};
use kaal_payload::PhysRange;

use super::loaded::Loaded;

/// Checks that `image`, whose memory is `loaded`, is undamaged: it holds every byte of the kernel and
/// the root task in `inputs`, and its parts are disjoint and within `ram`. Banks of `ram` may adjoin or
/// overlap.
pub(crate) fn check(inputs: &Inputs<'_>, image: &Image, loaded: &Loaded, ram: &[PhysRange]) {
    let opened = ImageReader::open(File {
        path: inputs.loader.path,
        content: &image.file,
    });
    let opened = opened.expect("an image");
    opened.verify().expect("no damage");
    assert_eq!(opened.format(), inputs.settings.format);
    let payload = loaded.payload();
    let pv_offset = payload.user_image.pv_offset;
    if let System::Programs { kernel, app } = inputs.system {
        check_segments(kernel.content, loaded, |_, phys| phys);
        check_segments(app.content, loaded, |virt, _| virt.wrapping_add(pv_offset));
    }

    let regions = payload.regions.iter();
    let regions: Vec<_> = regions.filter_map(|region| region.memory()).collect();
    check_places(&regions, ram);
    for region in payload.regions {
        loaded.check_region(region);
    }
    let entries = image.memory_map.entries().iter();
    let entries: Vec<_> = entries.map(|entry| entry.memory).collect();
    check_places(&entries, ram);
    let entry = loaded.entry;
    let holds_entry = |memory: &&PhysRange| memory.start.0 <= entry && entry < memory.end.0;
    assert_eq!(entries.iter().filter(holds_entry).count(), 1, "{entry:#x}");
}

/// Checks that each segment of `program` lies at the `address` of its virtual and physical address.
fn check_segments(program: &[u8], loaded: &Loaded, address: impl Fn(u64, u64) -> u64) {
    let header = Elf::parse_header(program).expect("an ELF header");
    let (offset, count) = (header.e_phoff as usize, header.e_phnum.into());
    let context = Ctx::new(Container::Big, Endian::Little);
    let headers = ProgramHeader::parse(program, offset, count, context).expect("program headers");
    for load in headers
        .iter()
        .filter(|load| load.p_type == PT_LOAD && load.p_memsz > 0)
    {
        let content = &program[load.file_range()];
        let start = address(load.p_vaddr, load.p_paddr);
        assert!(loaded.holds(start, content, load.p_memsz), "{load:?}");
    }
}

/// Checks that `places` ascend, are disjoint and lie within `ram`.
fn check_places(places: &[PhysRange], ram: &[PhysRange]) {
    for pair in places.windows(2) {
        assert!(pair[0].end <= pair[1].start, "{} {}", pair[0], pair[1]);
    }
    for &place in places {
        assert!(is_within(place, ram), "{place}");
    }
}

/// Whether all of `place` lies in `ram`, perhaps in several banks.
fn is_within(place: PhysRange, ram: &[PhysRange]) -> bool {
    let mut next = place.start;
    while next < place.end {
        let holds = |bank: &&PhysRange| bank.start <= next && next < bank.end;
        match ram.iter().find(holds) {
            Some(bank) => next = bank.end,
            None => return false,
        }
    }
    true
}
