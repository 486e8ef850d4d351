// SPDX-License-Identifier: BSD-2-Clause

//! What all programs on the target share, with or without the runtime's entry point and exception vectors.

#![no_std]

pub mod link;
pub mod registers;
