// SPDX-License-Identifier: BSD-2-Clause

//! Finds the numbers in a line that can be addresses.

/// Prefix of a hexadecimal number.
const PREFIX: &str = "0x";

/// Words before a program counter, as the loader, seL4 (16.0.0, `src/kernel/faulthandler.c`,
/// `src/arch/arm/64/kernel/vspace.c`, `src/arch/arm/64/c_traps.c`), KaaL's root task and debuggers print them.
const PROGRAM_COUNTER: [&str; 7] = [
    "elr",
    "pc",
    "ip",
    "faultip",
    "address",
    "instruction",
    "counter",
];

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number<'a> {
    /// As in the line.
    pub(super) text: &'a str,
    pub(super) value: u64,
    /// The program from whose start it counts. `None` for an address.
    pub(super) base: Option<&'a str>,
    /// Whether the line calls it a program counter. Otherwise it may be a return address.
    pub(super) is_program_counter: bool,
}

/// The numbers in `line`.
pub(super) fn numbers(line: &str) -> impl Iterator<Item = Number<'_>> {
    line.match_indices(PREFIX)
        .filter_map(|(start, _)| number(line, start))
}

/// The number with the prefix at `start`, if it fits an address.
fn number(line: &str, start: usize) -> Option<Number<'_>> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let before = &line[..start];
    let digits = &line[start + PREFIX.len()..];
    let digits = digits.split(|letter| !is_part(letter)).next()?;
    if before.ends_with(is_part) {
        return None;
    }
    let value = u64::from_str_radix(digits, 16).ok()?;
    let end = start + PREFIX.len() + digits.len();
    let base = before.strip_suffix('+');
    let base = base.map(|before| &before[before.trim_end_matches(is_part).len()..]);
    let text_start = start - base.map_or(0, |base| base.len() + 1);
    Some(Number {
        text: &line[text_start..end],
        value,
        base,
        is_program_counter: is_program_counter(&line[..text_start]),
    })
}

/// Whether the last word of `before`, apart from numbers, announces a program counter.
fn is_program_counter(before: &str) -> bool {
    before
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .rfind(|word| !word.is_empty() && !word.starts_with(PREFIX))
        .is_some_and(|word| PROGRAM_COUNTER.contains(&word.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    /// Text, value, base and whether it is a program counter, of each number.
    fn found(line: &str) -> Vec<(&str, u64, Option<&str>, bool)> {
        numbers(line)
            .map(|number| {
                let is_program_counter = number.is_program_counter;
                (number.text, number.value, number.base, is_program_counter)
            })
            .collect()
    }

    #[test]
    fn of_the_loader() {
        assert_eq!(
            found("KaaL: ESR 0x2000000, ELR 0xffffff8040000000, FAR 0x0, at EL1"),
            [
                ("0x2000000", 0x200_0000, None, false),
                ("0xffffff8040000000", 0xffff_ff80_4000_0000, None, true),
                ("0x0", 0, None, false),
            ]
        );
        assert_eq!(
            found("KaaL: ELR 0x40404214: loader+0x4214 <kaal::Hand>::enter+0x10"),
            [
                ("0x40404214", 0x4040_4214, None, true),
                ("loader+0x4214", 0x4214, Some("loader"), true),
                ("enter+0x10", 0x10, Some("enter"), false),
            ]
        );
        assert_eq!(
            found("KaaL: x28 0x6, x30 0x40404238"),
            [
                ("0x6", 6, None, false),
                ("0x40404238", 0x4040_4238, None, false)
            ]
        );
    }

    #[test]
    fn of_the_kernel() {
        for line in [
            "in thread 0xff807fbf \"rootserver\" at address 0x4012f0",
            "Faulting instruction: 0x4012f0",
            "Fault attributed to program counter: 0x4012f0",
        ] {
            let last = found(line).pop();
            assert_eq!(last, Some(("0x4012f0", 0x4012f0, None, true)), "{line}");
        }
        assert_eq!(
            found("0x412340: 0x4012f0").pop(),
            Some(("0x4012f0", 0x4012f0, None, false))
        );
    }

    #[test]
    fn what_is_no_number() {
        for line in [
            "",
            "0x",
            "0xg",
            "10x20",
            "0x12_34",
            "0x12345678901234567",
            "é0x",
            "x0 ",
        ] {
            assert_eq!(found(line), [], "{line}");
        }
        assert_eq!(found("é0x1é"), [("0x1", 1, None, false)]);
        assert_eq!(found("+0x1"), [("+0x1", 1, Some(""), false)]);
    }
}
