// SPDX-License-Identifier: BSD-2-Clause

//! Tests of kernels for several cores.

use expect_test::{Expect, expect};
use kaal_payload::{Cpu, PhysAddr};

use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::loaded::Loaded;
use crate::common::programs::{self, KERNEL, ORDINARY_BASE};
use crate::common::symbols::{self, Symbol};

/// A folder whose device tree has these cores.
fn folder(cores: Vec<Core>) -> Folder {
    let folder = Folder::new();
    folder.put("kernel.dtb", DeviceTree::with_cores(cores).to_bytes());
    for cores in ["0", "1", "2", "4", "9", "many"] {
        folder.put(
            &format!("{cores}.json"),
            format!(r#"{{"ARM_HYPERVISOR_SUPPORT": false, "MAX_NUM_NODES": "{cores}"}}"#),
        );
    }
    folder
}

/// The number of cores, and those that the image of `folder` names.
fn cores(folder: &Folder, changes: &[(&str, &str)]) -> (u32, Vec<Cpu>) {
    assert_eq!(folder.accepted(changes), "");
    let loaded = Loaded::new(&folder.get("image.elf"));
    let payload = loaded.payload();
    (payload.cores, payload.cpus.to_vec())
}

fn started_by_psci(mpidr: u64) -> Cpu {
    Cpu {
        mpidr,
        release_address: PhysAddr(0),
    }
}

fn check(folder: &Folder, changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&folder.refused(changes));
}

fn check_usage(changes: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&Folder::misused(changes));
}

#[test]
fn as_many_as_the_kernel_waits_for() {
    let folder = folder(Core::all([0, 1, 0x100, 0x101]));
    let all = [0, 1, 0x100, 0x101].map(started_by_psci);
    for (changes, expected) in [
        (&[][..], (1, vec![])),
        (&[("--cores", "1")], (1, vec![])),
        (&[("--cores", "2")], (2, all[..2].to_vec())),
        (&[("--kernel-config", "1.json")], (1, vec![])),
        (&[("--kernel-config", "4.json")], (4, all.to_vec())),
        (
            &[("--kernel-config", "2.json"), ("--cores", "2")],
            (2, all[..2].to_vec()),
        ),
    ] {
        assert_eq!(cores(&folder, changes), expected, "{changes:?}");
    }
}

#[test]
fn the_one_that_boots_comes_first() {
    let folder = Folder::new();
    let device_tree = DeviceTree {
        boot_core: 0x100,
        ..DeviceTree::with_cores(Core::all([0, 1, 0x100, 0x101]))
    };
    folder.put("kernel.dtb", device_tree.to_bytes());
    let expected = [0x100, 0, 1].map(started_by_psci).to_vec();
    assert_eq!(cores(&folder, &[("--cores", "3")]), (3, expected));
}

#[test]
fn disabled_ones_are_left_out() {
    let mut all = Core::all([0, 1, 2, 3, 4]);
    all[1].status = "disabled";
    all[2].status = "fail";
    all[3].status = "ok";
    let folder = folder(all);
    let expected = [0, 3, 4].map(started_by_psci).to_vec();
    assert_eq!(cores(&folder, &[("--cores", "3")]), (3, expected));
}

/// By the specification, "disabled" says that the core waits to be started.
#[test]
fn disabled_ones_that_poll_are_not_left_out() {
    let mut all = vec![
        Core::all([0])[0],
        Core::polling(1, 0xd8),
        Core::polling(2, 0xe0),
    ];
    all[1].status = "disabled";
    all[2].status = "fail";
    let folder = folder(all);
    let (_, cpus) = cores(&folder, &[("--cores", "2")]);
    assert_eq!(
        (cpus[1].mpidr, cpus[1].release_address),
        (1, PhysAddr(0xd8))
    );
    folder.refused(&[("--cores", "3")]);
}

#[test]
fn where_they_look_for_an_address() {
    let mut all = Core::all([0, 1]);
    all[1] = Core::polling(1, 0x1_0000_00e0);
    let (_, cpus) = cores(&folder(all), &[("--cores", "2")]);
    assert_eq!(cpus[1].release_address, PhysAddr(0x1_0000_00e0));
}

#[test]
fn without_a_device_tree() {
    let folder = folder(Vec::new());
    folder.put(
        "platform.yaml",
        "memory:\n- {start: 0x40000000, end: 0x50000000}\n",
    );
    let without = [("--dtb", ""), ("--platform", "platform.yaml")];
    expect![[r#"
        warning: --kernel kernel.elf: waits for cores, but nothing in the image names them
          expected: a --dtb with the machine's 2 cores, because of --cores 2
          found: none
          help: pass a device tree; otherwise, the firmware must bring one
    "#]]
    .assert_eq(&folder.accepted(&[&without[..], &[("--cores", "2")]].concat()));
    assert_eq!(folder.accepted(&without), "");
}

#[test]
fn no_number_for_a_kernel_for_several() {
    let folder = folder(Core::all(0..4));
    let (code, lock) = (ORDINARY_BASE + KERNEL, "big_kernel_lock");
    let kernel = programs::kernel(ORDINARY_BASE).to_bytes();
    let lock = Symbol::object(lock, code + 0x1000, 0x800);
    let kernel = symbols::add(kernel, (code, 0x1000), &[lock]);
    folder.put("kernel.elf", kernel);
    check(
        &folder,
        &[],
        expect![[r#"
            error: --kernel kernel.elf: waits for several cores, but nothing says for how many
              expected: the kernel's configuration, or --cores
              found: neither
              help: add `--kernel-config FILE` with the gen_config.json of the kernel's build
        "#]],
    );
    for given in [("--cores", "2"), ("--kernel-config", "2.json")] {
        assert_eq!(cores(&folder, &[given]).0, 2);
    }
}

#[test]
fn two_numbers() {
    check(
        &folder(Core::all(0..4)),
        &[("--kernel-config", "4.json"), ("--cores", "2")],
        expect![[r#"
            error: --cores 2: differs from the kernel's configuration
              expected: 4 (MAX_NUM_NODES), because of --kernel-config 4.json
              found: 2
              help: leave the option out, or pass the kernel and configuration of another build
        "#]],
    );
}

#[test]
fn out_of_range() {
    let folder = folder(Core::all(0..9));
    check_usage(
        &[("--cores", "0")],
        expect![[r#"
            error: --cores 0: an unsupported number of cores
              expected: 1 to 8
              found: 0
              help: build the kernel with a KernelMaxNumNodes of 1 to 8
        "#]],
    );
    check_usage(
        &[("--cores", "9")],
        expect![[r#"
            error: --cores 9: an unsupported number of cores
              expected: 1 to 8
              found: 9
              help: build the kernel with a KernelMaxNumNodes of 1 to 8
        "#]],
    );
    check(
        &folder,
        &[("--kernel-config", "0.json")],
        expect![[r#"
            error: --kernel-config 0.json: an unsupported number of cores
              expected: 1 to 8
              found: 0
              help: build the kernel with a KernelMaxNumNodes of 1 to 8
        "#]],
    );
    check(
        &folder,
        &[("--kernel-config", "9.json")],
        expect![[r#"
            error: --kernel-config 9.json: an unsupported number of cores
              expected: 1 to 8
              found: 9
              help: build the kernel with a KernelMaxNumNodes of 1 to 8
        "#]],
    );
    folder.accepted(&[("--cores", "8")]);
}

#[test]
fn no_number() {
    let folder = folder(Vec::new());
    check(
        &folder,
        &[("--kernel-config", "many.json")],
        expect![[r#"
            error: --kernel-config many.json: invalid content
              expected: seL4's gen_config.json
              found: no number `MAX_NUM_NODES`
              help: pass the file of seL4's build
        "#]],
    );
    for number in ["many", "-1", "4294967297"] {
        let output = folder.run(&[("--cores", number)]);
        assert_eq!(output.status.code(), Some(2), "{number}");
    }
}

#[test]
fn fewer_than_the_kernel_waits_for() {
    let mut cores = Core::all(0..4);
    cores[3].status = "disabled";
    check(
        &folder(cores),
        &[("--kernel-config", "4.json")],
        expect![[r#"
            error: --dtb kernel.dtb: names fewer cores than the kernel waits for
              expected: 4 nodes cpu@… in /cpus that are not disabled, because of --kernel-config 4.json
              found: 3
              help: pass the device tree of the machine that the kernel is built for
        "#]],
    );
    check(
        &folder(Vec::new()),
        &[("--cores", "2")],
        expect![[r#"
            error: --dtb kernel.dtb: names fewer cores than the kernel waits for
              expected: 2 nodes cpu@… in /cpus that are not disabled, because of --cores 2
              found: 0
              help: pass the device tree of the machine that the kernel is built for
        "#]],
    );
}

/// The device tree doesn't say how to start a core, or in a way that the loader doesn't know.
#[test]
fn no_way_to_start_one() {
    let refused = |core: Core, psci, expected: Expect| {
        let device_tree = DeviceTree {
            psci,
            ..DeviceTree::with_cores(vec![Core::all([0])[0], core])
        };
        let folder = Folder::new();
        folder.put("kernel.dtb", device_tree.to_bytes());
        check(&folder, &[("--cores", "2")], expected);
        // The kernel doesn't need that core.
        assert_eq!(folder.accepted(&[]), "");
    };
    let by_psci = Core::all([1])[0];
    refused(
        by_psci,
        Some("arm,psci"),
        expect![[r#"
            error: --dtb kernel.dtb: does not say how to start cpu@1, which the kernel waits for
              expected: a PSCI node with `compatible` arm,psci-0.2 or arm,psci-1.0 and `method` smc or hvc, or the `enable-method` spin-table, because of --cores 2
              found: enable-method psci, and PSCI with compatible arm,psci, method smc
              help: correct the node if the firmware has PSCI 0.2 or newer, or build the kernel for one core
        "#]],
    );
    let unknown = Core {
        enable_method: Some("brcm,bcm2836-smp"),
        ..by_psci
    };
    refused(
        unknown,
        None,
        expect![[r#"
        error: --dtb kernel.dtb: does not say how to start cpu@1, which the kernel waits for
          expected: a PSCI node with `compatible` arm,psci-0.2 or arm,psci-1.0 and `method` smc or hvc, or the `enable-method` spin-table, because of --cores 2
          found: enable-method brcm,bcm2836-smp, and no PSCI
          help: correct the node if the firmware has PSCI 0.2 or newer, or build the kernel for one core
    "#]],
    );
    let polling = Core {
        release_address: None,
        ..Core::polling(1, 0)
    };
    refused(
        polling,
        Some("arm,psci-1.0"),
        expect![[r#"
        error: --dtb kernel.dtb: does not say how to start cpu@1, which the kernel waits for
          expected: a `cpu-release-addr`, as its `enable-method` is spin-table, because of --cores 2
          found: none
          help: add the address that the machine's firmware uses, or build the kernel for fewer cores
    "#]],
    );
    refused(
        Core::polling(1, 0),
        Some("arm,psci-1.0"),
        expect![[r#"
            error: --dtb kernel.dtb: does not say how to start cpu@1, which the kernel waits for
              expected: a `cpu-release-addr`, as its `enable-method` is spin-table, because of --cores 2
              found: 0, which the firmware replaces
              help: add the address that the machine's firmware uses, or build the kernel for fewer cores
        "#]],
    );
}

/// On a machine without firmware, all cores enter the loader at EL3. QEMU's tree still names PSCI then.
#[test]
fn no_way_but_entry_at_el3() {
    let expected = expect![[r#"
        warning: --dtb kernel.dtb: does not say how to start cpu@1, which the kernel waits for
          expected: a PSCI node, or the `enable-method` spin-table, because of --cores 2
          found: neither
          help: enter the loader at EL3 on all cores; otherwise, pass the machine's own device tree
    "#]];
    for enable_method in [None, Some("psci")] {
        let mut cores = Core::all([0, 1]);
        cores[1].enable_method = enable_method;
        let device_tree = DeviceTree {
            psci: None,
            ..DeviceTree::with_cores(cores)
        };
        let folder = Folder::new();
        folder.put("kernel.dtb", device_tree.to_bytes());
        expected.assert_eq(&folder.accepted(&[("--cores", "2")]));
        assert_eq!(folder.accepted(&[]), "");
    }
}

/// The message names the source of the option.
#[test]
fn what_says_how_many_the_kernel_waits_for() {
    let folder = folder(Core::all([0]));
    let arguments = Folder::arguments(&[]);
    let from_elsewhere = |variables| {
        let output = folder.configured("", &arguments[1..], variables);
        assert_eq!(output.status.code(), Some(1));
        let messages = String::from_utf8(output.stderr).expect("text");
        let expected = messages.lines().nth(1).unwrap_or_default();
        expected.trim().to_owned()
    };
    let number = "expected: 4 nodes cpu@… in /cpus that are not disabled";
    assert_eq!(
        from_elsewhere(&[("KAAL_CORES", "4")]),
        format!("{number}, because of --cores 4 (KAAL_CORES)")
    );
    assert_eq!(
        from_elsewhere(&[("KAAL_KERNEL_CONFIG", "4.json")]),
        format!("{number}, because of --kernel-config 4.json (KAAL_KERNEL_CONFIG)")
    );
    folder.put("kaal.toml", "\ncores = 4\n");
    assert_eq!(
        from_elsewhere(&[]),
        format!("{number}, because of --cores 4 (kaal.toml:2)")
    );
}

#[test]
fn one_twice() {
    check(
        &folder(Core::all([0, 1, 1])),
        &[("--cores", "2")],
        expect![[r#"
            error: --dtb kernel.dtb: names a core twice
              expected: another `reg` in each node of /cpus
              found: 0x1 in two of them
              help: pass the device tree of the machine that the kernel is built for
        "#]],
    );
}

#[test]
fn one_that_cannot_exist() {
    check(
        &folder(Core::all([0, 0x8000_0001])),
        &[("--cores", "2")],
        expect![[r#"
            error: --dtb kernel.dtb: names an impossible core
              expected: a `reg` within 0xff00ffffff, the affinity in MPIDR_EL1
              found: 0x80000001
              help: pass the device tree of the machine that the kernel is built for
        "#]],
    );
}
