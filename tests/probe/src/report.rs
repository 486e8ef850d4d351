// SPDX-License-Identifier: BSD-2-Clause

//! The rows: what was checked, and the results.

use core::fmt;

use crate::console::println;

/// The most rows; there are fewer.
const CAPACITY: usize = 192;

#[derive(Clone, Copy, Default)]
struct Row {
    core: usize,
    what: &'static str,
    expected: u64,
    found: u64,
    ok: bool,
}

/// Collects rows until there is a console to print them on.
pub(crate) struct Report {
    rows: [Row; CAPACITY],
    count: usize,
    /// The core of the next rows.
    pub(crate) core: usize,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            rows: [Row::default(); CAPACITY],
            count: 0,
            core: 0,
        }
    }
}

impl Report {
    /// Adds a row that is ok if the values are equal.
    pub(crate) fn equal(&mut self, what: &'static str, expected: u64, found: u64) {
        self.add(what, expected, found, expected == found);
    }

    /// Adds a row that is ok if `found` is at least `expected`.
    pub(crate) fn at_least(&mut self, what: &'static str, expected: u64, found: u64) {
        self.add(what, expected, found, found >= expected);
    }

    /// Adds a row that is ok if `holds`.
    pub(crate) fn holds(&mut self, what: &'static str, holds: bool) {
        self.equal(what, 1, holds.into());
    }

    fn add(&mut self, what: &'static str, expected: u64, found: u64, ok: bool) {
        self.rows[self.count] = Row {
            core: self.core,
            what,
            expected,
            found,
            ok,
        };
        self.count += 1;
    }

    fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().take(self.count)
    }

    /// Whether all rows are ok.
    pub(crate) fn all_ok(&self) -> bool {
        self.rows().all(|row| row.ok)
    }

    /// Prints each row as a line.
    pub(crate) fn print(&self) {
        for row in self.rows() {
            let Row {
                core,
                what,
                expected,
                found,
                ok,
            } = row;
            let core = Core(*core);
            match ok {
                true => println!("probe: ok    {core}{what} ({found:#x})"),
                false => {
                    println!("probe: FAIL  {core}{what}: expected {expected:#x}, found {found:#x}");
                }
            }
        }
        println!(
            "probe: {} of {} rows ok",
            self.rows().filter(|row| row.ok).count(),
            self.count
        );
    }
}

/// A core's number at the start of a row; nothing for the first core.
struct Core(usize);

impl fmt::Display for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            core => write!(f, "core {core}: "),
        }
    }
}
