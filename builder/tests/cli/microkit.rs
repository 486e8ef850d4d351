// SPDX-License-Identifier: BSD-2-Clause

//! Tests of images that are made of Microkit's.

mod refused;
mod sdk;

use expect_test::expect;
use kaal_payload::ExceptionLevel;

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::formats::{FIT, IMAGE, LZ4, RAW, UIMAGE};
use crate::common::loaded::Loaded;
use crate::common::microkit::{Microkit, Segment};
use crate::common::programs::{self, HYPERVISOR_BASE, KERNEL_SIZE, ORDINARY_BASE};
use crate::signing::{self, LOADER, TRUST};

/// Options that take kernel and root task from `loader.img`.
const SYSTEM: [(&str, &str); 3] = [
    ("--microkit", "loader.img"),
    ("--kernel", ""),
    ("--app", ""),
];

/// Options with [`SYSTEM`] and `more`.
fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let is_given = |option: &str| more.iter().any(|(given, _)| *given == option);
    let system = SYSTEM.into_iter();
    let system = system.filter(|(option, _)| !is_given(option));
    system.chain(more.iter().copied()).collect()
}

/// The image that Microkit makes of two programs.
fn of(kernel: &Elf, app: &Elf) -> Microkit {
    fn segments(program: &Elf) -> Vec<Segment<'_>> {
        let headers = program.headers.iter();
        headers
            .map(|header| {
                (
                    header.virt,
                    header.phys,
                    &*header.content,
                    header.memory_size,
                )
            })
            .collect()
    }
    Microkit::new(
        (kernel.entry, &segments(kernel)),
        (app.entry, &segments(app)),
    )
}

fn ordinary() -> Microkit {
    of(&programs::kernel(ORDINARY_BASE), &programs::app())
}

/// A folder with `image` as `loader.img`.
fn folder(image: &Microkit) -> Folder {
    let folder = Folder::new();
    folder.put("loader.img", image.to_bytes());
    folder
}

fn load(folder: &Folder, changes: &[(&str, &str)]) -> Loaded {
    folder.accepted(changes);
    Loaded::new(&folder.get("image.elf"))
}

/// Kernel and root task lie where Microkit puts them, as if they were given as programs.
#[test]
fn like_the_programs_in_it() {
    let app = programs::app();
    for (level, kernel) in [
        (ExceptionLevel::El1, programs::kernel(ORDINARY_BASE)),
        (ExceptionLevel::El2, programs::kernel(HYPERVISOR_BASE)),
        (
            ExceptionLevel::El1,
            programs::kernel_of_five_segments(ORDINARY_BASE),
        ),
    ] {
        let image = of(&kernel, &app);
        let folder = folder(&image);
        folder.put("kernel.elf", kernel.to_bytes());
        let offset = format!("{:#x}", image.user_start - 0x4000_0000);
        let expected = load(
            &folder,
            &[("--app-offset", &offset), ("--kernel-dtb", "none")],
        );
        let loaded = load(&folder, &with(&[]));
        let (payload, wanted) = (loaded.payload(), expected.payload());
        assert_eq!(payload.exception_level, level);
        assert_eq!(payload.kernel_entry, wanted.kernel_entry);
        assert_eq!(payload.user_image, wanted.user_image);
        assert_eq!(payload.device_tree, wanted.device_tree);
        assert_eq!(payload.user_image.memory.start.0, image.user_start);
        let end = payload.user_image.memory.end.0 - 0x4000_0000;
        assert!(loaded.read(0x4000_0000, end) == expected.read(0x4000_0000, end));
        assert!(folder.command(&["check", "image.elf"]).status.success());
    }
}

/// The image doesn't store the zeroes of `.bss`, which Microkit's does.
#[test]
fn zeroes_are_left_out() {
    let folder = folder(&ordinary());
    folder.accepted(&with(&[]));
    let (from, to) = (
        folder.get("loader.img").len(),
        folder.get("image.elf").len(),
    );
    assert!(from as u64 > KERNEL_SIZE && to < 0x8000, "{from}, {to}");
}

#[test]
fn elf_files_and_u_boot_images() {
    let folder = folder(&ordinary());
    folder.accepted(&with(&[]));
    let expected = folder.get("image.elf");
    let raw = folder.get("loader.img");
    let size = raw.len() as u64;
    let segment = ProgramHeader::load(ProgramHeader::READ_WRITE_EXECUTE, 0x7000_0000, raw, size);
    let elf = Elf::new(Elf::EXEC, 0x7000_0000, vec![segment]);
    let raw = folder.get("loader.img");
    let mut header = 0x2705_1956_u32.to_be_bytes().to_vec();
    header.resize(64, 0);
    for file in [elf.to_bytes(), [header, raw].concat()] {
        folder.put("loader.img", file);
        folder.accepted(&with(&[]));
        assert!(folder.get("image.elf") == expected);
    }
}

#[test]
fn all_formats_and_signatures() {
    let folder = signing::folder();
    folder.put("loader.img", ordinary().to_bytes());
    for format in [&RAW[..], &IMAGE, &UIMAGE, &FIT] {
        for compression in [&[][..], &[LZ4]] {
            let options = [
                format,
                compression,
                &[LOADER, TRUST],
                &[("--sign-key", "private.pem"), ("--verify", "sha256")],
            ];
            folder.accepted(&with(&options.concat()));
            let check = ["check", "image.elf", "--trust-key", "public.pem"];
            let output = folder.command(&check);
            assert!(output.status.success(), "{output:?}");
        }
    }
}

/// The kernel's program may be given too, and lends its symbols.
#[test]
fn the_kernel_in_it() {
    for kernel in [
        programs::kernel(ORDINARY_BASE),
        programs::kernel_of_five_segments(ORDINARY_BASE),
    ] {
        let folder = folder(&of(&kernel, &programs::app()));
        folder.put("kernel.elf", kernel.to_bytes());
        folder.accepted(&with(&[]));
        let expected = folder.get("image.elf");
        folder.accepted(&with(&[("--kernel", "kernel.elf")]));
        assert!(folder.get("image.elf") == expected);
        assert!(
            folder
                .command(&["check", "image.elf", "--kernel", "kernel.elf"])
                .status
                .success()
        );
    }
}

#[test]
fn manifest() {
    let folder = folder(&ordinary());
    folder.accepted(&with(&[]));
    let manifest: serde_json::Value =
        serde_json::from_slice(&folder.get("image.elf.json")).expect("JSON");
    let roles: Vec<_> = manifest["inputs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|input| input["role"].as_str().expect("a name"))
        .collect();
    assert_eq!(roles, ["loader", "microkit", "deviceTree"]);
    assert_eq!(manifest["payload"]["deviceTree"]["kernel"], "none");
}

#[test]
fn memory_map() {
    let folder = folder(&ordinary());
    expect![[r#"
        start          end                  size  what                      from
        0x40000000     0x4023d000        2347008  kernel text and data      loader.img
        0x4023d000     0x4023d123            291  user image text and data  loader.img
        0x4023e128     0x40242148          16416  user image text and data  loader.img
        0x40400000     0x40400040             64  loader read-only data     loader.elf
        0x40401000     0x40401040             64  loader text               loader.elf
        0x40402000     0x40403800           6144  loader data               loader.elf
        0x40404000     0x40406000           8192  payload header            (made by the builder)
        0x40406000     0x4040e000          32768  translation tables        (made by the builder)
        the kernel gets no device tree
        measurement (SHA-256): fa1ab6f6533d9ab275cc3966b87577848be0fc3824ed66cceeb1abafc93949f8
    "#]]
    .assert_eq(&folder.accepted(&with(&[("--verbose", "")])));
}
