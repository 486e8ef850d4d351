// SPDX-License-Identifier: BSD-2-Clause

//! SHA-256 (FIPS 180-4).

use core::arch::aarch64::uint8x16_t;
use core::arch::asm;
use core::mem::transmute;
use core::slice;

use sha2::block_api::compress256;

use kaal_arch::registers::has_sha256;

/// Size in bytes of a block.
pub const BLOCK_SIZE: usize = 64;

/// Size in bytes of the message's length, at the end of the last block.
const LENGTH_SIZE: usize = size_of::<u64>();

/// The hash of the blocks so far, aligned as the vectors that instructions compute it in.
#[repr(align(16))]
struct State([u32; 8]);

/// FIPS 180-4, section 5.3.3.
const INITIAL: State = State([
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
]);

/// Constants of four rounds each, aligned as vectors.
#[repr(align(16))]
struct Constants([[u32; 4]; 16]);

/// FIPS 180-4, section 4.2.2.
#[rustfmt::skip]
static ROUNDS: Constants = Constants([
    [0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5],
    [0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5],
    [0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3],
    [0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174],
    [0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc],
    [0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da],
    [0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7],
    [0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967],
    [0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13],
    [0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85],
    [0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3],
    [0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070],
    [0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5],
    [0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3],
    [0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208],
    [0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2],
]);

/// A block, aligned so that few instructions load it.
type Vectors = [uint8x16_t; BLOCK_SIZE / size_of::<uint8x16_t>()];

/// The SHA-256 of `bytes`.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha256_of_parts(&[], bytes)
}

/// The SHA-256 of the blocks in `first` and then `bytes`.
pub(crate) fn sha256_of_parts(first: &[[u8; BLOCK_SIZE]], bytes: &[u8]) -> [u8; 32] {
    let length = (first.as_flattened().len() + bytes.len()) as u64;
    let mut state = INITIAL;
    compress(&mut state, first);
    let (blocks, rest) = bytes.as_chunks();
    compress(&mut state, blocks);

    // The message ends with a set bit, and with its length in bits at the end of a block.
    let mut last = [0; BLOCK_SIZE];
    for (place, &byte) in last.iter_mut().zip(rest) {
        *place = byte;
    }
    if let Some(place) = last.get_mut(rest.len()) {
        *place = 0x80;
    }
    if rest.len() >= BLOCK_SIZE - LENGTH_SIZE {
        compress(&mut state, slice::from_ref(&last));
        last = [0; BLOCK_SIZE];
    }
    if let Some(end) = last.last_chunk_mut() {
        *end = (length * 8).to_be_bytes();
    }
    compress(&mut state, slice::from_ref(&last));

    // SAFETY: numbers are bytes.
    unsafe { transmute(state.0.map(u32::to_be)) }
}

fn compress(state: &mut State, blocks: &[[u8; BLOCK_SIZE]]) {
    // SAFETY: any sixteen bytes are a vector.
    let (head, vectors, _) = unsafe { blocks.as_flattened().align_to::<Vectors>() };
    if has_sha256() && head.is_empty() {
        // SAFETY: the processor has the instructions.
        unsafe { compress_by_instruction(state, vectors) };
    } else {
        compress256(&mut state.0, blocks);
    }
}

/// Four rounds: adds the oldest words of the schedule, in `$a`, to the state, with the constants in `$k`.
macro_rules! four_rounds {
    ($k:literal, $a:literal) => {
        concat!(
            "add v8.4s, v",
            $a,
            ".4s, v",
            $k,
            ".4s\n",
            "mov v9.16b, v4.16b\n",
            "sha256h q4, q5, v8.4s\n",
            "sha256h2 q5, q9, v8.4s\n",
        )
    };
}

/// Replaces the words of the schedule in `$a` by the next ones.
macro_rules! next_words {
    ($a:literal, $b:literal, $c:literal, $d:literal) => {
        concat!(
            "sha256su0 v",
            $a,
            ".4s, v",
            $b,
            ".4s\n",
            "sha256su1 v",
            $a,
            ".4s, v",
            $c,
            ".4s, v",
            $d,
            ".4s\n",
        )
    };
}

/// Sixteen rounds and the next words, with the constants from `$k` on.
macro_rules! sixteen_rounds {
    ($k:literal, $l:literal, $m:literal, $n:literal) => {
        concat!(
            four_rounds!($k, 0),
            next_words!(0, 1, 2, 3),
            four_rounds!($l, 1),
            next_words!(1, 2, 3, 0),
            four_rounds!($m, 2),
            next_words!(2, 3, 0, 1),
            four_rounds!($n, 3),
            next_words!(3, 0, 1, 2),
        )
    };
}

/// All constants stay in registers, for which the compiler would have no room: a block takes 100 instructions, not 140.
#[target_feature(enable = "sha2")]
fn compress_by_instruction(state: &mut State, blocks: &[Vectors]) {
    let range = blocks.as_ptr_range();
    // SAFETY: this reads blocks and constants, and updates the state. All are aligned.
    unsafe {
        asm!(
            "ldp q4, q5, [{state}]",
            "ldp q16, q17, [{constants}]",
            "ldp q18, q19, [{constants}, #32]",
            "ldp q20, q21, [{constants}, #64]",
            "ldp q22, q23, [{constants}, #96]",
            "ldp q24, q25, [{constants}, #128]",
            "ldp q26, q27, [{constants}, #160]",
            "ldp q28, q29, [{constants}, #192]",
            "ldp q30, q31, [{constants}, #224]",
            "b 3f",
            "2:",
            "ldp q0, q1, [{place}], #32",
            "ldp q2, q3, [{place}], #32",
            ".irp register, 0, 1, 2, 3",
            "rev32 v\\register\\().16b, v\\register\\().16b",
            ".endr",
            "mov v6.16b, v4.16b",
            "mov v7.16b, v5.16b",
            sixteen_rounds!(16, 17, 18, 19),
            sixteen_rounds!(20, 21, 22, 23),
            sixteen_rounds!(24, 25, 26, 27),
            four_rounds!(28, 0),
            four_rounds!(29, 1),
            four_rounds!(30, 2),
            four_rounds!(31, 3),
            "add v4.4s, v4.4s, v6.4s",
            "add v5.4s, v5.4s, v7.4s",
            "3:",
            "cmp {place}, {end}",
            "b.ne 2b",
            "stp q4, q5, [{state}]",
            state = in(reg) state,
            constants = in(reg) &raw const ROUNDS.0,
            place = inout(reg) range.start => _,
            end = in(reg) range.end,
            out("v0") _, out("v1") _, out("v2") _, out("v3") _, out("v4") _, out("v5") _,
            out("v6") _, out("v7") _, out("v8") _, out("v9") _, out("v16") _, out("v17") _,
            out("v18") _, out("v19") _, out("v20") _, out("v21") _, out("v22") _, out("v23") _,
            out("v24") _, out("v25") _, out("v26") _, out("v27") _, out("v28") _, out("v29") _,
            out("v30") _, out("v31") _,
            options(nostack),
        );
    }
}
