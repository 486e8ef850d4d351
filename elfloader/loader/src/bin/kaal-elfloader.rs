// SPDX-License-Identifier: BSD-2-Clause

//! The loader that boots any image.

#![no_std]
#![no_main]

use kaal_elfloader::{AnyImage, boot, symbol_at};
use kaal_runtime::entry_point;

entry_point!(boot::<AnyImage>, b"loader", symbol_at::<AnyImage>);
