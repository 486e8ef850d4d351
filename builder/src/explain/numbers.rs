// SPDX-License-Identifier: BSD-2-Clause

//! Finds the numbers in a line that can be addresses, or values of the exception syndrome register.

/// Prefix of a hexadecimal number.
const PREFIX: &str = "0x";

/// Between the bounds of a range of memory, which are no addresses in code.
const RANGE: &str = "..";

/// Digits of a hexadecimal number without a prefix. U-Boot, Linux and QEMU print registers so, edk2 the stack.
const DIGITS: usize = 16;

/// Words before a program counter, as these print them:
///
/// - the loader, KaaL's root task and debuggers
/// - seL4 16.0.0, `src/kernel/faulthandler.c`, `src/arch/arm/64/kernel/vspace.c`, `src/arch/arm/64/c_traps.c`
/// - TF-A, `common/backtrace`, `bl31/aarch64/crash_reporting.S`
/// - U-Boot, `arch/arm/lib/interrupts_64.c`
/// - edk2, `ArmPkg/Library/DefaultExceptionHandlerLib`
/// - QEMU, `target/arm/helper.c`
const PROGRAM_COUNTER: [&str; 8] = [
    "elr",
    "pc",
    "ip",
    "faultip",
    "address",
    "instruction",
    "counter",
    "at",
];

/// Words before a value of the exception syndrome register, as the same programs print them.
const SYNDROME: [&str; 5] = ["esr", "dfsr", "status", "syndrome", "exception"];

/// What a line says that a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    ProgramCounter,
    Syndrome,
    /// Something else, such as a return address.
    Unknown,
}

/// A number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number<'a> {
    /// As in the line.
    pub(super) text: &'a str,
    pub(super) value: u64,
    /// The program from whose start it counts. `None` for an address.
    pub(super) base: Option<&'a str>,
    pub(super) role: Role,
}

/// The numbers in `line`.
pub(super) fn numbers(line: &str) -> impl Iterator<Item = Number<'_>> {
    // What the words before announce: without the last one, which may be a base, and with it.
    let mut announced = [Role::Unknown; 2];
    words(line).filter_map(move |(start, word)| {
        let Some(value) = value(word) else {
            announced = [announced[1], role(word).unwrap_or(announced[1])];
            return None;
        };
        let is_bound =
            line[..start].ends_with(RANGE) || line[start + word.len()..].starts_with(RANGE);
        if is_bound {
            return None;
        }
        let base = line[..start].strip_suffix('+');
        let base = base.map(|before| &before[before.trim_end_matches(is_part).len()..]);
        let text_start = start - base.map_or(0, |base| base.len() + 1);
        Some(Number {
            text: &line[text_start..start + word.len()],
            value,
            base,
            role: announced[usize::from(base.is_none())],
        })
    })
}

/// The words in `line`, some of them empty, and their starts.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_other = |letter| !is_part(letter);
    let mut end = 0;
    line.split_inclusive(is_other).map(move |piece| {
        let start = end;
        end += piece.len();
        (start, piece.trim_end_matches(is_other))
    })
}

/// Whether `letter` can be a part of a number or a name.
fn is_part(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The value of the hexadecimal number `word`, if it fits an address.
fn value(word: &str) -> Option<u64> {
    let digits = match word.strip_prefix(PREFIX) {
        Some(digits) => digits,
        None => Some(word).filter(|word| word.len() == DIGITS)?,
    };
    u64::from_str_radix(digits, 16).ok()
}

/// What `word` announces. `None` if that is the word before it.
fn role(word: &str) -> Option<Role> {
    let mut parts = word.split('_');
    let part = parts.rfind(|part| !part.is_empty() && !is_level(part))?;
    let part = part.to_ascii_lowercase();
    Some(if PROGRAM_COUNTER.contains(&part.as_str()) {
        Role::ProgramCounter
    } else if SYNDROME.contains(&part.as_str()) {
        Role::Syndrome
    } else {
        Role::Unknown
    })
}

/// Whether `word` is an exception level, as in `ESR_EL1`.
fn is_level(word: &str) -> bool {
    let level = word.get(..2).zip(word.get(2..));
    level.is_some_and(|(name, level)| {
        name.eq_ignore_ascii_case("el") && ["0", "1", "2", "3"].contains(&level)
    })
}

#[cfg(test)]
mod tests {
    use super::Role::{self, ProgramCounter, Syndrome, Unknown};
    use super::numbers;

    /// Text, value, base and role of each number.
    fn found(line: &str) -> Vec<(&str, u64, Option<&str>, Role)> {
        numbers(line)
            .map(|number| (number.text, number.value, number.base, number.role))
            .collect()
    }

    #[test]
    fn of_the_loader() {
        assert_eq!(
            found("KaaL: ESR 0x2000000, ELR 0xffffff8040000000, FAR 0x0, at EL1"),
            [
                ("0x2000000", 0x200_0000, None, Syndrome),
                (
                    "0xffffff8040000000",
                    0xffff_ff80_4000_0000,
                    None,
                    ProgramCounter
                ),
                ("0x0", 0, None, Unknown),
            ]
        );
        assert_eq!(
            found("KaaL: ELR 0x40404214: loader+0x4214 <kaal::Hand>::enter+0x10"),
            [
                ("0x40404214", 0x4040_4214, None, ProgramCounter),
                ("loader+0x4214", 0x4214, Some("loader"), ProgramCounter),
                ("enter+0x10", 0x10, Some("enter"), Unknown),
            ]
        );
        assert_eq!(
            found("KaaL: x28 0x6, x30 0x40404238"),
            [
                ("0x6", 6, None, Unknown),
                ("0x40404238", 0x4040_4238, None, Unknown)
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
            assert_eq!(
                last,
                Some(("0x4012f0", 0x4012f0, None, ProgramCounter)),
                "{line}"
            );
        }
        assert_eq!(
            found("0x412340: 0x4012f0").pop(),
            Some(("0x4012f0", 0x4012f0, None, Unknown))
        );
    }

    #[test]
    fn what_is_no_number() {
        for line in [
            "  [ffffff8040000000..ffffff804023d000)",
            "RAM 0x40000000..0x80000000",
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
        assert_eq!(found("é0x1é"), [("0x1", 1, None, Unknown)]);
        assert_eq!(found("+0x1"), [("+0x1", 1, Some(""), Unknown)]);
    }

    #[test]
    fn of_other_firmware() {
        let word = "000000004abc1234";
        for line in [
            "elr: 000000004abc1234",
            "PC=000000004abc1234",
            "pc : 000000004abc1234",
        ] {
            assert_eq!(
                found(line),
                [(word, 0x4abc_1234, None, ProgramCounter)],
                "{line}"
            );
        }
        for line in [
            "lr : 000000004abc1234",
            "X30=000000004abc1234",
            "0: EL3: 0x4abc1234",
            "x30            = 0x4abc1234",
        ] {
            let (_, value, base, role) = found(line)[0];
            assert_eq!((value, base, role), (0x4abc_1234, None, Unknown), "{line}");
        }
        for line in [
            "PANIC at PC : 0x4abc1234",
            "Synchronous Exception at 0x000000004abc1234",
            "...to EL1 PC 0x4abc1234 PSTATE",
            "elr_el3        = 0x4abc1234",
        ] {
            let (_, value, _, role) = found(line)[0];
            assert_eq!((value, role), (0x4abc_1234, ProgramCounter), "{line}");
        }
    }

    #[test]
    fn syndromes() {
        for line in [
            "...with ESR 0x25/0x96000045",
            "handler, esr 0x96000045",
            "exception reason=1 syndrome=0x96000045",
            "with status 0x96000045",
            "user exception 0x96000045",
            "ESR (DFSR): 0x96000045",
            "esr_el3        = 0x0000000096000045",
        ] {
            let last = found(line).pop().expect("a number");
            assert_eq!((last.1, last.3), (0x9600_0045, Syndrome), "{line}");
        }
    }
}
