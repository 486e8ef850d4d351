// SPDX-License-Identifier: BSD-2-Clause

//! Tests of wrong `kaal.toml` files and environment variables.

use expect_test::expect;

use crate::common::folder::Folder;

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

/// The errors for a wrong file.
fn refused(content: &str) -> String {
    let folder = Folder::new();
    folder.put("kaal.toml", content);
    let before = folder.files();
    let output = folder.configured("", &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(folder.files(), before);
    text(output.stderr)
}

#[test]
fn missing_options() {
    let folder = Folder::new();
    folder.put(
        "kaal.toml",
        "loader = \"loader.elf\"\nout = \"image.elf\"\n",
    );
    let output = folder.configured("", &[], &[("KAAL_APP", "app.elf")]);
    assert_eq!(output.status.code(), Some(2));
    expect![[r#"
        error: --kernel: missing
          expected: the option --kernel, the variable KAAL_KERNEL or the key kernel in kaal.toml
          found: none of them; kaal.toml lacks the key
          help: add --kernel FILE, or the line `kernel = "FILE"` to kaal.toml
    "#]]
    .assert_eq(&text(output.stderr));
}

#[test]
fn unknown_keys() {
    expect![[r#"
        error: --config kaal.toml: line 3: unknown key kernal
          expected: an option for making images, without its dashes
          found: kernal
          help: rename it to kernel
    "#]]
    .assert_eq(&refused("# one\n\nkernal = \"kernel.elf\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: unknown key kernel_config
          expected: an option for making images, without its dashes
          found: kernel_config
          help: rename it to kernel-config
    "#]]
    .assert_eq(&refused("kernel_config = \"gen_config.json\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: unknown key zzz
          expected: an option for making images, without its dashes
          found: zzz
          help: remove it; docs/configuration.md lists all keys
    "#]]
    .assert_eq(&refused("[zzz]\nkernel = \"kernel.elf\"\n"));
    assert!(refused("no-config = true\n").contains("unknown key no-config"));
}

#[test]
fn wrong_types() {
    expect![[r#"
        error: --config kaal.toml: line 1: cores: the option takes another type of value
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: the string "4"
          help: write cores = NUMBER, such as 4 or 0x1000
    "#]]
    .assert_eq(&refused("cores = \"4\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: kernel: the option takes another type of value
          expected: a string, the path of a file
          found: the integer 4
          help: write kernel = "FILE"
    "#]]
    .assert_eq(&refused("kernel = 4\n"));
    expect![[r#"
        error: --config kaal.toml: line 2: verbose: the option takes another type of value
          expected: true or false
          found: the string "yes"
          help: write verbose = true
    "#]]
    .assert_eq(&refused("\nverbose = \"yes\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: format: the option takes another type of value
          expected: a string, one of elf, raw, uimage, image, efi, fit
          found: an array
          help: write format = "elf"
    "#]]
    .assert_eq(&refused("format = [\"raw\"]\n"));
}

#[test]
fn wrong_values() {
    expect![[r#"
        error: --config kaal.toml: line 1: format: invalid value 'rwa' for '--format <FORMAT>'
          expected: a string, one of elf, raw, uimage, image, efi, fit
          found: the string "rwa"
          help: write format = "elf"
    "#]]
    .assert_eq(&refused("format = \"rwa\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: cores: invalid value '-1' for '--cores <NUMBER>': a number of at most 32 bits expected, such as 4 or 0x1000
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: the integer -1
          help: write cores = NUMBER, such as 4 or 0x1000
    "#]].assert_eq(&refused("cores = -1\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: cores: the option takes another type of value
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: an integer in another notation
          help: write cores = NUMBER, such as 4 or 0x1000
    "#]]
    .assert_eq(&refused("cores = 0o7\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: kernel: the option takes another type of value
          expected: a string, the path of a file
          found: the string ""
          help: write kernel = "FILE"
    "#]]
    .assert_eq(&refused("kernel = \"\"\n"));
}

#[test]
fn malformed_files() {
    expect![[r#"
        error: --config kaal.toml: line 2: not TOML
          expected: TOML, with a line such as `kernel = "kernel.elf"` for each option
          found: string values must be quoted, expected literal string
          help: correct line 2
    "#]]
    .assert_eq(&refused("cores = 1\nkernel =\n"));
    expect![[r#"
        error: --config kaal.toml: line 2: not TOML
          expected: TOML, with a line such as `kernel = "kernel.elf"` for each option
          found: duplicate key
          help: correct line 2
    "#]]
    .assert_eq(&refused("cores = 1\ncores = 2\n"));
}

#[test]
fn wrong_variables() {
    let folder = Folder::new();
    let said = |name, value| {
        let output = folder.configured("", &[], &[(name, value)]);
        assert_eq!(output.status.code(), Some(2));
        text(output.stderr)
    };
    expect![[r#"
        error: environment KAAL_CORES=many: invalid value 'many' for '--cores <NUMBER>': a number of at most 32 bits expected, such as 4 or 0x1000
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: "many"
          help: correct or unset KAAL_CORES
    "#]].assert_eq(&said("KAAL_CORES", "many"));
    expect![[r#"
        error: environment KAAL_VERBOSE=1: not a value of --verbose
          expected: true or false
          found: "1"
          help: correct or unset KAAL_VERBOSE
    "#]]
    .assert_eq(&said("KAAL_VERBOSE", "1"));
}

#[test]
fn unknown_variables_are_warnings() {
    let folder = Folder::new();
    let said = |name| {
        let output = folder.configured("", &["--print-config"], &[(name, "kernel.elf")]);
        assert_eq!(output.status.code(), Some(0));
        text(output.stderr)
    };
    expect![[r#"
        warning: environment KAAL_KERNL: unknown variable, ignored
          expected: KAAL_ and the name of an option for making images
          found: KAAL_KERNL
          help: rename it to KAAL_KERNEL
    "#]]
    .assert_eq(&said("KAAL_KERNL"));
    expect![[r#"
        warning: environment KAAL_SPEED: unknown variable, ignored
          expected: KAAL_ and the name of an option for making images
          found: KAAL_SPEED
          help: unset KAAL_SPEED; docs/configuration.md lists all variables
    "#]]
    .assert_eq(&said("KAAL_SPEED"));
    assert_eq!(said("KAAL_KERNEL"), "");
    let ignored = folder.configured(
        "",
        &["--print-config", "--no-config"],
        &[("KAAL_SPEED", "")],
    );
    assert_eq!(text(ignored.stderr), "");
}

#[test]
fn no_such_file() {
    let folder = Folder::new();
    let output = folder.configured("", &["--config", "none.toml"], &[]);
    assert_eq!(output.status.code(), Some(2));
    expect![[r#"
        error: --config none.toml: can't be read
          expected: a readable file
          found: No such file or directory
          help: correct the name
    "#]]
    .assert_eq(&text(output.stderr));
}
