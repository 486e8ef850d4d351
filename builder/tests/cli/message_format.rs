// SPDX-License-Identifier: BSD-2-Clause

//! Tests of JSON messages and of the exit status.

use serde_json::{Value, json};

use crate::common::folder::Folder;

/// Runs the builder. Returns its status and its messages; each line must be a JSON object.
fn run(folder: &Folder, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let output = folder.command(arguments);
    let text = String::from_utf8(output.stderr).expect("text");
    let objects = text.lines().map(|line| {
        let object: Value = serde_json::from_str(line).expect("JSON in each line");
        assert!(object.is_object());
        object
    });
    (output.status.code(), objects.collect())
}

#[test]
fn errors() {
    let folder = Folder::new();
    let arguments = Folder::arguments(&[("--kernel", "none.elf"), ("--message-format", "json")]);
    let error = json!({
        "level": "error",
        "flag": "--kernel",
        "value": "none.elf",
        "source": "",
        "problem": "can't be read",
        "expected": "a readable file",
        "found": "No such file or directory",
        "remedy": "correct the name, or build the file first",
    });
    assert_eq!(run(&folder, &arguments), (Some(1), vec![error]));
}

#[test]
fn sources() {
    let folder = Folder::new();
    let arguments = ["--kernel", "kernel.elf", "--message-format", "json"];
    folder.put("kaal.toml", "loader = \"none.elf\"\napp = \"app.elf\"\n");
    let output = folder.configured("", &arguments, &[("KAAL_OUT", "image.elf")]);
    let message: Value = serde_json::from_slice(&output.stderr).expect("JSON");
    assert_eq!(message["value"], "none.elf");
    assert_eq!(message["source"], "kaal.toml:1");
}

#[test]
fn warnings_and_notes() {
    let folder = Folder::new();
    let changes = [("--dtb", ""), ("-v", ""), ("--message-format", "json")];
    let (status, messages) = run(&folder, &Folder::arguments(&changes));
    assert_eq!(status, Some(0));
    let levels: Vec<_> = messages.iter().map(|message| &message["level"]).collect();
    assert_eq!(levels, ["warning", "note", "note"]);
    assert_eq!(messages[0]["flag"], "--kernel");
}

#[test]
fn wrong_usage() {
    let folder = Folder::new();
    for (arguments, kind) in [
        (&["--unknown"][..], "UnknownArgument"),
        (&["--format", "exe"], "InvalidValue"),
        (&["check"], "MissingRequiredArgument"),
        (&["--kernel", "k", "check", "image.elf"], "ArgumentConflict"),
    ] {
        for format in [
            &["--message-format", "json"][..],
            &["--message-format=json"],
        ] {
            let (status, messages) = run(&folder, &[format, arguments].concat());
            assert_eq!(status, Some(2));
            assert_eq!(messages.len(), 1);
            assert_eq!(messages[0]["level"], "error");
            assert_eq!(messages[0]["kind"], kind);
            let message = messages[0]["message"].as_str().expect("text");
            assert!(!message.starts_with("error"), "{message}");
        }
    }
}

#[test]
fn missing_options() {
    let folder = Folder::new();
    let (status, messages) = run(&folder, &["--no-config", "--message-format=json"]);
    assert_eq!(status, Some(2));
    let flags: Vec<_> = messages.iter().map(|message| &message["flag"]).collect();
    assert_eq!(flags, ["--loader", "--kernel", "--app", "--out"]);
}

#[test]
fn before_and_behind_the_name_of_a_command() {
    let folder = Folder::new();
    for arguments in [
        ["--message-format", "json", "inspect", "none.elf"],
        ["inspect", "none.elf", "--message-format", "json"],
    ] {
        let (status, messages) = run(&folder, &arguments);
        assert_eq!(status, Some(1));
        assert_eq!(messages[0]["value"], "none.elf");
    }
}

/// The statuses in `docs/exit-codes.md`, for each command.
#[test]
fn status_of_each_command() {
    let folder = Folder::new();
    folder.accepted(&[]);
    folder.accepted(&[("--out", "other.elf"), ("--log-level", "debug")]);
    let damaged: Vec<u8> = folder.get("image.elf").iter().map(|byte| !byte).collect();
    folder.put("damaged.elf", damaged);
    folder.put("log", "");
    let cases: &[(&[&str], i32)] = &[
        (&["--help"], 0),
        (&["--version"], 0),
        (&["--no-config"], 2),
        (&["unknown"], 2),
        (&["check", "image.elf"], 0),
        (&["check", "damaged.elf"], 1),
        (&["check", "none.elf"], 1),
        (&["check"], 2),
        (&["diff", "image.elf", "image.elf"], 0),
        (&["diff", "image.elf", "other.elf"], 1),
        (&["diff", "image.elf", "none.elf"], 2),
        (&["diff", "image.elf"], 2),
        (&["inspect", "image.elf"], 0),
        (&["inspect", "none.elf"], 1),
        (&["inspect"], 2),
        (&["explain", "none", "--kernel", "kernel.elf"], 1),
        (&["explain", "--unknown"], 2),
        (&["keygen", "--sign-key", "key", "--trust-key", "public"], 0),
        (
            &["keygen", "--sign-key", "none/key", "--trust-key", "public"],
            1,
        ),
        (&["keygen"], 2),
        (&["completions", "bash"], 0),
        (&["completions", "none"], 2),
        (&["man", "pages"], 0),
        (&["man", "image.elf/pages"], 1),
        (&["sign", "none.elf", "--sign-key", "key"], 1),
        (&["sign", "image.elf"], 2),
    ];
    for (arguments, status) in cases {
        let output = folder.command(arguments);
        assert_eq!(output.status.code(), Some(*status), "{arguments:?}");
    }
}
