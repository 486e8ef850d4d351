// SPDX-License-Identifier: BSD-2-Clause

//! The rules in words.

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

/// What stands before the rules in `docs/rules.md`.
const INTRODUCTION: &str = "\
<!-- SPDX-License-Identifier: BSD-2-Clause -->

# The rules of `check`

What must be true of an image so that it boots, and so that the kernel loses nothing in silence. Each
build applies all rules to what it made: an error ends it, and a warning is printed. So does
`kaal-elfloader-builder check IMAGE` with what is in a file. It prints a line for each rule:

| verdict | meaning |
|---|---|
| `ok` | the rule is kept, with these numbers |
| `warning` | it isn't, but the image boots all the same, or nobody knows for sure |
| `error` | it isn't, and the image will not boot, or not as it should |
| `not checked` | what it needs to know wasn't given, or doesn't apply |

Errors and warnings follow on standard error, with what was expected, what was found and what to do. The
command ends with 0 where no rule is broken, with or without warnings; with 1 where one is, or where the
file is no image; and with 2 where the command line is wrong.

`check` knows of the machine what the image's device tree says; `--dtb` gives the one that the firmware
hands over in its place. What the kernel was built for, `--platform` and `--kernel-config` tell, and
`--kernel` what of itself it needs to boot only: give the files that the image was built with.
`--trust-key` gives the public key that the image must be signed with; without it, an image is taken at its
word ([security](security.md#before-an-image-is-installed)).
`check --explain RULE` prints what stands here.
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
