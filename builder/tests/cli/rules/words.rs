// SPDX-License-Identifier: BSD-2-Clause

//! Compares the texts of the rules with `docs/rules.md`.

use expect_test::expect_file;
use kaal_elfloader_builder::rules::RULES;

use crate::common::folder::Folder;

#[test]
fn each_rule_is_explained() {
    let folder = Folder::new();
    for rule in &RULES {
        let output = folder.command(&["check", "--explain", rule.id]);
        let text = String::from_utf8_lossy(&output.stdout);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&text).starts_with(&format!("{}: {} ", rule.id, rule.sentence)));
        assert!(words(&text).ends_with(&format!(" Source: {}", rule.source)));
        assert!(text.lines().all(|line| line.len() <= 80), "{text}");
    }
    for arguments in [&["check"][..], &["check", "--explain", "nonsense"]] {
        assert_eq!(folder.command(arguments).status.code(), Some(2));
    }
}

/// The introduction of `docs/rules.md`.
const INTRODUCTION: &str = "\
<!-- SPDX-License-Identifier: BSD-2-Clause -->

# The rules of `check`

This page lists the rules that an image must keep, so that it boots and the kernel doesn't silently lose memory. Each
build applies them to the new image, and `kaal-elfloader-builder check IMAGE` to the image in a file. An error stops a
build. `check` prints one line for each rule:

| verdict | meaning |
|---|---|
| `ok` | the image keeps the rule, with these numbers |
| `warning` | the image breaks the rule, but may still boot |
| `error` | the image breaks the rule, and will not boot or will not run as intended |
| `not checked` | a file for this rule is missing, or the rule doesn't apply |

Errors and warnings follow on standard error. `check` exits with 0 if no rule is broken, even with warnings; with 1 if a
rule is broken or the file is no image; and with 2 if the command line is wrong.

Pass `check` the files that the image was built with, so that it can apply more rules:

| option | gives |
|---|---|
| `--platform`, `--kernel-config` | what the kernel was built for |
| `--kernel` | the part of the kernel that it needs only during boot |
| `--dtb` | the device tree from the firmware, in place of the one in the image |
| `--trust-key` | the public key that the image must be signed with ([why](security.md#before-an-image-is-installed)) |

`check --explain RULE` prints the section of a rule.
";

#[test]
fn the_documentation_is_the_rules_own() {
    let sections = RULES.iter().map(|rule| {
        format!(
            "\n## `{}`\n\n{}\n\n{}\n\nSource: {}.\n",
            rule.id, rule.sentence, rule.explanation, rule.source
        )
    });
    let text: String = std::iter::once(INTRODUCTION.to_owned())
        .chain(sections)
        .collect();
    expect_file!["../../../../docs/rules.md"].assert_eq(&text);
}
