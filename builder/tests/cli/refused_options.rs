// SPDX-License-Identifier: BSD-2-Clause

//! Tests of conflicting options from all sources. The builder reports them before it reads any input.

use expect_test::{Expect, expect};

use crate::common::folder::Folder;

/// Options of an ordinary project, whose files don't exist.
const PROJECT: &str = "\
loader = \"loader.elf\"
kernel = \"kernel.elf\"
app = \"app.elf\"
out = \"image.elf\"
";

/// Checks the errors after `lines` are added to the project's options.
fn check(lines: &str, arguments: &[&str], variables: &[(&str, &str)], expected: Expect) {
    let folder = Folder::empty();
    folder.put("kaal.toml", format!("{PROJECT}{lines}"));
    let output = folder.configured("", arguments, variables);
    let messages = String::from_utf8(output.stderr).expect("text");
    expected.assert_eq(&messages);
    assert_eq!(output.status.code(), Some(2), "{messages}");
    assert_eq!(folder.files().len(), 1, "{messages}");
}

#[test]
fn missing_companion_of_an_option_in_a_file() {
    check(
        "\nmin-version = 3\n",
        &[],
        &[],
        expect![[r#"
        error: --min-version 3 (kaal.toml:6): the loader would ignore the version
          expected: the option --trust-key, and a loader for signed images
          found: none
          help: pass the public key to --trust-key, or leave the option out
    "#]],
    );
    check(
        "format = \"image\"\n",
        &[],
        &[],
        expect![[r#"
        error: --format image (kaal.toml:5): needs an unpacker
          expected: the option --unpacker
          found: none
          help: pass target/kaal/unpacker.elf, which `cargo xtask build` makes
    "#]],
    );
}

#[test]
fn missing_companion_of_an_option_in_the_environment() {
    check(
        "",
        &[],
        &[("KAAL_SIGN_KEY", "private.pem")],
        expect![[r#"
            error: --sign-key private.pem (KAAL_SIGN_KEY): the loader would ignore the signature
              expected: the option --trust-key, and a loader for signed images
              found: none
              help: pass the public key to --trust-key
        "#]],
    );
}

#[test]
fn missing_companion_of_an_option_on_the_command_line() {
    check(
        "",
        &["--min-version", "3"],
        &[],
        expect![[r#"
        error: --min-version 3: the loader would ignore the version
          expected: the option --trust-key, and a loader for signed images
          found: none
          help: pass the public key to --trust-key, or leave the option out
    "#]],
    );
}

#[test]
fn conflict_of_options_from_different_sources() {
    check(
        "min-version = 5\n",
        &["--trust-key", "public.pem"],
        &[("KAAL_IMAGE_VERSION", "3")],
        expect![[r#"
            error: --image-version 3 (KAAL_IMAGE_VERSION): the loader would refuse the image as too old
              expected: 5 or more, because of --min-version 5 (kaal.toml:5)
              found: 3
              help: increase the image's version
        "#]],
    );
    check(
        "trust-key = \"public.pem\"\n",
        &["--verify", "crc32c"],
        &[],
        expect![[r#"
            error: --verify crc32c: too weak for a signed image, whose signature covers hashes
              expected: sha256, because of --trust-key public.pem (kaal.toml:5)
              found: crc32c
              help: leave the option out
        "#]],
    );
    check(
        "unpacker = \"unpacker.elf\"\nformat = \"raw\"\n",
        &[],
        &[("KAAL_LOAD_ADDRESS", "0x123")],
        expect![[r#"
            error: --load-address 0x123 (KAAL_LOAD_ADDRESS): the image can't run at this address
              expected: a multiple of 0x1000, because of --format raw (kaal.toml:6)
              found: 0x123
              help: pass another address
        "#]],
    );
}

#[test]
fn conflict_with_a_default() {
    check(
        "compress = \"lz4\"\n",
        &[],
        &[],
        expect![[r#"
            error: --compress lz4 (kaal.toml:5): not for an ELF file, whose segments lie where they are used
              expected: --format raw, uimage, image, efi or fit
              found: --format elf (default)
              help: leave the option out, or choose another format
        "#]],
    );
    check(
        "trust-key = \"public.pem\"\n",
        &["--min-version", "1"],
        &[],
        expect![[r#"
            error: --image-version 0 (default): the loader would refuse the image as too old
              expected: 1 or more, because of --min-version 1
              found: 0
              help: increase the image's version
        "#]],
    );
}

#[test]
fn all_at_once() {
    expect![[r#"
        error: --kernel-paddr 0x40000001: not a multiple of the page size
          expected: a multiple of 0x1000
          found: 0x40000001
          help: correct the number, or leave the option out
        error: --cores 9: an unsupported number of cores
          expected: 1 to 8
          found: 9
          help: build the kernel with a KernelMaxNumNodes of 1 to 8
        error: --format uimage: needs an unpacker
          expected: the option --unpacker
          found: none
          help: pass target/kaal/unpacker.elf, which `cargo xtask build` makes
        error: --format uimage: needs a load address
          expected: the option --load-address
          found: none
          help: pass a multiple of 0x200000 that is RAM, like 0x42000000 on QEMU's virt
        error: --sign-key private.pem: the loader would ignore the signature
          expected: the option --trust-key, and a loader for signed images
          found: none
          help: pass the public key to --trust-key
        error: --min-version 3: the loader would ignore the version
          expected: the option --trust-key, and a loader for signed images
          found: none
          help: pass the public key to --trust-key, or leave the option out
    "#]]
    .assert_eq(&Folder::misused(&[
        ("--kernel-paddr", "0x40000001"),
        ("--cores", "9"),
        ("--format", "uimage"),
        ("--sign-key", "private.pem"),
        ("--min-version", "3"),
    ]));
}

/// Many programs that read JSON would round these.
#[test]
fn versions_too_large_for_json() {
    expect![[r#"
        error: --image-version 18446744073709551615: too large
          expected: at most 9007199254740991, so that all programs that read JSON keep it exactly
          found: 18446744073709551615
          help: number images from 1, or by date
        error: --min-version 9007199254740992: too large
          expected: at most 9007199254740991, so that all programs that read JSON keep it exactly
          found: 9007199254740992
          help: number images from 1, or by date
    "#]]
    .assert_eq(&Folder::misused(&[
        ("--trust-key", "public.pem"),
        ("--min-version", "9007199254740992"),
        ("--image-version", "0xffffffffffffffff"),
    ]));
    Folder::new().accepted(&[("--image-version", "9007199254740991")]);
}

/// An image's own version and an unpacker need no other option.
#[test]
fn options_that_need_no_companion() {
    let folder = Folder::new();
    folder.accepted(&[("--image-version", "3")]);
    folder.accepted(&[("--unpacker", "unpacker.elf")]);
    folder.accepted(&[("--min-version", "0")]);
}

#[test]
fn nothing_but_the_command_line() {
    let output =
        Folder::empty().command(&["--no-config", "--kernel", "kernel.elf", "--app=app.elf"]);
    assert_eq!(output.status.code(), Some(2));
    expect![[r#"
        error: --loader: missing
          expected: the option --loader
          found: none; --no-config excludes other sources
          help: add --loader FILE
        error: --out: missing
          expected: the option --out
          found: none; --no-config excludes other sources
          help: add --out FILE
    "#]]
    .assert_eq(&String::from_utf8(output.stderr).expect("text"));
}
