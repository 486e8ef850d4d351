// SPDX-License-Identifier: BSD-2-Clause

//! Checks the flake without its inputs: what `nix` alone can tell, against small stand-ins.
//!
//! Where there is no Nix, or no flake in the checkout, the tests are listed as ignored.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result, ensure};
use kaal_tests::workspace::Workspace;
use libtest_mimic::{Arguments, Trial};

/// The program that parses and evaluates.
const NIX: &str = "nix-instantiate";

/// What a user gets wrong in a call of `mkBootImage`, and the words that say so.
const MISTAKES: [(&str, &str, &str); 4] = [
    (
        "flake_unknown_platform",
        r#"{ platform = "toaster"; }"#,
        r#"platform = "toaster" doesn't exist; choose one of: qemu-arm-virt"#,
    ),
    (
        "flake_unknown_variant",
        r#"{ variant = "smp"; }"#,
        r#"variant = "smp" doesn't exist; choose one of: default, hyp, mcs"#,
    ),
    (
        "flake_contradicting_setting",
        "{ kernelConfig.KernelIsMCS = true; }",
        r#"kernelConfig.KernelIsMCS = "ON" contradicts platform "qemu-arm-virt", variant "default""#,
    ),
    (
        "flake_unknown_compiler",
        r#"{ kernelToolchain = "tcc"; }"#,
        r#"kernelToolchain = "tcc" doesn't exist; choose one of: default, gcc, llvm"#,
    ),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let workspace = match Workspace::locate() {
        Ok(workspace) => workspace,
        Err(error) => {
            eprintln!("error: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let root = workspace.root();
    let no_flake = !root.join("flake.nix").is_file();
    let no_nix = no_flake || !has_nix();

    let mut trials = vec![
        trial("flake_versions_agree", root, no_flake, versions_agree),
        trial("flake_parses", root, no_nix, parses),
        trial("flake_lock_agrees", root, no_nix, lock_agrees),
        trial("flake_evaluates", root, no_nix, evaluates),
    ];
    for (name, arguments, words) in MISTAKES {
        trials.push(trial(name, root, no_nix, move |root| {
            refuses(root, arguments, words)
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
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

fn has_nix() -> bool {
    Command::new(NIX)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Every `.nix` file is one.
fn parses(root: &Path) -> Result<()> {
    let mut files = vec![root.join("flake.nix")];
    for folder in ["nix", "tests/nix"] {
        collect_nix_files(&root.join(folder), &mut files)?;
    }
    nix(root, Command::new(NIX).arg("--parse").args(files)).map(drop)
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

/// The lock file is for the inputs that the flake names.
fn lock_agrees(root: &Path) -> Result<()> {
    let complaints = evaluate(root, "import ./tests/nix/lock.nix")?;
    ensure!(complaints.trim() == "[]", "{complaints}");
    Ok(())
}

/// All outputs evaluate, for all systems.
fn evaluates(root: &Path) -> Result<()> {
    let paths = evaluate(root, "(import ./tests/nix/evaluate.nix).paths")?;
    for system in ["x86_64-linux", "aarch64-linux", "aarch64-darwin"] {
        ensure!(paths.contains(system), "{system} is missing in {paths}");
    }
    evaluate(root, "(import ./tests/nix/evaluate.nix).overlaid").map(drop)
}

/// A call of `mkBootImage` fails in `words`.
fn refuses(root: &Path, arguments: &str, words: &str) -> Result<()> {
    let expression = format!("(import ./tests/nix/evaluate.nix).image {arguments}");
    match evaluate(root, &expression) {
        Ok(path) => anyhow::bail!("{arguments} was accepted: {path}"),
        Err(error) => {
            let said = error.to_string();
            ensure!(said.contains(words), "{words:?} expected, but: {said}");
            Ok(())
        }
    }
}

/// rust-sel4 and the compiler are of the versions that the flake has hashes for.
fn versions_agree(root: &Path) -> Result<()> {
    let read = |file: &str| {
        fs::read_to_string(root.join(file)).with_context(|| format!("failed to read {file}"))
    };
    let hashes = read("nix/rust-sel4-hashes.nix")?;
    for lock in [
        "root-task/Cargo.lock",
        "nix/template/root-task/Cargo.lock",
    ] {
        for line in read(lock)?.lines() {
            if let Some(source) = line.strip_prefix("source = \"git+") {
                let source = format!("\"git+{source}");
                ensure!(hashes.contains(&source), "{lock}: no hash for {source}");
            }
        }
    }
    Ok(())
}

fn evaluate(root: &Path, expression: &str) -> Result<String> {
    // No store is needed, or written to.
    let mut command = Command::new(NIX);
    command
        .args(["--eval", "--strict", "--json", "--store", "dummy://"])
        .args(["--expr", expression]);
    nix(root, &mut command)
}

fn nix(root: &Path, command: &mut Command) -> Result<String> {
    let output = command.current_dir(root).output()?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}
