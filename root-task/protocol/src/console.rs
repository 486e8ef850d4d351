// SPDX-License-Identifier: BSD-2-Clause

//! Rights at the console, and lines that name their author.
//!
//! Components share the console. Its driver begins each line with the name of the component that
//! wrote it, so that no component prints in the name of another, or of the root task, whose lines
//! have no name.

/// A component's rights at the console, besides printing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConsoleRights {
    /// Read what is typed.
    pub read: bool,
    /// Print control characters, with which it can change what others printed.
    pub control: bool,
}

impl ConsoleRights {
    /// No rights.
    pub const NONE: Self = Self {
        read: false,
        control: false,
    };

    const READ: u64 = 1;
    const CONTROL: u64 = 2;

    /// Returns the word for a message.
    pub fn to_word(self) -> u64 {
        u64::from(self.read) * Self::READ + u64::from(self.control) * Self::CONTROL
    }

    /// Returns the rights that a word stands for.
    pub fn from_word(word: u64) -> Self {
        Self {
            read: word & Self::READ != 0,
            control: word & Self::CONTROL != 0,
        }
    }
}

/// Who prints a text.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// The component's badge; 0 for the root task.
    pub number: u64,
    /// The component's name; `None` for the root task.
    pub name: Option<&'a str>,
    /// Whether it may print control characters.
    pub may_control: bool,
}

impl Author<'_> {
    /// The root task.
    pub const ROOT: Self = Self {
        number: 0,
        name: None,
        may_control: false,
    };
}

/// The lines of a console.
#[derive(Debug, Default)]
pub struct Lines {
    /// The author of the last line, if the line isn't complete.
    unfinished: Option<u64>,
}

impl Lines {
    /// Takes the place of characters that the author may not print.
    const REPLACEMENT: char = '?';

    /// Passes the bytes to send for `text` to `send`. A text of another author begins a new line.
    pub fn print(&mut self, author: &Author<'_>, text: &[u8], mut send: impl FnMut(u8)) {
        for chunk in text.utf8_chunks() {
            let replacement = (!chunk.invalid().is_empty()).then_some(Self::REPLACEMENT);
            for character in chunk.valid().chars().chain(replacement) {
                self.character(author, character, &mut send);
            }
        }
    }

    fn character(&mut self, author: &Author<'_>, character: char, send: &mut impl FnMut(u8)) {
        let mut put = |text: &str| text.bytes().for_each(&mut *send);
        if self.unfinished.is_some_and(|other| other != author.number) {
            put("\r\n");
            self.unfinished = None;
        }
        if let (None, Some(name)) = (self.unfinished, author.name) {
            put("[");
            put(name);
            put("] ");
        }
        self.unfinished = Some(author.number);
        match character {
            '\n' => {
                put("\r\n");
                self.unfinished = None;
            }
            '\t' => put("\t"),
            character if character.is_control() && !author.may_control => {
                put(Self::REPLACEMENT.encode_utf8(&mut [0; 4]));
            }
            character => put(character.encode_utf8(&mut [0; 4])),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::{Author, ConsoleRights, Lines};

    const SHELL: Author<'_> = Author {
        number: 1,
        name: Some("shell"),
        may_control: true,
    };
    const EVIL: Author<'_> = Author {
        number: 2,
        name: Some("evil"),
        may_control: false,
    };

    fn printed(texts: &[(&Author<'_>, &[u8])]) -> String {
        let (mut lines, mut bytes) = (Lines::default(), Vec::new());
        for (author, text) in texts {
            lines.print(author, text, |byte| bytes.push(byte));
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn each_line_names_its_author() {
        let lines = printed(&[
            (&SHELL, b"> "),
            (&SHELL, b"ps"),
            (&EVIL, b"a\n\nb"),
            (&Author::ROOT, b"ready\n"),
            (&SHELL, b"> "),
        ]);
        assert_eq!(
            lines,
            "[shell] > ps\r\n[evil] a\r\n[evil] \r\n[evil] b\r\nready\r\n[shell] > "
        );
    }

    #[test]
    fn no_byte_forges_a_line_of_the_root_task() {
        for start in 0..=u8::MAX {
            for next in [b'\r', b'\n', 0x1b, 0x85, 0x9b, 0xc2] {
                let text = [&[start, next], &b"READY\n"[..]].concat();
                let lines = printed(&[(&EVIL, b"x"), (&EVIL, &text)]);
                for line in lines.split_terminator("\r\n") {
                    assert!(line.starts_with("[evil] "), "{line:?}");
                    let mut characters = line.chars();
                    assert!(
                        characters.all(|it| it == '\t' || !it.is_control()),
                        "{line:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn control_is_a_right() {
        let erase = b"\x08 \x08\x1b[K";
        assert_eq!(printed(&[(&SHELL, erase)]), "[shell] \x08 \x08\x1b[K");
        assert_eq!(printed(&[(&EVIL, erase)]), "[evil] ? ??[K");
    }

    #[test]
    fn rights_survive() {
        for word in 0..4 {
            assert_eq!(ConsoleRights::from_word(word).to_word(), word);
        }
    }
}
