// SPDX-License-Identifier: BSD-2-Clause

//! Hostile packets from another machine on the guest's link, beside clients of the page.

#[path = "../../../../root-task/stack/tests/wire/packets.rs"]
mod packets;

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;

use anyhow::{Context, Result, ensure};
use fastrand::Rng;
use kaal_harness::sel4::Kernel;
use kaal_harness::workspace::Workspace;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Events, get, retry};
use super::{System, shown};
use packets::{SERVER, foreign, malformed, syn, who_has};

/// The MAC address that QEMU gives to its first network card.
const GUEST: [u8; 6] = [0x52, 0x54, 0, 0x12, 0x34, 0x56];

/// Number of bursts of random packets, and of packets in each: more than the card has buffers.
const BURSTS: usize = 10;
const BURST: usize = 400;

/// How many of them must be dropped, at least.
const LEAST: u64 = 1000;

/// Longer than a network card takes.
const LONGEST: usize = 4000;

/// The server counts and drops each kind of bad packet, and serves the page amid thousands of them.
pub(super) fn are_dropped(workspace: &Workspace, kernel: &Kernel) -> Result<()> {
    let scratch = TempDir::new()?;
    let machine = Machine(scratch.path().join("machine"));
    let system = System::boot_with(workspace, kernel, |options| machine.join(options))?;
    let wire = machine.connect()?;
    let port = system.port;
    for (number, packet) in [malformed(), foreign()].concat().iter().enumerate() {
        let before = dropped(&retry(|| system.json())?);
        retry(|| {
            wire.send(packet)?;
            let after = dropped(&system.json()?);
            ensure!(after > before, "packet {number}: {before:?}, {after:?}");
            Ok(())
        })?;
    }
    let mut events = Events::open(port)?;
    let least = dropped(&system.json()?).map(|before| before + LEAST);
    let state = thread::scope(|scope| {
        let stream = scope.spawn(|| events.wait_for(|state| dropped(state) >= least));
        let mut random = Rng::with_seed(47);
        for _ in 0..BURSTS {
            for _ in 0..BURST {
                wire.send(&hostile(&mut random))?;
            }
            let page = retry(|| get(port, "/"))?;
            ensure!(page == kaal_web::PAGE, "not the page:\n{page}");
        }
        stream.join().ok().context("a thread panicked")?
    })?;
    for name in ["net", "http"] {
        let restarts = shown::component(&state, name).map(|it| &it["restarts"]);
        ensure!(restarts == Some(&json!(0)), "{name}: {restarts:?} restarts");
    }
    Ok(())
}

/// The number of packets that the server dropped.
fn dropped(state: &Value) -> Option<u64> {
    let counts = ["malformed", "foreign"].map(|key| state["network"][key].as_u64());
    Some(counts[0]? + counts[1]?)
}

/// A packet of a kind that the generator chooses.
fn hostile(random: &mut Rng) -> Vec<u8> {
    let mut packet = syn(random.u32(..));
    match random.u8(0..4) {
        // One of a flood of handshakes.
        0 => {}
        1 => {
            for _ in 0..random.usize(1..8) {
                let place = random.usize(6..packet.len());
                packet[place] = random.u8(..);
            }
            packet.resize(random.usize(14..LONGEST), 0);
        }
        2 => {
            packet = vec![0; random.usize(1..LONGEST)];
            random.fill(&mut packet);
        }
        // The gateway has another address.
        _ => {
            packet = who_has(SERVER.1);
            random.fill(&mut packet[22..28]);
        }
    }
    packet
}

/// A machine on the guest's link. QEMU takes its packets from a Unix socket, and gives them to the guest alone.
struct Machine(PathBuf);

impl Machine {
    /// QEMU's options for the guest's devices, with this machine.
    fn join(&self, mut options: Vec<String>) -> Vec<String> {
        let path = self.0.display();
        for [option, value] in [
            [
                "-chardev",
                &format!("socket,id=machine,path={path},server=on,wait=off"),
            ],
            [
                "-object",
                "filter-redirector,id=link,netdev=net,queue=tx,indev=machine",
            ],
        ] {
            options.extend([option, value].map(str::to_owned));
        }
        options
    }

    fn connect(&self) -> Result<Wire> {
        UnixStream::connect(&self.0)
            .map(Wire)
            .context("QEMU doesn't listen")
    }
}

/// The way of packets to the guest.
struct Wire(UnixStream);

impl Wire {
    /// Sends a packet. If it is for the server, it gets the guest's address.
    fn send(&self, packet: &[u8]) -> Result<()> {
        let mut packet = packet.to_owned();
        if let Some(to) = packet.first_chunk_mut()
            && *to == SERVER.0
        {
            *to = GUEST;
        }
        // QEMU expects the length first.
        let length = u32::try_from(packet.len())?.to_be_bytes();
        (&self.0).write_all(&[&length[..], &packet].concat())?;
        Ok(())
    }
}
