// SPDX-License-Identifier: BSD-2-Clause

//! Where a guest's console input comes from.

use std::process::Stdio;

/// Where the guest's console input comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Input {
    /// There is none.
    #[default]
    None,
    /// This process's standard input; Ctrl-A X ends QEMU, and the guest gets Ctrl-C.
    Terminal,
    /// The same, but Ctrl-C ends QEMU and this process.
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
