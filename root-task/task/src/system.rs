// SPDX-License-Identifier: BSD-2-Clause

//! The components that are part of the root task's image, as `build.rs` has embedded them.

use kaal_broker::{Config, Image, Quota, Restart, Rights, Segment};

/// A component and its program.
pub(crate) struct Embedded {
    pub(crate) config: Config,
    pub(crate) image: Image<'static>,
}

include!(concat!(env!("OUT_DIR"), "/system.rs"));

/// The components of `system.toml`, each behind those whose services it needs.
pub(crate) fn components() -> &'static [Embedded] {
    SYSTEM
}

/// The component of `self-test.toml`.
pub(crate) fn self_test() -> &'static [Embedded] {
    SELF_TEST
}
