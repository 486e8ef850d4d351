// SPDX-License-Identifier: BSD-2-Clause

//! Options for each format.

pub(crate) const ELF: [(&str, &str); 0] = [];
pub(crate) const RAW: [(&str, &str); 2] = [("--unpacker", "unpacker.elf"), ("--format", "raw")];
pub(crate) const IMAGE: [(&str, &str); 2] = [("--unpacker", "unpacker.elf"), ("--format", "image")];
pub(crate) const UIMAGE: [(&str, &str); 3] = [
    ("--unpacker", "unpacker.elf"),
    ("--format", "uimage"),
    ("--load-address", "0x42000000"),
];
pub(crate) const EFI: [(&str, &str); 3] = [
    ("--unpacker", "unpacker.elf"),
    ("--efi-stub", "efi-stub.elf"),
    ("--format", "efi"),
];
pub(crate) const FIT: [(&str, &str); 2] = [("--unpacker", "unpacker.elf"), ("--format", "fit")];
pub(crate) const LZ4: (&str, &str) = ("--compress", "lz4");
