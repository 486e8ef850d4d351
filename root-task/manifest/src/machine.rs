// SPDX-License-Identifier: BSD-2-Clause

//! Whether the machine has what components may have.

use kaal_broker::Device;
use kaal_devicetree::DeviceTree;

use crate::{Component, Mistake};

/// Checks that the machine has all devices, and memory for all quotas together.
///
/// # Errors
///
/// Returns the first [`Mistake`].
pub fn check_machine(components: &[Component], tree: &DeviceTree<'_>) -> Result<(), Mistake> {
    let ram = kaal_devicetree::ram(tree)
        .map(|bank| bank.size())
        .fold(0, u64::saturating_add);
    let mut left = ram;
    for component in components {
        for device in &component.devices {
            if let Err(error) = Device::find(tree, &device.value) {
                let problem = format!("{:?}: {error}", device.value);
                return Err(Mistake::new(device.line, "devices", problem));
            }
        }
        let memory = &component.memory;
        left = left.checked_sub(memory.value).ok_or_else(|| {
            let problem = format!(
                "{} bytes asked for, {left} left of the machine's {ram}",
                memory.value
            );
            Mistake::new(memory.line, "memory", problem)
        })?;
    }
    Ok(())
}
