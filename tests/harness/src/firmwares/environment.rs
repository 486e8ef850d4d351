// SPDX-License-Identifier: BSD-2-Clause

//! U-Boot's variables.

use crc::{CRC_32_ISO_HDLC, Crc};

/// The size of the variables in flash with their checksum (`CONFIG_ENV_SIZE` in `qemu_arm64_defconfig`).
const SIZE: usize = 0x4_0000;

/// The content of a flash that lets U-Boot run `command` at once, and power the machine off if the command returns. In
/// contrast to a typed command, this leaves the console's input to the user.
pub fn u_boot_environment(command: &str) -> Vec<u8> {
    let mut variables = format!("bootdelay=0\0bootcmd={command}; poweroff\0").into_bytes();
    variables.resize(SIZE - size_of::<u32>(), 0);
    let checksum = Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(&variables);
    [&checksum.to_le_bytes(), &variables[..]].concat()
}
