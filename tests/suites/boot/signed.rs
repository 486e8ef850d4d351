// SPDX-License-Identifier: BSD-2-Clause

//! Signed images: they boot as built; the loader refuses all others with the reason.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use kaal_harness::probe::PASS;
use kaal_harness::process;
use kaal_harness::workspace::{Program, Workspace};
use kaal_payload::{
    Digest, MAX_SIZE, Payload, PublicKey, Region, RegionKind, TrustAnchor, signed_message,
};
use libtest_mimic::Trial;
use sha2::{Digest as _, Sha256};
use zerocopy::IntoBytes;

use crate::device_tree::{edit, reserve};
use crate::image::{Image, crc32c, find};
use crate::integrity::{
    FOREIGN, REGIONS, damage_region, first_of_kind, load_less_than_stored, load_more_than_stored,
};
use crate::segments::load;
use crate::{says, trial};

pub(crate) const NOT_BY_THE_KEY: &str = "KaaL: error: the signature does not match";
const NOT_SIGNED: &str = "KaaL: error: the image is not signed";
const ANOTHER_KEY: &str = "KaaL: error: the image is signed with another key";

/// A change of a signed image, and the loader's error.
type Tampering = (&'static str, fn(&Signed) -> Result<()>, &'static str);

const TAMPERING: [Tampering; 12] = [
    ("header", header, NOT_BY_THE_KEY),
    ("version", version, NOT_BY_THE_KEY),
    ("order", order, "does not follow the one before"),
    ("regions_swapped", regions_swapped, NOT_BY_THE_KEY),
    ("region_left_out", region_left_out, NOT_BY_THE_KEY),
    ("weaker_digests", weaker_digests, NOT_SIGNED),
    ("signature_removed", signature_removed, NOT_SIGNED),
    ("another_key", another_key, ANOTHER_KEY),
    ("key_replaced_in_the_loader", loader_key, ANOTHER_KEY),
    (
        "least_version_lowered",
        min_version,
        "the loader is not the one that the image was signed for",
    ),
    (
        "truncated",
        truncated,
        " is damaged: SHA-256 begins with 0x",
    ),
    (
        "replayed",
        replayed,
        "the image has version 5; this loader boots 6 and later",
    ),
];

pub(crate) fn trials(workspace: &Workspace) -> Vec<Trial> {
    let mut trials = vec![
        trial(workspace, "signed::boots", |workspace| {
            Signed::new(workspace)?.image.boot(PASS).map(drop)
        }),
        trial(workspace, "signed::hypervisor", |workspace| {
            let image = Image::hypervisor(workspace)?;
            Signed::of(workspace, image)?.image.boot(PASS).map(drop)
        }),
        trial(workspace, "signed::packed", packed),
        trial(workspace, "signed::next_key", next_key),
        trial(workspace, "signed::extended", extended),
        trial(workspace, "signed::memory_not_zero", memory_not_zero),
        trial(workspace, "signed::without_a_key", without_a_key),
    ];
    for (name, tamper, reason) in TAMPERING {
        let name = format!("signed::{name}");
        trials.push(trial(workspace, name, move |workspace| {
            let signed = Signed::new(workspace)?;
            tamper(&signed)?;
            says(&signed.image.boot("KaaL: powering off")?, reason)
        }));
    }
    for (region, kind) in REGIONS {
        let name = format!("signed::{region}");
        trials.push(trial(workspace, name, move |workspace| {
            let signed = Signed::new(workspace)?;
            damage_region(&signed.image, kind)?;
            let console = signed.image.boot("KaaL: powering off")?;
            says(&console, &format!("({region}, "))?;
            says(&console, "is damaged: SHA-256 begins with 0x")
        }));
    }
    trials
}

/// A signed image with the version 5, whose loader boots versions from 4.
pub(crate) struct Signed {
    workspace: Workspace,
    pub(crate) image: Image,
}

impl Signed {
    pub(crate) fn new(workspace: &Workspace) -> Result<Self> {
        Self::of(workspace, Image::ordinary(workspace)?)
    }

    pub(crate) fn of(workspace: &Workspace, mut image: Image) -> Result<Self> {
        image.inputs.loader = workspace.program(Program::SignedLoader);
        let signed = Self {
            workspace: workspace.clone(),
            image,
        };
        signed.make_keys("private.pem", "public.pem")?;
        signed.pack(&[])?;
        Ok(signed)
    }

    fn make_keys(&self, private: &str, public: &str) -> Result<()> {
        let mut command = Command::new(self.workspace.builder());
        command.arg("keygen");
        command.arg("--sign-key").arg(self.image.file(private));
        command.arg("--trust-key").arg(self.image.file(public));
        process::run(&mut command)
    }

    /// Packs and signs the image, with more of the builder's options.
    pub(crate) fn pack(&self, options: &[&str]) -> Result<()> {
        self.pack_with("private.pem", "public.pem", options)
    }

    fn pack_with(&self, private: &str, public: &str, options: &[&str]) -> Result<()> {
        let mut command = self
            .image
            .inputs
            .command(&self.workspace, &self.image.path());
        command.arg("--sign-key").arg(self.image.file(private));
        command.arg("--trust-key").arg(self.image.file(public));
        command.args(["--image-version", "5", "--min-version", "4"]);
        process::read(command.args(options)).map(drop)
    }

    /// Changes the loader's note with the trusted key.
    fn change_anchor(&self, change: impl FnOnce(&mut TrustAnchor)) -> Result<()> {
        let mut anchor = self.anchor()?;
        self.image.change(|bytes| {
            let place =
                find(bytes, anchor.as_bytes()).context("the loader has no note with a key")?;
            change(&mut anchor);
            bytes[place..][..size_of::<TrustAnchor>()].copy_from_slice(anchor.as_bytes());
            Ok(())
        })
    }

    /// Changes the payload header and signs it again, as the owner of the key would.
    pub(crate) fn sign_changed(&self, change: impl FnOnce(&mut Payload<'_>)) -> Result<()> {
        let key = fs::read_to_string(self.image.file("private.pem"))?;
        let key = SigningKey::from_pkcs8_pem(&key).context("no private key")?;
        self.image.change_payload(|payload| {
            change(payload);
            let mut header = [0; MAX_SIZE];
            let signed = payload.encode(&mut header, crc32c).ok();
            let signed = signed.and_then(|_| payload.signed_part(&header));
            let message = signed_message(&Sha256::digest(signed.unwrap_or_default()).into());
            payload.signature = key.sign(&message).to_bytes();
        })
    }

    /// The messages of the builder's `check`, which must refuse the image.
    pub(crate) fn check(&self) -> Result<String> {
        let mut command = Command::new(self.workspace.builder());
        command.arg("check").arg(self.image.path());
        command
            .arg("--trust-key")
            .arg(self.image.file("public.pem"));
        refusal(&mut command)
    }

    /// The messages of the builder's `sign`, which must refuse the image.
    pub(crate) fn sign(&self) -> Result<String> {
        let mut command = Command::new(self.workspace.builder());
        command.arg("sign").arg(self.image.path());
        command
            .arg("--sign-key")
            .arg(self.image.file("private.pem"));
        refusal(&mut command)
    }

    /// The loader's note with the trusted key.
    pub(crate) fn anchor(&self) -> Result<TrustAnchor> {
        let key = public_key(self.image.file("public.pem"))?;
        self.anchor_with(&[key])
    }

    fn anchor_with(&self, keys: &[PublicKey]) -> Result<TrustAnchor> {
        let machine = self.image.payload(|payload| payload.machine)?;
        Ok(TrustAnchor::new(keys, 4, machine))
    }
}

/// The messages of the builder, which must refuse the image.
fn refusal(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let [report, messages] = [output.stdout, output.stderr].map(String::from_utf8);
    let (report, messages) = (report?, messages?);
    ensure!(
        output.status.code() == Some(1),
        "a refusal expected, but {}:\n{report}{messages}",
        output.status
    );
    Ok(messages)
}

fn public_key(file: PathBuf) -> Result<[u8; 32]> {
    let key = VerifyingKey::from_public_key_pem(&fs::read_to_string(file)?);
    Ok(key.context("no public key")?.to_bytes())
}

/// The loader trusts two keys, and the second one signs.
fn next_key(workspace: &Workspace) -> Result<()> {
    let signed = Signed::new(workspace)?;
    signed.make_keys("next.pem", "next-public.pem")?;
    let next = signed.image.file("next-public.pem");
    let next = next.to_str().context("a path that is no text")?;
    signed.pack_with("next.pem", "public.pem", &["--next-key", next])?;
    signed.image.boot(PASS).map(drop)
}

/// An image that is no ELF file, from a firmware with an unsigned device tree.
fn packed(workspace: &Workspace) -> Result<()> {
    let signed = Signed::new(workspace)?;
    signed.pack(&["--format", "image", "--compress", "lz4"])?;
    let tree = signed.image.file("firmware.dtb");
    signed.image.machine.dump_device_tree(&tree)?;
    edit(&tree, |tree| reserve(tree, 0x7000_0000, 0x1000, false))?;
    let arguments = ["-dtb".to_owned(), tree.display().to_string()];
    signed.image.boot_with(&arguments, PASS).map(drop)
}

/// Foreign bytes lie in memory that must be zero.
fn memory_not_zero(workspace: &Workspace) -> Result<()> {
    let signed = Signed::new(workspace)?;
    let (kernel, stored) = first_of_kind(&signed.image, RegionKind::Kernel)?;
    let address = kernel.start.0 + (kernel.size() + stored) / 2;
    load(&signed.image, address, FOREIGN)?;
    signed.image.boot(PASS).map(drop)
}

/// The boot loader loads more, to where the kernel expects zeroes.
fn extended(workspace: &Workspace) -> Result<()> {
    let signed = Signed::new(workspace)?;
    load_more_than_stored(&signed.image)?;
    signed.image.boot(PASS).map(drop)
}

/// A loader for signed images without a key, instead of one for any image.
fn without_a_key(workspace: &Workspace) -> Result<()> {
    let signed = Signed::new(workspace)?;
    let no_keys = signed.anchor_with(&[])?;
    signed.change_anchor(|anchor| *anchor = no_keys)?;
    let console = signed.image.boot("KaaL: powering off")?;
    says(&console, "KaaL: error: this loader was given no key")
}

fn header(signed: &Signed) -> Result<()> {
    signed
        .image
        .change_payload(|payload| payload.user_image.entry.0 += 4)
}

fn version(signed: &Signed) -> Result<()> {
    signed
        .image
        .change_payload(|payload| payload.image_version += 1)
}

fn order(signed: &Signed) -> Result<()> {
    signed.image.change_regions(|regions| regions.swap(0, 1))
}

/// Two regions of the same memory and digest, with swapped kinds.
fn regions_swapped(signed: &Signed) -> Result<()> {
    signed.image.change_regions(|regions| {
        let swapped = |region: &Region| {
            let kind = match region.kind()? {
                RegionKind::Kernel => RegionKind::UserImage,
                RegionKind::UserImage => RegionKind::Kernel,
                kind => kind,
            };
            Some(Region::new(
                kind,
                region.memory()?,
                region.file_size(),
                *region.digest(),
            ))
        };
        for region in regions {
            *region = swapped(region).unwrap_or(*region);
        }
    })
}

fn region_left_out(signed: &Signed) -> Result<()> {
    signed.image.change_regions(|regions| {
        regions.remove(0);
    })
}

/// All digests are right, but of a kind that is easy to forge.
fn weaker_digests(signed: &Signed) -> Result<()> {
    signed.image.change_payload(|payload| {
        payload.integrity = kaal_payload::Integrity::Crc32c;
        payload.loader.digest = Digest::from_crc32c(0);
    })
}

fn signature_removed(signed: &Signed) -> Result<()> {
    signed
        .image
        .change_payload(|payload| payload.signature = [0; _])
}

/// An attacker builds and signs everything anew with other keys, for the same loader.
fn another_key(signed: &Signed) -> Result<()> {
    signed.make_keys("attacker.pem", "attacker-public.pem")?;
    signed.pack_with("attacker.pem", "attacker-public.pem", &[])?;
    let key = public_key(signed.image.file("attacker-public.pem"))?;
    let attacker = signed.anchor_with(&[key])?;
    let trusted = signed.anchor()?;
    signed.image.change(|bytes| {
        let place =
            find(bytes, attacker.as_bytes()).context("the loader has no note with a key")?;
        bytes[place..][..size_of::<TrustAnchor>()].copy_from_slice(trusted.as_bytes());
        Ok(())
    })
}

fn loader_key(signed: &Signed) -> Result<()> {
    signed.make_keys("attacker.pem", "attacker-public.pem")?;
    let key = public_key(signed.image.file("attacker-public.pem"))?;
    let attacker = signed.anchor_with(&[key])?;
    signed.change_anchor(|anchor| *anchor = attacker)
}

fn min_version(signed: &Signed) -> Result<()> {
    signed.change_anchor(|anchor| anchor.min_version = 1.into())
}

/// The boot loader loads less of the user image, and zeroes instead.
fn truncated(signed: &Signed) -> Result<()> {
    load_less_than_stored(&signed.image)
}

/// The image is signed, but a newer loader refuses its old version.
fn replayed(signed: &Signed) -> Result<()> {
    signed.change_anchor(|anchor| anchor.min_version = 6.into())
}
