// SPDX-License-Identifier: BSD-2-Clause

//! Formats sizes for people.

/// Formats `bytes` in the largest unit that gives at least one, with one decimal if needed: `64 KiB`, `2.2 MiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let unit = (bytes.max(1).ilog2() as usize / 10).min(UNITS.len() - 1);
    let scale = 1u64 << (10 * unit);
    let tenths = u128::from(bytes) * 10 / u128::from(scale);
    match (bytes, tenths % 10) {
        (1, _) => "1 byte".to_owned(),
        (_, 0) => format!("{} {}", tenths / 10, UNITS[unit]),
        (_, tenth) => format!("{}.{tenth} {}", tenths / 10, UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes() {
        let sizes = [0, 1, 1023, 1024, 1536, 0x23d000, 1 << 30, u64::MAX].map(size);
        let expected = [
            "0 bytes",
            "1 byte",
            "1023 bytes",
            "1 KiB",
            "1.5 KiB",
            "2.2 MiB",
            "1 GiB",
            "16777215.9 TiB",
        ];
        assert_eq!(sizes, expected);
    }
}
