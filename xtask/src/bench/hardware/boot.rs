// SPDX-License-Identifier: BSD-2-Clause

//! Packs and boots the image of a case.

use std::path::{Path, PathBuf};

use anyhow::Result;
use fs_err as fs;
use kaal_harness::firmware::{PASS_ON, loaded, started};
use kaal_harness::image::{self, Inputs};
use kaal_harness::qemu::BootCost;
use kaal_harness::workspace::Program;
use tempfile::TempDir;

use super::super::content;
use super::super::subject::{Subject, packed};
use super::case::{Case, Format, Means, Size, Tree};
use super::{entry, trees};

/// Addresses of a raw image and of the device tree, apart from the image's places.
const PACKAGE: u64 = 0x6000_0000;
const TREE: u64 = 0x7000_0000;

/// What the boots of a probe kernel share.
pub(super) struct Boots<'a> {
    probe: &'a Subject<'a>,
    content: Vec<u8>,
    small_tree: PathBuf,
    large_tree: PathBuf,
    /// The builder's options that sign.
    signing: Vec<String>,
    scratch: TempDir,
}

impl<'a> Boots<'a> {
    pub(super) fn new(probe: &'a Subject<'a>) -> Result<Self> {
        let scratch = tempfile::tempdir()?;
        let file = |name| scratch.path().join(name);
        let [small_tree, large_tree] = ["small.dtb", "large.dtb"].map(file);
        probe.machine.dump_device_tree(&small_tree)?;
        fs::write(&large_tree, trees::large(&fs::read(&small_tree)?)?)?;
        Ok(Self {
            content: content::typical(probe, Size::Large.bytes())?,
            signing: image::make_keys(probe.workspace, scratch.path())?,
            probe,
            small_tree,
            large_tree,
            scratch,
        })
    }

    /// The cost of a boot up to the kernel's first instruction.
    pub(super) fn cost(&self, case: Case) -> Result<BootCost> {
        let inputs = self.inputs(case)?;
        let image = self.probe.image();
        inputs.pack(self.probe.workspace, &image)?;
        let arguments = self.arguments(case, &image)?;
        let end = entry(&inputs.kernel)?;
        BootCost::until(end, &self.probe.workspace.counter(), || {
            let mut command = self.probe.machine.command();
            command.args(&arguments);
            command
        })
    }

    fn inputs(&self, case: Case) -> Result<Inputs> {
        let mut inputs = self.probe.inputs.clone();
        if case.tree == Tree::Large {
            // By default, an image has less room for the firmware's tree.
            inputs.device_tree = Some(self.large_tree.clone());
        }
        let (size, content) = (case.size.bytes(), &self.content);
        let inputs = self.probe.storing(size, content, &inputs)?;
        let format = match case.format {
            Format::Elf => &["--format", "elf"][..],
            Format::Image => &["--format", "image"],
            Format::Lz4 => &["--format", "image", "--compress", "lz4"],
            Format::Raw => &["--format", "raw"],
        };
        let verification: Vec<_> = match case.means {
            Means::None => vec!["--verify", "none"],
            Means::Crc32c => vec!["--verify", "crc32c"],
            Means::Sha256 => vec!["--verify", "sha256"],
            Means::Signed => self.signing.iter().map(String::as_str).collect(),
        };
        let loader = match case.means {
            Means::Signed => Program::SignedLoader,
            Means::None | Means::Crc32c | Means::Sha256 => Program::Loader,
        };
        let options = [&["--symbols", "off"], format, &verification].concat();
        Ok(Inputs {
            loader: self.probe.workspace.program(loader),
            ..packed(&inputs, &options)
        })
    }

    /// QEMU's options that load `image` and start it with the device tree in x0.
    fn arguments(&self, case: Case, image: &Path) -> Result<Vec<String>> {
        let tree = match case.tree {
            Tree::None => None,
            Tree::Small => Some(&self.small_tree),
            Tree::Large => Some(&self.large_tree),
        };
        let kernel = ["-kernel".to_owned(), image.display().to_string()];
        match case.format {
            Format::Elf => self.by_firmware(kernel.to_vec(), entry(image)?, tree),
            Format::Raw => self.by_firmware(loaded(image, PACKAGE), PACKAGE, tree),
            Format::Image | Format::Lz4 => {
                let tree = tree.map(|tree| ["-dtb".to_owned(), tree.display().to_string()]);
                Ok(kernel
                    .into_iter()
                    .chain(tree.into_iter().flatten())
                    .collect())
            }
        }
    }

    /// QEMU's options of a firmware that passes `tree` to the program at `entry`, which the options `program` load.
    fn by_firmware(
        &self,
        program: Vec<String>,
        entry: u64,
        tree: Option<&PathBuf>,
    ) -> Result<Vec<String>> {
        let (x0, tree) = tree.map_or((0, Vec::new()), |tree| (TREE, loaded(tree, TREE)));
        let firmware = self.scratch.path().join("firmware.bin");
        let firmware = started(&firmware, &PASS_ON, &[x0, entry])?;
        Ok([program, tree, firmware].concat())
    }
}
