// SPDX-License-Identifier: BSD-2-Clause

//! Signs an image with a key that only this boot knows, and lets edk2 trust no other.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use fs_err as fs;
use kaal_harness::firmwares::{Enrolled, Flash, enroll};
use kaal_harness::process;
use kaal_harness::tools::{OPENSSL, SBSIGN};
use kaal_harness::workspace::Workspace;

use crate::setup;

/// The firmware in Debian's package that verifies images as soon as it has a platform key.
pub(super) const CODE: &str = "usr/share/AAVMF/AAVMF_CODE.snakeoil.fd";

/// Gets the programs that make keys and sign.
pub(super) fn provide_tools(workspace: &Workspace) -> Result<()> {
    for tool in [&OPENSSL, &SBSIGN] {
        setup::tool(workspace, tool)?;
    }
    Ok(())
}

/// Returns QEMU's options that start the signed `image` by the firmware in the file `code`, and the file of the
/// firmware's variables. Nothing outside `scratch` changes.
pub(super) fn prepare(
    workspace: &Workspace,
    code: &Path,
    image: &Path,
    scratch: &Path,
) -> Result<(Vec<String>, PathBuf)> {
    let openssl = setup::tool(workspace, &OPENSSL)?;
    let sbsign = setup::tool(workspace, &SBSIGN)?;
    let [key, certificate, encoded, signed, firmware, variables] = [
        "key.pem",
        "key.crt",
        "key.der",
        "signed.efi",
        "firmware",
        "variables",
    ]
    .map(|name| scratch.join(name));

    let mut generate = Command::new(&openssl);
    generate.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes"]);
    generate
        .args(["-subj", "/CN=throw-away key", "-keyout"])
        .arg(&key);
    process::read(generate.arg("-out").arg(&certificate))?;
    let mut encode = Command::new(&openssl);
    encode
        .args(["x509", "-outform", "DER", "-in"])
        .arg(&certificate);
    process::read(encode.arg("-out").arg(&encoded))?;
    let mut sign = Command::new(sbsign);
    sign.arg("--key").arg(key).arg("--cert").arg(certificate);
    process::read(sign.arg("--output").arg(&signed).arg(image))?;

    let enrolled = Enrolled {
        certificate: &fs::read(encoded)?,
        forbidden: None,
    };
    let options = [
        Flash::Firmware.write(&fs::read(code)?, &firmware)?,
        Flash::Variables.write(&enroll(enrolled), &variables)?,
        vec!["-kernel".to_owned(), signed.display().to_string()],
    ];
    Ok((options.concat(), variables))
}
