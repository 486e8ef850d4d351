// SPDX-License-Identifier: BSD-2-Clause

//! The kinds of files that begin with fixed bytes, and the way from each to the file that is wanted.

use kaal_payload::{MAGIC, PACKAGE_MAGIC};

use Way::{Do, Rebuild, Unknown, Unpack};

/// How to get what a file holds, or what it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Depends on more than the kind.
    Unknown,
    /// A command unpacks it.
    Unpack(&'static str),
    /// It is for other processors or systems.
    Rebuild,
    /// Something else.
    Do(&'static str),
}

/// Offset, bytes, name and way.
pub(super) type Magic = (usize, &'static [u8], &'static str, Way);

/// Kinds of binary files. Those with few fixed bytes come last.
pub(super) const BINARY: [Magic; 37] = [
    (0, b"\x1f\x8b", "a gzip file", Unpack("gunzip")),
    (0, b"\xfd7zXZ\0", "an xz file", Unpack("unxz")),
    (0, b"BZh", "a bzip2 file", Unpack("bunzip2")),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file", Unpack("unzstd")),
    (0, b"\x04\x22\x4d\x18", "an LZ4 file", Unpack("unlz4")),
    (0, b"\x02\x21\x4c\x18", "an LZ4 file", Unpack("unlz4")),
    (0, b"\x5d\0\0", "an LZMA file", Unpack("unlzma")),
    (0, b"PK\x03\x04", "a zip archive", Unpack("unzip")),
    (0, b"!<arch>\n", "a static library (ar archive)", Do(LINK)),
    (
        0,
        b"!<thin>\n",
        "a static library (thin ar archive)",
        Do(LINK),
    ),
    (0, b"070701", "a cpio archive", Unpack("cpio -id")),
    (0, b"070702", "a cpio archive", Unpack("cpio -id")),
    (0, b"070707", "a cpio archive", Unpack("cpio -id")),
    (0, b"\xc7\x71", "a cpio archive", Unpack("cpio -id")),
    (257, b"ustar", "a tar archive", Unpack("tar -xf")),
    (
        0,
        b"ANDROID!",
        "an Android boot image",
        Unpack(UNPACK_ANDROID),
    ),
    (
        0,
        b"VNDRBOOT",
        "an Android vendor boot image",
        Unpack(UNPACK_ANDROID),
    ),
    (0, b"QFI\xfb", "a QEMU disk (qcow2)", Unknown),
    (0, b"hsqs", "a squashfs file system", Unpack("unsquashfs")),
    (0, b"UBI#", "a UBI image", Unknown),
    (
        512,
        b"EFI PART",
        "a disk with a GUID partition table",
        Unknown,
    ),
    (
        1080,
        b"\x53\xef",
        "an ext2, ext3 or ext4 file system",
        Unknown,
    ),
    (0, b"\xfe\xed\xfa\xcf", "a Mach-O program", Rebuild),
    (0, b"\xcf\xfa\xed\xfe", "a Mach-O program", Rebuild),
    (
        0,
        b"\xca\xfe\xba\xbe",
        "a Mach-O program for several processors",
        Rebuild,
    ),
    (0, b"BC\xc0\xde", "LLVM bitcode", Rebuild),
    (0, b"\0asm", "a WebAssembly module", Rebuild),
    (0, b"%PDF", "a PDF document", Unknown),
    (0, b"\x89PNG", "a PNG picture", Unknown),
    // Ed25519 keys (RFC 8410, section 10).
    (
        0,
        b"\x30\x2e\x02\x01\0\x30\x05\x06\x03\x2b\x65\x70",
        "a private key in DER",
        Do(PRIVATE_TO_PEM),
    ),
    (
        0,
        b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\0",
        "a public key in DER",
        Do(PUBLIC_TO_PEM),
    ),
    // Linux, `drivers/firmware/efi/libstub/zboot-header.S`.
    (
        4,
        b"zimg",
        "a compressed kernel for UEFI",
        Unpack("unzboot"),
    ),
    (510, b"\x55\xaa", "a disk with a boot sector", Unknown),
    (0, b"MZ", "a Windows or UEFI program (PE)", Rebuild),
    // Objects for Arm64, x64 and x86 begin with their machine (PE format, "COFF File Header").
    (0, b"\x64\xaa", "a COFF object file", Rebuild),
    (0, b"\x64\x86", "a COFF object file", Rebuild),
    (0, b"\x4c\x01", "a COFF object file", Rebuild),
];

const LINK: &str = "link its objects into a program";
const UNPACK_ANDROID: &str = "unpack_bootimg --boot_img";
const PRIVATE_TO_PEM: &str = "convert it with `openssl pkey -inform DER -in FILE -out OUT`";
const PUBLIC_TO_PEM: &str =
    "convert it with `openssl pkey -pubin -pubout -inform DER -in FILE -out OUT`";

/// Kinds of text.
pub(super) const TEXTS: [Magic; 15] = [
    (0, b"#!/", "a script", Unknown),
    (0, b"-----BEGIN ", "a PEM file", Unknown),
    (0, b"ssh-", "an OpenSSH public key", Unknown),
    (
        0,
        b"version https://git-lfs",
        "a Git LFS pointer",
        Do("get the file itself with `git lfs pull`"),
    ),
    (
        0,
        b"<!DOCTYPE",
        "a web page",
        Do("download the file itself"),
    ),
    (0, b"<html", "a web page", Do("download the file itself")),
    (0, b"<", "XML", Unknown),
    (0, b"S0", "an S-record file", Do(BEFORE_HEX)),
    (0, b":0", "an Intel HEX file", Do(BEFORE_HEX)),
    (0, b":1", "an Intel HEX file", Do(BEFORE_HEX)),
    (0, b"#include", "source code", Unknown),
    (0, b"#![", "source code", Unknown),
    (0, b"//", "source code", Unknown),
    (0, b"/*", "source code", Unknown),
    (0, b"{", JSON, Unknown),
];

pub(crate) const JSON: &str = "JSON";
pub(crate) const TOML: &str = "TOML";

const BEFORE_HEX: &str = "pass the ELF file that this one was made from";

/// Starts of lines that firmware, loaders, seL4 and QEMU print.
pub(super) const LOG: [&str; 9] = [
    concat!("KaaL ", env!("CARGO_PKG_VERSION")),
    "KaaL: ",
    "U-Boot ",
    "NOTICE:  BL",
    "LDR|INFO",
    "ELF-loader started on",
    "Bootstrapping kernel",
    "Synchronous Exception at 0x",
    "Taking exception ",
];

/// This project.
pub(super) const KAAL: &str = "KaaL";

/// A loader whose images the builder reads.
pub(super) const MICROKIT: &str = "Microkit's loader";

/// What loaders of seL4 and their images hold near their start.
pub(super) const LOADERS: [(&[u8], &str); 7] = [
    (&MAGIC, KAAL),
    (&PACKAGE_MAGIC, KAAL),
    (b"ELF-loader started on", "seL4_tools' elfloader"),
    (b"LDR|INFO", MICROKIT),
    // The first word of the data for its loader, which prints nothing as a release (`loader/src/loader.c`, `MAGIC`).
    (b"\xad\x5e\xde\x14\xad\xde\x14\x5e", MICROKIT),
    // A variable's symbol, in the same loader without its data (`loader/src/aarch64/exceptions.c`).
    (b"\0exception_register_state\0", MICROKIT),
    (b"sel4_kernel_loader", "rust-sel4's kernel loader"),
];

/// The name and the way of the first of `kinds` that `head` begins like.
pub(super) fn find(kinds: &[Magic], head: &[u8]) -> Option<(&'static str, Way)> {
    let begins = |offset: usize, bytes| {
        head.get(offset..)
            .is_some_and(|rest| rest.starts_with(bytes))
    };
    let kind = kinds
        .iter()
        .find(|(offset, bytes, ..)| begins(*offset, bytes))?;
    Some((kind.2, kind.3))
}
