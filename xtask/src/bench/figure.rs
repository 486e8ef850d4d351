// SPDX-License-Identifier: BSD-2-Clause

//! Figures, and how they are printed.

/// Something measured, and what it may be at most.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Figure {
    subject: &'static str,
    what: &'static str,
    value: u64,
    limit: u64,
}

impl Figure {
    pub(super) const fn new(
        subject: &'static str,
        what: &'static str,
        value: u64,
        limit: u64,
    ) -> Self {
        Self {
            subject,
            what,
            value,
            limit,
        }
    }
}

/// The figures for people, one a line.
pub(super) fn table(figures: &[Figure]) -> String {
    figures
        .iter()
        .map(|figure| {
            let verdict = match figure.value <= figure.limit {
                true => "",
                false => "  OVER THE LIMIT",
            };
            format!(
                "{:16} {:26} {:>12}  (at most {}){verdict}\n",
                figure.subject, figure.what, figure.value, figure.limit
            )
        })
        .collect()
}

/// The figures for scripts: a JSON array of objects. Names are plain words of this program.
pub(super) fn json(figures: &[Figure]) -> String {
    let objects: Vec<String> = figures
        .iter()
        .map(|figure| {
            format!(
                r#"{{"subject":"{}","what":"{}","value":{},"limit":{}}}"#,
                figure.subject, figure.what, figure.value, figure.limit
            )
        })
        .collect();
    format!("[{}]", objects.join(","))
}

#[cfg(test)]
mod tests {
    use super::{Figure, json, table};

    const FIGURES: [Figure; 2] = [
        Figure::new("loader", "bytes", 10, 20),
        Figure::new("probe", "instructions", 30, 20),
    ];

    #[test]
    fn json_is_an_array_of_objects() {
        assert_eq!(
            json(&FIGURES),
            r#"[{"subject":"loader","what":"bytes","value":10,"limit":20},{"subject":"probe","what":"instructions","value":30,"limit":20}]"#
        );
    }

    #[test]
    fn the_table_marks_what_is_too_much() {
        let table = table(&FIGURES);
        let over: Vec<bool> = table
            .lines()
            .map(|line| line.ends_with("OVER THE LIMIT"))
            .collect();
        assert_eq!(over, [false, true]);
    }
}
