// SPDX-License-Identifier: BSD-2-Clause

//! Checks that the machine has all devices, and each for one component.

use kaal_broker::{Device, DeviceError, PAGE_SIZE};
use kaal_devicetree::DeviceTree;

use crate::component::Component;
use crate::mistake::{Mistake, Source, question};

/// Pages of a device's registers.
struct Pages {
    first: u64,
    last: u64,
    /// The component that has them, by its place in the list.
    owner: usize,
    /// The line that says so.
    line: usize,
}

pub(crate) fn check(
    source: &Source,
    components: &[Component],
    tree: &DeviceTree<'_>,
) -> Result<(), Mistake> {
    let mut known: Vec<Pages> = Vec::new();
    for (owner, component) in components.iter().enumerate() {
        for device in &component.devices {
            let name = device.get_ref();
            let found = Device::find(tree, name).map_err(|error| {
                let problem = format!("{name:?}: {error}{}", alike(tree, name, error));
                source.mistake(device, problem)
            })?;
            for range in found.registers {
                let pages = Pages {
                    first: range.start.0 / PAGE_SIZE,
                    last: range.end.0.saturating_sub(1) / PAGE_SIZE,
                    owner,
                    line: source.line(device),
                };
                let mut others = known.iter().filter(|other| other.owner != owner);
                let overlaps =
                    |other: &&Pages| other.first <= pages.last && pages.first <= other.last;
                if let Some(other) = others.find(overlaps) {
                    let problem = format!(
                        "{name:?}: the registers belong to {:?} in line {}: give each device, and \
                         each page with registers, to one component",
                        components[other.owner].name.get_ref(),
                        other.line
                    );
                    return Err(source.mistake(device, problem));
                }
                known.push(pages);
            }
        }
    }
    Ok(())
}

/// Asks for the device that is most like the one not found.
fn alike(tree: &DeviceTree<'_>, name: &str, error: DeviceError) -> String {
    if error != DeviceError::NotFound {
        return String::new();
    }
    let places = tree.walk();
    let models = places.flat_map(|place| place.node().strings(b"compatible"));
    question(name, models.filter_map(|model| str::from_utf8(model).ok()))
}
