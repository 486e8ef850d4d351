// SPDX-License-Identifier: BSD-2-Clause

//! Hostile platform descriptions and kernel configurations. An image must lie in the device tree's RAM,
//! whatever the platform description calls RAM.

use crate::inputs::{Content, RAM};
use crate::{Target, input};

const PLATFORM_YAML: &str =
    "devices:\n- end: 0x40000000\n  start: 0x0\nmemory:\n- end: 0x41000000\n  start: 0x40000000\n";

const PLATFORM_JSON: &str =
    r#"{"devices": [], "memory": [{"start": 1073741824, "end": 1090519040}]}"#;

const CONFIG_JSON: &str = r#"{"ARM_HYPERVISOR_SUPPORT": false, "MAX_NUM_NODES": "1", "ARM_PA_SIZE_BITS_40": true, "ARM_PA_SIZE_BITS_44": false}"#;

/// The readers of `platform_gen.yaml` or `.json`, and of `gen_config.json`. The first byte chooses the
/// file.
pub const PLATFORM: Target = Target {
    name: "platform",
    run: |input| {
        let Some((&selector, text)) = input.split_first() else {
            return false;
        };
        let (text, well_formed) = (Some(text.to_vec()), Content::well_formed());
        let content = match selector % 2 {
            0 => Content {
                platform: text,
                ..well_formed
            },
            _ => Content {
                kernel_config: text,
                ..well_formed
            },
        };
        content.build(&[RAM]).is_some()
    },
    seeds: || {
        vec![
            input(0, PLATFORM_YAML.as_bytes()),
            input(0, PLATFORM_JSON.as_bytes()),
            input(1, CONFIG_JSON.as_bytes()),
        ]
    },
};
