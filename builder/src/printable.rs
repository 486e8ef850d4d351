// SPDX-License-Identifier: BSD-2-Clause

//! Makes text from outside printable. A name in a forged image, a path or a line of a log could otherwise control the
//! terminal, or pass for a line of the builder.

/// `text` in one line: with its control characters escaped, also those that end a line.
pub(crate) fn line(text: &str) -> String {
    escape(text, is_control, |letter| letter.escape_default())
}

/// `text` of many lines, with all other control characters escaped.
pub(crate) fn lines(text: &str) -> String {
    escape(text, is_control_in_line, |letter| letter.escape_default())
}

/// The JSON document `text`, with the control characters in its strings escaped. JSON requires that only below U+0020
/// (RFC 8259, section 7).
pub(crate) fn json(text: &str) -> String {
    escape(text, is_control_in_line, |letter| {
        format!("\\u{:04x}", u32::from(letter))
    })
}

/// `text` with an escape in place of each character that needs one.
fn escape<T: ToString>(
    text: &str,
    needs_escape: impl Fn(char) -> bool,
    escape: impl Fn(char) -> T,
) -> String {
    let mut escaped = String::with_capacity(text.len());
    for piece in text.split_inclusive(&needs_escape) {
        let mut letters = piece.chars();
        match letters.next_back() {
            Some(last) if needs_escape(last) => {
                escaped += letters.as_str();
                escaped += &escape(last).to_string();
            }
            _ => escaped += piece,
        }
    }
    escaped
}

/// Whether a terminal could obey `letter` instead of showing it: C0, DEL, C1, the line and paragraph separators, and
/// the characters with the property Bidi_Control, which reorder others (Unicode Standard Annex 9, section 2).
fn is_control(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_control_in_line(letter: char) -> bool {
    letter != '\n' && is_control(letter)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{json, line, lines};

    /// The control characters that are no control codes.
    const FORMATS: &str = "\u{61c}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\
                           \u{2066}\u{2067}\u{2068}\u{2069}";

    /// All control characters.
    fn controls() -> String {
        let codes = ('\0'..='\u{1f}').chain('\u{7f}'..='\u{9f}');
        codes.chain(FORMATS.chars()).collect()
    }

    fn is_ascii(text: &str) -> bool {
        text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
    }

    #[test]
    fn ordinary_text_stays() {
        let text = "/tmp/ein \"Ä\" \\ e\u{301} 木 עברית 🦀\u{fffd}";
        assert_eq!(line(text), text);
        assert_eq!(lines(text), text);
        assert_eq!(json(text), text);
    }

    #[test]
    fn no_control_character_stays() {
        assert!(is_ascii(&line(&controls())));
        assert!(is_ascii(&lines(&controls()).replacen('\n', "", 1)));
        let shown = r"\u{1b}[2J\r\n\t\u{9b}\u{202e}";
        assert_eq!(line("\u{1b}[2J\r\n\t\u{9b}\u{202e}"), shown);
        assert_eq!(lines("one\ntwo\u{7}\n"), "one\ntwo\\u{7}\n");
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = Value::from(vec![controls()]);
        let text = json(&format!("{value:#}"));
        assert!(is_ascii(&text.replace('\n', "")), "{text}");
        assert_eq!(text.parse::<Value>().ok(), Some(value));
    }
}
