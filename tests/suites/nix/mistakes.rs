// SPDX-License-Identifier: BSD-2-Clause

//! Checks what the flake's functions say of mistakes.

use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::evaluation::evaluate;

/// Mistakes of users: the name of the test, a call of a function in `evaluate.nix`, and words of the error.
pub(crate) const MISTAKES: [(&str, &str, &str); 10] = [
    (
        "flake_unknown_platform",
        r#"image { platform = "toaster"; }"#,
        r#"platform = "toaster" doesn't exist; choose one of: bcm2711, bcm2837, imx8mm-evk, imx8mp-evk, qemu-arm-virt, zynqmp"#,
    ),
    (
        "flake_unknown_variant",
        r#"image { variant = "tiny"; }"#,
        r#"variant = "tiny" doesn't exist; choose one of: default, hyp, hyp-smp, mcs, mcs-smp, release, smp"#,
    ),
    (
        "flake_contradicting_setting",
        "image { kernelConfig.KernelIsMCS = true; }",
        r#"kernelConfig.KernelIsMCS = "ON" contradicts platform "qemu-arm-virt", variant "default""#,
    ),
    (
        "flake_unknown_compiler",
        r#"image { kernelToolchain = "tcc"; }"#,
        r#"kernelToolchain = "tcc" doesn't exist; choose one of: default, gcc, llvm"#,
    ),
    (
        "flake_firmware_of_a_board",
        r#"firmwareImage { platform = "bcm2711"; }"#,
        "firmware is for the platform qemu-arm-virt, not bcm2711",
    ),
    (
        "flake_boot_of_microkit_on_a_board",
        r#"(microkitImage { board = "zcu102"; }).bootTest"#,
        "QEMU has no model of zcu102",
    ),
    (
        "flake_system_without_lock_file",
        r#"(system { src = "/nowhere"; }).bootTest"#,
        "src = /nowhere has no Cargo.lock: run `cargo generate-lockfile`",
    ),
    (
        "flake_system_without_list",
        r#"(system { system = "/nowhere.toml"; }).bootTest"#,
        "system = /nowhere.toml doesn't exist: name the list of components",
    ),
    (
        "flake_old_nixpkgs",
        "image { pkgs = oldPackages.nixpkgs; }",
        "nixpkgs 26.05 or newer is needed, but the given one is 25.11.20251201.abcdef0",
    ),
    (
        "flake_old_cargo_deny",
        "deny oldPackages.cargoDeny",
        "cargo-deny 0.20 or newer is needed, but the given nixpkgs has 0.19.4",
    ),
];

/// A call of a function in `evaluate.nix` fails in `words`.
pub(crate) fn refuses(root: &Path, call: &str, words: &str) -> Result<()> {
    let expression = format!("with import ./tests/suites/nix/evaluate.nix; {call}");
    match evaluate(root, &expression) {
        Ok(path) => bail!("{call} was accepted: {path}"),
        Err(error) => {
            let said = error.to_string();
            ensure!(said.contains(words), "{words:?} expected, but: {said}");
            Ok(())
        }
    }
}
