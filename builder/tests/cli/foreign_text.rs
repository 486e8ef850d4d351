// SPDX-License-Identifier: BSD-2-Clause

//! Tests that no text from outside controls the terminal, or passes for a line of the builder: neither on a terminal
//! nor in a file.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::Output;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use roxmltree::Document;
use serde_json::Value;

use crate::common::device_tree::DeviceTree;
use crate::common::folder::Folder;
use crate::common::programs;
use crate::common::symbols::{self, Symbol};

/// Text that reverses the order of letters, starts a control sequence in two ways, rings the bell and begins a line.
/// It has as many bytes as the node's name `serial@9000000`.
const HOSTILE: &str = "\u{202e}\u{9b}\u{7}\u{1b}c\r\nfake";

/// The start of [`HOSTILE`] in text, in JSON and TOML, and in bytes.
const SHOWN: [&str; 3] = [r"\u{202e}", r"\u202e", r"\xe2"];

/// Variables for output without colours, and with them.
const COLORS: [&[(&str, &str)]; 2] = [&[("NO_COLOR", "1")], &[("CLICOLOR_FORCE", "1")]];

/// Whether a terminal could obey `letter` instead of showing it.
fn is_obeyed(letter: char) -> bool {
    letter != '\n' && letter.is_control() || ('\u{202a}'..='\u{202e}').contains(&letter)
}

/// `text` without sequences that only set colours, which [`HOSTILE`] doesn't contain.
fn without_colors(text: &str) -> String {
    let is_color = |numbers: &str| {
        let mut letters = numbers.bytes();
        letters.all(|letter| letter.is_ascii_digit() || letter == b';')
    };
    let mut pieces = text.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once('m') {
            Some((numbers, rest)) if is_color(numbers) => plain += rest,
            _ => plain += &format!("\u{1b}[{piece}"),
        }
    }
    plain
}

/// How `output` fails to show [`HOSTILE`] harmlessly.
fn fault(output: Output) -> Option<&'static str> {
    let text = String::from_utf8([output.stdout, output.stderr].concat()).expect("text");
    let text = without_colors(&text);
    if text.contains(is_obeyed) {
        return Some("control characters");
    }
    let mut lines = text.lines();
    if lines.any(|line| line.trim_start().starts_with("fake")) {
        return Some("a forged line");
    }
    (!SHOWN.iter().any(|shown| text.contains(shown))).then_some("not shown")
}

/// Checks that each of `commands` shows [`HOSTILE`] harmlessly.
fn check(folder: &Folder, commands: &[&[&str]]) {
    check_with(folder, commands, &[]);
}

/// Checks the same `with` more variables.
fn check_with(folder: &Folder, commands: &[&[&str]], with: &[(&str, &str)]) {
    let mut faults = Vec::new();
    for command in commands {
        for colors in COLORS {
            let output = folder.configured("", command, &[colors, with].concat());
            let status = output.status;
            assert!(status.code().is_some_and(|code| code <= 2), "{command:?}");
            let fault = fault(output);
            faults.extend(fault.map(|fault| format!("{fault}: {command:?} {colors:?}\n")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.concat());
}

/// `bytes` with `to` in place of `from`, which has the same size.
fn replaced(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<_> = (0..bytes.len())
        .filter(|&start| bytes[start..].starts_with(from.as_bytes()))
        .collect();
    assert!(!places.is_empty());
    for start in places {
        bytes[start..][..to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

const JSON: [&str; 2] = ["--message-format", "json"];

#[test]
fn arguments() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let option = format!("--{HOSTILE}");
    let changes = |changes| Folder::arguments(changes);
    check(
        &folder,
        &[
            &[HOSTILE],
            &[&option],
            &[HOSTILE, JSON[0], JSON[1]],
            &[&option, JSON[0], JSON[1]],
            &["--message-format", HOSTILE],
            &["inspect", "image.elf", &option],
            &["inspect", "image.elf", HOSTILE],
            &["inspect", "image.elf", "--width", HOSTILE],
            &["check", "--explain", HOSTILE],
            &["diff", "image.elf", "image.elf", HOSTILE],
            &["completions", HOSTILE],
            &["sign", &option],
            &["keygen", &option],
            &["explain", &option],
            &["man", &option],
            &changes(&[("--cores", HOSTILE)]),
            &changes(&[("--format", HOSTILE)]),
            &changes(&[("--verify", HOSTILE), (JSON[0], JSON[1])]),
            &changes(&[("--bootargs", &HOSTILE.repeat(1000))]),
        ],
    );
}

#[test]
fn name_of_the_program() {
    for argument in ["--help", "--unknown", "check"] {
        let output = std::process::Command::new(cargo_bin("kaal-elfloader-builder"))
            .arg0(HOSTILE)
            .arg(argument)
            .output();
        let text = output.map(|output| [output.stdout, output.stderr].concat());
        let text = String::from_utf8(text.expect("the builder runs")).expect("text");
        assert!(text.contains("Usage: kaal-elfloader-builder"), "{text}");
        assert!(!text.contains(is_obeyed), "{text}");
    }
}

#[test]
fn paths() {
    let folder = Folder::new();
    folder.accepted(&[("--out", HOSTILE)]);
    folder.put("empty", "");
    let missing = format!("none/{HOSTILE}");
    let changes = |changes| Folder::arguments(changes);
    check(
        &folder,
        &[
            &changes(&[("--kernel", &missing)]),
            &changes(&[("--kernel", &missing), (JSON[0], JSON[1])]),
            &changes(&[("--out", &missing)]),
            &changes(&[("--app", HOSTILE), ("-v", "")]),
            &["--config", &missing],
            &["check", &missing],
            &["check", HOSTILE, "--kernel", "app.elf", "--dtb", &missing],
            &["diff", &missing, HOSTILE],
            &["diff", &missing, HOSTILE, JSON[0], JSON[1]],
            &["explain", &missing, "--kernel", "kernel.elf"],
            &["explain", "empty", "--kernel", &missing],
            &["explain", HOSTILE, "--kernel", "kernel.elf"],
            &["inspect", &missing],
            &["inspect", HOSTILE, "--json"],
            &["inspect", HOSTILE, "--svg", HOSTILE],
            &["keygen", "--sign-key", &missing, "--trust-key", "public"],
            &["keygen", "--sign-key", HOSTILE, "--trust-key", "public"],
            &["man", &format!("{HOSTILE}/pages")],
            &["sign", &missing, "--sign-key", "key"],
            &["sign", HOSTILE, "--sign-key", "key"],
        ],
    );
    folder.command(&["inspect", HOSTILE, "--svg", "map.svg"]);
    let picture = String::from_utf8(folder.get("map.svg")).expect("text");
    let document = Document::parse(&picture).expect("XML");
    assert!(!picture.contains(is_obeyed));
    let mut titles = document
        .descendants()
        .filter(|node| node.has_tag_name("title"));
    let title = titles.next().and_then(|title| title.text());
    assert!(title.expect("a title").starts_with(SHOWN[0]));
}

#[test]
fn inputs_in_the_memory_map_and_the_manifest() {
    let folder = Folder::new();
    folder.put(HOSTILE, folder.get("app.elf"));
    let changes = |changes| Folder::arguments(changes);
    check(
        &folder,
        &[
            &changes(&[("--app", HOSTILE), ("-v", "")]),
            &changes(&[("--app", HOSTILE), ("-v", ""), (JSON[0], JSON[1])]),
        ],
    );
    let manifest = String::from_utf8(folder.get("image.elf.json")).expect("text");
    assert!(!manifest.contains(is_obeyed));
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["inputs"][2]["name"], HOSTILE);
}

#[test]
fn configuration() {
    let folder = Folder::new();
    let quoted = serde_json::to_string(HOSTILE).expect("text");
    let quoted = quoted
        .replace('\u{9b}', r"\u009b")
        .replace('\u{202e}', r"\u202e");
    for line in [
        format!("{quoted} = 1"),
        format!("cores = {quoted}"),
        format!("format = {quoted}"),
        format!("kernel = {quoted}\nloader = \"none\"\napp = \"none\"\nout = \"none\""),
    ] {
        folder.put("kaal.toml", line);
        check(&folder, &[&[], &JSON]);
    }
}

#[test]
fn printed_configuration() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join(HOSTILE)).expect("a writable folder");
    let config = format!("{HOSTILE}/kaal.toml");
    folder.put(&config, "kernel = \"kernel.elf\"\n");
    let command = ["--print-config", "--config", &config, "--bootargs", HOSTILE];
    check(&folder, &[&command]);
    let printed = folder.command(&command).stdout;
    let printed: toml::Table = toml::from_slice(&printed).expect("TOML");
    assert_eq!(printed["bootargs"].as_str(), Some(HOSTILE));
    assert_eq!(
        printed["kernel"].as_str(),
        Some(format!("{HOSTILE}/kernel.elf").as_str())
    );
}

#[test]
fn variables() {
    let folder = Folder::new();
    for variable in ["KAAL_FORMAT", "KAAL_CORES", "KAAL_VERBOSE", "KAAL_KERNEL"] {
        let others = ["--loader", "none", "--app", "none", "--out", "none"];
        let json = [&others[..], &JSON].concat();
        check_with(&folder, &[&others, &json], &[(variable, HOSTILE)]);
    }
}

#[test]
fn device_trees() {
    let folder = Folder::new();
    let tree = DeviceTree {
        console: HOSTILE,
        note: 1,
        ..DeviceTree::with_ram(0x1000_0000)
    };
    let longer = DeviceTree {
        note: 2,
        ..tree.clone()
    };
    for (name, tree) in [("one.dtb", tree), ("other.dtb", longer)] {
        let blob = replaced(tree.to_bytes(), "serial@9000000", HOSTILE);
        folder.put(name, replaced(blob, "note", "\u{202e}\n"));
    }
    folder.accepted(&[]);
    folder.accepted(&[("--dtb", "one.dtb"), ("--out", "one.elf")]);
    folder.accepted(&[("--dtb", "other.dtb"), ("--out", "other.elf")]);
    let changes = |changes| Folder::arguments(changes);
    let out = ("--out", "third.elf");
    check(
        &folder,
        &[
            &changes(&[("--dtb", "one.dtb"), out]),
            &changes(&[("--dtb", "one.dtb"), out, (JSON[0], JSON[1])]),
            &["diff", "image.elf", "one.elf"],
            &["diff", "image.elf", "one.elf", "--json"],
        ],
    );
    let output = folder.command(&["diff", "one.elf", "other.elf"]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.contains(r"/: \u{202e}\n differs: "), "{text}");
}

/// Their errors need not show the text.
#[test]
fn malformed_files() {
    let folder = Folder::new();
    let quoted = serde_json::to_string(HOSTILE).expect("text");
    for (option, content) in [
        ("--config", format!("{HOSTILE} {HOSTILE}")),
        ("--config", format!("{quoted} {quoted}")),
        ("--platform", format!("memory: {quoted}")),
        ("--platform", format!("{quoted} {quoted}")),
        (
            "--platform",
            format!("memory: [{{start: {quoted}, end: 1}}]"),
        ),
        (
            "--kernel-config",
            format!("{{\"MAX_NUM_NODES\": {quoted}}}"),
        ),
        ("--kernel-config", format!("{{{quoted}")),
        ("--dtb", HOSTILE.to_owned()),
        ("--kernel", HOSTILE.to_owned()),
    ] {
        folder.put("file", content);
        // Without `--no-config`.
        let arguments = &Folder::arguments(&[(option, "file")])[1..];
        let output = folder.configured("", arguments, &[]);
        assert!(!output.status.success(), "{option}");
        let fault = fault(output).filter(|fault| *fault != "not shown");
        assert_eq!(fault, None, "{option}");
    }
}

#[test]
fn keys() {
    let folder = crate::signing::folder();
    folder.put("key", "-----BEGIN \u{202e}\u{9b}\u{1b}c\u{7}-----\n");
    folder.accepted(&[]);
    let (loader, key) = (crate::signing::LOADER, ("--trust-key", "key"));
    check(
        &folder,
        &[
            &Folder::arguments(&[loader, key]),
            &["check", "image.elf", "--trust-key", "key"],
        ],
    );
    let command = format!("exit 7 # {HOSTILE}");
    folder.accepted(&[loader, crate::signing::TRUST]);
    check(
        &folder,
        &[
            &["sign", "image.elf", "--sign-key", "key"],
            &["sign", "image.elf", "--sign-command", &command],
        ],
    );
}

/// A program whose only function has a hostile name, with `size` bytes.
fn program(size: u64) -> Vec<u8> {
    let function = Symbol::global(HOSTILE, 0x20_0000, size);
    symbols::add(programs::app().to_bytes(), (0x20_0000, 0x20), &[function])
}

#[test]
fn names_of_functions() {
    let folder = Folder::new();
    folder.put("app.elf", program(0x20));
    folder.put("other.elf", program(0x10));
    folder.put(HOSTILE, program(0x10));
    folder.put("log", "ELR 0x200004\n");
    folder.put("idle", "");
    check(
        &folder,
        &[
            &["explain", "log", "--app", "app.elf"],
            &["explain", "log", "--app", HOSTILE],
            &["explain", "idle", "--app", HOSTILE],
            &["explain", "idle", "--app", HOSTILE, JSON[0], JSON[1]],
            &["diff", "app.elf", "other.elf"],
            &["diff", "app.elf", "other.elf", "--json"],
        ],
    );
}

#[test]
fn logs() {
    let folder = Folder::new();
    folder.put("app.elf", program(0x20));
    let hostile = HOSTILE.replace('\n', "");
    let log = format!("{hostile}\r\nELR 0x200004 {hostile}\n");
    folder.put("log", &log);
    check(&folder, &[&["explain", "log", "--app", "app.elf"]]);
    let from_pipe = Command::cargo_bin("kaal-elfloader-builder")
        .expect("the builder")
        .current_dir(folder.path())
        .args(["explain", "-", "--app", "app.elf"])
        .write_stdin(log)
        .output();
    assert_eq!(fault(from_pipe.expect("the builder runs")), None);
}

/// A line of a log can't pass for an explanation.
#[test]
fn forged_explanations() {
    let folder = Folder::new();
    let function = Symbol::global("main", 0x20_0000, 0x20);
    let program = programs::app().to_bytes();
    let program = symbols::add(program, (0x20_0000, 0x20), &[function]);
    folder.put("app.elf", program);
    folder.put("log", "| 0x200004: app.elf, forged\n|   forged\n");
    let output = folder.command(&["explain", "log", "--app", "app.elf"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let is_explanation = |line: &&str| line.starts_with('|');
    let explanations: Vec<_> = text.lines().filter(is_explanation).collect();
    assert_eq!(explanations, [r"| 0x200004: app.elf, main+0x4"]);
}

#[test]
fn images_and_their_manifests() {
    let folder = Folder::new();
    folder.accepted(&[]);
    folder.accepted(&[("--bootargs", HOSTILE), ("--out", "other.elf")]);
    check(
        &folder,
        &[
            &["diff", "image.elf", "other.elf"],
            &["diff", "image.elf", "other.elf", "--json"],
            &["inspect", "other.elf", "--json"],
        ],
    );
    let mut manifest: Value = serde_json::from_slice(&folder.get("other.elf.json")).expect("JSON");
    manifest["settings"][HOSTILE] = HOSTILE.into();
    manifest["inputs"][2]["name"] = HOSTILE.into();
    manifest["inputs"][2]["sha256"] = HOSTILE.into();
    folder.put("other.elf.json", manifest.to_string());
    check(
        &folder,
        &[
            &["diff", "image.elf", "other.elf"],
            &["diff", "image.elf", "other.elf", "--json"],
        ],
    );
    let text = folder.command(&["inspect", "other.elf"]).stdout;
    let text = String::from_utf8(text).expect("text");
    assert!(!text.contains(is_obeyed), "{text}");
}
