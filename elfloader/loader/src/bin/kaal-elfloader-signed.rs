// SPDX-License-Identifier: BSD-2-Clause

//! The loader that boots images which are signed with the key that it was given.

#![no_std]
#![no_main]

use kaal_elfloader::{SignedImages, boot, symbol_at};
use kaal_runtime::entry_point;

entry_point!(boot::<SignedImages>, b"loader", symbol_at::<SignedImages>);
