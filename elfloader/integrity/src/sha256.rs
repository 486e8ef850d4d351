// SPDX-License-Identifier: BSD-2-Clause

//! SHA-256 (FIPS 180-4).

use core::arch::aarch64::{
    uint8x16_t, uint32x4_t, vaddq_u32, vreinterpretq_u32_u8, vrev32q_u8, vsha256h2q_u32,
    vsha256hq_u32, vsha256su0q_u32, vsha256su1q_u32,
};
use core::mem::transmute;
use core::slice;

use sha2::block_api::compress256;

use kaal_runtime::registers::has_sha256;

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

/// FIPS 180-4, section 4.2.2.
#[rustfmt::skip]
static ROUNDS: [[u32; 4]; 16] = [
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
];

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

/// Does four rounds: adds the oldest words of the schedule, in `$a`, to the state, and replaces them by the next ones.
/// A macro, because a function with these instructions can't be inlined always.
macro_rules! four_rounds {
    ($state:ident, $constants:expr, $a:ident, $b:ident, $c:ident, $d:ident) => {
        let [abcd, efgh] = $state;
        let sum = vaddq_u32($a, $constants);
        $state = [
            vsha256hq_u32(abcd, efgh, sum),
            vsha256h2q_u32(efgh, abcd, sum),
        ];
        $a = vsha256su1q_u32(vsha256su0q_u32($a, $b), $c, $d);
    };
}

#[target_feature(enable = "sha2")]
fn compress_by_instruction(state: &mut State, blocks: &[Vectors]) {
    // SAFETY: four numbers of 32 bits are a vector of them.
    let rounds: &[[uint32x4_t; 4]; 4] = unsafe { transmute(&ROUNDS) };
    // SAFETY: as above.
    let mut sum: [uint32x4_t; 2] = unsafe { transmute(state.0) };
    for block in blocks {
        let mut state = sum;
        let [a, b, c, d] = *block;
        let words = |bytes| vreinterpretq_u32_u8(vrev32q_u8(bytes));
        let (mut a, mut b, mut c, mut d) = (words(a), words(b), words(c), words(d));
        // The last words of the schedule are not needed, but a case for them would take more instructions.
        for constants in rounds {
            four_rounds!(state, constants[0], a, b, c, d);
            four_rounds!(state, constants[1], b, c, d, a);
            four_rounds!(state, constants[2], c, d, a, b);
            four_rounds!(state, constants[3], d, a, b, c);
        }
        sum = [vaddq_u32(sum[0], state[0]), vaddq_u32(sum[1], state[1])];
    }
    // SAFETY: as above.
    state.0 = unsafe { transmute::<[uint32x4_t; 2], [u32; 8]>(sum) };
}
