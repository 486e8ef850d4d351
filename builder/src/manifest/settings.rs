// SPDX-License-Identifier: BSD-2-Clause

//! What was chosen.

use kaal_payload::{Integrity, LogLevel};
use serde::Serialize;

use super::address;
use crate::options::Settings;

/// The settings, by the names of their options; `None` for what wasn't given.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettingsFacts {
    format: String,
    compress: String,
    load_address: Option<String>,
    kernel_paddr: Option<String>,
    cores: Option<u32>,
    app_offset: Option<u64>,
    log_level: String,
    verify: String,
    symbols: String,
    bootargs: Option<String>,
    image_version: u64,
    min_version: u64,
}

impl SettingsFacts {
    pub(super) fn new(settings: &Settings<'_>) -> Self {
        // Without `..`, so that a new setting is not forgotten here.
        let Settings {
            kernel_paddr,
            cores,
            app_offset,
            format,
            compression,
            load_address,
            log_level,
            integrity,
            symbols,
            boot_arguments,
            image_version,
            min_version,
        } = *settings;
        Self {
            format: format.name().to_owned(),
            compress: compression.name().to_owned(),
            load_address: load_address.map(address),
            kernel_paddr: kernel_paddr.map(address),
            cores,
            app_offset,
            log_level: log_level_name(log_level).to_owned(),
            verify: integrity_name(integrity).to_owned(),
            symbols: symbols.name().to_owned(),
            bootargs: boot_arguments.map(str::to_owned),
            image_version,
            min_version,
        }
    }
}

/// The value of `--log-level`.
pub(crate) fn log_level_name(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Error => "error",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
    }
}

/// The value of `--verify`.
pub(crate) fn integrity_name(integrity: Integrity) -> &'static str {
    match integrity {
        Integrity::None => "none",
        Integrity::Crc32c => "crc32c",
        Integrity::Sha256 => "sha256",
    }
}
