// SPDX-License-Identifier: BSD-2-Clause

//! Systems that Microkit's tool makes, if `MICROKIT_SDK` names an SDK. Microkit's own loader boots each first.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use kaal_harness::process;
use kaal_harness::qemu::{self, End, Machine, Watch};
use kaal_harness::tools::{BINUTILS, search_path};
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use super::{check, started};
use crate::trial;

/// The variable that Microkit's own examples read.
const SDK: &str = "MICROKIT_SDK";

/// Boards and configurations of Microkit 2.3.0 that QEMU has machines for.
const BUILDS: [(&str, &str); 6] = [
    ("qemu_virt_aarch64", "debug"),
    ("qemu_virt_aarch64", "release"),
    ("qemu_virt_aarch64", "smp-debug"),
    ("qemu_virt_aarch64", "smp-release"),
    ("qemu_virt_aarch64_el1", "debug"),
    ("qemu_virt_aarch64_el1", "release"),
];

/// The system prints this itself, so that it shows with release kernels too.
const SHARED: &str = "two domains share both regions";

const SYSTEM: &str = include_str!("two.system");

/// The attribute of a region at a fixed address.
const FIXED: &str = " phys_addr=\"0xb0000000\"";

const FILES: [(&str, &str); 3] = [
    ("reader.s", include_str!("reader.s")),
    ("writer.s", include_str!("writer.s")),
    ("variables.s", include_str!("variables.s")),
];

pub(super) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let tests = BUILDS.map(|(board, configuration)| {
        let name = format!("microkit::sdk::{board}::{configuration}");
        let (name, is_ignored) = match obstacle(board, configuration) {
            Some(obstacle) => (format!("{name} ({obstacle})"), true),
            None => BINUTILS.needed_by(&name),
        };
        let test = trial(workspace, name, move |workspace| {
            boot(workspace, board, configuration)
        });
        test.with_ignored_flag(is_ignored)
    });
    tests.into()
}

fn sdk() -> Option<PathBuf> {
    env::var_os(SDK).map(PathBuf::from)
}

/// The folder of a board's configuration.
fn build(sdk: &Path, board: &str, configuration: &str) -> PathBuf {
    sdk.join("board").join(board).join(configuration)
}

/// Why a board can't be tested.
fn obstacle(board: &str, configuration: &str) -> Option<String> {
    let Some(sdk) = sdk() else {
        return Some(format!("{SDK} is not set"));
    };
    match build(&sdk, board, configuration).is_dir() {
        true => None,
        false => Some("the SDK has no such build".to_owned()),
    }
}

fn boot(workspace: &Workspace, board: &str, configuration: &str) -> Result<()> {
    let sdk = sdk().context("no SDK")?;
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path();
    make(&sdk, board, configuration, folder)?;
    let loader = folder.join("loader.img");
    let machine = Machine {
        machine: match board.ends_with("_el1") {
            true => "virt".to_owned(),
            false => "virt,virtualization=on".to_owned(),
        },
        cpu: "cortex-a53".to_owned(),
        memory: "2G".to_owned(),
        cores: 4,
        ..Machine::ordinary()
    };
    // On QEMU 7.2, Microkit's loader traps at EL1, where the machine has no firmware for its calls.
    if !board.ends_with("_el1") {
        expect(&machine, &started(&loader))?;
    }

    let tree = folder.join("machine.dtb");
    machine.dump_device_tree(&tree)?;
    let pack = |out: &Path, options: &[&str]| {
        let mut command = Command::new(workspace.builder());
        command.args(["--no-config", "--board", board]);
        command.args(["--sdk-config", configuration]).args(options);
        let files = [
            ("--sdk", &sdk),
            ("--loader", &workspace.program(Program::Loader)),
            ("--unpacker", &workspace.program(Program::Unpacker)),
            ("--microkit", &loader),
            ("--dtb", &tree),
        ];
        for (option, file) in files {
            command.arg(option).arg(file);
        }
        check(command.arg("--out").arg(out))
    };
    let elf = folder.join("bootimage.elf");
    pack(&elf, &[])?;
    let kernel = ["-kernel".to_owned(), elf.display().to_string()];
    expect(&machine, &kernel)?;
    let raw = folder.join("bootimage.raw");
    let options = ["--format", "raw", "--load-address", "0x70000000"];
    let [small, large] = [&["--compress", "lz4"][..], &[]].map(|compression| {
        pack(&raw, &[&options, compression].concat())?;
        expect(&machine, &started(&raw))?;
        anyhow::Ok(fs::metadata(&raw)?.len())
    });
    let (small, large, whole) = (small?, large?, fs::metadata(&loader)?.len());
    ensure!(
        100 * small <= 12 * whole && 100 * large <= 25 * whole,
        "{small} and {large} bytes instead of {whole}"
    );
    Ok(())
}

/// Makes `loader.img` in `folder`.
fn make(sdk: &Path, board: &str, configuration: &str, folder: &Path) -> Result<()> {
    for (name, content) in FILES {
        fs::write(folder.join(name), content)?;
    }
    // On several cores, Microkit 2.3.0's initialiser hangs on such a region, whichever loader starts it.
    let system = match configuration.starts_with("smp") {
        true => SYSTEM.replace(FIXED, ""),
        false => SYSTEM.to_owned(),
    };
    fs::write(folder.join("two.system"), system)?;
    let library = build(sdk, board, configuration).join("lib");
    let run = |command: &mut Command| {
        let command = command.current_dir(folder).env("PATH", search_path());
        process::read(command.env(SDK, sdk)).map(drop)
    };
    for program in ["reader", "writer"] {
        let [source, object, output] = ["s", "o", "elf"].map(|end| format!("{program}.{end}"));
        run(Command::new("aarch64-linux-gnu-as").args([&source, "-o", &object]))?;
        let mut link = Command::new("aarch64-linux-gnu-ld.bfd");
        link.args(["-z", "max-page-size=4096", &object, "-o", &output]);
        link.arg(library.join("libmicrokit.a"));
        run(link.arg("-T").arg(library.join("microkit.ld")))?;
    }
    let mut tool = Command::new(sdk.join("bin/microkit"));
    tool.args(["two.system", "--search-path", "."]);
    tool.args(["--board", board, "--config", configuration]);
    run(tool.args(["-o", "loader.img"]))
}

/// Runs `machine` with `options` until the system says that it works.
fn expect(machine: &Machine, options: &[String]) -> Result<()> {
    let mut command = machine.command();
    command.args(options);
    let watch = Watch {
        expect: Some(SHARED.to_owned()),
        limit: Some(std::time::Duration::from_secs(60)),
        ..Watch::default()
    };
    let report = qemu::run(command, &watch)?;
    let (console, end) = (report.console, report.end);
    ensure!(
        matches!(end, End::Expected),
        "{SHARED:?} expected, but {end:?}:\n{console}"
    );
    Ok(())
}
