// SPDX-License-Identifier: BSD-2-Clause

//! The source of a guest's console input.

use std::process::Stdio;

/// The source of the guest's console input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// No input.
    #[default]
    None,
    /// This process's standard input. Ctrl-A X ends QEMU; the guest gets Ctrl-C.
    Terminal,
    /// This process's standard input, but Ctrl-C ends QEMU and this process.
    Interruptible,
}

impl Input {
    /// QEMU's options for the console.
    pub(super) fn options(self) -> &'static [&'static str] {
        match self {
            Self::None => &["-serial", "stdio"],
            Self::Terminal => &["-serial", "mon:stdio"],
            Self::Interruptible => &[
                "-chardev",
                "stdio,id=console,mux=on,signal=on",
                "-serial",
                "chardev:console",
                "-mon",
                "console",
            ],
        }
    }

    /// QEMU's standard input.
    pub(super) fn stdin(self) -> Stdio {
        match self {
            Self::None => Stdio::null(),
            Self::Terminal | Self::Interruptible => Stdio::inherit(),
        }
    }
}
