// SPDX-License-Identifier: BSD-2-Clause

//! Descriptions of faults and other failures.

use core::fmt::{self, Write};

use sel4::sys::{
    seL4_CapFault_Msg as cap_fault, seL4_Fault_tag as tag, seL4_UnknownSyscall_Msg as syscall,
    seL4_UserException_Msg as exception, seL4_VMFault_Msg as memory,
};

/// A fault message from the kernel, or from a component that imitates the kernel.
pub(crate) struct Fault<'a> {
    pub(crate) label: u64,
    pub(crate) words: &'a [u64],
}

impl Fault<'_> {
    /// Returns a word of the message; 0 if the message is too short.
    fn word(&self, index: u64) -> u64 {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        self.words.get(index).copied().unwrap_or_default()
    }
}

impl fmt::Display for Fault<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = match self.label {
            tag::seL4_Fault_VMFault => {
                write_memory_fault(f, self)?;
                memory::seL4_VMFault_IP
            }
            tag::seL4_Fault_CapFault => {
                let slot = self.word(cap_fault::seL4_CapFault_Addr);
                write!(f, "used an invalid capability in slot {slot:#x}")?;
                cap_fault::seL4_CapFault_IP
            }
            tag::seL4_Fault_UnknownSyscall => {
                let number = self.word(syscall::seL4_UnknownSyscall_Syscall);
                write!(f, "made the unknown system call {number:#x}")?;
                syscall::seL4_UnknownSyscall_FaultIP
            }
            tag::seL4_Fault_UserException => {
                let class = self.word(exception::seL4_UserException_Number) >> CLASS_SHIFT;
                write!(f, "{}", describe_class(class))?;
                exception::seL4_UserException_FaultIP
            }
            label => return write!(f, "sent a fault message of the unknown kind {label}"),
        };
        write!(f, ", at instruction {:#x}", self.word(at))
    }
}

sel4::sel4_cfg_if! {
    if #[sel4_cfg(KERNEL_MCS)] {
        impl Fault<'_> {
            /// Returns whose time a thread has used up, if that is the fault.
            pub(crate) fn time_of(&self) -> Option<u64> {
                let owner = sel4::sys::seL4_Timeout_Msg::seL4_Timeout_Data;
                (self.label == tag::seL4_Fault_Timeout).then(|| self.word(owner))
            }
        }
    } else {
        impl Fault<'_> {
            pub(crate) fn time_of(&self) -> Option<u64> {
                None
            }
        }
    }
}

/// Position of the exception class in ESR (Arm ARM, D24.2.40).
const CLASS_SHIFT: u32 = 26;

fn write_memory_fault(f: &mut fmt::Formatter<'_>, fault: &Fault<'_>) -> fmt::Result {
    /// ESR: the data abort was a write.
    const WRITE: u64 = 1 << 6;
    /// ESR: the kind of fault.
    const STATUS: u64 = 0b11_1100;
    let status = fault.word(memory::seL4_VMFault_FSR);
    let address = fault.word(memory::seL4_VMFault_Addr);
    let is_prefetch = fault.word(memory::seL4_VMFault_PrefetchFault) != 0;
    let verb = match (is_prefetch, status & WRITE != 0) {
        (true, _) => "executed",
        (false, true) => "wrote to",
        (false, false) => "read from",
    };
    let why = match status & STATUS {
        0b00_0100 => "which is unmapped",
        0b00_1100 => "which its access rights forbid",
        0b10_0000 => "which is unaligned",
        _ => "which caused a fault",
    };
    write!(f, "{verb} {address:#x}, {why}")
}

/// A component's own words about its failure, as one line without control characters.
pub(crate) struct Reason<'a>(pub(crate) &'a str);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, line) in self.0.lines().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            let letters = line.trim().chars();
            letters
                .filter(|letter| !letter.is_control())
                .try_for_each(|letter| f.write_char(letter))?;
        }
        Ok(())
    }
}

/// Exception classes (Arm ARM, D24.2.40).
fn describe_class(class: u64) -> &'static str {
    match class {
        0x00 => "executed an undefined instruction",
        0x07 => "used the floating-point unit without permission",
        0x18 => "accessed a system register without permission",
        0x22 => "jumped to an unaligned address",
        0x26 => "has an unaligned stack",
        0x3c => "executed a breakpoint instruction",
        _ => "caused an exception",
    }
}
