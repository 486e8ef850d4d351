// SPDX-License-Identifier: BSD-2-Clause

//! Describes the registers that the loader sets.

use anyhow::{Context, Result, ensure};

/// A table of the rows in the loader's source, with their doc comments.
pub(super) fn table(source: &str) -> Result<String> {
    let (_, declaration) = source
        .split_once("\nrows! {\n")
        .context("there are no rows of registers")?;
    let (declaration, _) = declaration
        .split_once("\n}\n")
        .context("the rows of registers do not end")?;
    let mut rows = vec![
        "| where | register | if the processor has | why |".to_owned(),
        "|---|---|---|---|".to_owned(),
    ];
    let (mut comment, mut moment, mut condition) = (Vec::new(), String::new(), String::new());
    for line in declaration.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment.push(text.trim());
        } else if let Some((register, _)) = line.split_once(" <- ") {
            let register = register.split(' ').next().unwrap_or_default();
            let reason = comment.join(" ");
            rows.push(format!(
                "| {moment} | {register} | {condition} | {reason} |"
            ));
            comment.clear();
        } else if let Some(group) = line.strip_suffix(" => {") {
            condition = features(group);
        } else if line.ends_with('{') {
            moment = comment.join(" ").trim_end_matches('.').to_owned();
            comment.clear();
        }
    }
    ensure!(rows.len() > 2, "there are no rows of registers");
    Ok(rows.join("\n") + "\n")
}

/// The features in a condition like `(A: ID_EL1[3, 0] in 1, B: ID_EL1[7, 4] in 1)`.
fn features(condition: &str) -> String {
    let parts = condition.trim_matches(['(', ')']).split(": ");
    let names = parts.filter_map(|part| part.rsplit(' ').next());
    let mut names: Vec<_> = names.collect();
    match names.as_slice() {
        ["always"] => String::new(),
        _ => {
            names.pop();
            names.join(", ")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn rows_have_moments_conditions_and_reasons() {
        let source = "\nrows! {\n    /// At EL3.\n    el3 {\n        (always) => {\n            /// Nothing\n            \
            /// traps\n            A_EL3 <- 0;\n        }\n        (C: ID_EL1[3, 0] in 1..=15, D: E = S3_0[0, 0] in 1) \
            => {\n            /// On\n            B_EL3 = S3_6 <- (on());\n        }\n    }\n}\n";
        let rows = table(source).unwrap();
        let expected = "| At EL3 | A_EL3 |  | Nothing traps |\n| At EL3 | B_EL3 | C, D | On |\n";
        assert!(rows.ends_with(expected), "{rows}");
        assert!(table("").is_err());
    }
}
