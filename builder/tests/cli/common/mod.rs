// SPDX-License-Identifier: BSD-2-Clause

//! Generated inputs, and a folder to build images in.

pub(crate) mod accepted;
pub(crate) mod device_tree;
pub(crate) mod elf;
pub(crate) mod folder;
pub(crate) mod formats;
pub(crate) mod loaded;
pub(crate) mod microkit;
pub(crate) mod named;
pub(crate) mod package;
pub(crate) mod programs;
pub(crate) mod symbols;
