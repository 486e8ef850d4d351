// SPDX-License-Identifier: BSD-2-Clause

//! Tests of `explain` on reports of other firmware, of seL4's other messages and of QEMU.

use std::path::Path;

use expect_test::expect;
use kaal_elfloader_builder::{File, ImageReader};

use crate::common::folder::Folder;
use crate::common::formats::ELF;
use crate::explain::{explained, folder, run};

/// U-Boot relocates itself, so only the line with the addresses that it was linked for names its functions. Here,
/// `app.elf` takes the place of U-Boot.
#[test]
fn u_boot() {
    explained(
        "\"Synchronous Abort\" handler, esr 0x96000046, far 0x1000\n\
         elr: 0000000000200014 lr : 0000000000200008 (reloc)\n\
         elr: 000000005fe00014 lr : 000000005fe00008\n\
         x0 : 0000000000000001 x1 : 000000005fe00000\n\
         x28: 000000000000000f x29: 000000005e000ff0\n\
         Code: d503201f 94000001 (b9000001)\n",
        expect![[r#"
            "Synchronous Abort" handler, esr 0x96000046, far 0x1000
            | 0x96000046: Data Abort taken without a change in Exception level; Abort caused by writing to memory; Translation fault, level 2
            elr: 0000000000200014 lr : 0000000000200008 (reloc)
            | 0000000000200014: app.elf, main+0x4
            | 0000000000200008: app.elf, returns to _start+0x8
            elr: 000000005fe00014 lr : 000000005fe00008
            x0 : 0000000000000001 x1 : 000000005fe00000
            x28: 000000000000000f x29: 000000005e000ff0
            Code: d503201f 94000001 (b9000001)
        "#]],
    );
}

#[test]
fn tf_a() {
    explained(
        "Unhandled Exception in EL3.\n\
         x30            = 0x0000000000200008\n\
         x0             = 0x0000000000000000\n\
         esr_el3        = 0x00000000be000011\n\
         elr_el3        = 0x0000000000200014\n\
         ERROR:   Unhandled External Abort received on 0x80000000 at EL3!\n\
         ERROR:    exception reason=1 syndrome=0x92000210\n\
         PANIC at PC : 0x0000000000200018\n\
         BACKTRACE: START: panic\n\
         0: EL3: 0x200010\n\
         BACKTRACE: END: panic\n",
        expect![[r#"
            Unhandled Exception in EL3.
            x30            = 0x0000000000200008
            | 0x0000000000200008: app.elf, returns to _start+0x8
            x0             = 0x0000000000000000
            esr_el3        = 0x00000000be000011
            | 0x00000000be000011: SError interrupt; Asynchronous SError interrupt
            elr_el3        = 0x0000000000200014
            | 0x0000000000200014: app.elf, main+0x4
            ERROR:   Unhandled External Abort received on 0x80000000 at EL3!
            ERROR:    exception reason=1 syndrome=0x92000210
            | 0x92000210: Data Abort from a lower Exception level; Abort caused by reading from memory; Synchronous External abort, not on translation table walk or hardware update of translation table
            PANIC at PC : 0x0000000000200018
            | 0x0000000000200018: app.elf, main+0x8
            BACKTRACE: START: panic
            0: EL3: 0x200010
            | 0x200010: app.elf, returns to _start+0x10
            BACKTRACE: END: panic
        "#]],
    );
}

#[test]
fn edk2() {
    explained(
        "Synchronous Exception at 0x0000000000200014\n\
         PC 0x000000200014 (0x000000200000+0x00000014) [ 0] App.dll\n\
         X28 0x0000000000000001   FP 0x0000000000205000   LR 0x0000000000200008\n\
         SP 0x0000000000204F00  ELR 0x0000000000200014  SPSR 0x60000205  FPSR 0x00000000\n\
         ESR 0x96000005          FAR 0x0000000000000008\n\
         ESR : EC 0x25  IL 0x1  ISS 0x00000005\n\
         Stack dump:\n\
         > 0000000204F00: 0000000000200010 0000000000000001 0000000000000000 0000000000000000\n",
        expect![[r#"
            Synchronous Exception at 0x0000000000200014
            | 0x0000000000200014: app.elf, main+0x4
            PC 0x000000200014 (0x000000200000+0x00000014) [ 0] App.dll
            | 0x000000200000: app.elf, _start+0x0
            X28 0x0000000000000001   FP 0x0000000000205000   LR 0x0000000000200008
            | 0x0000000000200008: app.elf, returns to _start+0x8
            SP 0x0000000000204F00  ELR 0x0000000000200014  SPSR 0x60000205  FPSR 0x00000000
            ESR 0x96000005          FAR 0x0000000000000008
            | 0x96000005: Data Abort taken without a change in Exception level; Abort caused by reading from memory; Translation fault, level 1
            ESR : EC 0x25  IL 0x1  ISS 0x00000005
            Stack dump:
            > 0000000204F00: 0000000000200010 0000000000000001 0000000000000000 0000000000000000
            | 0000000000200010: app.elf, returns to _start+0x10
        "#]],
    );
}

#[test]
fn linux() {
    explained(
        "Unable to handle kernel paging request at virtual address ffffff8000001000\n\
           ESR = 0x0000000096000007\n\
         pc : ffffff8040000014\n\
         lr : ffffff8040000008\n\
         x29: ffffff8040009000 x28: 0000000000000000\n",
        expect![[r#"
            Unable to handle kernel paging request at virtual address ffffff8000001000
            ESR = 0x0000000096000007
            | 0x0000000096000007: Data Abort taken without a change in Exception level; Abort caused by reading from memory; Translation fault, level 3
            pc : ffffff8040000014
            | ffffff8040000014: kernel.elf, init_kernel+0x4
            lr : ffffff8040000008
            | ffffff8040000008: kernel.elf, returns to _start+0x8
            x29: ffffff8040009000 x28: 0000000000000000
        "#]],
    );
}

#[test]
fn qemu() {
    explained(
        "Taking exception 4 [Data Abort] on CPU 0\n\
         ...from EL1 to EL1\n\
         ...with ESR 0x25/0x96000045\n\
         ...with SPSR 0x3c5\n\
         ...with FAR 0x10\n\
         ...with ELR 0xffffff8040000014\n\
         ...to EL1 PC 0xffffff8040000000 PSTATE 0x3c5\n\
         Exception return from AArch64 EL1 to AArch64 EL0 PC 0x200000\n \
         PC=ffffff8040000010 X00=0000000000000000 X01=0000000000200000\n\
         X30=ffffff8040000008  SP=ffffff8040008000\n",
        expect![[r#"
            Taking exception 4 [Data Abort] on CPU 0
            ...from EL1 to EL1
            ...with ESR 0x25/0x96000045
            | 0x96000045: Data Abort taken without a change in Exception level; Abort caused by writing to memory; Translation fault, level 1
            ...with SPSR 0x3c5
            ...with FAR 0x10
            ...with ELR 0xffffff8040000014
            | 0xffffff8040000014: kernel.elf, init_kernel+0x4
            ...to EL1 PC 0xffffff8040000000 PSTATE 0x3c5
            | 0xffffff8040000000: kernel.elf, _start+0x0
            Exception return from AArch64 EL1 to AArch64 EL0 PC 0x200000
            | 0x200000: app.elf, _start+0x0
             PC=ffffff8040000010 X00=0000000000000000 X01=0000000000200000
            | ffffff8040000010: kernel.elf, init_kernel+0x0
            X30=ffffff8040000008  SP=ffffff8040008000
            | ffffff8040000008: kernel.elf, returns to _start+0x8
        "#]],
    );
}

#[test]
fn other_messages_of_sel4() {
    explained(
        "Caught cap fault in send phase at address 0\n\
         while trying to handle:\n\
         user exception 0x2000000 code 0\n\
         in thread 0xffffff807ffb9400 \"rootserver\" at address 0x200004\n\
         FAULT PC: 0x200018\n",
        expect![[r#"
            Caught cap fault in send phase at address 0
            while trying to handle:
            user exception 0x2000000 code 0
            | 0x2000000: Unknown reason
            in thread 0xffffff807ffb9400 "rootserver" at address 0x200004
            | 0x200004: app.elf, _start+0x4
            FAULT PC: 0x200018
            | 0x200018: app.elf, main+0x8
        "#]],
    );
}

/// The image says where the loader lay.
#[test]
fn addresses_in_the_loader() {
    let image = Folder::new();
    image.accepted(&ELF);
    let content = &image.get("image.elf");
    let path = Path::new("image.elf");
    let opened = ImageReader::open(File { path, content }).expect("an image");
    let address = opened.loader().start.0 + 0x14;
    let folder = folder();
    folder.put("image.elf", content);
    let log = format!("...with ELR {address:#x}\n");
    let arguments = ["-", "--loader", "loader.elf", "--image", "image.elf"];
    let output = run(&folder, &arguments, &log);
    assert_eq!(
        String::from_utf8(output.stdout).expect("text"),
        format!("{log}| {address:#x}: loader.elf, stop+0x4\n")
    );
    let without_image = run(&folder, &arguments[..3], &log);
    assert_eq!(without_image.stdout, log.as_bytes());
}
