// SPDX-License-Identifier: BSD-2-Clause

//! Tests of options from `kaal.toml` and from environment variables.

use std::collections::BTreeMap;
use std::process::Output;

use expect_test::expect;

use crate::common::folder::Folder;

/// A file with all required options.
const COMPLETE: &str = "\
# An ordinary project.
loader = \"loader.elf\"
kernel = \"kernel.elf\"
app = \"app.elf\"
out = \"image.elf\"
dtb = \"kernel.dtb\"
";

fn run(folder: &Folder, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    folder.configured("", arguments, variables)
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("text")
}

/// The output of `--print-config`, without options that are not set or have their default.
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
fn paths_are_relative_to_the_file_even_in_a_folder_above() {
    let folder = Folder::new();
    folder.put("kaal.toml", COMPLETE);
    std::fs::create_dir_all(folder.path().join("one/two")).expect("a folder");
    let output = folder.configured("one/two", &[], &[]);
    assert_eq!(output.status.code(), Some(0), "{}", text(output.stderr));
    assert!(folder.path().join("image.elf").exists());
}

#[test]
fn nearest_file_is_read() {
    let folder = Folder::new();
    folder.put("kaal.toml", "unknown = 1");
    std::fs::create_dir(folder.path().join("below")).expect("a folder");
    folder.put("below/kaal.toml", "cores = 2");
    let output = folder.configured("below", &["--print-config"], &[]);
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
fn no_config_ignores_file_and_environment() {
    let folder = Folder::new();
    folder.put("kaal.toml", "unknown = 1");
    let variables = [("KAAL_CORES", "many"), ("KAAL_FORMAT", "raw")];
    assert_eq!(printed(&folder, &["--no-config"], &variables), "");
}

#[test]
fn other_commands_read_no_file() {
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
fn printed_options_are_an_equivalent_file() {
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
