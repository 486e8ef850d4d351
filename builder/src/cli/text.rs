// SPDX-License-Identifier: BSD-2-Clause

//! Text for a terminal.

/// Letters in a line.
const WIDTH: usize = 80;

/// `text`, a paragraph, in lines.
pub(super) fn wrap(text: &str) -> String {
    let mut wrapped = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count();
        let fits = length + 1 + width <= WIDTH;
        match (length, fits) {
            (0, _) => {}
            (_, true) => wrapped.push(' '),
            (_, false) => wrapped.push('\n'),
        }
        length = if length > 0 && fits {
            length + 1 + width
        } else {
            width
        };
        wrapped.push_str(word);
    }
    wrapped
}
