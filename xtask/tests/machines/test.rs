// SPDX-License-Identifier: BSD-2-Clause

//! `cargo xtask test` without a kernel.

use crate::machine::{Machine, assert_says};

#[test]
fn sel4_requires_a_kernel() {
    let said = Machine::new().refuses_to(&["test", "--sel4"]);
    assert_says(&said, &["SEL4_PREFIX is not set"]);
}
