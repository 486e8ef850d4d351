// SPDX-License-Identifier: BSD-2-Clause

//! Compares the output of a command with the output that a page shows.

/// Compares lines with those of a page.
#[derive(Clone, Copy)]
pub(crate) struct Comparison {
    /// Whether numbers may differ.
    pub(crate) numbers_vary: bool,
}

/// Stands for any lines, or within a line for any text.
const ANYTHING: &str = "...";

impl Comparison {
    /// Finds the first shown line that is missing in the output.
    pub(crate) fn missing<'a>(self, shown: &'a [String], printed: &str) -> Option<&'a str> {
        let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
        self.missing_in(shown, &printed, false)
    }

    fn missing_in<'a>(
        self,
        shown: &'a [String],
        printed: &[&str],
        anywhere: bool,
    ) -> Option<&'a str> {
        let (line, rest) = shown.split_first()?;
        if line.trim() == ANYTHING {
            return self.missing_in(rest, printed, true);
        }
        let mut missing = Some(line.as_str());
        let places = if anywhere { printed.len() } else { 1 };
        for place in 0..places.min(printed.len()) {
            if self.alike(line, printed[place]) {
                missing = self.missing_in(rest, &printed[place + 1..], false);
                if missing.is_none() {
                    break;
                }
            }
        }
        missing
    }

    fn alike(self, shown: &str, printed: &str) -> bool {
        let prepare = |line: &str| match self.numbers_vary {
            true => without_numbers(line),
            false => line.to_owned(),
        };
        is_like(&prepare(shown.trim_end()), &prepare(printed))
    }
}

/// Whether a line is like a shown one.
fn is_like(shown: &str, line: &str) -> bool {
    let Some((first, others)) = shown.split_once(ANYTHING) else {
        return shown == line;
    };
    let (between, last) = match others.rsplit_once(ANYTHING) {
        Some((between, last)) => (between, last),
        None => ("", others),
    };
    let middle = line
        .strip_prefix(first)
        .and_then(|rest| rest.strip_suffix(last));
    let Some(mut middle) = middle else {
        return false;
    };
    between.split(ANYTHING).all(|part| {
        let found = middle.split_once(part);
        middle = found.map_or("", |(_, behind)| behind);
        found.is_some()
    })
}

/// The line with `#` for each number, without bars that are drawn to scale, and with single spaces.
pub(crate) fn without_numbers(line: &str) -> String {
    let words = line.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    let mut text = String::new();
    let mut rest = line;
    for word in words {
        let is_number = word.starts_with(|letter: char| letter.is_ascii_digit());
        let is_hash = word.len() >= 32 && word.chars().all(|letter| letter.is_ascii_hexdigit());
        text.push_str(if is_number || is_hash { "#" } else { word });
        rest = &rest[word.len()..];
        if let Some(separator) = rest.chars().next() {
            text.push(separator);
            rest = &rest[separator.len_utf8()..];
        }
    }
    let text = text.replace("#.#", "#").replace(['█', '░'], "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
