// SPDX-License-Identifier: BSD-2-Clause

//! Options from `kaal.toml` and the environment.

use std::collections::BTreeMap;
use std::process::Output;

use assert_cmd::Command;
use expect_test::expect;

use crate::common::folder::Folder;

/// A file that says all that is needed.
const COMPLETE: &str = "\
# An ordinary project.
loader = \"loader.elf\"
kernel = \"kernel.elf\"
app = \"app.elf\"
out = \"image.elf\"
dtb = \"kernel.dtb\"
";

/// Runs the builder below `folder` in an environment whose options are those in `variables`.
fn run_in(folder: &Folder, below: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::cargo_bin("kaal-elfloader-builder").expect("the builder");
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| name.to_string_lossy().starts_with("KAAL_")) {
        command.env_remove(name);
    }
    command
        .current_dir(folder.path().join(below))
        .args(arguments)
        .envs(variables.iter().copied())
        .output()
        .expect("the builder runs")
}

fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    run_in(folder, "", arguments, variables)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

/// The lines that `--print-config` prints, without those of options that are not set or have their default.
fn printed(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let output = run(
        folder,
        &[&["--print-config"], arguments].concat(),
        variables,
    );
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let is_told = |line: &&str| !line.starts_with('#') && !line.ends_with("# default");
    let all = text(output.stdout);
    let told = all.lines().filter(is_told).map(|line| format!("{line}\n"));
    told.collect()
}

/// What is said of a file that is refused.
fn refused(content: &str) -> String {
    let folder = Folder::new();
    folder.put("kaal.toml", content);
    let before = folder.files();
    let output = run(&folder, &[], &[]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(folder.files(), before);
    text(output.stderr)
}

#[test]
fn file_instead_of_options() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let by_options = folder.get("image.elf");
    folder.put("kaal.toml", COMPLETE.replace("image.elf", "again.elf"));
    let output = run(&folder, &[], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
    assert_eq!(folder.get("again.elf"), by_options);
}

#[test]
fn paths_are_relative_to_the_file_which_may_lie_above() {
    let folder = Folder::new();
    folder.put("kaal.toml", COMPLETE);
    std::fs::create_dir_all(folder.path().join("one/two")).expect("a folder");
    let output = run_in(&folder, "one/two", &[], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
    assert!(folder.path().join("image.elf").exists());
}

#[test]
fn nearest_file_counts() {
    let folder = Folder::new();
    folder.put("kaal.toml", "unknown = 1");
    std::fs::create_dir(folder.path().join("below")).expect("a folder");
    folder.put("below/kaal.toml", "cores = 2");
    let output = run_in(&folder, "below", &["--print-config"], &[]);
    assert!(text(output.stdout).contains("cores = 2 # kaal.toml:1\n"));
}

#[test]
fn command_line_before_environment_before_file_before_default() {
    let folder = Folder::new();
    folder.put(
        "kaal.toml",
        "format = \"raw\"\ncores = 3\nsymbols = \"on\"\n",
    );
    let variables = [("KAAL_FORMAT", "uimage"), ("KAAL_CORES", "4")];
    expect![[r#"
        cores = 4 # KAAL_CORES
        format = "image" # --format
        symbols = "on" # kaal.toml:3
    "#]]
    .assert_eq(&printed(&folder, &["--format", "image"], &variables));
    let all = run(&folder, &["--print-config"], &[]);
    assert!(text(all.stdout).contains("log-level = \"info\" # default\n"));
}

#[test]
fn switches_may_be_on_or_off() {
    let folder = Folder::new();
    folder.put("kaal.toml", "verbose = true\nno-manifest = false\n");
    expect![[r#"
        no-manifest = false # kaal.toml:2
        verbose = false # KAAL_VERBOSE
    "#]]
    .assert_eq(&printed(&folder, &[], &[("KAAL_VERBOSE", "false")]));
}

#[test]
fn neither_file_nor_environment_if_told_so() {
    let folder = Folder::new();
    folder.put("kaal.toml", "unknown = 1");
    let variables = [("KAAL_CORES", "many"), ("KAAL_FORMAT", "raw")];
    assert_eq!(printed(&folder, &["--no-config"], &variables), "");
}

#[test]
fn other_commands_look_for_no_file() {
    let folder = Folder::new();
    folder.accepted(&[]);
    folder.put("kaal.toml", "unknown = 1");
    let output = run(
        &folder,
        &["inspect", "image.elf"],
        &[("KAAL_CORES", "many")],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
}

#[test]
fn what_is_printed_is_a_file_that_says_the_same() {
    let folder = Folder::new();
    folder.put("kaal.toml", COMPLETE);
    let more = [
        ("--kernel-paddr", "0x40000000"),
        ("--bootargs", "a \"b\" \\c"),
        ("--cores", "007"),
    ];
    let arguments: Vec<_> = more
        .iter()
        .flat_map(|&(name, value)| [name, value])
        .collect();
    let values = |content: String| -> BTreeMap<String, String> {
        let lines = content.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.rsplit_once(" # ")?.0.split_once(" = "));
        pairs
            .map(|(name, value)| (name.into(), value.into()))
            .collect()
    };
    let first = text(
        run(
            &folder,
            &[&["--print-config"], &arguments[..]].concat(),
            &[],
        )
        .stdout,
    );
    folder.put("other.toml", &first);
    let second = run(&folder, &["--print-config", "--config", "other.toml"], &[]);
    let first = values(first);
    assert_eq!(first.get("cores").map(String::as_str), Some("7"));
    assert_eq!(values(text(second.stdout)), first);
}

#[test]
fn what_options_ask_of_each_other_holds_in_a_file() {
    let said = refused("min-version = 3\n");
    assert!(said.contains("--trust-key"), "{said}");
}

#[test]
fn missing_options() {
    let folder = Folder::new();
    folder.put(
        "kaal.toml",
        "loader = \"loader.elf\"\nout = \"image.elf\"\n",
    );
    let output = run(&folder, &[], &[("KAAL_APP", "app.elf")]);
    assert_eq!(output.status.code(), Some(2));
    expect![[r#"
        error: --kernel: not given
          expected: the option --kernel, the variable KAAL_KERNEL or the key kernel in kaal.toml
          found: none of them; the file is kaal.toml
          remedy: add --kernel FILE, or the line `kernel = "FILE"` to kaal.toml
    "#]]
    .assert_eq(&text(output.stderr));
}

#[test]
fn unknown_keys() {
    expect![[r#"
        error: --config kaal.toml: line 3: unknown key kernal
          expected: the name of an option for making images, without dashes in front
          found: kernal
          remedy: did you mean kernel?
    "#]]
    .assert_eq(&refused("# one\n\nkernal = \"kernel.elf\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: unknown key kernel_config
          expected: the name of an option for making images, without dashes in front
          found: kernel_config
          remedy: did you mean kernel-config?
    "#]]
    .assert_eq(&refused("kernel_config = \"gen_config.json\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: unknown key zzz
          expected: the name of an option for making images, without dashes in front
          found: zzz
          remedy: remove it; docs/configuration.md lists all keys
    "#]]
    .assert_eq(&refused("[zzz]\nkernel = \"kernel.elf\"\n"));
    assert!(refused("no-config = true\n").contains("unknown key no-config"));
}

#[test]
fn wrong_types() {
    expect![[r#"
        error: --config kaal.toml: line 1: cores: not what the option takes
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: the string "4"
          remedy: write cores = NUMBER, such as 4 or 0x1000
    "#]]
    .assert_eq(&refused("cores = \"4\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: kernel: not what the option takes
          expected: a string, the path of a file
          found: the integer 4
          remedy: write kernel = "FILE"
    "#]]
    .assert_eq(&refused("kernel = 4\n"));
    expect![[r#"
        error: --config kaal.toml: line 2: verbose: not what the option takes
          expected: true or false
          found: the string "yes"
          remedy: write verbose = true
    "#]]
    .assert_eq(&refused("\nverbose = \"yes\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: format: not what the option takes
          expected: a string, one of elf, raw, uimage, image
          found: an array
          remedy: write format = "elf"
    "#]]
    .assert_eq(&refused("format = [\"raw\"]\n"));
}

#[test]
fn wrong_values() {
    expect![[r#"
        error: --config kaal.toml: line 1: format: invalid value 'rwa' for '--format <FORMAT>'
          expected: a string, one of elf, raw, uimage, image
          found: the string "rwa"
          remedy: write format = "elf"
    "#]]
    .assert_eq(&refused("format = \"rwa\"\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: cores: invalid value '-1' for '--cores <NUMBER>': invalid digit found in string
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: the integer -1
          remedy: write cores = NUMBER, such as 4 or 0x1000
    "#]].assert_eq(&refused("cores = -1\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: cores: not what the option takes
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: an integer that is neither decimal nor hexadecimal
          remedy: write cores = NUMBER, such as 4 or 0x1000
    "#]]
    .assert_eq(&refused("cores = 0o7\n"));
    expect![[r#"
        error: --config kaal.toml: line 1: kernel: not what the option takes
          expected: a string, the path of a file
          found: the string ""
          remedy: write kernel = "FILE"
    "#]]
    .assert_eq(&refused("kernel = \"\"\n"));
}

#[test]
fn malformed_files() {
    expect![[r#"
        error: --config kaal.toml: line 2: not TOML
          expected: a TOML file: a line such as `kernel = "kernel.elf"` for each option
          found: string values must be quoted, expected literal string
          remedy: correct line 2
    "#]]
    .assert_eq(&refused("cores = 1\nkernel =\n"));
    expect![[r#"
        error: --config kaal.toml: line 2: not TOML
          expected: a TOML file: a line such as `kernel = "kernel.elf"` for each option
          found: duplicate key
          remedy: correct line 2
    "#]]
    .assert_eq(&refused("cores = 1\ncores = 2\n"));
}

#[test]
fn wrong_variables() {
    let folder = Folder::new();
    let said = |name, value| {
        let output = run(&folder, &[], &[(name, value)]);
        assert_eq!(output.status.code(), Some(2));
        text(output.stderr)
    };
    expect![[r#"
        error: environment KAAL_CORES=many: invalid value 'many' for '--cores <NUMBER>': invalid digit found in string
          expected: an integer from 0, decimal or hexadecimal with 0x
          found: "many"
          remedy: correct or unset KAAL_CORES
    "#]].assert_eq(&said("KAAL_CORES", "many"));
    expect![[r#"
        error: environment KAAL_VERBOSE=1: not a value of --verbose
          expected: true or false
          found: "1"
          remedy: correct or unset KAAL_VERBOSE
    "#]]
    .assert_eq(&said("KAAL_VERBOSE", "1"));
}

#[test]
fn no_such_file() {
    let folder = Folder::new();
    let output = run(&folder, &["--config", "none.toml"], &[]);
    assert_eq!(output.status.code(), Some(2));
    expect![[r#"
        error: --config none.toml: can't be read
          expected: a readable file
          found: No such file or directory (os error 2)
          remedy: correct the name, or build the file first
    "#]]
    .assert_eq(&text(output.stderr));
}
