# SPDX-License-Identifier: BSD-2-Clause

# For gdb that is attached to a boot and has the symbols of loader, kernel and root task, as `cargo xtask qemu --gdb`
# starts it: stops at the first instruction of each. The breakpoint is one of the hardware, which can be set where
# nothing is mapped yet.

set print asm-demangle on
set disassemble-next-line auto
hbreak _start

define where-am-i
  info symbol $pc
  info line *$pc
  info registers pc sp x0 x1 x2 x3 x4 x5 cpsr
end

document where-am-i
Shows which function and line the processor is at, and what a program is entered with.
end
