// SPDX-License-Identifier: BSD-2-Clause

//! The rules.

use super::{Rule, board, capabilities, integrity, place, program};

/// All rules, in the order that they are looked at.
pub static RULES: [Rule; 19] = [
    Rule {
        id: "integrity",
        sentence: "Every bit of the file is what the builder wrote.",
        explanation: "Headers have checksums; the payload header has a digest of each region and of \
            the loader's constant part, and that part one of the loader's data. Whatever no digest \
            covers has one possible value only: program headers follow from the segments, padding is \
            zero, and so is memory behind what is stored. So a single flipped bit anywhere in the \
            file is noticed. That the file is what was built says nothing of who built it: see \
            `signature`.",
        source: "docs/design.md, \"Every bit counts\"",
        check: integrity::integrity,
    },
    Rule {
        id: "signature",
        sentence: "The signature is by the key that the loader trusts, and the image is not too old.",
        explanation: "A loader for signed images has a public key and the least version in it, and \
            refuses all others: unsigned ones, those that someone else signed, and older ones. \
            Which key that is, the loader in the image says, and whoever makes an image can say what \
            they like: `check --trust-key` demands one, and refuses images whose loader trusts \
            another or none. That this loader is the one that a machine starts is for the machine's \
            own firmware to ensure.",
        source: "docs/security.md; RFC 8032 (Ed25519)",
        check: integrity::signature,
    },
    Rule {
        id: "exception-level",
        sentence: "The kernel is entered at the exception level that it was built for.",
        explanation: "An ordinary kernel runs at EL1 and is linked for addresses from \
            0xffffff8000000000 on, one with hypervisor support at EL2 and for those from \
            0x8000000000 on. It doesn't look at which level it is entered, and hangs at the wrong \
            one.",
        source: "seL4 16.0.0, include/arch/arm/arch/64/mode/hardware.h, PPTR_BASE",
        check: program::exception_level,
    },
    Rule {
        id: "kernel-window",
        sentence: "The kernel's entry point lies in the kernel, where its window maps it.",
        explanation: "The translation tables that the kernel is entered with map its own pages, at \
            the addresses that it was linked for, and the loader; nothing else. An entry point \
            elsewhere is a fault before the kernel has vectors.",
        source: "seL4 16.0.0, include/arch/arm/arch/64/mode/hardware.h, KERNEL_ELF_BASE",
        check: program::kernel_window,
    },
    Rule {
        id: "alignment",
        sentence: "Kernel, device tree, user image and loader begin with pages.",
        explanation: "The kernel makes a capability for each page of the user image and maps it; it \
            rounds nothing. The loader must lie at a page, because the translation tables give each \
            of its parts the rights it needs.",
        source: "seL4 16.0.0, src/kernel/boot.c, create_frames_of_region",
        check: place::alignment,
    },
    Rule {
        id: "disjoint",
        sentence: "No two parts of the image overlap in memory.",
        explanation: "Kernel, user image, translation tables, the room for the device tree, the \
            loader and the memory that an unpacker works in must each have a place of their own: \
            whichever is written last would damage the other.",
        source: "docs/design.md, \"Where things lie\"",
        check: place::disjoint,
    },
    Rule {
        id: "order",
        sentence: "The kernel lies before the device tree, and that before the user image.",
        explanation: "The kernel goes through the memory that it must leave alone in this order, and \
            stops with \"reserved region … in wrong order\" if it isn't ascending.",
        source: "seL4 16.0.0, src/kernel/boot.c, check_reserved_memory; src/arch/arm/kernel/boot.c, \
            arch_init_freemem",
        check: place::order,
    },
    Rule {
        id: "contiguous",
        sentence: "The user image is in one piece, all of which the image holds.",
        explanation: "The kernel is told where the user image begins and ends, and takes all in \
            between for it. Memory in between that nothing was loaded to would hold what was there \
            before.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, try_init_kernel (ui_p_reg)",
        check: place::contiguous,
    },
    Rule {
        id: "ram",
        sentence: "All parts lie in RAM, as the kernel's platform and the machine's device tree tell.",
        explanation: "What isn't RAM, or is `no-map` in the device tree, faults when it is accessed, \
            or belongs to the firmware. The kernel hands out what its platform doesn't call RAM as \
            memory of devices, also where the image lies.",
        source: "seL4 16.0.0, src/kernel/boot.c, init_freemem; Devicetree Specification v0.4, 3.5",
        check: place::ram,
    },
    Rule {
        id: "paddr-top",
        sentence: "Kernel, device tree and user image lie below PADDR_TOP, 511 GiB.",
        explanation: "The kernel maps physical memory up to there only. It refuses a device tree \
            above (\"exceeds PADDR_TOP\"), and can't read a user image there.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, try_init_kernel; \
            include/arch/arm/arch/64/mode/hardware.h, PADDR_TOP",
        check: place::paddr_top,
    },
    Rule {
        id: "user-top",
        sentence: "The user image, and what the kernel maps behind it, lie below USER_TOP.",
        explanation: "Behind the user image, the kernel maps its IPC buffer, the boot information, \
            and the device tree as extra boot information, whose size it rounds up to a power of \
            two. If that reaches USER_TOP, it stops (\"exceeds USER_TOP\"). The entry point must lie \
            in the user image.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, try_init_kernel (it_v_reg); \
            libsel4/sel4_arch_include/aarch64/sel4/sel4_arch/constants.h, seL4_UserTop",
        check: program::user_top_rule,
    },
    Rule {
        id: "cores",
        sentence: "The machine has the cores that the kernel waits for, and all of those are started.",
        explanation: "A kernel for several cores waits, without a word, until exactly \
            CONFIG_MAX_NUM_NODES have come in. The image says how many the loader starts, the device \
            tree which.",
        source: "seL4 16.0.0, src/arch/arm/kernel/boot.c, release_secondary_cpus",
        check: program::cores,
    },
    Rule {
        id: "board-ram",
        sentence: "The machine has the RAM that the kernel was built for.",
        explanation: "Where RAM is, a kernel knows from when it was built. RAM that the machine \
            doesn't have is handed out all the same: whoever uses it gets faults, or something else's \
            registers. RAM that only the machine has is handed out as memory of devices. The kernel \
            lies where its platform's RAM begins; if it doesn't, the platform is another kernel's.",
        source: "seL4 16.0.0, tools/hardware/outputs/c_header.py, avail_p_regs and PHYS_BASE_RAW",
        check: board::board_ram,
    },
    Rule {
        id: "device-tree-size",
        sentence: "The device tree fits the room that is kept for it.",
        explanation: "The kernel copies the device tree to the user image's extra boot information, \
            for which it takes a power of two of bytes: one byte more than 32 KiB costs 64 KiB of \
            memory. So padding is cut off. One that the firmware brings must fit the room between \
            kernel and user image.",
        source: "seL4 16.0.0, src/kernel/boot.c, calculate_extra_bi_size_bits",
        check: board::device_tree_size,
    },
    Rule {
        id: "free-regions",
        sentence: "The memory around the image is in no more pieces than the kernel can note.",
        explanation: "The kernel notes one piece of free memory for each bank of RAM, and one more. \
            Kernel, device tree and user image cut banks into pieces, so each gap between them \
            counts. With more, a debug kernel fails an assertion and others stop with \"insufficient \
            MAX_NUM_FREEMEM_REG\".",
        source: "seL4 16.0.0, src/kernel/boot.c, init_freemem and insert_region; \
            include/arch/arm/arch/bootinfo.h, MAX_NUM_FREEMEM_REG",
        check: capabilities::free_regions,
    },
    Rule {
        id: "root-objects",
        sentence: "The objects that the kernel makes for the user image fit in one piece of free memory.",
        explanation: "These are the root CNode, the address space with its tables, the thread, the \
            IPC buffer, the boot information with the device tree, and the ASID pool. They lie in one \
            piece, aligned to the largest of them; the CNode takes 32 bytes for each slot. The kernel \
            stops with \"no free memory region is big enough for root server objects\".",
        source: "seL4 16.0.0, src/kernel/boot.c, calculate_rootserver_size, rootserver_max_size_bits \
            and init_freemem",
        check: capabilities::root_objects,
    },
    Rule {
        id: "waiting-cores",
        sentence: "The kernel leaves the loader alone until its other cores don't need it any more.",
        explanation: "A kernel for several cores makes the root task's objects on the first, while the \
            others wait in it, on the loader's translation tables. The loader's memory is free memory \
            to it. If the objects lie there, the others fault without a word, and the first waits for \
            them without end. A build that knows of the kernel's configuration places the loader \
            elsewhere if it can. How much room the objects take depends on the device tree's size: \
            if only one larger than the image's, from the firmware, leads there, that is a warning.",
        source: "seL4 16.0.0, src/kernel/boot.c, create_rootserver_objects and alloc_rootserver_obj; \
            src/arch/arm/kernel/boot.c, try_init_kernel_secondary_core and release_secondary_cpus",
        check: capabilities::waiting_cores,
    },
    Rule {
        id: "root-cnode",
        sentence: "The root CNode has a slot for each page of the user image, and for all else.",
        explanation: "The kernel makes a capability for each page of 4 KiB, for each table that maps \
            them, for each page of the device tree, for each core's scheduling control (MCS) and for \
            each piece of untyped memory; 16 slots have a fixed meaning. If there are fewer slots \
            than that, it stops with \"can't add another cap\".",
        source: "seL4 16.0.0, src/kernel/boot.c, provide_cap; KernelRootCNodeSizeBits",
        check: capabilities::root_cnode,
    },
    Rule {
        id: "untypeds",
        sentence: "All untyped memory fits in the boot information.",
        explanation: "What is left of memory, the kernel passes on in pieces that are powers of two \
            and aligned to their size: first the memory of devices, then its own part that it needs \
            to boot only, then RAM. The boot information has room for \
            CONFIG_MAX_NUM_BOOTINFO_UNTYPED_CAPS of them; the rest, which is RAM, is lost with a line \
            on the console (\"Too many untyped regions for boot info\"), which a release kernel \
            doesn't even print.",
        source: "seL4 16.0.0, src/kernel/boot.c, create_untypeds and provide_untyped_cap",
        check: capabilities::untypeds,
    },
];
