// SPDX-License-Identifier: BSD-2-Clause

//! The number of tokens read grows with the size of a tree, not faster, even if the tree is malformed.

extern crate std;

use core::cell::Cell;
use std::format;
use std::vec::Vec;

use vm_fdt::FdtWriter;

use crate::Facts;

std::thread_local! {
    static TOKENS: Cell<usize> = const { Cell::new(0) };
}

/// Counts a token.
pub(crate) fn count() {
    TOKENS.set(TOKENS.get() + 1);
}

/// The number of tokens that `run` reads.
fn tokens_read(run: impl FnOnce()) -> usize {
    let before = TOKENS.get();
    run();
    TOKENS.get() - before
}

/// A tree whose `/reserved-memory` has `count` properties and `count` children, each with a page of its own.
fn crowded(count: u32) -> Vec<u8> {
    let mut fdt = FdtWriter::new().unwrap();
    let root = fdt.begin_node("").unwrap();
    let reserved = fdt.begin_node("reserved-memory").unwrap();
    for property in 0..count {
        fdt.property_null(&format!("p{property}")).unwrap();
    }
    fdt.property_u32("#address-cells", 1).unwrap();
    fdt.property_u32("#size-cells", 1).unwrap();
    fdt.property_null("ranges").unwrap();
    for child in 0..count {
        let node = fdt.begin_node(&format!("c{child}")).unwrap();
        let reg = [child << 12, 1 << 12];
        fdt.property_array_u32("reg", &reg).unwrap();
        fdt.end_node(node).unwrap();
    }
    fdt.end_node(reserved).unwrap();
    fdt.end_node(root).unwrap();
    fdt.finish().unwrap()
}

#[test]
fn twice_the_nodes_take_twice_the_work() {
    let all = |count: u32| {
        let blob = crowded(count);
        tokens_read(|| {
            let (tree, facts) = Facts::parse(&blob).unwrap();
            assert_eq!(facts.memory.len(), count as usize);
            assert!(crate::misunderstood(&tree).is_none());
        })
    };
    let (once, twice) = (all(50), all(100));
    assert!(twice <= 2 * once, "{once} tokens, then {twice}");
}
