// SPDX-License-Identifier: BSD-2-Clause

//! Colours a console by the program that prints: loader, kernel or root task.

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

/// Colours a console in pieces of any size. It delays nothing, and resets the colour behind each piece, for
/// the user's own typing.
#[derive(Debug, Default)]
pub(super) struct Painter {
    speaker: Speaker,
    /// The line without an end so far.
    line: String,
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
            let style = self.style();
            painted.extend(style.render().to_string().bytes());
            painted.extend(text);
            painted.extend(style.render_reset().to_string().bytes());
            if text.len() < part.len() {
                painted.push(b'\n');
                self.end_line();
            }
        }
        painted
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
        String::from_utf8(painted)
            .unwrap()
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
        assert_eq!(
            paint(console, usize::MAX),
            "<L>KaaL 0.1.0: EL1, entering the kernel at 0x0</>\n\
             <K>Bootstrapping kernel</>\n\
             <K>Booting all finished, dropped to user space</>\n\
             KaaL root task 0.1.0\n\
             kaal> "
        );
        let plain = |text: String| {
            ["<L>", "<K>", "</>"]
                .iter()
                .fold(text, |text, mark| text.replace(mark, ""))
        };
        for size in 1..10 {
            assert_eq!(plain(paint(console, size)), console);
        }
    }

    #[test]
    fn alarms_stand_out() {
        assert_eq!(
            paint("KaaL: error: no RAM\nso it ends\n", usize::MAX),
            "<E>KaaL: error: no RAM</>\n<L>so it ends</>\n"
        );
    }

    #[test]
    fn no_colour_is_left_behind_a_piece() {
        assert_eq!(paint("KaaL", 2), "<L>Ka</><L>aL</>");
    }
}
