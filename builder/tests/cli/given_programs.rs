// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `check` and `sign` with the loader and the unpacker that an image must hold.

use expect_test::expect;

use crate::common::folder::Folder;
use crate::common::formats::{EFI, ELF, FIT, IMAGE, LZ4, RAW, UIMAGE};
use crate::common::programs;
use crate::signing::{self, LOADER, SIGN, TRUST};

const PROGRAMS: [&str; 6] = [
    "--loader",
    "signed-loader.elf",
    "--unpacker",
    "unpacker.elf",
    "--efi-stub",
    "efi-stub.elf",
];

/// The errors of both commands, which must agree.
fn errors(folder: &Folder, programs: &[&str]) -> String {
    let run = |command: &[&str]| {
        let output = folder.command(&[command, programs].concat());
        let errors = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.success(), errors.is_empty(), "{errors}");
        errors
    };
    let checked = run(&["check", "image.elf", "--trust-key", "public.pem"]);
    let signed = run(&["sign", "image.elf", "--sign-key", "private.pem"]);
    assert_eq!(checked, signed);
    checked
}

#[test]
fn the_programs_of_the_image() {
    let folder = signing::folder();
    for format in [&ELF[..], &RAW, &IMAGE, &UIMAGE, &EFI, &FIT] {
        for compression in [&[][..], &[LZ4]] {
            if format.is_empty() && !compression.is_empty() {
                continue;
            }
            folder.accepted(&[&[LOADER, TRUST, SIGN], format, compression].concat());
            assert_eq!(errors(&folder, &PROGRAMS), "");
        }
    }
}

/// A forger's own programs are intact, and signed with the right key by somebody who doesn't look.
#[test]
fn other_programs() {
    let folder = signing::folder();
    let mut other = programs::unpacker();
    other.headers[1].content[0x10] ^= 1;
    folder.put("other-unpacker.elf", other.to_bytes());
    let mut other = programs::loader_of_signed_images();
    other.headers[1].content[0x10] ^= 1;
    folder.put("other-loader.elf", other.to_bytes());

    folder.accepted(&[&[LOADER, TRUST, SIGN], &IMAGE[..]].concat());
    expect![[r#"
        error: --loader other-loader.elf: not the loader in the image
          expected: the loader that the image was built with
          found: another
          help: don't sign or install this image, or pass the program that it was built with
    "#]]
    .assert_eq(&errors(&folder, &["--loader", "other-loader.elf"]));
    expect![[r#"
        error: --unpacker other-unpacker.elf: not the unpacker in the image
          expected: the unpacker that the image was built with
          found: another
          help: don't sign or install this image, or pass the program that it was built with
    "#]]
    .assert_eq(&errors(&folder, &["--unpacker", "other-unpacker.elf"]));

    let mut other = programs::efi_stub();
    other.headers[0].content[0x90] ^= 1;
    folder.put("other-stub.elf", other.to_bytes());
    folder.accepted(&[&[LOADER, TRUST, SIGN], &EFI[..]].concat());
    expect![""].assert_eq(&errors(&folder, &["--efi-stub", "other-stub.elf"]));
}
