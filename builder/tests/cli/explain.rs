// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `explain`.

use std::process::Output;

use assert_cmd::Command;
use expect_test::{Expect, expect};

use crate::common::elf::{Elf, ProgramHeader};
use crate::common::folder::Folder;
use crate::common::programs::{self, KERNEL, ORDINARY_BASE};
use crate::common::symbols::{self, Symbol};

/// Address of the kernel's code.
const CODE: u64 = ORDINARY_BASE + KERNEL;

/// `nop`, `bl`, `blr x0`, `blraa x0, x1`
pub(crate) const NOP: u32 = 0xd503_201f;
const BL: u32 = 0x9400_0001;
const BLR: u32 = 0xd63f_0000;
const BLRAA: u32 = 0xd73f_0801;

/// A program with `code` at `start`, in functions of 16 bytes.
pub(crate) fn program(start: u64, code: &[u32], names: &[&'static str]) -> Vec<u8> {
    let content: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    let size = content.len() as u64;
    let segment = ProgramHeader::load(ProgramHeader::READ_EXECUTE, start, content, size);
    let elf = Elf::new(Elf::EXEC, start, vec![segment]);
    let starts = (start..).step_by(16);
    let functions: Vec<_> = starts
        .zip(names)
        .map(|(start, name)| Symbol::global(name, start, 16))
        .collect();
    symbols::add(elf.to_bytes(), (start, size), &functions)
}

/// A folder with a kernel, a root task, a loader and an unpacker.
pub(crate) fn folder() -> Folder {
    let folder = Folder::new();
    let code = [NOP, BL, NOP, BLR, NOP, BLRAA, NOP, NOP];
    folder.put(
        "kernel.elf",
        program(CODE, &code, &["_start", "init_kernel"]),
    );
    folder.put("app.elf", program(0x20_0000, &code, &["_start", "main"]));
    for (name, function) in [("loader.elf", "boot"), ("unpacker.elf", "unpack")] {
        folder.put(name, program(0, &code, &[function, "stop"]));
    }
    folder
}

pub(crate) fn run(folder: &Folder, arguments: &[&str], input: &str) -> Output {
    Command::cargo_bin("kaal-elfloader-builder")
        .expect("the builder")
        .current_dir(folder.path())
        .arg("explain")
        .args(arguments)
        .write_stdin(input)
        .output()
        .expect("the builder runs")
}

const ALL: [&str; 9] = [
    "-",
    "--kernel",
    "kernel.elf",
    "--app",
    "app.elf",
    "--loader",
    "loader.elf",
    "--unpacker",
    "unpacker.elf",
];

/// Checks the explanation of `log`, from standard input and from a file.
pub(crate) fn explained(log: &str, expected: Expect) {
    let folder = folder();
    let output = run(&folder, &ALL, log);
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
    expected.assert_eq(&String::from_utf8(output.stdout.clone()).expect("text"));
    folder.put("log", log);
    let from_file = run(&folder, &[&["log"], &ALL[1..]].concat(), "");
    assert_eq!(from_file.stdout, output.stdout);
}

fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let output = run(folder, arguments, "");
    let messages = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(1), "{messages}");
    assert!(output.stdout.is_empty());
    messages
}

#[test]
fn report_of_the_loader() {
    explained(
        "KaaL 0.1.0: EL1, 7 regions, entering the kernel at 0xffffff8040000000\r\n\
         KaaL: fault: undefined instruction\r\n\
         KaaL: ESR 0x2000000, ELR 0xffffff8040000018, FAR 0x0, SP 0x40408f10, at EL1\r\n\
         KaaL: x28 0x7, x29 0x0, x30 0x40404008\r\n\
         KaaL: ELR 0xffffff8040000018: init_kernel+0x8\r\n\
         KaaL: x30 0x40404008: loader+0x8 boot+0x8\r\n\
         KaaL: ELR 0x4a000014: unpacker+0x14\r\n",
        expect![[r#"
            KaaL 0.1.0: EL1, 7 regions, entering the kernel at 0xffffff8040000000
            KaaL: fault: undefined instruction
            KaaL: ESR 0x2000000, ELR 0xffffff8040000018, FAR 0x0, SP 0x40408f10, at EL1
            | 0x2000000: Unknown reason
            | 0xffffff8040000018: kernel.elf, init_kernel+0x8
            KaaL: x28 0x7, x29 0x0, x30 0x40404008
            KaaL: ELR 0xffffff8040000018: init_kernel+0x8
            KaaL: x30 0x40404008: loader+0x8 boot+0x8
            | loader+0x8: loader.elf, returns to boot+0x8
            KaaL: ELR 0x4a000014: unpacker+0x14
            | unpacker+0x14: unpacker.elf, stop+0x4
        "#]],
    );
}

#[test]
fn reports_of_the_kernel() {
    explained(
        "Caught cap fault in send phase at address 0\n\
         while trying to handle:\n\
         vm fault on data at address 0x10 with status 0x92000045\n\
         in thread 0xff807fbf9400 \"rootserver\" at address 0x200018\n\
         With stack:\n\
         0x204fe0: 0x200008\n\
         0x204fe8: 0x200010\n\
         0x204ff0: 0x200018\n\
         0x204ff8: 0x20001c\n\
         KERNEL DATA ABORT!\n\
         Faulting instruction: 0xffffff8040000008\n\
         FAR: 0x0 ESR (DFSR): 0x96000004\n",
        expect![[r#"
            Caught cap fault in send phase at address 0
            while trying to handle:
            vm fault on data at address 0x10 with status 0x92000045
            | 0x92000045: Data Abort from a lower Exception level; Abort caused by writing to memory; Translation fault, level 1
            in thread 0xff807fbf9400 "rootserver" at address 0x200018
            | 0x200018: app.elf, main+0x8
            With stack:
            0x204fe0: 0x200008
            | 0x200008: app.elf, returns to _start+0x8
            0x204fe8: 0x200010
            | 0x200010: app.elf, returns to _start+0x10
            0x204ff0: 0x200018
            0x204ff8: 0x20001c
            | 0x20001c: app.elf, main+0xc
            KERNEL DATA ABORT!
            Faulting instruction: 0xffffff8040000008
            | 0xffffff8040000008: kernel.elf, _start+0x8
            FAR: 0x0 ESR (DFSR): 0x96000004
            | 0x96000004: Data Abort taken without a change in Exception level; Abort caused by reading from memory; Translation fault, level 0
        "#]],
    );
}

/// Memory before the first function and behind the last is no code.
#[test]
fn the_edges_of_code() {
    explained(
        "pc 0x1fffff pc 0x200000 pc 0x20001f pc 0x200020 lr 0x200020",
        expect![[r#"
            pc 0x1fffff pc 0x200000 pc 0x20001f pc 0x200020 lr 0x200020
            | 0x200000: app.elf, _start+0x0
            | 0x20001f: app.elf, main+0xf
        "#]],
    );
}

#[test]
fn explains_an_address_once_within_some_lines() {
    let folder = folder();
    let log = format!("pc 0x200000\n{}pc 0x200000\n", "\n".repeat(24));
    let output = run(&folder, &ALL, &[&log[..], "pc 0x200000"].concat());
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(text.matches("| 0x200000").count(), 2, "{text}");
}

#[test]
fn several_root_tasks() {
    let folder = folder();
    folder.put(
        "other.elf",
        program(0x20_0000, &[NOP; 8], &["_start", "other"]),
    );
    let arguments = ["-", "--app", "app.elf", "--app", "other.elf"];
    let output = run(&folder, &arguments, "pc 0x200010\n");
    expect![[r#"
        pc 0x200010
        | 0x200010: app.elf, main+0x0
        | 0x200010: other.elf, other+0x0
    "#]]
    .assert_eq(&String::from_utf8(output.stdout).expect("text"));
}

#[test]
fn nothing_to_explain() {
    let folder = folder();
    let log = "KaaL 0.1.0: EL1, entering the kernel at 0xffffff8040000000\n0x12 é\n";
    let output = run(&folder, &ALL, log);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stdout).expect("text"), log);
    expect![[r#"
        nothing to explain: the log holds no address in the code of kernel.elf or app.elf or loader.elf or unpacker.elf
    "#]]
    .assert_eq(&String::from_utf8(output.stderr).expect("text"));
}

#[test]
fn a_log_that_is_no_text() {
    let folder = folder();
    folder.put("log", b"\xff\xfe pc 0x200000\n\xff");
    let output = run(&folder, &["log", "--app", "app.elf"], "");
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains("| 0x200000: app.elf, _start+0x0"), "{text}");
}

#[test]
fn a_program_for_a_log() {
    let folder = folder();
    expect![[r#"
        error: log app.elf: not a console log
          expected: text
          found: an ELF program for AARCH64
          help: pass the log of the console here, and programs to --kernel, --app, --loader or --unpacker
    "#]].assert_eq(&refused(&folder, &["app.elf", "--app", "app.elf"]));
    folder.put("noise", [[0; 100], [b'a'; 100]].concat());
    expect![[r#"
        error: log noise: not a console log
          expected: text
          found: 100 control characters in the first 200 bytes
          help: pass the log of the console here, and programs to --kernel, --app, --loader or --unpacker
    "#]].assert_eq(&refused(&folder, &["noise", "--app", "app.elf"]));
    folder.put("log", [&[0; 10][..], &[b'a'; 100]].concat());
    let output = run(&folder, &["log", "--app", "app.elf"], "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn unusable_programs() {
    let folder = folder();
    expect![[r#"
        error: log missing: can't be read
          expected: a readable file, or - for standard input
          found: No such file or directory
          help: correct the name
    "#]]
    .assert_eq(&refused(&folder, &["missing", "--app", "app.elf"]));
    folder.put("stripped.elf", programs::app().to_bytes());
    expect![[r#"
        error: --app stripped.elf: has no symbols
          expected: functions in the section .symtab
          found: none
          help: pass the program as linked, before it was stripped
    "#]]
    .assert_eq(&refused(&folder, &["-", "--app", "stripped.elf"]));
    let message = refused(&folder, &["-", "--kernel", "kernel.dtb"]);
    assert!(
        message.contains("--kernel kernel.dtb: not an ELF file"),
        "{message}"
    );
}

#[test]
fn wrong_usage() {
    let folder = folder();
    for arguments in [&[][..], &["-"], &["--app", "app.elf"], &["-", "--out", "x"]] {
        let output = run(&folder, arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let output = run(&folder, &["log"], "");
    expect![[r#"
        error: the following required arguments were not provided:
          <--kernel <FILE>|--app <FILE>|--loader <FILE>|--unpacker <FILE>>

        Usage: kaal-elfloader-builder explain <--kernel <FILE>|--app <FILE>|--loader <FILE>|--unpacker <FILE>> <LOG>

        For more information, try '--help'.
    "#]].assert_eq(&String::from_utf8(output.stderr).expect("text"));
}
