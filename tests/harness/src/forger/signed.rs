// SPDX-License-Identifier: BSD-2-Clause

//! The signed image that is forged, and what its forger has.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use ed25519_dalek::pkcs8::DecodePublicKey;
use ed25519_dalek::{SigningKey, VerifyingKey};
use kaal_flips::{Span, WINDOW};
use kaal_payload::{MAX_SIZE, PAGE_SIZE, PublicKey};

use super::image::Image;
use crate::flips::Subject;
use crate::flips::guest::{self, Guest, PACKAGE_ADDRESS};
use crate::image::{Inputs, make_keys};
use crate::workspace::{Program, Workspace};

/// The options for the image, and for an older one of the same signer that its loader doesn't boot.
const VERSION: [&str; 4] = ["--image-version", "5", "--min-version", "4"];
const OLDER_VERSION: [&str; 4] = ["--image-version", "3", "--min-version", "1"];

/// A secret key of the forger.
const FORGERS_SECRET: [u8; 32] = [0x5e; 32];

/// Addresses of the UART and the interrupt controller of QEMU's virt machine, and of the words that release the other
/// cores of a Raspberry Pi.
const DEVICES: [u64; 5] = [0x900_0000, 0x900_0030, 0x800_0000, 0x801_0000, 0xe0];

/// A signed image, an older one, and keys.
pub(super) struct Signed {
    pub(super) file: Vec<u8>,
    pub(super) image: Image,
    pub(super) older: Image,
    pub(super) guest: Guest,
    /// The file of the trusted key, and the key.
    pub(super) trust_key: PathBuf,
    pub(super) trusted: PublicKey,
    pub(super) forgers_key: SigningKey,
    /// Addresses that a forger would try.
    pub(super) addresses: Vec<u64>,
}

impl Signed {
    /// Makes keys and images in `scratch`.
    pub(super) fn new(workspace: &Workspace, subject: Subject, scratch: &Path) -> Result<Self> {
        let keys = make_keys(workspace, scratch)?;
        let inputs = Inputs {
            loader: workspace.program(Program::SignedLoader),
            ..guest::inputs(workspace, scratch)?
        };
        let older_task = scratch.join("older-task.elf");
        let mut task = fs::read(&inputs.app)?;
        *task.last_mut().context("an empty root task")? ^= 1;
        fs::write(&older_task, task)?;
        let older = Inputs {
            app: older_task,
            ..inputs.clone()
        };
        let pack = |inputs: &Inputs, version: [&str; 4], format: &[&str]| {
            let image = scratch.join("image");
            let options = version
                .iter()
                .chain(format)
                .map(|&option| option.to_owned());
            let inputs = Inputs {
                packing: keys.iter().cloned().chain(options).collect(),
                ..inputs.clone()
            };
            inputs.pack(workspace, &image)?;
            anyhow::Ok(fs::read(&image)?)
        };
        let guest = Guest::of(&pack(&inputs, VERSION, &[])?)?;
        let file = pack(&inputs, VERSION, subject.packing)?;
        let older = pack(&older, OLDER_VERSION, subject.packing)?;
        let trust_key = PathBuf::from(keys.last().context("no key")?);
        let key = VerifyingKey::from_public_key_pem(&fs::read_to_string(&trust_key)?);
        let trusted = key.context("no public key")?.to_bytes();
        let image = Image::read(&file, guest.loader)?;
        Ok(Self {
            addresses: addresses(&image, &guest, &trusted),
            older: Image::read(&older, guest.loader)?,
            file,
            image,
            guest,
            trust_key,
            trusted,
            forgers_key: SigningKey::from_bytes(&FORGERS_SECRET),
        })
    }
}

/// The bounds of all parts of the image, addresses within the loader, and those of devices.
fn addresses(image: &Image, guest: &Guest, trusted: &PublicKey) -> Vec<u64> {
    let Span { start, end } = guest.loader;
    let middle = u64::midpoint(guest.constant.end, end);
    let mut addresses = vec![
        start,
        guest.constant.end,
        middle,
        end,
        end + MAX_SIZE as u64,
        WINDOW.start,
        WINDOW.end,
        PACKAGE_ADDRESS,
        // Free memory.
        PACKAGE_ADDRESS - PAGE_SIZE,
    ];
    for load in &image.loads {
        let (content, end) = (load.content.len() as u64, load.memory_size);
        let offsets = [0, content, u64::midpoint(content, end), end];
        addresses.extend(offsets.map(|offset| load.address + offset));
        let mut places = load.content.windows(trusted.len());
        let key = places.position(|place| place == trusted);
        addresses.extend(key.map(|offset| load.address + offset as u64));
    }
    addresses.extend(DEVICES);
    addresses
}
