// SPDX-License-Identifier: BSD-2-Clause

//! Describes the fields of a structure.

use anyhow::{Context, Result, ensure};

/// A table of the fields of the structure `name`, with their doc comments.
pub(super) fn table(source: &str, name: &str) -> Result<String> {
    let (_, declaration) = source
        .split_once(&format!("struct {name} {{\n"))
        .with_context(|| format!("there is no structure {name}"))?;
    let (declaration, _) = declaration
        .split_once("\n}")
        .with_context(|| format!("the structure {name} does not end"))?;
    let mut rows = vec![
        "| field | type | meaning |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    let mut comment = Vec::new();
    for line in declaration.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment.push(text.trim());
        } else if let Some((field, kind)) = line.trim_end_matches(',').split_once(": ") {
            let field = field.rsplit(' ').next().unwrap_or_default();
            let meaning = plain(&comment.join(" "));
            rows.push(format!("| `{field}` | `{kind}` | {meaning} |"));
            comment.clear();
        }
    }
    ensure!(rows.len() > 2, "the structure {name} has no fields");
    Ok(rows.join("\n") + "\n")
}

/// The text without the links of Rust's documentation.
fn plain(text: &str) -> String {
    text.replace("[`", "`")
        .replace("`]", "`")
        .replace("crate::", "")
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn fields_have_types_and_meanings() {
        let source =
            "struct A {\n    /// What [`crate::B`] is,\n    /// in bytes.\n    pub b: u8,\n}\n";
        let rows = table(source, "A").unwrap();
        assert!(
            rows.ends_with("| `b` | `u8` | What `B` is, in bytes. |\n"),
            "{rows}"
        );
        assert!(table(source, "B").is_err());
    }
}
