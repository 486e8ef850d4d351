// SPDX-License-Identifier: BSD-2-Clause

//! The rules.

use super::{Rule, board, capabilities, development, integrity, place, program, proofs};

/// All rules, in the order of their application.
///
/// ```
/// use kaal_elfloader_builder::rules::RULES;
///
/// let rule = RULES.iter().find(|rule| rule.id == "integrity").expect("a rule of this name");
/// assert_eq!(rule.sentence, "Every bit of the file is as the builder wrote it.");
/// ```
pub static RULES: [Rule; 22] = [
    Rule {
        id: "integrity",
        sentence: "Every bit of the file is as the builder wrote it.",
        explanation: "Headers have checksums. The payload header holds a digest of each region and of \
            the loader's constant part, which holds one of the loader's data. Everything else has one \
            possible value: program headers follow from the segments, and padding and memory behind \
            stored bytes are zero. So `check` finds any flipped bit. The rule doesn't tell who built \
            the image: see `signature`.",
        source: "docs/design.md, \"Every bit counts\"",
        check: integrity::integrity,
    },
    Rule {
        id: "signature",
        sentence: "The signature is by a key that the loader trusts, and the image is not too old.",
        explanation: "A loader for signed images holds one or two public keys and a minimum version. It \
            refuses images that are unsigned, signed by another key, or older. But whoever makes an image also \
            chooses the loader in it. So pass your key to `check --trust-key`: then the rule refuses \
            an image whose loader trusts another key or none. The machine's firmware must make sure \
            that this loader is the one that starts.",
        source: "docs/security.md; RFC 8032 (Ed25519)",
        check: integrity::signature,
    },
    Rule {
        id: "exception-level",
        sentence: "The loader enters the kernel at the exception level that it was built for.",
        explanation: "An ordinary kernel runs at EL1 and is linked at 0xffffff8000000000 or above. A \
            kernel with hypervisor support runs at EL2 and is linked at 0x8000000000 or above. A \
            kernel doesn't check its exception level, and hangs at the wrong one.",
        source: "seL4 16.0.0, include/arch/arm/arch/64/mode/hardware.h, PPTR_BASE",
        check: program::exception_level,
    },
    Rule {
        id: "kernel-window",
        sentence: "The kernel's entry point lies in the kernel, where the kernel window maps it.",
        explanation: "The page tables that the kernel starts with map only the kernel, at the addresses \
            that it was linked for, and the loader. An entry point elsewhere faults before the kernel \
            has exception vectors.",
        source: "seL4 16.0.0, include/arch/arm/arch/64/mode/hardware.h, KERNEL_ELF_BASE",
        check: program::kernel_window,
    },
    Rule {
        id: "alignment",
        sentence: "Kernel, device tree, user image and loader are page-aligned.",
        explanation: "The kernel creates a capability for each page of the user image and maps it, \
            without rounding addresses. The loader must be aligned because the page tables give each \
            of its parts other rights.",
        source: "seL4 16.0.0, src/kernel/boot.c, create_frames_of_region",
        check: place::alignment,
    },
    Rule {
        id: "disjoint",
        sentence: "No two parts of the image overlap in memory.",
        explanation: "Kernel, user image, page tables, symbols, the room for the device tree, the loader \
            and the unpacker's work area each need memory of their own. Otherwise, the one that is \
            written last damages the other.",
        source: "docs/design.md, \"Where things lie\"",
        check: place::disjoint,
    },
    Rule {
        id: "order",
        sentence: "The kernel lies before the device tree, and the device tree before the user image.",
        explanation: "The kernel reserves the memory of these parts in this order. It stops with \"reserved \
            region … in wrong order\" if their addresses don't ascend.",
        source: "seL4 16.0.0, src/kernel/boot.c, check_reserved_memory; src/arch/arm/kernel/boot.c, \
            arch_init_freemem",
        check: place::order,
    },
    Rule {
        id: "contiguous",
        sentence: "The user image is one piece, and the image holds all of it.",
        explanation: "The kernel gets only the start and end of the user image, and treats all memory \
            in between as part of it. A gap would hold data from before the boot.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, try_init_kernel (ui_p_reg)",
        check: place::contiguous,
    },
    Rule {
        id: "ram",
        sentence: "All parts lie in RAM of both the kernel's platform and the machine's device tree.",
        explanation: "Accesses to memory that isn't RAM fault or reach a device. Memory that is \
            `no-map` in the device tree belongs to the firmware. The kernel hands out memory outside \
            its platform's RAM as device memory, even if a part of the image lies there.",
        source: "seL4 16.0.0, src/kernel/boot.c, init_freemem; Devicetree Specification v0.4, 3.5",
        check: place::ram,
    },
    Rule {
        id: "release-words",
        sentence: "No part of the image lies on a word that a core polls for its start address.",
        explanation: "A core with the `enable-method` spin-table polls the word at its \
            `cpu-release-addr`, and jumps to the address that it finds there. So content of the image at \
            that place starts the core somewhere, even if the kernel doesn't wait for it. To start a \
            core, the loader writes its own address there, after it has verified the image.",
        source: "Linux, Documentation/arch/arm64/booting.rst; Devicetree Specification v0.4, 3.8.1",
        check: place::release_words,
    },
    Rule {
        id: "paddr-top",
        sentence: "Kernel, device tree and user image lie below PADDR_TOP, 511 GiB.",
        explanation: "The kernel maps physical memory only below this address. It refuses a device tree \
            above (\"exceeds PADDR_TOP\"), and can't read a user image there.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, try_init_kernel; \
            include/arch/arm/arch/64/mode/hardware.h, PADDR_TOP",
        check: place::paddr_top,
    },
    Rule {
        id: "user-top",
        sentence: "The user image, and everything that the kernel maps behind it, lies below USER_TOP.",
        explanation: "Behind the user image, the kernel maps the IPC buffer, the boot information, and \
            the device tree as extra boot information, with its size rounded up to a power of two. The \
            kernel stops if that reaches USER_TOP (\"exceeds USER_TOP\"). The entry point must lie in \
            the user image.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, try_init_kernel (it_v_reg); \
            libsel4/sel4_arch_include/aarch64/sel4/sel4_arch/constants.h, seL4_UserTop",
        check: program::user_top_rule,
    },
    Rule {
        id: "cores",
        sentence: "The machine has the cores that the kernel waits for, and the loader starts them all.",
        explanation: "A kernel for several cores waits, without a message, for exactly \
            CONFIG_MAX_NUM_NODES cores. The image holds the number of cores to start, and the device \
            tree names them.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, release_secondary_cpus",
        check: program::cores,
    },
    Rule {
        id: "board-ram",
        sentence: "The machine has the RAM that the kernel was built for.",
        explanation: "The kernel's build fixes its RAM. It also hands out RAM that the machine lacks: \
            access then faults, or reaches a device. It treats RAM that only the machine has as device \
            memory. A kernel lies at the start of its platform's RAM; if it doesn't, the \
            platform belongs to another kernel.",
        source: "seL4 16.0.0, tools/hardware/outputs/c_header.py, avail_p_regs and PHYS_BASE_RAW",
        check: board::board_ram,
    },
    Rule {
        id: "device-tree-size",
        sentence: "The device tree fits in its room.",
        explanation: "A device tree from the firmware must fit in the room between kernel and user \
            image. The kernel copies the device tree to the extra boot information, which takes a \
            power of two of bytes: one byte more than 32 KiB costs 64 KiB. So the builder cuts off \
            padding.",
        source: "seL4 16.0.0, src/kernel/boot.c, calculate_extra_bi_size_bits",
        check: board::device_tree_size,
    },
    Rule {
        id: "free-regions",
        sentence: "The kernel can record all pieces of free memory around the image.",
        explanation: "The kernel can record one piece of free memory for each bank of RAM, and one more. \
            Kernel, device tree and user image split banks, so each gap between them counts. With more \
            pieces, a debug kernel fails an assertion, and others stop with \"insufficient \
            MAX_NUM_FREEMEM_REG\".",
        source: "seL4 16.0.0, src/kernel/boot.c, init_freemem and insert_region; \
            include/arch/arm/arch/bootinfo.h, MAX_NUM_FREEMEM_REG",
        check: capabilities::free_regions,
    },
    Rule {
        id: "root-objects",
        sentence: "One piece of free memory has room for the objects of the user image.",
        explanation: "The kernel creates the root CNode, the address space with its page tables, the \
            thread, the IPC buffer, the boot information with the device tree, and the ASID pool in one \
            piece of memory, aligned to the largest of them. The CNode takes 32 bytes for each slot. \
            Without such a piece, the kernel stops with \"no free memory region is big enough for root \
            server objects\".",
        source: "seL4 16.0.0, src/kernel/boot.c, calculate_rootserver_size, rootserver_max_size_bits \
            and init_freemem",
        check: capabilities::root_objects,
    },
    Rule {
        id: "waiting-cores",
        sentence: "The kernel leaves the loader intact until no core needs it.",
        explanation: "A kernel for several cores creates the objects of the root task on the first core, \
            while the others wait in the kernel on the loader's page tables. To the kernel, the \
            loader's memory is free. If the objects lie there, the other cores fault without a message, \
            and the first waits forever. A build with `--kernel-config` places the loader elsewhere if \
            it can. The size of the objects depends on the size of the device tree. If only \
            a device tree of another size, from the firmware, would make them reach the loader, the \
            rule warns.",
        source: "seL4 16.0.0, src/kernel/boot.c, create_rootserver_objects and alloc_rootserver_obj; \
            src/arch/arm/kernel/boot.c, try_init_kernel_secondary_core and release_secondary_cpus",
        check: capabilities::waiting_cores,
    },
    Rule {
        id: "root-cnode",
        sentence: "The root CNode has enough slots for the user image and everything else.",
        explanation: "The kernel creates a capability for each page of 4 KiB of the user image, each page \
            table for them, each page of the device tree, each core's scheduling control (MCS) and \
            each piece of untyped memory. 16 slots have a fixed meaning. With too few slots, the kernel \
            stops with \"can't add another cap\".",
        source: "seL4 16.0.0, src/kernel/boot.c, provide_cap; KernelRootCNodeSizeBits",
        check: capabilities::root_cnode,
    },
    Rule {
        id: "untypeds",
        sentence: "All untyped memory fits in the boot information.",
        explanation: "The kernel passes on the remaining memory in pieces that are powers of two, aligned \
            to their size: first device memory, then the part of itself that it needs only during \
            boot, then RAM. The boot information has room for CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS \
            pieces. The rest, which is RAM, is lost. A debug kernel reports that (\"Too many untyped \
            regions for boot info\"); a release kernel prints nothing.",
        source: "seL4 16.0.0, src/kernel/boot.c, create_untypeds and provide_untyped_cap",
        check: capabilities::untypeds,
    },
    Rule {
        id: "proofs",
        sentence: "A kernel that was built for verification is one that seL4's proofs are about.",
        explanation: "seL4's proofs for AArch64 are about kernels with hypervisor support and fixed settings, on \
            some platforms. The rule names the file of seL4 with the same settings, or the settings that \
            differ. It compares no memory maps and no code: a kernel for another amount of RAM, or by \
            another compiler, has the same settings. The proofs say nothing about the loader and the root \
            task. The rule warns if KernelVerificationBuild is on and a setting differs.",
        source: "seL4 16.0.0, configs/AARCH64_*_verified.cmake and \
            configs/include/AARCH64_verified_include.cmake",
        check: proofs::proofs,
    },
    Rule {
        id: "development",
        sentence: "No program replaces those of components while the system runs.",
        explanation: "`cargo xtask watch` builds a root task that takes programs over a serial line, without a \
            signature, and restarts components with them. An ELF note marks it. The rule warns if the user image \
            holds this note: such an image is not to be shipped.",
        source: "docs/security.md; root-task/task/src/development_note.rs",
        check: development::development,
    },
];
