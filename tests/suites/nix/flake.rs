// SPDX-License-Identifier: BSD-2-Clause

//! Checks the flake without its inputs: evaluates it with small stand-ins for them.
//!
//! Without Nix, or without a flake in the checkout, the tests are listed as ignored.

mod attributes;
mod boards;
mod compilers;
mod evaluation;
mod mistakes;
mod system;
mod versions;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use kaal_harness::process;
use kaal_harness::tools::NIX;
use kaal_harness::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

use compilers::KERNEL_COMPILERS;
use evaluation::{evaluate, instantiate, nix};
use mistakes::MISTAKES;

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
        trial("flake_versions_agree", root, no_flake, versions::agree),
        trial(
            "boards_are_described",
            root,
            no_flake,
            boards::are_described,
        ),
        trial("flake_parses", root, no_nix, parses),
        trial("flake_lock_agrees", root, no_nix, lock_agrees),
        trial("flake_evaluates", root, no_nix, evaluates),
        trial(
            "flake_kernel_compilers",
            root,
            no_nix,
            compilers::build_kernels,
        ),
        trial("flake_attributes_exist", root, no_nix, attributes_exist),
        trial("flake_microkit_image", root, no_nix, microkit_image),
        trial("flake_system", root, no_nix, system::evaluates),
        trial("template_lock_agrees", root, no_flake, system::lock_agrees),
    ];
    for (name, call, words) in MISTAKES {
        trials.push(trial(name, root, no_nix, move |root| {
            mistakes::refuses(root, call, words)
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
