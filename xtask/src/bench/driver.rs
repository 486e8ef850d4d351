// SPDX-License-Identifier: BSD-2-Clause

//! Measures the network driver alone, with a client that sends each packet back.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use fs_err as fs;
use kaal_harness::elf;
use kaal_harness::qemu::{Devices, Machine, instructions_during};
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use tempfile::TempDir;

use crate::root_task::{self, Selection};

/// The list of components, and what its client prints when it is ready.
const LIST: &str = "root-task/task/reflector.toml";
const ATTACHED: &str = "[reflector] attached";

/// The size of a packet, with Ethernet's header.
const PACKET: usize = 14 + 1_500;

/// The packets of a measurement, so many that differences between two boots count little, and those of a burst, fewer
/// than the card has buffers.
const PACKETS: u64 = 4_096;
const BURST: u64 = 16;

/// Longer than a boot, and than the way of a packet.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The system with the driver and its client.
pub(super) struct Reflector<'a> {
    workspace: &'a Workspace,
    machine: Machine,
    root_task: PathBuf,
    image: PathBuf,
    _scratch: TempDir,
}

impl<'a> Reflector<'a> {
    /// Builds the system for `kernel`.
    pub(super) fn build(workspace: &'a Workspace, kernel: &Kernel) -> Result<Self> {
        let selection = Selection::of(workspace.root().join(LIST));
        let root_task = root_task::build(workspace, kernel, root_task::RELEASE, &selection)?;
        let scratch = tempfile::tempdir()?;
        let image = scratch.path().join("image.elf");
        kernel
            .inputs(workspace, &root_task)
            .pack(workspace, &image)?;
        Ok(Self {
            workspace,
            machine: kernel.machine()?,
            root_task,
            image,
            _scratch: scratch,
        })
    }

    /// The instructions for each packet, in one direction, of those that come alone and of those that come in bursts.
    pub(super) fn instructions_of_packet(&self) -> Result<[u64; 2]> {
        let none = self.instructions(0, 1)?;
        let of_packet = |burst| {
            let instructions = self.instructions(PACKETS, burst)?;
            anyhow::Ok(instructions.saturating_sub(none) / (2 * PACKETS))
        };
        Ok([of_packet(1)?, of_packet(BURST)?])
    }

    /// The instructions of a run in which the system gets as many packets, in bursts, and sends them back.
    fn instructions(&self, packets: u64, burst: u64) -> Result<u64> {
        let wire = Wire::new()?;
        let mut command = self.machine.booting(&self.image);
        command.args(wire.options()?);
        let first = elf::entry(&fs::read(&self.root_task)?)?;
        instructions_during(first, &self.workspace.counter(), command, |guest| {
            guest.wait_for(ATTACHED, TIME_LIMIT)?;
            (0..packets / burst).try_for_each(|_| wire.exchange(burst))
        })
    }
}

/// The network of a machine, whose packets QEMU passes on in datagrams.
struct Wire {
    socket: UdpSocket,
    machine: SocketAddr,
}

impl Wire {
    fn new() -> Result<Self> {
        let bind = || UdpSocket::bind((Ipv4Addr::LOCALHOST, 0));
        let (socket, taken) = (bind()?, bind()?);
        socket.set_read_timeout(Some(TIME_LIMIT))?;
        // QEMU takes the port next.
        let machine = taken.local_addr()?;
        Ok(Self { socket, machine })
    }

    /// QEMU's options.
    fn options(&self) -> Result<Vec<String>> {
        let (here, machine) = (self.socket.local_addr()?, self.machine);
        Ok(Devices::network(&format!(
            "socket,udp={here},localaddr={machine}"
        )))
    }

    /// Sends packets, and waits until they are back.
    fn exchange(&self, packets: u64) -> Result<()> {
        for _ in 0..packets {
            self.socket.send_to(&[0x5a; PACKET], self.machine)?;
        }
        let mut packet = [0; PACKET + 1];
        for _ in 0..packets {
            let length = self.socket.recv(&mut packet).context("a packet is lost")?;
            ensure!(length == PACKET, "{PACKET} bytes expected, found {length}");
        }
        Ok(())
    }
}
