// SPDX-License-Identifier: BSD-2-Clause

use super::{Origin, Packages, Tool};

/// Every program.
pub const ALL: [&Tool; 13] = [
    &QEMU,
    &GDB,
    &NIX,
    &JQ,
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

/// Boots images.
pub const QEMU: Tool = Tool {
    name: "qemu-system-aarch64",
    file_names: &["qemu-system-aarch64"],
    trial: VERSION,
    proof: "QEMU emulator version",
    // With the ROMs of network cards: seL4's build starts a machine that has one.
    origin: unpacked(
        "qemu-system-arm ipxe-qemu",
        "qemu-system-aarch64-core",
        Some("brew install qemu"),
    ),
    used_by: "`qemu`, `watch`, `bench`, `book`, `flips`, boot tests",
};

/// Debugs programs for AArch64. The gdb of most systems knows their own processor only.
pub const GDB: Tool = Tool {
    name: "gdb for AArch64",
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
    origin: unpacked("gdb-multiarch", "gdb", Some("brew install aarch64-elf-gdb")),
    used_by: "`qemu --gdb`, tests of debugging",
};

/// Evaluates the flake.
pub const NIX: Tool = Tool {
    name: "nix-instantiate",
    file_names: &["nix-instantiate"],
    trial: VERSION,
    proof: "(Nix)",
    origin: unpacked(
        "nix-bin",
        "nix",
        Some("curl -L https://nixos.org/nix/install | sh"),
    ),
    used_by: "tests of the flake",
};

/// Reads JSON.
pub const JQ: Tool = Tool {
    name: "jq",
    file_names: &["jq"],
    trial: VERSION,
    proof: "jq",
    origin: unpacked("jq", "jq", Some("brew install jq")),
    used_by: "tests of the documentation",
};

/// Completes command lines.
pub const BASH: Tool = Tool {
    name: "bash",
    file_names: &["bash"],
    trial: VERSION,
    proof: "bash",
    origin: installed("bash", "bash", Some("brew install bash")),
    used_by: "tests of completions",
};

/// Completes command lines.
pub const ZSH: Tool = Tool {
    name: "zsh",
    file_names: &["zsh"],
    trial: VERSION,
    proof: "zsh",
    origin: installed("zsh", "zsh", Some("brew install zsh")),
    used_by: "tests of completions",
};

/// Completes command lines.
pub const FISH: Tool = Tool {
    name: "fish",
    file_names: &["fish"],
    trial: VERSION,
    proof: "fish",
    origin: installed("fish", "fish", Some("brew install fish")),
    used_by: "tests of completions",
};

/// Shows manual pages.
pub const MAN: Tool = Tool {
    name: "man",
    file_names: &["man"],
    trial: VERSION,
    proof: "man",
    origin: installed("man-db", "man-db", Some("brew install man-db")),
    used_by: "tests of manual pages",
};

/// Compiles libFuzzer.
pub const CXX: Tool = Tool {
    name: "c++",
    file_names: &["c++"],
    trial: VERSION,
    proof: "",
    origin: installed("g++", "gcc-c++", Some("xcode-select --install")),
    used_by: "`fuzz`",
};

/// Makes a Debian system in a folder.
pub const DEBOOTSTRAP: Tool = Tool {
    name: "debootstrap",
    file_names: &["debootstrap"],
    trial: VERSION,
    proof: "debootstrap",
    origin: Origin::Distribution(Packages {
        debian: "debootstrap",
        fedora: "debootstrap",
        macos: None,
        relocation: Some(&[("DEBOOTSTRAP_DIR", "usr/share/debootstrap")]),
    }),
    used_by: "`clean-room`",
};

/// Builds the documentation.
pub const MDBOOK: Tool = Tool {
    name: "mdbook",
    file_names: &["mdbook"],
    trial: VERSION,
    proof: "mdbook",
    origin: Origin::Crate {
        version: "0.5.4",
        features: Some("search"),
    },
    used_by: "`book`",
};

/// Checks dependencies.
pub const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    file_names: &["cargo-deny"],
    trial: VERSION,
    proof: "cargo-deny",
    origin: Origin::Crate {
        version: "0.20.2",
        features: None,
    },
    used_by: "`audit`",
};

/// Builds programs with libFuzzer.
pub const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    file_names: &["cargo-fuzz"],
    trial: VERSION,
    proof: "cargo-fuzz",
    origin: Origin::Crate {
        version: "0.13.2",
        features: None,
    },
    used_by: "`fuzz`",
};

/// Most programs can do the job if they start at all.
const VERSION: &[&str] = &["--version"];

/// A program of a distribution that also runs from a folder that Debian's packages are unpacked to.
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

/// A program of a distribution that runs only where its package manager puts it.
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
