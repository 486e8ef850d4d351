// SPDX-License-Identifier: BSD-2-Clause

//! Records for components that inspect the system.

use alloc::vec;

use kaal_broker::ComponentId;
use kaal_protocol::{KernelRecord, MESSAGE_WORDS, Topic, Writer, append};
use sel4::{sel4_cfg_bool, sel4_cfg_str, sel4_cfg_usize};

use super::{Answer, Server};

/// Parts of the kernel's configuration, with the names that the page shows.
const CONFIGURATION: [(bool, &str); 6] = [
    (sel4_cfg_bool!(KERNEL_MCS), "MCS"),
    (sel4_cfg_bool!(ARM_HYPERVISOR_SUPPORT), "hypervisor"),
    (sel4_cfg_bool!(VERIFICATION_BUILD), "verification"),
    (sel4_cfg_bool!(DEBUG_BUILD), "debug"),
    (sel4_cfg_bool!(EXPORT_PCNT_USER), "counter"),
    (sel4_cfg_bool!(EXPORT_PTMR_USER), "timer"),
];

impl Server<'_> {
    pub(super) fn list(&mut self, id: ComponentId, topic: Topic, from: u64) -> Answer {
        let mut words = vec![0; MESSAGE_WORDS];
        let mut writer = Writer::new(&mut words);
        match (topic, from) {
            (Topic::Kernel, 0) => self.describe_kernel(&mut writer),
            _ => self.broker.list(id, topic, from, &mut writer),
        }
        let length = writer.length();
        words.truncate(length);
        Ok(words)
    }

    fn describe_kernel(&self, writer: &mut Writer<'_>) {
        let turned_on = CONFIGURATION.iter().filter(|(is_on, _)| *is_on);
        let names: vec::Vec<_> = turned_on.map(|(_, name)| *name).collect();
        append(
            writer,
            &KernelRecord {
                // The kernel tells nobody its version.
                version: concat!("seL4 for ", sel4_cfg_str!(ARM_PLAT)),
                configuration: &names.join(" "),
                cores: sel4_cfg_usize!(MAX_NUM_NODES) as u64,
                measurement: self.measurement(),
            },
        );
    }

    /// Returns the measurement that the boot loader wrote to the device tree.
    fn measurement(&self) -> Option<[u64; 4]> {
        let tree = self.tree.as_ref()?;
        let bytes = tree
            .find(b"/chosen")?
            .node()
            .property(b"kaal,measurement")?;
        let (words, []) = bytes.as_chunks() else {
            return None;
        };
        let words: [[u8; 8]; 4] = words.try_into().ok()?;
        Some(words.map(u64::from_be_bytes))
    }
}
