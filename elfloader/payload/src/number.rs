// SPDX-License-Identifier: BSD-2-Clause

//! Numbers and texts to print. The formatting of `core` supports padding and precision, which would add 3 KiB to the
//! loader.

use core::fmt::{self, Write};

/// A number, printed in hexadecimal, as `0x40000000`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub u64);

/// The result of [`crate::key_id`], printed as the key's first 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyId(pub u64);

/// A number, printed in decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal(pub u64);

/// A text, printed as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text<'a>(pub &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        let digits = (u64::BITS - self.0.leading_zeros()).div_ceil(4).max(1);
        write_digits(f, self.0, digits)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_digits(f, self.0, u64::BITS / 4)
    }
}

/// Writes the lowest `digits` hexadecimal digits of `number`.
fn write_digits(f: &mut fmt::Formatter<'_>, number: u64, digits: u32) -> fmt::Result {
    (0..digits).rev().try_for_each(|digit| {
        let value = (number >> (4 * digit) & 0xf) as u8;
        let first = if value < 10 { b'0' } else { b'a' - 10 };
        f.write_char((first + value).into())
    })
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 10 {
            Self(self.0 / 10).fmt(f)?;
        }
        f.write_char((b'0' + (self.0 % 10) as u8).into())
    }
}
