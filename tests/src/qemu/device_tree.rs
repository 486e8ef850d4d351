// SPDX-License-Identifier: BSD-2-Clause

//! Cuts the room off a device tree that QEMU leaves behind it: a mebibyte, where the tree
//! itself takes 8 KiB.

/// Offsets of fields in a flattened device tree's header (Devicetree Specification 0.4,
/// section 5.2).
mod field {
    pub(super) const TOTAL_SIZE: usize = 4;
    pub(super) const STRUCTURE_OFFSET: usize = 8;
    pub(super) const STRINGS_OFFSET: usize = 12;
    pub(super) const STRINGS_SIZE: usize = 32;
    pub(super) const STRUCTURE_SIZE: usize = 36;
}

/// Cuts a flattened device tree behind its last block; `None` where it has no sound header.
pub(super) fn cut(mut blob: Vec<u8>) -> Option<Vec<u8>> {
    let structure =
        read(&blob, field::STRUCTURE_OFFSET)?.checked_add(read(&blob, field::STRUCTURE_SIZE)?)?;
    let strings =
        read(&blob, field::STRINGS_OFFSET)?.checked_add(read(&blob, field::STRINGS_SIZE)?)?;
    let end = structure.max(strings);
    if end > read(&blob, field::TOTAL_SIZE)? || end as usize > blob.len() {
        return None;
    }
    blob.truncate(end as usize);
    blob.get_mut(field::TOTAL_SIZE..field::TOTAL_SIZE + 4)?
        .copy_from_slice(&end.to_be_bytes());
    Some(blob)
}

fn read(blob: &[u8], offset: usize) -> Option<u32> {
    let bytes = blob.get(offset..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::{cut, read};

    /// A header with a structure block of 8 bytes at 40 and strings of 4 bytes at 48.
    fn blob(total: u32) -> Vec<u8> {
        let fields = [0xd00d_feed, total, 40, 48, 0, 17, 16, 0, 4, 8];
        let mut blob: Vec<u8> = fields.into_iter().flat_map(u32::to_be_bytes).collect();
        blob.resize(total as usize, 0);
        blob
    }

    #[test]
    fn what_follows_the_last_block_goes() {
        let cut = cut(blob(4096)).unwrap();
        assert_eq!(cut.len(), 52);
        assert_eq!(read(&cut, 4), Some(52));
    }

    #[test]
    fn a_blob_that_ends_within_a_block_is_refused() {
        assert_eq!(cut(blob(50)), None);
        assert_eq!(cut(Vec::new()), None);
    }
}
