// SPDX-License-Identifier: BSD-2-Clause

//! The functions that QEMU calls, and those of QEMU that the plugin calls ("QEMU TCG Plugins" in QEMU's manual).

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::segments::Counter;
use crate::total;

/// The version of the interface. The functions below are the same in all of them.
#[unsafe(no_mangle)]
static qemu_plugin_version: c_int = if cfg!(feature = "second-interface") {
    2
} else {
    1
};

/// `QEMU_PLUGIN_CB_NO_REGS`: a callback that accesses no registers.
const NO_REGISTERS: c_int = 0;
/// `QEMU_PLUGIN_MEM_RW`: loads and stores.
const LOADS_AND_STORES: c_int = 3;

/// A block of instructions while QEMU translates it.
#[repr(C)]
struct Block {
    _private: [u8; 0],
}

/// An instruction of a block.
#[repr(C)]
struct Instruction {
    _private: [u8; 0],
}

type Executed = extern "C" fn(core: c_uint, index: *mut c_void);
type BlockExecuted = extern "C" fn(core: c_uint, argument: *mut c_void);
type Accessed = extern "C" fn(core: c_uint, access: u32, address: u64, unused: *mut c_void);

unsafe extern "C" {
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: u64, call: extern "C" fn(u64, *mut Block));
    fn qemu_plugin_register_atexit_cb(
        id: u64,
        call: extern "C" fn(u64, *mut c_void),
        unused: *mut c_void,
    );
    fn qemu_plugin_register_vcpu_tb_exec_cb(
        block: *mut Block,
        call: BlockExecuted,
        flags: c_int,
        argument: *mut c_void,
    );
    fn qemu_plugin_tb_vaddr(block: *const Block) -> u64;
    fn qemu_plugin_tb_n_insns(block: *const Block) -> usize;
    fn qemu_plugin_tb_get_insn(block: *const Block, index: usize) -> *mut Instruction;
    fn qemu_plugin_insn_vaddr(instruction: *const Instruction) -> u64;
    fn qemu_plugin_insn_haddr(instruction: *const Instruction) -> *mut c_void;
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        instruction: *mut Instruction,
        call: Executed,
        flags: c_int,
        index: *mut c_void,
    );
    fn qemu_plugin_register_vcpu_mem_cb(
        instruction: *mut Instruction,
        call: Accessed,
        flags: c_int,
        kinds: c_int,
        unused: *mut c_void,
    );
    safe fn qemu_plugin_mem_size_shift(access: u32) -> c_uint;
}

static COUNTER: Mutex<Option<Counter>> = Mutex::new(None);

fn counter() -> MutexGuard<'static, Option<Counter>> {
    COUNTER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// QEMU calls this once, with the plugin's options: `end=0xADDRESS` to count in segments, or `from=0xADDRESS` and
/// `total=FILE` for the total.
///
/// # Safety
///
/// `arguments` must point to `count` strings.
#[unsafe(no_mangle)]
unsafe extern "C" fn qemu_plugin_install(
    id: u64,
    _machine: *const c_void,
    count: c_int,
    arguments: *const *const c_char,
) -> c_int {
    let mut end = None;
    let mut from = None;
    let mut file = None;
    for index in 0..usize::try_from(count).unwrap_or_default() {
        // SAFETY: QEMU passes this many strings, which end with a zero.
        let argument = unsafe { CStr::from_ptr(*arguments.add(index)) };
        match argument.to_str().ok().and_then(|it| it.split_once('=')) {
            Some(("end", text)) => end = address(text),
            Some(("from", text)) => from = address(text),
            Some(("total", text)) => file = Some(text.to_owned()),
            _ => {}
        }
    }
    match (end, from, file) {
        (Some(end), None, None) => {
            *counter() = Some(Counter::new(end));
            // SAFETY: `id` is this plugin's.
            unsafe { qemu_plugin_register_vcpu_tb_trans_cb(id, translated) };
            0
        }
        (None, Some(from), Some(file)) => {
            total::begin_at(from, file);
            // SAFETY: as above.
            unsafe {
                qemu_plugin_register_vcpu_tb_trans_cb(id, translated_whole);
                qemu_plugin_register_atexit_cb(id, ended, ptr::null_mut());
            }
            0
        }
        _ => {
            eprintln!(
                "end=0xADDRESS expected, the first instruction that isn't counted, or from=0xADDRESS and total=FILE"
            );
            1
        }
    }
}

/// Reads `0xADDRESS`.
fn address(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// Lets QEMU report each execution of a block.
extern "C" fn translated_whole(_id: u64, block: *mut Block) {
    // SAFETY: QEMU has just passed the block, and calls functions with the types that they have.
    unsafe {
        if total::begins_at(qemu_plugin_tb_vaddr(block)) {
            let no_argument = ptr::null_mut();
            qemu_plugin_register_vcpu_tb_exec_cb(block, begun, NO_REGISTERS, no_argument);
        }
        let instructions = ptr::without_provenance_mut(qemu_plugin_tb_n_insns(block));
        qemu_plugin_register_vcpu_tb_exec_cb(block, executed_whole, NO_REGISTERS, instructions);
    }
}

extern "C" fn begun(_core: c_uint, _unused: *mut c_void) {
    total::begin();
}

extern "C" fn executed_whole(_core: c_uint, instructions: *mut c_void) {
    total::add(instructions.addr());
}

extern "C" fn ended(_id: u64, _unused: *mut c_void) {
    total::write();
}

extern "C" fn translated(_id: u64, block: *mut Block) {
    // SAFETY: QEMU has just passed the block.
    let count = unsafe { qemu_plugin_tb_n_insns(block) };
    for index in 0..count {
        // SAFETY: the block has this instruction, and both exist until this function returns.
        unsafe { observe(qemu_plugin_tb_get_insn(block, index)) };
    }
}

/// Lets QEMU report each execution of an instruction, and its accesses.
///
/// # Safety
///
/// `instruction` must be one of the block that QEMU is translating.
unsafe fn observe(instruction: *mut Instruction) {
    // SAFETY: as the caller promises.
    let (address, content) = unsafe {
        (
            qemu_plugin_insn_vaddr(instruction),
            qemu_plugin_insn_haddr(instruction).cast::<u32>(),
        )
    };
    let opcode = match content.is_null() {
        // It isn't in RAM.
        true => 0,
        // SAFETY: QEMU translates these four bytes, so they exist and nothing writes them.
        false => unsafe { content.read_unaligned() },
    };
    let Some(index) = counter()
        .as_mut()
        .map(|counter| counter.translated(address, u32::from_le(opcode)))
    else {
        return;
    };
    // SAFETY: as above; the functions have the types that QEMU calls them with.
    unsafe {
        qemu_plugin_register_vcpu_insn_exec_cb(
            instruction,
            executed,
            NO_REGISTERS,
            ptr::without_provenance_mut(index),
        );
        qemu_plugin_register_vcpu_mem_cb(
            instruction,
            accessed,
            NO_REGISTERS,
            LOADS_AND_STORES,
            ptr::null_mut(),
        );
    }
}

extern "C" fn executed(_core: c_uint, index: *mut c_void) {
    if let Some(counter) = counter().as_mut() {
        counter.executed(index.addr());
    }
}

extern "C" fn accessed(_core: c_uint, access: u32, _address: u64, _unused: *mut c_void) {
    if let Some(counter) = counter().as_mut() {
        counter.accessed(1 << qemu_plugin_mem_size_shift(access));
    }
}
