// SPDX-License-Identifier: BSD-2-Clause

//! Firmwares that start only images that are signed with one key: edk2 by Secure Boot, U-Boot by a required key of FIT
//! images.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use fs_err as fs;

use super::start::u_boot;
use super::{Enrolled, Firmware, Project, Start, enroll, u_boot_command};
use crate::firmware::loaded;
use crate::image::Format;
use crate::process;
use crate::qemu::Machine;
use crate::tools::{MKIMAGE, OPENSSL, SBSIGN, Tool};

/// The name of each key in FIT images, which is also that of its files.
pub const KEY_NAME: &str = "owner";

/// The size of edk2's flash.
const FLASH_SIZE: u64 = 64 << 20;

/// U-Boot prints this behind all images.
const ALL_REFUSED: &str = "all_refused";

/// A key that may have signed an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The key that the firmware trusts.
    Trusted,
    /// Another one.
    Foreign,
}

/// A locked firmware.
#[derive(Debug)]
pub struct Lock {
    firmware: Firmware,
    folder: PathBuf,
}

impl Key {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Trusted, Self::Foreign];

    fn folder(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Foreign => "foreign",
        }
    }
}

impl Project {
    /// The format of the images that a locked firmware of the project starts.
    pub fn locked_format(self) -> Format {
        match self {
            Self::Edk2 => Format::Efi,
            Self::UBoot => Format::Fit,
        }
    }

    /// The builder's options for an image that can be signed.
    pub fn lockable(self) -> &'static [&'static str] {
        match self {
            Self::Edk2 => &[],
            Self::UBoot => &["--fit-key-name", KEY_NAME],
        }
    }

    /// The programs that a lock needs.
    pub fn lock_tools(self) -> [&'static Tool; 2] {
        match self {
            Self::Edk2 => [&OPENSSL, &SBSIGN],
            Self::UBoot => [&OPENSSL, &MKIMAGE],
        }
    }
}

impl Lock {
    /// Makes keys in `folder`, and a firmware that trusts the first. U-Boot's key comes with the device tree of
    /// `machine`, to which mkimage adds it while it signs a copy of `image`.
    ///
    /// # Errors
    ///
    /// Fails if the firmware or a program is missing.
    pub fn new(firmware: Firmware, machine: &Machine, folder: &Path, image: &Path) -> Result<Self> {
        let folder = folder.to_owned();
        let lock = Self { firmware, folder };
        for key in Key::ALL {
            lock.make(key)?;
        }
        match firmware.project {
            Project::Edk2 => lock.forbid(None)?,
            Project::UBoot => {
                machine.dump_device_tree(&lock.control_tree())?;
                let copy = lock.folder.join("copy.itb");
                fs::copy(image, &copy)?;
                let mut sign = lock.mkimage(Key::Trusted)?;
                sign.arg("-K").arg(lock.control_tree()).arg("-r");
                process::read(sign.arg(copy))?;
            }
        }
        Ok(lock)
    }

    /// Signs the image in `file`.
    ///
    /// # Errors
    ///
    /// Fails if the signing program does.
    pub fn sign(&self, file: &Path, key: Key) -> Result<()> {
        let mut sign = match self.firmware.project {
            Project::Edk2 => {
                let mut sign = Command::new(SBSIGN.find().context("no sbsign")?);
                sign.arg("--key").arg(self.of_key(key, "key"));
                sign.arg("--cert").arg(self.of_key(key, "crt"));
                sign.arg("--output").arg(file);
                sign
            }
            Project::UBoot => self.mkimage(key)?,
        };
        process::read(sign.arg(file)).map(drop)
    }

    /// Forbids edk2 to start the application with an Authenticode hash.
    ///
    /// # Errors
    ///
    /// Fails if edk2's variables can't be written.
    pub fn forbid(&self, forbidden: Option<[u8; 32]>) -> Result<()> {
        let certificate = self.folder.join("trusted.der");
        let mut convert = Command::new(OPENSSL.find().context("no openssl")?);
        convert.args(["x509", "-outform", "DER", "-in"]);
        convert.arg(self.of_key(Key::Trusted, "crt")).arg("-out");
        process::read(convert.arg(&certificate))?;
        let enrolled = Enrolled {
            certificate: &fs::read(certificate)?,
            forbidden,
        };
        fs::write(self.variables(), enroll(enrolled))?;
        let flash = fs::OpenOptions::new().write(true).open(self.variables())?;
        Ok(flash.set_len(FLASH_SIZE)?)
    }

    /// How the firmware tries the images in `files`, one after the other, until one starts.
    ///
    /// # Errors
    ///
    /// Fails if an image can't be read.
    pub fn start(&self, files: &[&Path]) -> Result<Start> {
        match self.firmware.project {
            Project::Edk2 => {
                let mut disks = Vec::new();
                for (number, file) in files.iter().enumerate() {
                    let disk = self.folder.join(format!("disk{number}"));
                    fs::create_dir_all(disk.join("EFI/BOOT"))?;
                    fs::copy(file, disk.join("EFI/BOOT/BOOTAA64.EFI"))?;
                    disks.push(disk);
                }
                let options = self.firmware.secure_boot(&self.variables(), &disks)?;
                let typed = Vec::new();
                Ok(Start { options, typed })
            }
            Project::UBoot => {
                let boot = |address: u64| u_boot_command(Format::Fit, &format!("{address:#x}"), "");
                let mut commands: Vec<_> = addresses(files).map(|(_, place)| boot(place)).collect();
                // The console shows the command first, so it must differ from the answer.
                commands.push(format!("echo {}", ALL_REFUSED.replace('_', "_''")));
                self.type_commands(files, &commands)
            }
        }
    }

    /// The console's text after a firmware has refused all images.
    pub fn all_refused(&self) -> &'static str {
        match self.firmware.project {
            Project::Edk2 => "BdsDxe: No bootable option or device was found.",
            Project::UBoot => ALL_REFUSED,
        }
    }

    /// How U-Boot runs `commands` with the content of `files` in memory, the first at [`super::IMAGE`].
    ///
    /// # Errors
    ///
    /// Fails if the firmware is missing.
    pub fn type_commands(&self, files: &[&Path], commands: &[String]) -> Result<Start> {
        let firmware = self.firmware.file(self.firmware.project.file())?;
        let options = [("-bios", firmware), ("-dtb", self.control_tree())]
            .map(|(option, file)| [option.to_owned(), file.display().to_string()]);
        let loaded = addresses(files).flat_map(|(file, address)| loaded(file, address));
        let options = options.into_iter().flatten().chain(loaded).collect();
        let typed = u_boot(commands);
        Ok(Start { options, typed })
    }

    fn make(&self, key: Key) -> Result<()> {
        fs::create_dir_all(self.folder.join(key.folder()))?;
        let mut generate = Command::new(OPENSSL.find().context("no openssl")?);
        generate.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"]);
        generate.arg("-subj").arg(format!("/CN={}", key.folder()));
        generate.arg("-keyout").arg(self.of_key(key, "key"));
        process::read(generate.arg("-out").arg(self.of_key(key, "crt"))).map(drop)
    }

    fn of_key(&self, key: Key, kind: &str) -> PathBuf {
        let folder = self.folder.join(key.folder());
        folder.join(format!("{KEY_NAME}.{kind}"))
    }

    fn mkimage(&self, key: Key) -> Result<Command> {
        let mut sign = Command::new(MKIMAGE.find().context("no mkimage")?);
        sign.arg("-F").arg("-k").arg(self.folder.join(key.folder()));
        Ok(sign)
    }

    /// The device tree with U-Boot's key.
    fn control_tree(&self) -> PathBuf {
        self.folder.join("control.dtb")
    }

    /// edk2's variables.
    fn variables(&self) -> PathBuf {
        self.folder.join("variables.fd")
    }
}

/// Where U-Boot finds each of `files`.
fn addresses<'a>(files: &'a [&'a Path]) -> impl Iterator<Item = (&'a Path, u64)> {
    const DISTANCE: u64 = 1 << 20;
    let places = (super::IMAGE..).step_by(DISTANCE as usize);
    files.iter().copied().zip(places)
}
