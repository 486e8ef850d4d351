// SPDX-License-Identifier: BSD-2-Clause

use super::{Origin, Packages, Tool};

/// Every program.
pub const ALL: [&Tool; 25] = [
    &QEMU,
    &GDB,
    &BINUTILS,
    &GOLD,
    &CLANG,
    &NIX,
    &JQ,
    &OPENSSL,
    &PKCS11_TOOL,
    &SOFTHSM,
    &SBSIGN,
    &MKIMAGE,
    &SWTPM,
    &CHROMIUM,
    &MKFS_FAT,
    &MTOOLS,
    &BASH,
    &ZSH,
    &FISH,
    &MAN,
    &CXX,
    &DEBOOTSTRAP,
    &MDBOOK,
    &CARGO_DENY,
    &CARGO_FUZZ,
];

/// Boots images. It comes with the ROMs of network cards, because seL4's build starts a machine
/// with one.
pub const QEMU: Tool = tool(
    "qemu-system-aarch64",
    "`qemu`, `watch`, `bench`, `book`, `flips`, `forge`, boot tests",
    unpacked(
        "qemu-system-arm qemu-system-data ipxe-qemu",
        "qemu-system-aarch64-core",
        Some("brew install qemu"),
    ),
);

/// Debugs programs for AArch64. On most systems, gdb supports only their own processor.
pub const GDB: Tool = Tool {
    file_names: &[
        "gdb-multiarch",
        "aarch64-elf-gdb",
        "aarch64-none-elf-gdb",
        "aarch64-linux-gnu-gdb",
        "aarch64-none-linux-gnu-gdb",
        "aarch64-unknown-linux-gnu-gdb",
        "gdb",
    ],
    trial: &["-nx", "-batch", "-ex", "set architecture aarch64"],
    proof: "set to \"aarch64\"",
    ..tool(
        "gdb for AArch64",
        "`qemu --gdb`, tests of debugging",
        unpacked("gdb-multiarch", "gdb", Some("brew install aarch64-elf-gdb")),
    )
};

/// Assembles, links and changes programs for AArch64. One package has these programs.
pub const BINUTILS: Tool = Tool {
    file_names: &[
        "aarch64-linux-gnu-as",
        "aarch64-linux-gnu-ld.bfd",
        "aarch64-linux-gnu-objcopy",
    ],
    ..tool(
        "GNU binutils for AArch64",
        "tests of linkers",
        unpacked(
            "binutils-aarch64-linux-gnu",
            "binutils-aarch64-linux-gnu",
            None,
        ),
    )
};

/// Links programs for AArch64. GNU binutils 2.44 and later come without it.
pub const GOLD: Tool = Tool {
    file_names: &["aarch64-linux-gnu-ld.gold"],
    ..tool(
        "gold for AArch64",
        "tests of linkers",
        unpacked(
            "binutils-aarch64-linux-gnu",
            "binutils-aarch64-linux-gnu",
            None,
        ),
    )
};

/// Assembles programs for AArch64, and links them with lld. Some systems have it without lld.
pub const CLANG: Tool = Tool {
    trial: &[
        "--target=aarch64-none-elf",
        "-fuse-ld=lld",
        "-nostdlib",
        "-Xlinker",
        "--version",
    ],
    proof: "LLD",
    ..tool(
        "clang",
        "tests of linkers",
        unpacked("clang lld", "clang lld", Some("brew install llvm lld")),
    )
};

/// Evaluates the flake.
pub const NIX: Tool = tool(
    "nix-instantiate",
    "tests of the flake",
    unpacked(
        "nix-bin",
        "nix",
        Some("curl -L https://nixos.org/nix/install | sh"),
    ),
);

/// Reads JSON.
pub const JQ: Tool = tool(
    "jq",
    "tests of the documentation",
    unpacked("jq", "jq", Some("brew install jq")),
);

/// Signs. Ed25519 needs `pkeyutl -rawin`, which came with providers in OpenSSL 3. LibreSSL has neither.
pub const OPENSSL: Tool = Tool {
    trial: &["list", "-providers"],
    proof: "Providers:",
    ..tool(
        "openssl",
        "`qemu --secure-boot`, tests of the documentation",
        unpacked("openssl", "openssl", Some("brew install openssl")),
    )
};

/// Signs with PKCS #11 tokens. It has no successful run without a token.
pub const PKCS11_TOOL: Tool = Tool {
    trial: &["--help"],
    proof: "Usage: pkcs11-tool",
    ..tool(
        "pkcs11-tool",
        "tests of the documentation",
        unpacked("opensc", "opensc", Some("brew install opensc")),
    )
};

/// Comes with a PKCS #11 token in software.
pub const SOFTHSM: Tool = tool(
    "softhsm2-util",
    "tests of the documentation",
    unpacked("softhsm2", "softhsm", Some("brew install softhsm")),
);

/// Signs UEFI applications for Secure Boot.
pub const SBSIGN: Tool = tool(
    "sbsign",
    "`qemu --secure-boot`, tests of Secure Boot",
    unpacked("sbsigntool", "sbsigntools", None),
);

/// Signs FIT images.
pub const MKIMAGE: Tool = Tool {
    trial: &["-V"],
    ..tool(
        "mkimage",
        "tests of U-Boot's required keys",
        unpacked(
            "u-boot-tools",
            "uboot-tools",
            Some("brew install u-boot-tools"),
        ),
    )
};

/// Emulates a TPM.
pub const SWTPM: Tool = tool(
    "swtpm",
    "tests of measured boot",
    unpacked("swtpm", "swtpm", Some("brew install swtpm")),
);

/// Shows pages. Debian's package without a window needs fewer others.
pub const CHROMIUM: Tool = Tool {
    file_names: &[
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        "google-chrome",
    ],
    ..tool(
        "chromium",
        "tests of the page",
        Origin::Distribution(Packages {
            debian: "chromium-headless-shell fonts-dejavu-core",
            fedora: "chromium-headless",
            macos: Some("brew install --cask chromium"),
            // It looks for fonts below this folder, too.
            relocation: Some(&[("XDG_DATA_HOME", "usr/share")]),
        }),
    )
};

/// Makes FAT disks.
pub const MKFS_FAT: Tool = Tool {
    trial: &["--help"],
    ..tool(
        "mkfs.fat",
        "tests of disks",
        unpacked("dosfstools", "dosfstools", Some("brew install dosfstools")),
    )
};

/// Copies files to FAT disks.
pub const MTOOLS: Tool = tool(
    "mcopy",
    "tests of disks",
    unpacked("mtools", "mtools", Some("brew install mtools")),
);

/// Completes command lines.
pub const BASH: Tool = tool(
    "bash",
    "tests of completions",
    installed("bash", "bash", Some("brew install bash")),
);

/// Completes command lines.
pub const ZSH: Tool = tool(
    "zsh",
    "tests of completions",
    installed("zsh", "zsh", Some("brew install zsh")),
);

/// Completes command lines.
pub const FISH: Tool = tool(
    "fish",
    "tests of completions",
    installed("fish", "fish", Some("brew install fish")),
);

/// Shows manual pages.
pub const MAN: Tool = tool(
    "man",
    "tests of manual pages",
    installed("man-db", "man-db", Some("brew install man-db")),
);

/// Compiles libFuzzer.
pub const CXX: Tool = tool(
    "c++",
    "`fuzz`",
    installed("g++", "gcc-c++", Some("xcode-select --install")),
);

/// Makes a Debian system in a folder.
pub const DEBOOTSTRAP: Tool = tool(
    "debootstrap",
    "`clean-room`",
    Origin::Distribution(Packages {
        debian: "debootstrap",
        fedora: "debootstrap",
        macos: None,
        relocation: Some(&[("DEBOOTSTRAP_DIR", "usr/share/debootstrap")]),
    }),
);

/// Builds the documentation.
pub const MDBOOK: Tool = tool(
    "mdbook",
    "`book`",
    Origin::Crate {
        version: "0.5.4",
        features: Some("search"),
    },
);

/// Checks dependencies.
pub const CARGO_DENY: Tool = tool("cargo-deny", "`audit`", compiled("0.20.2"));

/// Builds programs with libFuzzer.
pub const CARGO_FUZZ: Tool = tool("cargo-fuzz", "`fuzz`", compiled("0.13.2"));

/// A program whose file has its name. It can do the job if it starts at all.
const fn tool(name: &'static str, used_by: &'static str, origin: Origin) -> Tool {
    Tool {
        name,
        file_names: &[],
        trial: &["--version"],
        proof: "",
        origin,
        used_by,
    }
}

/// A crate with its default features.
const fn compiled(version: &'static str) -> Origin {
    Origin::Crate {
        version,
        features: None,
    }
}

/// A program of a distribution that also runs from a folder with Debian's packages.
const fn unpacked(
    debian: &'static str,
    fedora: &'static str,
    macos: Option<&'static str>,
) -> Origin {
    Origin::Distribution(Packages {
        debian,
        fedora,
        macos,
        relocation: Some(&[]),
    })
}

/// A program of a distribution that runs only where the package manager installs it.
const fn installed(
    debian: &'static str,
    fedora: &'static str,
    macos: Option<&'static str>,
) -> Origin {
    Origin::Distribution(Packages {
        debian,
        fedora,
        macos,
        relocation: None,
    })
}
