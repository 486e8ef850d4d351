// SPDX-License-Identifier: BSD-2-Clause

//! The components that are part of the root task's image, as `build.rs` has embedded them: those of
//! `system.toml` (`SYSTEM`), each behind those whose services it needs, and that of `self-test.toml`
//! (`SELF_TEST`).

use kaal_broker::{Access, Config, Image, Resources, Restart, Segment};

/// A component and its program.
pub(crate) struct Embedded {
    pub(crate) config: Config,
    pub(crate) image: Image<'static>,
}

include!(concat!(env!("OUT_DIR"), "/system.rs"));
