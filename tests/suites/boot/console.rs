// SPDX-License-Identifier: BSD-2-Clause

//! Tests the loader's output, and boots without a console.

use anyhow::{Context, Result, ensure};
use kaal_harness::probe::PASS;
use kaal_harness::qemu::{End, Machine};
use kaal_harness::workspace::{Program, Workspace};
use libtest_mimic::Trial;

use crate::image::{Image, change_file, find};
use crate::trial;

/// The beginning of each of the loader's lines.
const LOADER: &str = "KaaL";

/// The beginning of the probe's first line.
const PROBE: &str = "KaaL's probe kernel";

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    vec![
        trial(workspace, "console::one_line_by_default", |workspace| {
            let lines = loader_lines(workspace, &[])?;
            ensure!(lines.len() == 1, "one line expected, found {lines:?}");
            let version = env!("CARGO_PKG_VERSION");
            let start = format!("KaaL {version}: EL1, 7 regions, entering the kernel at 0xffff");
            ensure!(
                lines[0].starts_with(&start),
                "{start} expected, found {lines:?}"
            );
            Ok(())
        }),
        trial(workspace, "console::nothing_at_level_error", |workspace| {
            let lines = loader_lines(workspace, &["--log-level", "error"])?;
            ensure!(lines.is_empty(), "no line expected, found {lines:?}");
            Ok(())
        }),
        trial(
            workspace,
            "console::all_regions_at_level_debug",
            |workspace| {
                let lines = loader_lines(workspace, &["--log-level", "debug"])?;
                for kind in ["kernel", "device tree", "user image", "translation tables"] {
                    let is_named = |line: &String| line.contains("region") && line.ends_with(kind);
                    ensure!(
                        lines.iter().any(is_named),
                        "{kind} expected, found {lines:?}"
                    );
                }
                Ok(())
            },
        ),
        trial(
            workspace,
            "console::unknown_uart_is_named_when_building",
            |workspace| {
                let image = with_unknown_uart(Image::ordinary(workspace)?)?;
                let messages = image.pack(workspace)?;
                ensure!(
                    messages.contains("pl011@9000000 (arm,xl011)"),
                    "found: {messages}"
                );
                let console = image.boot(PASS)?;
                ensure!(
                    console.starts_with(PROBE),
                    "{PROBE:?} expected first, found:\n{console}"
                );
                Ok(())
            },
        ),
        trial(
            workspace,
            "console::last_words_are_sent",
            last_words_are_sent,
        ),
        trial(
            workspace,
            "console::error_without_console_powers_off",
            |workspace| {
                let image = Image::of(workspace, Program::ProbeHyp, Machine::ordinary())?;
                let image = with_unknown_uart(image)?;
                image.pack(workspace)?;
                let end = image.boot_silently()?;
                ensure!(
                    matches!(end, End::Exited(_)),
                    "an end by itself expected, {end:?} found"
                );
                Ok(())
            },
        ),
    ]
}

/// QEMU's UARTs send each byte at once. So this test looks whether the UART's flags were read after the last byte, and
/// before the end.
fn last_words_are_sent(workspace: &Workspace) -> Result<()> {
    const TRACE: &str = "pl011_*";

    let image = Image::of(workspace, Program::ProbeHyp, Machine::ordinary())?;
    image.pack(workspace)?;
    let report = image.run_to_the_end(&["-trace".to_owned(), TRACE.to_owned()])?;
    ensure!(
        report.console.ends_with("KaaL: powering off\r\n"),
        "found:\n{}",
        report.console
    );
    let accesses = report.messages.lines();
    let mut accesses = accesses.filter(|line| line.contains(" addr 0x"));
    let last = accesses.next_back().context("QEMU traces no accesses")?;
    ensure!(
        last.starts_with("pl011_read addr 0x") && last.contains("18 value"),
        "a read of UARTFR expected last, found {last}"
    );
    Ok(())
}

/// The lines that the loader prints on its way to the probe.
fn loader_lines(workspace: &Workspace, flags: &[&'static str]) -> Result<Vec<String>> {
    let mut image = Image::ordinary(workspace)?;
    image.flags = flags.to_vec();
    image.pack(workspace)?;
    let console = image.boot(PASS)?;
    let lines = console.lines().take_while(|line| !line.starts_with(PROBE));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    let strange = lines.iter().find(|line| !line.starts_with(LOADER));
    ensure!(
        strange.is_none(),
        "the loader's lines expected, found {strange:?}"
    );
    Ok(lines)
}

/// Makes the device tree name an unknown kind of UART.
pub(crate) fn with_unknown_uart(image: Image) -> Result<Image> {
    let dtb = image.inputs.device_tree.as_ref();
    change_file(dtb.context("no device tree")?, |bytes| {
        let place = find(bytes, b"arm,pl011").context("no PL011 in the device tree")?;
        bytes[place..place + 9].copy_from_slice(b"arm,xl011");
        Ok(())
    })?;
    Ok(image)
}
