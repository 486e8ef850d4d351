// SPDX-License-Identifier: BSD-2-Clause

//! Checks the flake without its inputs: evaluates it with small stand-ins for them.
//!
//! Without Nix, or without a flake in the checkout, the tests are listed as ignored.

mod attributes;
mod system;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use kaal_harness::process;
use kaal_harness::qemu::Board;
use kaal_harness::toolchain;
use kaal_harness::tools::NIX;
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

/// Each system with the default compiler of its kernels, and the prefix of GCC's programs there.
const KERNEL_COMPILERS: [(&str, &str, &str); 3] = [
    ("x86_64-linux", "gcc", "aarch64-unknown-linux-gnu-"),
    ("aarch64-linux", "gcc", ""),
    ("aarch64-darwin", "llvm", "aarch64-unknown-linux-gnu-"),
];

/// The check that boots LLVM's kernel if the default is GCC.
const LLVM_CHECK: &str = "boot-qemu-arm-virt-default-llvm";

/// The table of boards.
const BOARDS: &str = "docs/boards/index.md";

/// Mistakes of users: the name of the test, a call of a function in `evaluate.nix`, and words of the error.
const MISTAKES: [(&str, &str, &str); 10] = [
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

fn main() -> ExitCode {
    process::exit_code(run_suite())
}

fn run_suite() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    let workspace = Workspace::locate()?;
    let root = workspace.root();
    let no_flake = !root.join("flake.nix").is_file();
    let no_nix = no_flake || NIX.find().is_none();

    let mut trials = vec![
        trial("flake_versions_agree", root, no_flake, versions_agree),
        trial("boards_are_described", root, no_flake, boards_are_described),
        trial("flake_parses", root, no_nix, parses),
        trial("flake_lock_agrees", root, no_nix, lock_agrees),
        trial("flake_evaluates", root, no_nix, evaluates),
        trial("flake_kernel_compilers", root, no_nix, kernel_compilers),
        trial("flake_attributes_exist", root, no_nix, attributes_exist),
        trial("flake_microkit_image", root, no_nix, microkit_image),
        trial("flake_system", root, no_nix, system::evaluates),
        trial("template_lock_agrees", root, no_flake, system::lock_agrees),
    ];
    for (name, call, words) in MISTAKES {
        trials.push(trial(name, root, no_nix, move |root| {
            refuses(root, call, words)
        }));
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}

fn trial(
    name: &str,
    root: &Path,
    ignored: bool,
    test: impl FnOnce(&Path) -> Result<()> + Send + 'static,
) -> Trial {
    let root = root.to_owned();
    Trial::test(name, move || {
        test(&root).map_err(|error| format!("{error:?}").into())
    })
    .with_ignored_flag(ignored)
}

/// Every platform with kernel settings has a page and a row in the table of boards, to which the README links.
/// Every machine has a platform.
fn boards_are_described(root: &Path) -> Result<()> {
    let readme = fs::read_to_string(root.join("README.md"))?;
    ensure!(readme.contains(BOARDS), "README.md has no link to {BOARDS}");
    let boards = fs::read_to_string(root.join(BOARDS))?;
    let mut platforms = Vec::new();
    for entry in fs::read_dir(root.join("kernel"))? {
        let entry = entry?;
        if entry.path().is_dir() {
            let platform = entry.file_name().to_string_lossy().into_owned();
            let page = format!("docs/boards/{platform}.md");
            ensure!(root.join(&page).is_file(), "{page} is missing");
            let row = boards.lines().any(|line| {
                line.starts_with("| [")
                    && line.contains(&format!("]({platform}.md) | `{platform}` |"))
            });
            ensure!(row, "{BOARDS} has no row for {platform}");
            platforms.push(platform);
        }
    }
    for board in Board::platforms() {
        let has_settings = platforms.iter().any(|platform| platform == board);
        ensure!(has_settings, "kernel/ has no settings for {board}");
    }
    Ok(())
}

/// Every `.nix` file parses.
fn parses(root: &Path) -> Result<()> {
    let mut files = vec![root.join("flake.nix")];
    for folder in ["nix", "tests/suites/nix"] {
        collect_nix_files(&root.join(folder), &mut files)?;
    }
    nix(root, instantiate()?.arg("--parse").args(files)).map(drop)
}

fn collect_nix_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("failed to read {folder:?}"))? {
        let path = entry?.path();
        if path.is_dir() {
            collect_nix_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "nix") {
            files.push(path);
        }
    }
    Ok(())
}

/// The lock file fits the inputs of the flake.
fn lock_agrees(root: &Path) -> Result<()> {
    let complaints = evaluate(root, "import ./tests/suites/nix/lock.nix")?;
    ensure!(complaints.trim() == "[]", "{complaints}");
    Ok(())
}

/// All outputs evaluate, for all systems.
fn evaluates(root: &Path) -> Result<()> {
    let paths = evaluate(root, "(import ./tests/suites/nix/evaluate.nix).paths")?;
    for (system, ..) in KERNEL_COMPILERS {
        ensure!(paths.contains(system), "{system} is missing in {paths}");
    }
    evaluate(root, "(import ./tests/suites/nix/evaluate.nix).overlaid").map(drop)
}

/// All named attributes exist.
fn attributes_exist(root: &Path) -> Result<()> {
    attributes::exist(root, &names(root)?)
}

/// The names of the flake's attributes, by kind of output and system.
fn names(root: &Path) -> Result<serde_json::Value> {
    let names = evaluate(root, "(import ./tests/suites/nix/evaluate.nix).names")?;
    Ok(serde_json::from_str(&names)?)
}

/// The kernel's build gets the full path of GCC's programs, or LLVM if it is the default. Otherwise, a check
/// boots LLVM's kernel.
fn kernel_compilers(root: &Path) -> Result<()> {
    let flags = evaluate(
        root,
        "(import ./tests/suites/nix/evaluate.nix).kernelToolchains",
    )?;
    let flags: serde_json::Value = serde_json::from_str(&flags)?;
    let names = names(root)?;
    for (system, default, prefix) in KERNEL_COMPILERS {
        let compilers = &flags[system];
        ensure!(
            compilers["default"] == compilers[default],
            "{system}: {default} expected, found {}",
            compilers["default"]
        );
        let option = compilers["gcc"]
            .as_array()
            .into_iter()
            .flatten()
            .find_map(|flag| flag.as_str()?.strip_prefix("-DCROSS_COMPILER_PREFIX="));
        let ending = format!("-gcc/bin/{prefix}");
        ensure!(
            option.is_some_and(|path| path.starts_with('/') && path.ends_with(&ending)),
            "{system}: CROSS_COMPILER_PREFIX is {option:?}, not a path that ends in {ending:?}"
        );
        let boots_llvm = names["checks"][system]
            .as_array()
            .is_some_and(|names| names.iter().any(|name| name == LLVM_CHECK));
        ensure!(
            boots_llvm == (default != "llvm"),
            "{system}: {LLVM_CHECK} is a check: {boots_llvm}"
        );
    }
    Ok(())
}

/// The builder gets Microkit's files in the given format, and a boot test accepts the image.
fn microkit_image(root: &Path) -> Result<()> {
    let call = |arguments: &str| {
        let file = "import ./tests/suites/nix/evaluate.nix";
        evaluate(root, &format!("with {file}; {arguments}"))
    };
    call("(microkitImage { }).bootTest")?;
    let inputs = call(
        r#"(microkitImage { format = "raw"; options = [ "--load-address" "0x70000000" ]; }).inputs"#,
    )?;
    for options in [
        "--microkit /loader.img --sdk /sdk --board qemu_virt_aarch64 --sdk-config debug",
        "--format raw --unpacker ",
        "--dtb /nix/store/",
        "'--load-address' '0x70000000' --out ",
    ] {
        ensure!(inputs.contains(options), "{options:?} isn't in {inputs}");
    }
    Ok(())
}

/// A call of a function in `evaluate.nix` fails in `words`.
fn refuses(root: &Path, call: &str, words: &str) -> Result<()> {
    let expression = format!("with import ./tests/suites/nix/evaluate.nix; {call}");
    match evaluate(root, &expression) {
        Ok(path) => anyhow::bail!("{call} was accepted: {path}"),
        Err(error) => {
            let said = error.to_string();
            ensure!(said.contains(words), "{words:?} expected, but: {said}");
            Ok(())
        }
    }
}

/// The flake has a hash for each version of rust-sel4, and the Rust compiler of the same day as `cargo xtask`.
fn versions_agree(root: &Path) -> Result<()> {
    let read = |file: &str| {
        fs::read_to_string(root.join(file)).with_context(|| format!("failed to read {file}"))
    };
    let hashes = read("nix/packages/root-task/arguments.nix")?;
    for lock in [
        "root-task/Cargo.lock",
        "nix/template/root-task/Cargo.lock",
        "nix/template-system/Cargo.lock",
    ] {
        for line in read(lock)?.lines() {
            if let Some(source) = line.strip_prefix("source = \"git+") {
                let source = format!("\"git+{source}");
                ensure!(hashes.contains(&source), "{lock}: no hash for {source}");
            }
        }
    }

    let named = toolchain::PINNED.trim_start_matches("nightly-");
    let lock = read("flake.lock")?;
    let seconds: i64 = between(&lock, "\"fenix\": {", "narHash")
        .and_then(|fenix| between(fenix, "\"lastModified\": ", ","))
        .context("flake.lock has no date for fenix")?
        .parse()?;
    ensure!(
        days_since_1970(named) == Some(seconds / 86_400),
        "tests/harness/src/toolchain.rs names {named}, but flake.lock has fenix of {seconds} s since 1970"
    );
    Ok(())
}

/// The text between the first `start` and the next `end`.
fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}

/// The day `date`, like 2026-05-20, as a number of days.
fn days_since_1970(date: &str) -> Option<i64> {
    let mut numbers = date.split('-').map(|number| number.parse::<i64>().ok());
    let (year, month, day) = (numbers.next()??, numbers.next()??, numbers.next()??);
    // Years that begin in March end with the leap day.
    let (year, month) = match month > 2 {
        true => (year, month - 3),
        false => (year - 1, month + 9),
    };
    let leap_days = year / 4 - year / 100 + year / 400;
    Some(year * 365 + leap_days + (153 * month + 2) / 5 + day - 719_469)
}

/// The program that parses and evaluates.
fn instantiate() -> Result<Command> {
    NIX.find().map(Command::new).context("Nix is gone")
}

fn evaluate(root: &Path, expression: &str) -> Result<String> {
    let mut command = instantiate()?;
    command
        .args(["--eval", "--strict", "--json"])
        .args(["--expr", expression]);
    nix(root, &mut command)
}

fn nix(root: &Path, command: &mut Command) -> Result<String> {
    // It works without a store, and creates none.
    let output = command
        .args(["--store", "dummy://"])
        .current_dir(root)
        .output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
