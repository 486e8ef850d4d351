// SPDX-License-Identifier: BSD-2-Clause

//! Colours a console by the program that prints: loader, kernel or root task.

use std::mem;

use anstyle::{AnsiColor, Style};

/// Texts in the last line of the loader and of the kernels.
const LOADER_ENDS: &str = "entering the kernel";
const KERNEL_ENDS: [&str; 2] = ["dropped to user space", "starting the user image"];

/// The beginnings of the loader's errors and faults, which can also appear while the kernel runs with the
/// loader's vectors.
const ERROR: &str = "KaaL: ";

const LOADER: Style = AnsiColor::Cyan.on_default();
const KERNEL: Style = AnsiColor::Yellow.on_default();
const ALARM: Style = AnsiColor::Red.on_default().bold();

/// Colours a console, which comes in pieces of any size, line by line. It delays nothing.
#[derive(Debug, Default)]
pub(super) struct Painter {
    speaker: Speaker,
    /// The line without an end so far.
    line: String,
    /// The terminal's colour behind the last piece.
    current: Style,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Speaker {
    #[default]
    Loader,
    Kernel,
    RootTask,
}

impl Painter {
    /// A piece of a console, coloured.
    pub(super) fn paint(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut painted = Vec::new();
        for part in piece.split_inclusive(|&byte| byte == b'\n') {
            let text = part.strip_suffix(b"\n").unwrap_or(part);
            self.line.push_str(&String::from_utf8_lossy(text));
            painted.extend(self.turn_to(self.style()).bytes());
            painted.extend(text);
            if text.len() < part.len() {
                painted.extend(self.reset().bytes());
                painted.push(b'\n');
                self.end_line();
            }
        }
        painted
    }

    /// Takes back the colour of a line without an end.
    pub(super) fn reset(&mut self) -> String {
        self.turn_to(Style::new())
    }

    /// The escape sequences that change the terminal's colour to `style`.
    fn turn_to(&mut self, style: Style) -> String {
        let before = mem::replace(&mut self.current, style);
        match before == style {
            true => String::new(),
            false => format!("{before:#}{style}"),
        }
    }

    /// Whether the last line has no end so far.
    pub(super) fn is_within_line(&self) -> bool {
        !self.line.is_empty()
    }

    fn style(&self) -> Style {
        match self.speaker {
            _ if self.line.starts_with(ERROR) => ALARM,
            Speaker::Loader => LOADER,
            Speaker::Kernel => KERNEL,
            Speaker::RootTask => Style::new(),
        }
    }

    fn end_line(&mut self) {
        let ends = |words: &[&str]| words.iter().any(|words| self.line.contains(words));
        self.speaker = match self.speaker {
            Speaker::Loader if ends(&[LOADER_ENDS]) => Speaker::Kernel,
            Speaker::Kernel if ends(&KERNEL_ENDS) => Speaker::RootTask,
            speaker => speaker,
        };
        self.line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::Painter;

    /// The coloured `console`, with a letter for each colour, if it comes in pieces of `size` bytes.
    fn paint(console: &str, size: usize) -> String {
        let mut painter = Painter::default();
        let pieces = console.as_bytes().chunks(size);
        let painted = pieces.flat_map(|piece| painter.paint(piece)).collect();
        (String::from_utf8(painted).unwrap() + &painter.reset())
            .replace("\u{1b}[36m", "<L>")
            .replace("\u{1b}[33m", "<K>")
            .replace("\u{1b}[1m\u{1b}[31m", "<E>")
            .replace("\u{1b}[0m", "</>")
    }

    #[test]
    fn speakers_are_told_apart() {
        let console = "KaaL 0.1.0: EL1, entering the kernel at 0x0\n\
                       Bootstrapping kernel\n\
                       Booting all finished, dropped to user space\n\
                       KaaL root task 0.1.0\n\
                       kaal> ";
        for size in [1, 2, 7, console.len()] {
            assert_eq!(
                paint(console, size),
                "<L>KaaL 0.1.0: EL1, entering the kernel at 0x0</>\n\
                 <K>Bootstrapping kernel</>\n\
                 <K>Booting all finished, dropped to user space</>\n\
                 KaaL root task 0.1.0\n\
                 kaal> "
            );
        }
    }

    #[test]
    fn alarms_stand_out() {
        let console = "KaaL: error: no RAM\nso it ends\n";
        let painted = "<E>KaaL: error: no RAM</>\n<L>so it ends</>\n";
        assert_eq!(paint(console, console.len()), painted);
        let painted = "<L>KaaL:</><E> error: no RAM</>\n<L>so it ends</>\n";
        assert_eq!(paint(console, 1), painted);
    }

    #[test]
    fn no_colour_is_left_behind_the_last_line() {
        assert_eq!(paint("KaaL", 2), "<L>KaaL</>");
    }
}
