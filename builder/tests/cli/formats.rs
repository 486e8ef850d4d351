// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the content of images that are not ELF files.

use std::path::Path;

use crc::{CRC_32_ISO_HDLC, Crc};
use expect_test::expect;
use kaal_devicetree::DeviceTree as FlatTree;
use kaal_elfloader_builder::{File, ImageReader};
use kaal_payload::{Encoding, PhysAddr, PhysRange, ROOM_SIZE, TABLES_SIZE};
use sha2::{Digest, Sha256};
use vm_fdt::FdtWriter;

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;
use crate::common::formats::{EFI, FIT, IMAGE, LZ4, RAW, UIMAGE};
use crate::common::loaded::{Loaded, crc32c};
use crate::common::package::Packed;
use crate::common::programs::{self, HYPERVISOR_BASE, ORDINARY_BASE};

/// Size in bytes of the U-Boot image header.
const UIMAGE_HEADER: usize = 64;

/// The image's file for changed options.
fn file(folder: &Folder, changes: &[(&str, &str)]) -> Vec<u8> {
    assert_eq!(folder.accepted(changes), "");
    folder.get("image.elf")
}

fn number(bytes: &[u8], offset: usize) -> u64 {
    let bytes = bytes[offset..].first_chunk().expect("8 bytes");
    u64::from_le_bytes(*bytes)
}

/// In each format, compressed or not, the unpacked image is the memory that its ELF file would load.
#[test]
fn all_become_the_same_memory() {
    for base in [ORDINARY_BASE, HYPERVISOR_BASE] {
        let folder = Folder::new();
        folder.put(
            "kernel.elf",
            programs::kernel_of_five_segments(base).to_bytes(),
        );
        let loaded = Loaded::new(&file(&folder, &[]));
        for format in [&RAW[..], &IMAGE, &UIMAGE] {
            for compression in [None, Some(LZ4)] {
                let changes: Vec<_> = format.iter().copied().chain(compression).collect();
                let mut bytes = file(&folder, &changes);
                if format == UIMAGE {
                    bytes.drain(..UIMAGE_HEADER);
                }
                let packed = Packed::new(bytes);
                assert_eq!(packed.package().entry.0, loaded.entry);
                let unpacked = packed.unpack();
                let size: u64 = unpacked.iter().map(|(memory, _)| memory.size()).sum();
                assert_eq!(size, loaded.size());
                for (memory, content) in unpacked {
                    let is_same = loaded.holds(memory.start.0, &content, memory.size());
                    assert!(is_same, "{memory}");
                }
            }
        }
    }
}

#[test]
fn compressed_images_are_smaller() {
    let folder = Folder::new();
    let plain = file(&folder, &IMAGE);
    let compressed = file(&folder, &[&IMAGE[..], &[LZ4]].concat());
    assert!(compressed.len() < plain.len());
    let packed = Packed::new(compressed);
    let encodings = packed.package().chunks.iter();
    let encodings: Vec<_> = encodings.map(|chunk| chunk.stored().encoding).collect();
    assert!(encodings.contains(&Encoding::Lz4));
    // Blocks of few bytes would be larger than these.
    assert!(encodings.contains(&Encoding::Identity));
}

#[test]
fn raw_begins_with_its_first_instruction() {
    let bytes = file(&Folder::new(), &RAW);
    // b 0x1008
    assert_eq!(number(&bytes, 0), 0x1400_0402);
    assert_eq!(bytes[8..64], [0; 56]);
    assert_eq!(bytes[0x1000..0x1040], programs::filled(0x40));
}

#[test]
fn image_begins_with_the_header_of_one() {
    let bytes = file(&Folder::new(), &IMAGE);
    assert_eq!(number(&bytes, 0), 0x1400_0402);
    assert_eq!(number(&bytes, 8), 0);
    // Pages of 4 KiB, anywhere in memory.
    assert_eq!(number(&bytes, 24), 0b1010);
    assert_eq!(bytes[32..56], [0; 24]);
    assert_eq!(bytes[56..64], *b"ARM\x64\0\0\0\0");
    let size = number(&bytes, 16);
    assert_eq!(size % 0x1000, 0);
    assert!(size >= bytes.len() as u64 && size >= 0x3800);
}

#[test]
fn uimage_is_an_image_with_a_header() {
    let folder = Folder::new();
    let image = file(&folder, &IMAGE);
    let bytes = file(&folder, &UIMAGE);
    let (header, data) = bytes.split_at(UIMAGE_HEADER);
    assert!(data == image);

    let crc32 = |bytes: &[u8]| Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(bytes);
    let mut unchecked = header.to_vec();
    unchecked[4..8].fill(0);
    let word = |index: usize| {
        let bytes = header[4 * index..].first_chunk().expect("4 bytes");
        u32::from_be_bytes(*bytes)
    };
    assert_eq!(word(0), 0x2705_1956);
    assert_eq!(word(1), crc32(&unchecked));
    assert_eq!(word(2), 0);
    assert_eq!(word(3) as usize, data.len());
    assert_eq!([word(4), word(5)], [0x4200_0000; 2]);
    assert_eq!(word(6), crc32(data));
    // Linux, arm64, kernel, not compressed.
    assert_eq!(header[28..32], [5, 22, 2, 0]);
    let name = format!("KaaL {}", env!("CARGO_PKG_VERSION"));
    assert!(header[32..].starts_with(name.as_bytes()));
    assert!(header[32 + name.len()..].iter().all(|&byte| byte == 0));
}

/// The image that the format image gives, behind the device tree in it, each with its hash.
#[test]
fn fit_is_an_image_behind_its_device_tree() {
    let folder = Folder::new();
    let image = file(&folder, &IMAGE);
    let bytes = file(&folder, &FIT);
    let fit = FlatTree::parse(&bytes).expect("a device tree");
    let property = |path: &str, name: &str| {
        let place = fit.find(path.as_bytes()).expect("a node");
        let value = place.node().property(name.as_bytes());
        value.expect("a property").to_vec()
    };
    let opened = ImageReader::open(File {
        path: Path::new("image"),
        content: &bytes,
    });
    let opened = opened.expect("an image");
    let slot = opened.payload().device_tree;
    let tree = opened.bytes(PhysRange::new(slot.start, slot.size));
    let tree = tree.expect("a device tree").to_vec();
    for (name, data) in [("fdt-1", tree), ("kernel-1", image)] {
        let node = format!("/images/{name}");
        let hash = Sha256::digest(&data).to_vec();
        assert_eq!(property(&format!("{node}/hash-1"), "value"), hash);
        assert!(property(&node, "data") == data);
    }
    let names: Vec<_> = fit
        .walk()
        .map(|place| place.node().name().to_vec())
        .collect();
    let tree_first = names.iter().position(|name| name == b"fdt-1");
    assert!(tree_first < names.iter().position(|name| name == b"kernel-1"));
    let configuration = "/configurations/conf-1";
    assert_eq!(property(configuration, "fdt"), b"fdt-1\0");
    assert_eq!(property("/", "timestamp"), [0; 4]);
}

/// `mkimage` adds properties to the signature, and moves blocks.
#[test]
fn fit_that_is_signed_by_mkimage() {
    let folder = Folder::new();
    let unsigned = file(&folder, &[&FIT[..], &[("--fit-key-name", "dev")]].concat());
    let check = |file: &[u8]| {
        folder.put("signed.itb", file);
        let output = folder.command(&["check", "signed.itb"]);
        let errors = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.success(), errors.is_empty(), "{errors}");
        errors
    };
    assert_eq!(check(&unsigned), "");
    assert_eq!(check(&with_property(&unsigned, "signature-1", "value")), "");
    let signed = with_property(&unsigned, "signature-1", "value");
    for (node, property) in [
        ("conf-1", "loadables"),
        ("kernel-1", "load"),
        ("images", "more"),
        ("hash-1", "ignore"),
    ] {
        assert_ne!(check(&with_property(&signed, node, property)), "", "{node}");
    }
    // Without a signature, no byte may differ.
    assert_ne!(check(&with_property(&unsigned, "signature-1", "more")), "");
}

/// The FIT image `fit` with one more property in each node of the name `node`. A property of the same name is replaced.
fn with_property(fit: &[u8], node: &str, property: &str) -> Vec<u8> {
    let fit = FlatTree::parse(fit).expect("a device tree");
    let mut changed = FdtWriter::new().expect("a writer");
    let mut open = Vec::new();
    for place in fit.walk() {
        while open.len() >= place.depth() {
            let last = open.pop().expect("a node");
            changed.end_node(last).expect("a node");
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let name = text(place.node().name());
        open.push(changed.begin_node(&name).expect("a node"));
        let properties = place.node().properties();
        for kept in properties.filter(|kept| name != node || kept.name != property.as_bytes()) {
            changed
                .property(&text(kept.name), kept.value)
                .expect("room");
        }
        if name == node {
            changed.property(property, &[1; 8]).expect("room");
        }
    }
    while let Some(last) = open.pop() {
        changed.end_node(last).expect("a node");
    }
    changed.finish().expect("a tree")
}

/// Sections of the package as in the format raw behind headers and stub, without a gap.
#[test]
fn efi_is_raw_behind_a_stub() {
    for compression in [&[][..], &[LZ4]] {
        let folder = Folder::new();
        let raw = file(&folder, &[&RAW[..], compression].concat());
        let bytes = file(&folder, &[&EFI[..], compression].concat());
        let (before, package) = bytes.split_at(0x1200);
        let size = raw.len().next_multiple_of(512);
        assert_eq!(package.len(), size);
        let [packed, raw] = [package.to_vec(), raw].map(Packed::new);
        assert!(packed.unpack() == raw.unpack());

        let (headers, stub) = before.split_at(0x200);
        let word = |bytes: &[u8], offset: usize| number(bytes, offset) as u32;
        assert_eq!(headers[..2], *b"MZ");
        assert_eq!(headers[0x40..0x44], *b"PE\0\0");
        // Machine and number of sections, no time.
        assert_eq!([word(headers, 0x44), word(headers, 0x48)], [0x2_aa64, 0]);
        let [entry, checksum] = [0x68, 0x98].map(|offset| word(headers, offset));
        assert_eq!([entry, checksum], [0x1008, 0]);
        // Name, sizes and places of each section.
        let section = |start: usize| [0, 8, 12, 16, 20].map(|field| word(headers, start + field));
        let text = u32::from_le_bytes(*b".tex");
        assert_eq!(section(0x148), [text, 0x1000, 0x1000, 0x1000, 0x200]);
        let [kaal, size] = [u32::from_le_bytes(*b".kaa"), size as u32];
        assert_eq!(section(0x170), [kaal, size, 0x2000, size, 0x1200]);

        assert_eq!(word(stub, 4), crc32c(package));
        // b 0x80, from the offset 8
        assert_eq!(word(stub, 8), 0x1400_001e);
        let sizes = [12, 16].map(|offset| word(stub, offset));
        assert_eq!(sizes, [packed.header_offset as u32, size]);
        // EL1, and the event for a TPM (`EFI_TCG2_EVENT`): its sizes, version 1, PCR 11, EV_IPL and the measurement.
        let event = [50, 0, 0, 0, 14, 0, 0, 0, 1, 0, 11, 0, 0, 0, 13, 0, 0, 0];
        assert_eq!(word(stub, 0x14), 1);
        assert_eq!(stub[0x18..0x2a], event);
        assert_eq!(stub[0x2a..0x4a], measurement(&bytes));
        let program = programs::efi_stub().headers[0].content.clone();
        // Before that, it is the ELF header.
        assert_eq!(stub[0x4a..0xb0], [0; 0x66]);
        assert_eq!(stub[0xb0..0x100], program[0xb0..]);
    }
}

/// The measurement in the payload header of an image.
fn measurement(content: &[u8]) -> [u8; 32] {
    let path = Path::new("image");
    let image = ImageReader::open(File { path, content });
    image.expect("an image").payload().measurement
}

/// With a TPM, PCR 11 begins as zero, and the stub extends it with the hash of the measurement.
#[test]
fn efi_has_an_expected_pcr() {
    let folder = Folder::new();
    let image = file(&folder, &EFI);
    let digest = Sha256::digest(measurement(&image));
    let pcr = Sha256::new()
        .chain_update([0; 32])
        .chain_update(digest)
        .finalize();
    let pcr: String = pcr.iter().map(|byte| format!("{byte:02x}")).collect();
    let inspected = |arguments: &[&str]| {
        let output = folder.command(&[&["inspect", "image.elf"], arguments].concat());
        String::from_utf8(output.stdout).expect("text")
    };
    let text = inspected(&[]);
    assert!(
        text.contains(&format!("\nPCR 11            {pcr}\n")),
        "{text}"
    );
    assert!(inspected(&["--json"]).contains(&format!(r#""pcr11": "{pcr}""#)));
}

/// The programs that sign for Secure Boot change a checksum, name certificates and append them.
#[test]
fn efi_that_is_signed_for_secure_boot() {
    let folder = Folder::new();
    let unsigned = file(&folder, &EFI);
    let certificate = |size: u32| {
        let head = [size.to_le_bytes(), [0, 2, 2, 0]].concat();
        let padding = vec![0x5a; size.next_multiple_of(8) as usize - head.len()];
        [head, padding].concat()
    };
    let signed = |certificates: &[u8]| {
        let mut file = unsigned.clone();
        file[0x98..0x9c].fill(0x77);
        let place =
            [unsigned.len(), certificates.len()].map(|number| (number as u32).to_le_bytes());
        file[0xe8..0xf0].copy_from_slice(place.as_flattened());
        [&file, certificates].concat()
    };
    let check = |file: &[u8]| {
        folder.put("signed.efi", file);
        let output = folder.command(&["check", "signed.efi"]);
        let errors = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.success(), errors.is_empty(), "{errors}");
        errors
    };
    let two = signed(&[certificate(0x5d3), certificate(0x10)].concat());
    assert_eq!(check(&two), "");
    let inspected = folder.command(&["inspect", "signed.efi"]).stdout;
    let inspected = String::from_utf8(inspected).expect("text");
    let expected = format!("efi, {} bytes, signed for Secure Boot", two.len());
    assert!(inspected.contains(&expected), "{inspected}");

    for damaged in [
        &two[..two.len() - 1],
        &[&two[..], &[0]].concat(),
        &signed(&certificate(0x10)[..8]),
        &signed(&[0; 16]),
    ] {
        assert_ne!(check(damaged), "");
    }
    for offset in (0..unsigned.len()).filter(|offset| !(0x98..0x9c).contains(offset)) {
        let mut damaged = two.clone();
        damaged[offset] ^= 1;
        let content = &damaged;
        let path = Path::new("signed.efi");
        let opened = ImageReader::open(File { path, content });
        let is_refused = opened.is_err() || opened.is_ok_and(|image| image.verify().is_err());
        assert!(is_refused, "a flip at {offset:#x} is accepted");
    }
}

#[test]
fn the_header_lies_behind_the_unpacker() {
    let packed = Packed::new(file(&Folder::new(), &RAW));
    assert_eq!(packed.header_offset, 0x2020);
}

/// The unpacker's working memory lies in RAM, is large enough, and overlaps nothing.
#[test]
fn the_work_area_is_free() {
    let folder = Folder::new();
    let ram = PhysRange {
        start: PhysAddr(0x4000_0000),
        end: PhysAddr(0x5000_0000),
    };
    for compression in [None, Some(LZ4)] {
        let changes: Vec<_> = IMAGE.iter().copied().chain(compression).collect();
        let packed = Packed::new(file(&folder, &changes));
        let package = packed.package();
        let scratch = package.scratch;
        // Four pages for the unpacker, one for the header, and the tables.
        assert_eq!(scratch.slot_size, 0x5000 + TABLES_SIZE);
        assert_eq!(scratch.room_size, ROOM_SIZE);
        assert!(scratch.spare_size >= package.size);
        assert!(ram.contains(scratch.memory().expect("a place")));
        let last = package.chunks.last().expect("chunks");
        assert_eq!(scratch.start, last.memory().end);
    }
}

#[test]
fn the_work_area_lies_below_where_there_is_no_room_above() {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        ram: vec![(0x3f00_0000, 0x100_0000 + 0x60_0000)],
        ..DeviceTree::with_ram(0)
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    let packed = Packed::new(file(&folder, &IMAGE));
    assert_eq!(packed.package().scratch.start.0, 0x3f00_0000);
}

/// Without a description of RAM, the builder assumes that RAM begins at the kernel.
#[test]
fn without_a_device_tree() {
    let folder = Folder::new();
    expect![[r#"
        warning: --kernel kernel.elf: placed without knowledge of the RAM
          expected: a --dtb with a memory node, or a --platform
          found: neither
          help: pass one of them, so that the builder can check the image against RAM
        warning: --format image: the unpacker has no console
          expected: the option --dtb, even if the firmware brings a device tree
          found: none
          help: pass a device tree; without one, the unpacker prints no errors
    "#]]
    .assert_eq(&folder.accepted(&[&IMAGE[..], &[("--dtb", "")]].concat()));
    let packed = Packed::new(folder.get("image.elf"));
    assert!(packed.package().scratch.start.0 >= 0x4040_0000);
    assert_eq!(packed.package().machine.console, None);
}

#[test]
fn maps() {
    let folder = Folder::new();
    expect![[r#"
        start          end                  size  what                      from
        0x40000000     0x4023d000        2347008  kernel text and data      kernel.elf
        0x4023d000     0x4024d000          65536  device tree               kernel.dtb
        0x4024d000     0x4024d123            291  user image text           app.elf
        0x4024e128     0x40252148          16416  user image data           app.elf
        0x40400000     0x40400040             64  loader read-only data     loader.elf
        0x40401000     0x40401040             64  loader text               loader.elf
        0x40402000     0x40403800           6144  loader data               loader.elf
        0x40404000     0x40406000           8192  payload header            (made by the builder)
        0x40406000     0x4040e000          32768  translation tables        (made by the builder)
        0x4040e000     0x40658000        2400256  unpacker's work area      (made by the builder)
        0x40658000     0x4065b000          12288  unpacker's spare room     (made by the builder)
        0x4065b000     0x408a5000        2400256  unpacker's work area      (made by the builder)
        offset               size  what            unpacked to
        0x0                  8224  unpacker
        0x2020                824  package header
        0x2358                280  LZ4 block       0x40000000..0x4023d000
        0x2470                340  LZ4 block       0x4023d000..0x4024d000
        0x25c8                263  LZ4 block       0x4024d000..0x4024e128
        0x26d0                 16  content         0x4024e128..0x40253000
        0x26e0                 36  content         0x40400000..0x40401000
        0x2708                 64  content         0x40401000..0x40402000
        0x2748                 32  content         0x40402000..0x40404000
        0x2768                664  content         0x40404000..0x40406000
        0x2a00                  4  content         0x40406000..0x40407ff8
        0x2a08                 15  LZ4 block       0x40407ff8..0x40409010
        0x2a18                  4  content         0x40409010..0x4040a000
        0x2a20                 37  LZ4 block       0x4040a000..0x4040b008
        0x2a48                  4  content         0x4040b008..0x4040c000
        0x2a50                 12  content         0x4040c000..0x4040d000
        0x2a60                252  LZ4 block       0x4040d000..0x4040e000
        measurement (SHA-256): c9727955a95c27b8e278504feaf563526d8e8006ec760907c25268ec710ffdb7
    "#]]
    .assert_eq(&folder.accepted(&[&IMAGE[..], &[LZ4, ("-v", "")]].concat()));
}

#[test]
fn an_address_that_fits_is_no_matter() {
    let folder = Folder::new();
    let image = file(&folder, &IMAGE);
    let at = |address| {
        file(
            &folder,
            &[&IMAGE[..], &[("--load-address", address)]].concat(),
        )
    };
    assert!(at("0x40000000") == image);
    assert!(at("0x4fe00000") == image);
}

#[test]
fn an_unpacker_is_no_matter_for_an_elf_file() {
    let folder = Folder::new();
    let image = file(&folder, &[]);
    assert!(file(&folder, &[("--unpacker", "unpacker.elf")]) == image);
}

#[test]
fn same_inputs_give_the_same_bytes() {
    let (here, there) = (Folder::new(), Folder::new());
    for format in [&RAW[..], &IMAGE, &UIMAGE, &EFI, &FIT] {
        let changes = [format, &[LZ4]].concat();
        assert!(file(&here, &changes) == file(&there, &changes));
    }
}
