// SPDX-License-Identifier: BSD-2-Clause

//! The settings in a manifest.

use kaal_payload::PhysAddr;
use serde_json::{Value, json};

use crate::options::Settings;
use crate::options::choices::{CHECKS, LOG_LEVELS, name};

/// The settings by the names of their options; `null` if not given.
pub(super) fn facts(settings: &Settings<'_>) -> Value {
    // Without `..`, so that the compiler asks for each new setting.
    let Settings {
        kernel_paddr,
        cores,
        app_offset,
        kernel_dtb,
        format,
        compression,
        load_address,
        fit_key_name,
        log_level,
        integrity,
        symbols,
        boot_arguments,
        image_version,
        min_version,
    } = *settings;
    let address = |address: PhysAddr| address.to_string();
    json!({
        "format": format.name(),
        "compress": compression,
        "loadAddress": load_address.map(address),
        "fitKeyName": fit_key_name,
        "kernelPaddr": kernel_paddr.map(address),
        "cores": cores,
        "appOffset": app_offset,
        "kernelDtb": kernel_dtb,
        "logLevel": name(&LOG_LEVELS, log_level),
        "verify": name(&CHECKS, integrity),
        "symbols": symbols,
        "bootargs": boot_arguments,
        "imageVersion": image_version,
        "minVersion": min_version,
    })
}
