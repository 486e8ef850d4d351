// SPDX-License-Identifier: BSD-2-Clause

//! Lets QEMU wait for gdb, and says how to start gdb.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use fs_err as fs;
use kaal_harness::debugger::Debugger;
use kaal_harness::image::Inputs;
use kaal_harness::qemu::{self, Report, Stop, Watch};
use kaal_harness::tools;
use kaal_harness::workspace::Workspace;
use tempfile::TempDir;

use crate::setup;

/// The file in `target/kaal` with gdb's commands for the last image, where editors find it.
const SCRIPT: &str = "symbols.gdb";

/// The time between two looks whether QEMU listens.
const PAUSE: Duration = Duration::from_millis(10);

/// The place at which QEMU waits for gdb.
pub(super) enum Place {
    /// A socket in a folder of its own. Its path is short, as it must be, and no other program has it.
    Socket(TempDir),
    Port(u16),
}

impl Place {
    /// The chosen `port`, which must be free, or else a new socket.
    pub(super) fn new(port: Option<u16>) -> Result<Self> {
        let Some(port) = port else {
            let folder = tempfile::Builder::new().prefix("kaal-gdb-").tempdir();
            return Ok(Self::Socket(folder?));
        };
        TcpListener::bind(("localhost", port))
            .with_context(|| format!("--gdb-port {port}: choose another one, or leave it out"))?;
        Ok(Self::Port(port))
    }

    /// The gdb for `image`, which was packed from `inputs`.
    pub(super) fn debugger(
        &self,
        workspace: &Workspace,
        inputs: &Inputs,
        image: &Path,
    ) -> Result<Debugger> {
        // It is no error if there is no gdb: other debuggers can attach too.
        let gdb = setup::tool(workspace, &tools::GDB).unwrap_or_else(|error| {
            eprintln!("{error:#}");
            tools::GDB.file_names()[0].into()
        });
        let debugger = Debugger::new(workspace, gdb, inputs, image, &self.target())?;
        fs::write(workspace.artifacts().join(SCRIPT), debugger.script())?;
        Ok(debugger)
    }

    /// Runs QEMU, which `command` starts, and prints how to start `debugger` as soon as QEMU waits for it.
    pub(super) fn run(
        &self,
        mut command: Command,
        watch: &Watch,
        debugger: &Debugger,
    ) -> Result<Report> {
        command.args(["-S", "-gdb", &self.option()]);
        let over = Stop::default();
        thread::scope(|scope| {
            scope.spawn(|| {
                while !self.is_open() {
                    if over.is_asked() {
                        return;
                    }
                    thread::sleep(PAUSE);
                }
                println!("QEMU waits for gdb:\n{debugger}");
            });
            let report = qemu::run(command, watch);
            over.ask();
            report
        })
    }

    fn socket(folder: &TempDir) -> PathBuf {
        folder.path().join("gdb")
    }

    /// The value of QEMU's `-gdb`.
    fn option(&self) -> String {
        match self {
            Self::Socket(folder) => {
                format!("unix:{},server=on,wait=off", Self::socket(folder).display())
            }
            Self::Port(port) => format!("tcp:localhost:{port}"),
        }
    }

    /// The value of gdb's `target remote`.
    fn target(&self) -> String {
        match self {
            Self::Socket(folder) => Self::socket(folder).display().to_string(),
            Self::Port(port) => format!("localhost:{port}"),
        }
    }

    fn is_open(&self) -> bool {
        match self {
            Self::Socket(folder) => UnixStream::connect(Self::socket(folder)).is_ok(),
            Self::Port(port) => TcpStream::connect(("localhost", *port)).is_ok(),
        }
    }
}
