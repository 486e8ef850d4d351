// SPDX-License-Identifier: BSD-2-Clause

//! The machine that an image was made for, by the builder's report on the image.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::{Board, Machine};
use crate::image;
use crate::workspace::Workspace;

/// The first address of the virt machine's RAM.
const VIRT_RAM: u64 = 0x4000_0000;

/// What an image says about its machine, in the words of `docs/json.md`.
#[derive(Clone, Debug, Deserialize)]
pub struct MadeFor {
    /// The image's format, a value of the builder's `--format`.
    pub format: String,
    payload: Payload,
    ram: Option<Vec<Bank>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    exception_level: u8,
    cores: u32,
    console: Option<Console>,
    psci: Option<String>,
    interrupt_controller: Option<InterruptController>,
}

#[derive(Clone, Debug, Deserialize)]
struct Console {
    address: String,
}

#[derive(Clone, Debug, Deserialize)]
struct InterruptController {
    kind: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Bank {
    end: String,
}

impl MadeFor {
    /// Reads the image in `file`.
    ///
    /// # Errors
    ///
    /// Fails if it is no image.
    pub fn read(workspace: &Workspace, file: &Path) -> Result<Self> {
        Self::parse(image::inspect(workspace, file)?)
    }

    fn parse(report: Value) -> Result<Self> {
        serde_json::from_value(report).context("the builder's report has another form")
    }

    /// The board.
    ///
    /// # Errors
    ///
    /// Fails if the image doesn't tell it, or QEMU has no model of it.
    pub fn board(&self) -> Result<&'static Board> {
        let console = self.payload.console.as_ref();
        let console = console.context(
            "the image's device tree names no console, by which its board is known: start \
             `qemu-system-aarch64 -kernel` with the board's options",
        )?;
        Board::with_console(number(&console.address)?)
    }

    /// The machine.
    ///
    /// # Errors
    ///
    /// Fails like [`Self::board`].
    pub fn machine(&self) -> Result<Machine> {
        let board = self.board()?;
        if !board.is_virt() {
            return Ok(board.machine(self.payload.exception_level == 2));
        }
        let payload = &self.payload;
        let mut machine = match payload.exception_level {
            2 => Machine::hypervisor(),
            _ => Machine::ordinary(),
        };
        machine.cores = payload.cores;
        let kind = payload.interrupt_controller.as_ref().map(|gic| &gic.kind);
        if kind.is_some_and(|kind| kind == "GICv3") {
            machine.machine.push_str(",gic-version=3");
        }
        // The virt machine has PSCI, by HVC or with a hypervisor by SMC, unless it leaves EL3 to software.
        if payload.psci.is_none() {
            machine.machine.push_str(",secure=on");
        }
        let ends = self.ram.iter().flatten().map(|bank| number(&bank.end));
        if let Some(end) = ends.collect::<Result<Vec<_>>>()?.into_iter().max() {
            let size = end.saturating_sub(VIRT_RAM);
            machine.memory = format!("{}M", size.div_ceil(1 << 20));
        }
        Ok(machine)
    }
}

/// Parses a hexadecimal number such as `0x1000`.
fn number(text: &str) -> Result<u64> {
    let digits = text.strip_prefix("0x").context("no hexadecimal number")?;
    Ok(u64::from_str_radix(digits, 16)?)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Board, MadeFor};

    /// An image for this exception level, with this console and PSCI.
    fn machine(level: u8, console: &str, psci: Value) -> anyhow::Result<String> {
        let made_for = MadeFor::parse(json!({
            "format": "elf",
            "payload": {
                "exceptionLevel": level,
                "cores": 2,
                "console": { "address": console },
                "psci": psci,
                "interruptController": { "kind": "GICv3" },
            },
            "ram": [{ "end": "0x60000000" }],
        }))?;
        Ok(made_for.machine()?.to_string())
    }

    #[test]
    fn the_virt_machine_is_as_the_image_needs_it() {
        assert_eq!(
            machine(1, "0x9000000", json!("hvc")).unwrap(),
            "-machine virt,gic-version=3 -cpu cortex-a53 -m 512M -smp 2"
        );
        assert_eq!(
            machine(2, "0x9000000", Value::Null).unwrap(),
            "-machine virt,virtualization=on,gic-version=3,secure=on -cpu cortex-a57 -m 512M -smp 2"
        );
    }

    #[test]
    fn a_board_is_known_by_its_console() {
        for level in [1, 2] {
            let board = Board::of("zynqmp").unwrap().machine(level == 2);
            let machine = machine(level, "0xff000000", Value::Null).unwrap();
            assert_eq!(machine, board.to_string());
            assert_eq!(machine.contains("virtualization=on"), level == 2);
        }
        let error = machine(1, "0x1000", Value::Null).unwrap_err().to_string();
        assert!(error.contains("a console at 0x1000"), "{error}");
    }
}
