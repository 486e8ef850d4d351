// SPDX-License-Identifier: BSD-2-Clause

//! The attacker's code.

/// What the code prints. It begins like a failure, so that the run ends.
pub(crate) const MARK: &str = "KaaL: error: forged code runs";

/// Code that prints [`MARK`] on the PL011 at `uart`, and sleeps.
pub(crate) fn printing_on(uart: u64) -> Vec<u8> {
    let half = |shift: u64| ((uart >> shift & 0xffff) as u32) << 5;
    let code = [
        0x1000_0121,            //     adr  x1, text
        0xd2a0_0002 | half(16), //     movz x2, #uart, lsl #16
        0xf280_0002 | half(0),  //     movk x2, #uart
        0x3840_1423,            // 1:  ldrb w3, [x1], #1
        0x3400_0063,            //     cbz  w3, 2f
        0xb900_0043,            //     str  w3, [x2]
        0x17ff_fffd,            //     b    1b
        0xd503_207f,            // 2:  wfi
        0x17ff_ffff,            //     b    2b
    ];
    let code = code.into_iter().flat_map(u32::to_le_bytes);
    let text = MARK.bytes().chain([b'\r', b'\n', 0]);
    code.chain(text).collect()
}
