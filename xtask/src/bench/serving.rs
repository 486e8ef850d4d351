// SPDX-License-Identifier: BSD-2-Clause

//! Measures the default system while it serves its page and a file to this machine, by QEMU's user network.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;
use fs_err as fs;
use kaal_harness::qemu::{Devices, Live, free_port, instructions_during};
use kaal_harness::sel4::{Kernel, READY};
use kaal_harness::workspace::Workspace;
use kaal_harness::{disk, elf};
use tempfile::TempDir;

use super::client::Client;

/// The address of the page, and that of a file of [`SIZE`] bytes.
const PAGE: &str = "/";
const FILE: &str = "/files/large";
const SIZE: usize = 8 << 20;

/// The content of a packet of 1,500 bytes, behind the headers of IPv4 and TCP.
const CONTENT: u64 = 1_500 - 20 - 20;

/// How often the page is served to count its packets: so often that differences between two boots count little.
const PAGES: usize = 256;

/// How often a time is measured. The shortest counts: other programs of this machine can slow down QEMU.
const TRIES: usize = 5;

/// Longer than any boot.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The default system, with a disk.
pub(super) struct Serving<'a> {
    workspace: &'a Workspace,
    kernel: &'a Kernel,
    pub(super) image: PathBuf,
    disk: PathBuf,
    _scratch: TempDir,
}

impl<'a> Serving<'a> {
    /// The system of the root task that has been built for `kernel`.
    pub(super) fn new(workspace: &'a Workspace, kernel: &'a Kernel) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let [image, disk, files] =
            ["image.elf", "disk.img", "files"].map(|name| scratch.path().join(name));
        let inputs = kernel.inputs(workspace, &workspace.root_task());
        inputs.pack(workspace, &image)?;
        fs::create_dir(&files)?;
        fs::write(files.join("large"), vec![0x5a; SIZE])?;
        disk::write(&files, &disk)?;
        Ok(Self {
            workspace,
            kernel,
            image,
            disk,
            _scratch: scratch,
        })
    }

    /// The milliseconds from the console text `begin` to the end of the page's first answer, on the host's clock.
    pub(super) fn milliseconds_to_page(&self, begin: &str) -> Result<u64> {
        let time = shortest(|| {
            let (command, port) = self.boot()?;
            let mut guest = Live::start(command)?;
            guest.wait_for(begin, TIME_LIMIT)?;
            let start = Instant::now();
            guest.wait_for(READY, TIME_LIMIT)?;
            Client::connect(port)?.get(PAGE)?;
            Ok(start.elapsed())
        })?;
        Ok(u64::try_from(time.as_millis())?)
    }

    /// The instructions from the root task's first one to the end of the page's first answer, those for each packet of
    /// further answers, and those for each packet of the file.
    pub(super) fn instructions(&self) -> Result<[u64; 3]> {
        let (to_page, _) = self.instructions_and_packets(&[])?;
        let of_packet = |paths: &[&str]| {
            let (instructions, packets) = self.instructions_and_packets(paths)?;
            anyhow::Ok(instructions.saturating_sub(to_page) / packets)
        };
        Ok([to_page, of_packet(&[PAGE; PAGES])?, of_packet(&[FILE])?])
    }

    /// The megabytes per second at which the system serves the file, on the host's clock.
    pub(super) fn megabytes_per_second(&self) -> Result<u64> {
        let (command, port) = self.boot()?;
        let mut guest = Live::start(command)?;
        guest.wait_for(READY, TIME_LIMIT)?;
        let mut client = Client::connect(port)?;
        let time = shortest(|| {
            let start = Instant::now();
            client.get(FILE)?;
            Ok(start.elapsed())
        })?;
        // A byte per microsecond is a megabyte per second.
        Ok(SIZE as u64 / u64::try_from(time.as_micros())?)
    }

    /// The instructions until the system has served the page, then `paths`, and the packets of `paths`.
    fn instructions_and_packets(&self, paths: &[&str]) -> Result<(u64, u64)> {
        let (command, port) = self.boot()?;
        let first = elf::entry(&fs::read(self.workspace.root_task())?)?;
        let mut packets = 0;
        let instructions =
            instructions_during(first, &self.workspace.counter(), command, |guest| {
                guest.wait_for(READY, TIME_LIMIT)?;
                let mut client = Client::connect(port)?;
                client.get(PAGE)?;
                for path in paths {
                    packets += client.get(path)?.div_ceil(CONTENT);
                }
                Ok(())
            })?;
        Ok((instructions, packets))
    }

    /// The command that boots the system, and the port of its page.
    fn boot(&self) -> Result<(Command, u16)> {
        let port = free_port(0)?;
        let devices = Devices {
            http: Some(port),
            disk: Some(self.disk.clone()),
            line: None,
        };
        let mut command = self.kernel.machine()?.booting(&self.image);
        command.args(devices.options());
        Ok((command, port))
    }
}

/// The shortest time of some tries.
fn shortest(mut measure: impl FnMut() -> Result<Duration>) -> Result<Duration> {
    let mut shortest = Duration::MAX;
    for _ in 0..TRIES {
        shortest = shortest.min(measure()?);
    }
    Ok(shortest)
}
