// SPDX-License-Identifier: BSD-2-Clause

//! Tests of invalid ELF files for all options, and of invalid kernels and root tasks.

use expect_test::{Expect, expect};

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::programs::{self, HYPERVISOR_BASE, KERNEL, ORDINARY_BASE, filled};

fn check_file(option: &str, content: &[u8], expected: Expect) {
    let folder = Folder::new();
    folder.put("bad.elf", content);
    expected.assert_eq(&folder.refused(&[(option, "bad.elf")]));
}

fn check(option: &str, elf: &Elf, expected: Expect) {
    check_file(option, &elf.to_bytes(), expected);
}

#[test]
fn missing_file() {
    let folder = Folder::new();
    expect![[r#"
        error: --kernel missing.elf: can't be read
          expected: a readable file
          found: No such file or directory
          help: correct the name, or build the file first
    "#]]
    .assert_eq(&folder.refused(&[("--kernel", "missing.elf")]));
}

#[test]
fn folder_for_a_file() {
    let folder = Folder::new();
    expect![[r#"
        error: --kernel .: can't be read
          expected: a regular file
          found: a folder
          help: pass a file
    "#]]
    .assert_eq(&folder.refused(&[("--kernel", ".")]));
}

#[test]
fn empty_file() {
    check_file(
        "--app",
        b"",
        expect![[r#"
            error: --app bad.elf: not an ELF file
              expected: an ELF file for AArch64
              found: an empty file
              help: pass the linked program, not a raw image or text
        "#]],
    );
}

#[test]
fn not_elf() {
    check_file(
        "--kernel",
        b"#!/bin/sh\n",
        expect![[r#"
            error: --kernel bad.elf: not an ELF file
              expected: an ELF file for AArch64
              found: a script
              help: pass the linked program, not a raw image or text
        "#]],
    );
}

#[test]
fn archive() {
    check_file(
        "--kernel",
        b"!<arch>\nlib.a/",
        expect![[r#"
            error: --kernel bad.elf: not an ELF file
              expected: an ELF file for AArch64
              found: a static library (ar archive)
              help: pass the linked program, not a raw image or text; link its objects into a program
        "#]],
    );
}

#[test]
fn program_of_32_bits() {
    let mut elf = programs::app();
    elf.class = 1;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: not a program for AArch64
          expected: a 64-bit file
          found: a 32-bit file
          help: build it for a little-endian, 64-bit Arm target, e.g. aarch64-unknown-none
    "#]],
    );
}

#[test]
fn big_endian() {
    let mut elf = programs::app();
    elf.endianness = 2;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: not a program for AArch64
          expected: a little-endian file
          found: a big-endian file
          help: build it for a little-endian, 64-bit Arm target, e.g. aarch64-unknown-none
    "#]],
    );
}

#[test]
fn wrong_machine() {
    let mut elf = programs::kernel(ORDINARY_BASE);
    elf.machine = 62;
    check(
        "--kernel",
        &elf,
        expect![[r#"
        error: --kernel bad.elf: not a program for AArch64
          expected: machine AARCH64 (183)
          found: machine X86_64 (62)
          help: build it for a little-endian, 64-bit Arm target, e.g. aarch64-unknown-none
    "#]],
    );
}

#[test]
fn unknown_program_header_layout() {
    let mut file = programs::app().to_bytes();
    file[54] = 32;
    check_file(
        "--app",
        &file,
        expect![[r#"
        error: --app bad.elf: its program headers have an unknown layout
          expected: e_phentsize 56
          found: e_phentsize 32
          help: copy or build the file again
    "#]],
    );
}

#[test]
fn no_load() {
    let mut elf = programs::app();
    for header in &mut elf.headers {
        header.kind = 4;
    }
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: it has no segment to load
          expected: at least one PT_LOAD
          found: 2 program headers, no PT_LOAD
          help: pass the linked program, not an object file
    "#]],
    );
}

#[test]
fn overlapping_loads() {
    let mut elf = programs::app();
    elf.headers[1].virt = 0x20_0122;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: its PT_LOADs overlap
          expected: a PT_LOAD at or above 0x200123
          found: 0x200000..0x200123 and 0x200122..0x204142
          help: correct the addresses in its linker script
    "#]],
    );
}

#[test]
fn content_larger_than_memory() {
    let mut elf = programs::app();
    elf.headers[1].memory_size = 0xf;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: its PT_LOAD at 0x201128 is malformed
          expected: p_filesz up to p_memsz, and an end within 64 bits
          found: p_paddr 0x201128, p_filesz 0x10, p_memsz 0xf
          help: copy or build the file again
    "#]],
    );
}

#[test]
fn load_past_the_address_space() {
    let mut elf = programs::app();
    elf.headers[1].virt = u64::MAX - 0x10;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: its PT_LOAD at 0xffffffffffffffef is malformed
          expected: p_filesz up to p_memsz, and an end within 64 bits
          found: p_paddr 0x201128, p_filesz 0x10, p_memsz 0x4020
          help: copy or build the file again
    "#]],
    );
}

#[test]
fn entry_outside_the_loads() {
    let mut elf = programs::app();
    elf.entry = 0x20_0123;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: its entry point lies outside its executable segments
          expected: an entry point in a PT_LOAD with the flag E
          found: entry point 0x200123
          help: link it with the right ENTRY symbol, and don't strip that symbol's section
    "#]],
    );
}

#[test]
fn entry_in_data() {
    let mut elf = programs::app();
    elf.entry = elf.headers[1].virt;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: its entry point lies outside its executable segments
          expected: an entry point in a PT_LOAD with the flag E
          found: entry point 0x201128
          help: link it with the right ENTRY symbol, and don't strip that symbol's section
    "#]],
    );
}

#[test]
fn entry_within_an_instruction() {
    let mut elf = programs::app();
    elf.entry += 2;
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: its entry point lies within an instruction
          expected: a multiple of 4
          found: entry point 0x200022
          help: link it with the right ENTRY symbol
    "#]],
    );
}

#[test]
fn kernel_at_another_base() {
    check(
        "--kernel",
        &programs::kernel(0),
        expect![[r#"
            error: --kernel bad.elf: not linked like seL4
              expected: virtual addresses that are the physical ones plus 0xffffff8000000000, or 0x8000000000 with hypervisor support
              found: the physical addresses themselves, as in a user program
              help: pass the unchanged kernel.elf of seL4's build for AArch64
        "#]],
    );
}

#[test]
fn kernel_at_two_bases() {
    let mut elf = programs::kernel_of_five_segments(HYPERVISOR_BASE);
    elf.headers[3].phys += 0x1000;
    check(
        "--kernel",
        &elf,
        expect![[r#"
        error: --kernel bad.elf: not linked like seL4
          expected: the same difference of virtual and physical address in all PT_LOADs
          found: 0x8040001378 at 0x40002378
          help: pass the unchanged kernel.elf of seL4's build for AArch64
    "#]],
    );
}

#[test]
fn kernel_not_at_a_page() {
    let mut elf = programs::kernel(ORDINARY_BASE);
    elf.headers[0].virt += 8;
    elf.headers[0].phys += 8;
    elf.entry += 8;
    check(
        "--kernel",
        &elf,
        expect![[r#"
        error: --kernel bad.elf: not linked like seL4
          expected: a first PT_LOAD at a multiple of 4096
          found: physical address 0x40000008
          help: pass the unchanged kernel.elf of seL4's build for AArch64
    "#]],
    );
}

#[test]
fn position_independent_kernel() {
    let mut elf = programs::kernel(ORDINARY_BASE);
    elf.kind = Elf::DYN;
    check(
        "--kernel",
        &elf,
        expect![[r#"
        error: --kernel bad.elf: not linked like seL4
          expected: an executable at fixed addresses (EXEC)
          found: DYN
          help: pass the unchanged kernel.elf of seL4's build for AArch64
    "#]],
    );
}

#[test]
fn kernel_above_paddr_top() {
    let start = 0x7f_bfff_f000;
    let segment = ProgramHeader::load(
        ProgramHeader::READ_WRITE_EXECUTE,
        ORDINARY_BASE + start,
        filled(0x10),
        0x1001,
    );
    let elf = Elf::new(Elf::EXEC, ORDINARY_BASE + start, vec![segment.at(start)]);
    check(
        "--kernel",
        &elf,
        expect![[r#"
        error: --kernel bad.elf: not linked like seL4
          expected: physical addresses below 0x7fc0000000
          found: a segment up to 0x7fc0000001
          help: pass the unchanged kernel.elf of seL4's build for AArch64
    "#]],
    );
}

#[test]
fn kernel_at_another_address_than_asked_for() {
    let folder = Folder::new();
    folder.accepted(&[("--kernel-paddr", "0x40000000")]);
    folder.accepted(&[("--kernel-paddr", &KERNEL.to_string())]);
    std::fs::remove_file(folder.path().join("image.elf")).expect("an image");
    expect![[r#"
        error: --kernel-paddr 0x60000000: the kernel is linked for another physical address
          expected: 0x60000000
          found: 0x40000000, the lowest p_paddr
          help: leave the option out, or pass the kernel built for that address
    "#]]
    .assert_eq(&folder.refused(&[("--kernel-paddr", "0x60000000")]));
}

#[test]
fn position_independent_app() {
    let mut elf = programs::app();
    elf.kind = Elf::DYN;
    check(
        "--app",
        &elf,
        expect![[r#"
            error: --app bad.elf: not linked for fixed addresses
              expected: an executable at fixed addresses (EXEC)
              found: DYN
              help: link the root task statically, for fixed addresses (-static -no-pie; with rustc, -C relocation-model=static)
        "#]],
    );
}

#[test]
fn dynamically_linked_app() {
    const PT_INTERP: u32 = 3;
    let mut elf = programs::app();
    let interpreter = b"/lib/ld-linux-aarch64.so.1\0".to_vec();
    elf.headers
        .push(ProgramHeader::other(PT_INTERP, interpreter));
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: dynamically linked, but nothing on seL4 loads shared libraries
          expected: a program without PT_INTERP
          found: the interpreter /lib/ld-linux-aarch64.so.1
          help: link the root task statically (-static -no-pie), with a libc for seL4 if it needs one
    "#]],
    );
}

/// Pages behind a root task's end: IPC buffer, boot information, and 2^17 bytes for a device tree
/// of 64 KiB with its header.
const BEHIND_APP: u64 = 0x2000 + 0x2_0000;

/// A root task whose end, with all that the kernel maps behind it, is `end`.
fn app_up_to(end: u64) -> Elf {
    programs::app_at(end - BEHIND_APP - 0x6000)
}

#[test]
fn app_above_user_top() {
    check(
        "--app",
        &app_up_to(0x8000_0000_0000),
        expect![[r#"
        error: --app bad.elf: reaches above USER_TOP, the end of the kernel's user addresses
          expected: its end, with IPC buffer and boot information behind it, below 0x7fffffffffff
          found: an end at 0x800000000000
          help: link the root task for lower addresses
    "#]],
    );
}

#[test]
fn app_below_user_top() {
    let folder = Folder::new();
    folder.put("app.elf", app_up_to(0x7fff_ffff_f000).to_bytes());
    folder.accepted(&[]);
}

#[test]
fn app_above_user_top_of_a_hypervisor() {
    let folder = Folder::new();
    folder.put("kernel.elf", programs::kernel(HYPERVISOR_BASE).to_bytes());
    folder.put("app.elf", app_up_to(0x1000_0000_0000).to_bytes());
    expect![[r#"
        error: --app app.elf: reaches above USER_TOP, the end of the kernel's user addresses
          expected: its end, with IPC buffer and boot information behind it, below 0xfffffffffff
          found: an end at 0x100000000000
          help: link the root task for lower addresses
    "#]]
    .assert_eq(&folder.refused(&[]));
}

#[test]
fn app_at_the_end_of_the_address_space() {
    check(
        "--app",
        &programs::app_at(u64::MAX - 0x5fff),
        expect![[r#"
            error: --app bad.elf: reaches above USER_TOP, the end of the kernel's user addresses
              expected: its end, with IPC buffer and boot information behind it, below the address space's end
              found: an end at 0xffffffffffffffff
              help: link the root task for lower addresses
        "#]],
    );
}

/// Each may name the whole file, which is read once for each.
#[test]
fn many_program_headers() {
    let mut elf = programs::app();
    elf.headers.resize(257, ProgramHeader::other(4, Vec::new()));
    check(
        "--app",
        &elf,
        expect![[r#"
        error: --app bad.elf: it has too many program headers
          expected: at most 256
          found: 257
          help: put sections with the same access next to each other in its linker script
    "#]],
    );
}

#[test]
fn app_of_many_segments() {
    let segment =
        |index: u64| ProgramHeader::load(ProgramHeader::READ_EXECUTE, 0x1000 * index, filled(1), 1);
    let elf = Elf::new(Elf::EXEC, 0x1000, (1..130).map(segment).collect());
    check(
        "--app",
        &elf,
        expect![[r#"
            error: --app bad.elf: too many segments, including those of the kernel
              expected: a payload header of up to 8192 bytes
              found: 8792 bytes, for 132 regions and 0 bytes of boot arguments
              help: link the root task with fewer PT_LOADs, or shorten --bootargs
        "#]],
    );
}
