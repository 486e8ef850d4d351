// SPDX-License-Identifier: BSD-2-Clause

//! Puts a line amid a console's output.

use super::Announcement;

/// Waits for the place of one line.
#[derive(Debug)]
pub(super) struct Announcer {
    announcement: Announcement,
    progress: Progress,
}

#[derive(Debug)]
enum Progress {
    /// The text to wait for may have begun with these bytes.
    Waiting(Vec<u8>),
    /// The text is there, but its line has not ended.
    Found,
    Done,
}

impl Announcer {
    pub(super) fn new(announcement: Announcement) -> Self {
        Self {
            announcement,
            progress: Progress::Waiting(Vec::new()),
        }
    }

    /// The next `piece` of the console, with the line if it belongs there.
    pub(super) fn amid(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut shown = Vec::with_capacity(piece.len());
        for &byte in piece {
            shown.push(byte);
            match &mut self.progress {
                Progress::Waiting(recent) => {
                    let text = self.announcement.after.as_bytes();
                    recent.push(byte);
                    recent.drain(..recent.len().saturating_sub(text.len()));
                    if recent == text {
                        self.progress = Progress::Found;
                    }
                }
                Progress::Found if byte == b'\n' => {
                    shown.extend_from_slice(self.announcement.line.as_bytes());
                    shown.extend_from_slice(b"\r\n");
                    self.progress = Progress::Done;
                }
                Progress::Found | Progress::Done => {}
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::{Announcement, Announcer};

    /// What is shown of the console's `pieces`.
    fn shown(pieces: &[&str]) -> String {
        let mut announcer = Announcer::new(Announcement {
            after: "\nready",
            line: "here".to_owned(),
        });
        let shown = pieces.iter().map(|piece| announcer.amid(piece.as_bytes()));
        String::from_utf8(shown.flatten().collect()).unwrap()
    }

    #[test]
    fn the_line_comes_once_below_the_text() {
        let pieces = ["ready\nrea", "d\n\nready now", "\r\n> \nready\n"];
        let expected = "ready\nread\n\nready now\r\nhere\r\n> \nready\n";
        assert_eq!(shown(&pieces), expected);
    }

    #[test]
    fn without_the_text_nothing_is_added() {
        assert_eq!(shown(&["\nread", "\ny\n"]), "\nread\ny\n");
    }
}
