// SPDX-License-Identifier: BSD-2-Clause

//! Prints scripts for shell completion.

use clap_complete::Shell;

use super::{NAME, command, text};
use crate::diagnostic::Diagnostic;

/// Prints the script for `shell`.
///
/// # Errors
///
/// Fails if the output can't be written.
pub(super) fn print(shell: Shell) -> Result<(), Diagnostic> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(), NAME, &mut script);
    text::print_own(mended(shell, &String::from_utf8_lossy(&script)))
}

/// The `script` of clap_complete 4.6.11 without its mistakes.
fn mended(shell: Shell, script: &str) -> String {
    match shell {
        // It sets one name for a command with hyphens and looks for another, so that no subcommand offers options
        // (https://github.com/clap-rs/clap/issues/6421).
        Shell::Bash => {
            let [set, sought] = ["__", "__subcmd__"].map(|hyphen| NAME.replace('-', hyphen));
            with_files(&script.replace(&sought, &set))
        }
        // It gives up if the last option still lacks its value, which is the one to complete.
        Shell::Fish => script.replace("2>/dev/null\n    or return\n", "2>/dev/null\n"),
        _ => script.to_owned(),
    }
}

/// The `script` for bash, without options in place of a subcommand's arguments: their common hyphen would hide the files.
fn with_files(script: &str) -> String {
    const OFFER: &str = r#"COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )"#;
    let lists = script.split_inclusive("opts=\"");
    let lists = lists.map(|list| match list.starts_with('-') {
        true => list
            .replace(" || ${COMP_CWORD} -eq 2 ]]", " ]]")
            .replace(&format!("esac\n            {OFFER}\n"), "esac\n"),
        false => list.to_owned(),
    });
    lists.collect()
}
