// SPDX-License-Identifier: BSD-2-Clause

//! Describes values of the exception syndrome register (Arm ARM, DDI 0487, section D24.2.40).

use aarch64_esr_decoder::{FieldInfo, decode};

/// The fields EC and IL. IL is 1 if EC is 0.
const EC_AND_IL: u64 = 0x7f << 25;

/// The class of an exception, and the access and the cause of an abort.
const FIELDS: [&str; 4] = ["EC", "WnR", "DFSC", "IFSC"];

/// What an exception with the syndrome `value` was. `None` if no exception has it.
pub(super) fn describe(value: u64) -> Option<String> {
    let fields = decode(value).ok().filter(|_| value & EC_AND_IL != 0)?;
    let mut words = Vec::new();
    collect(&fields, &mut words);
    Some(words.join("; "))
}

/// Adds the descriptions of the [`FIELDS`] in `fields` to `words`.
fn collect(fields: &[FieldInfo], words: &mut Vec<String>) {
    for field in fields {
        if let Some(text) = &field.description
            && FIELDS.contains(&field.name)
        {
            words.push(text.trim_end_matches('.').to_owned());
        }
        collect(&field.subfields, words);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::describe;

    fn check(value: u64, expected: Expect) {
        expected.assert_eq(&describe(value).unwrap_or_default());
    }

    #[test]
    fn aborts() {
        check(
            0x9600_0045,
            expect![
                "Data Abort taken without a change in Exception level; Abort caused by writing to memory; Translation fault, level 1"
            ],
        );
        check(
            0x8600_0006,
            expect![
                "Instruction Abort taken without a change in Exception level; Translation fault, level 2"
            ],
        );
    }

    #[test]
    fn other_exceptions() {
        check(0x0200_0000, expect!["Unknown reason"]);
        check(
            0xf200_0001,
            expect!["BRK instruction execution in AArch64 state"],
        );
    }

    /// QEMU prints the class before the value.
    #[test]
    fn no_syndromes() {
        for value in [0, 0x25, 0x3c, u64::MAX] {
            assert_eq!(describe(value), None, "{value:#x}");
        }
    }
}
