// SPDX-License-Identifier: BSD-2-Clause

//! Reads private keys.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::process::geteuid;

use super::is_private;
use crate::diagnostic::{Diagnostic, Flag, Origin};
use crate::files::input::Input;
use crate::files::{access, bounded};

/// The permissions in a file's mode.
const PERMISSIONS: u32 = 0o777;

/// The permissions of all users but the owner.
const OTHERS: u32 = 0o077;

/// The user ID of root, who can read every file anyway.
const ROOT: u32 = 0;

/// Reads a private key. Fails if another user owns it or can access it.
pub(crate) fn read_secret(flag: Flag, path: &Path) -> Result<Input<'_>, Diagnostic> {
    let origin = Origin { flag, value: path };
    let failed = |error: io::Error| access::unreadable(origin, &error);
    let mut file = bounded::open(origin)?;
    // The path could lead to another file by now.
    let metadata = file.get_ref().metadata().map_err(failed)?;
    let exposure = exposure(origin, metadata.uid(), metadata.mode(), geteuid().as_raw());
    let mut input = Input {
        flag,
        path,
        // A vector that grows would leave a copy behind.
        content: Vec::with_capacity(file.limit() as usize + 1),
    };
    file.read_to_end(&mut input.content).map_err(failed)?;
    match exposure {
        // Another file is no secret; the reader of the key refuses it.
        Some(exposure) if is_private(&input.content) => Err(exposure),
        _ => Ok(input),
    }
}

/// The error about a private key of `owner` with this `mode`, if anyone but `user` and root can read it.
fn exposure(origin: Origin<'_>, owner: u32, mode: u32, user: u32) -> Option<Diagnostic> {
    let path = origin.value.display();
    if ![user, ROOT].contains(&owner) {
        return Some(
            origin
                .diagnostic("another user owns the private key")
                .expected(format!("user {user}, who runs this, or root"))
                .found(format!("user {owner}"))
                .remedy(format!(
                    "generate another key; if you trust that user, run `chown {user} {path}` as root"
                )),
        );
    }
    (mode & OTHERS != 0).then(|| {
        origin
            .diagnostic("other users can access the private key")
            .expected("permissions 0600 or fewer")
            .found(format!("{:04o}", mode & PERMISSIONS))
            .remedy(format!(
                "run `chmod 600 {path}`; if somebody may have read the key, generate another"
            ))
    })
}

#[cfg(test)]
mod tests {
    use super::exposure;
    use crate::diagnostic::{Flag, Origin};

    #[test]
    fn owner_and_permissions() {
        let origin = Origin::new(Flag::SignKey, "key");
        let problem = |owner, mode, user| {
            let exposure = exposure(origin, owner, mode, user)?;
            Some(exposure.details().problem)
        };
        let owned = Some("another user owns the private key".to_owned());
        let open = Some("other users can access the private key".to_owned());
        for (owner, mode, user, expected) in [
            (1000, 0o100_600, 1000, None),
            (1000, 0o100_400, 1000, None),
            (0, 0o100_600, 1000, None),
            (0, 0o010_600, 0, None),
            (1001, 0o100_600, 1000, owned.clone()),
            (1000, 0o100_600, 0, owned),
            (1000, 0o100_640, 1000, open.clone()),
            (0, 0o100_604, 1000, open.clone()),
            (1000, 0o010_620, 1000, open),
        ] {
            assert_eq!(
                problem(owner, mode, user),
                expected,
                "{owner} {mode:o} {user}"
            );
        }
    }
}
