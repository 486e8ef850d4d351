// SPDX-License-Identifier: BSD-2-Clause

//! Replaces the paths in the pages' commands that other machines have elsewhere.

use std::env;
use std::path::PathBuf;

use kaal_harness::console::Step;
use kaal_harness::sel4::PREFIX;
use kaal_harness::workspace::Workspace;

/// The pages' example of the reader's folder of a kernel.
const SHOWN_PREFIX: &str = "/opt/seL4";

/// The pages' example of a token's PKCS #11 module: SoftHSM's, in Debian.
const SHOWN_MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// The pages' example of a project outside of the checkout.
const SHOWN_PROJECT: &str = "~/my-system";

/// The folder for the pages' projects, which Cargo would treat as parts of the checkout in a page's folder.
pub(crate) fn projects() -> PathBuf {
    env::temp_dir().join("kaal-docs")
}

/// `steps` with the paths of this machine.
pub(crate) fn here(workspace: &Workspace, mut steps: Vec<Step>) -> Vec<Step> {
    for Step { command, .. } in &mut steps {
        let project = projects().join("my-system");
        *command = command.replace(SHOWN_PROJECT, &project.to_string_lossy());
        if let Ok(prefix) = env::var(PREFIX) {
            *command = command.replace(SHOWN_PREFIX, &prefix);
        }
        if let Some(module) = softhsm_module(workspace) {
            *command = command.replace(SHOWN_MODULE, &module.to_string_lossy());
        }
    }
    steps
}

/// SoftHSM's module: in Debian, unpacked, in Fedora or in Homebrew.
fn softhsm_module(workspace: &Workspace) -> Option<PathBuf> {
    [
        SHOWN_MODULE.into(),
        workspace.tools().join(format!("softhsm2{SHOWN_MODULE}")),
        "/usr/lib64/pkcs11/libsofthsm2.so".into(),
        "/opt/homebrew/lib/softhsm/libsofthsm2.so".into(),
    ]
    .into_iter()
    .find(|module: &PathBuf| module.is_file())
}
