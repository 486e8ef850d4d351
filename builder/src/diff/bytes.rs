// SPDX-License-Identifier: BSD-2-Clause

//! Compares bytes.

/// Compares bytes that begin at the address or offset `start`. `None` if they are the same. Bytes on one side
/// only count as different.
pub(super) fn compare(one: &[u8], other: &[u8], start: u64) -> Option<String> {
    let differs = |index: &usize| one.get(*index) != other.get(*index);
    let all = 0..one.len().max(other.len());
    let first = all.clone().find(differs)?;
    let count = all.filter(differs).count();
    let sizes = match (one.len(), other.len()) {
        (one, other) if one == other => format!("{one} bytes"),
        (one, other) => format!("{one} and {other} bytes"),
    };
    let value = |side: &[u8]| {
        let byte = side.get(first);
        byte.map_or("end".to_owned(), |byte| format!("{byte:#04x}"))
    };
    let place = start + first as u64;
    let (one, other) = (value(one), value(other));
    Some(format!(
        "{count} of {sizes}, the first at {place:#x} ({one}, {other})"
    ))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn the_same() {
        assert_eq!(compare(b"image", b"image", 0x1000), None);
    }

    #[test]
    fn of_the_same_size() {
        let expected = "2 of 5 bytes, the first at 0x1002 (0x61, 0x41)";
        let found = compare(b"image", b"imAgE", 0x1000);
        assert_eq!(found.as_deref(), Some(expected));
    }

    #[test]
    fn a_longer_one() {
        let expected = "2 of 5 and 7 bytes, the first at 0x1005 (end, 0x73)";
        let found = compare(b"image", b"images.", 0x1000);
        assert_eq!(found.as_deref(), Some(expected));
    }
}
