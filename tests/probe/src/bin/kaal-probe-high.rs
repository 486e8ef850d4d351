// SPDX-License-Identifier: BSD-2-Clause

//! The probe kernel, linked to be entered at EL1 above 4 GiB.

#![no_std]
#![no_main]

use kaal_probe as _;
