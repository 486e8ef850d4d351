// SPDX-License-Identifier: BSD-2-Clause

//! Tiny inputs and checks of images, connections, lines and disks, shared with the tests of other packages.

#![allow(dead_code, reason = "those tests use more of it")]

#[path = "../../builder/tests/cli/common/accepted.rs"]
pub(crate) mod accepted;
#[path = "../../builder/tests/cli/common/device_tree.rs"]
pub(crate) mod device_tree;
#[path = "../../root-task/disk/tests/common/mod.rs"]
pub(crate) mod disk;
#[path = "../../builder/tests/cli/common/elf.rs"]
pub(crate) mod elf;
#[path = "../../builder/tests/cli/common/loaded.rs"]
pub(crate) mod loaded;
#[path = "../../builder/tests/cli/common/microkit.rs"]
pub(crate) mod microkit;
#[path = "../../root-task/stack/tests/wire/network.rs"]
pub(crate) mod network;
#[path = "../../root-task/disk/tests/common/now.rs"]
pub(crate) mod now;
#[path = "../../builder/tests/cli/common/package.rs"]
pub(crate) mod package;
#[path = "../../root-task/stack/tests/wire/packets.rs"]
pub(crate) mod packets;
#[path = "../../builder/tests/cli/common/programs.rs"]
pub(crate) mod programs;
#[path = "../../root-task/reload/tests/common/mod.rs"]
pub(crate) mod reload;
#[path = "../../builder/tests/cli/common/symbols.rs"]
pub(crate) mod symbols;
#[path = "../../root-task/web/tests/core/wire.rs"]
pub(crate) mod wire;
