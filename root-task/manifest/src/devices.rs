// SPDX-License-Identifier: BSD-2-Clause

//! Checks that the machine has all devices, and each for one component.

use kaal_broker::{CONSOLE, Device, DeviceError, PAGE_SIZE, Quiesce};
use kaal_devicetree::DeviceTree;
use toml::Spanned;

use crate::component::{Component, Dma};
use crate::mistake::{Mistake, Source, question};

/// Size of a register in bytes.
const REGISTER: u64 = 4;

/// Pages of a device's registers.
struct Pages {
    first: u64,
    last: u64,
    /// The component that has them, by its place in the list.
    owner: usize,
    /// The line that says so.
    line: usize,
}

impl Pages {
    fn of(start: u64, end: u64, owner: usize, line: usize) -> Self {
        Self {
            first: start / PAGE_SIZE,
            last: end.saturating_sub(1) / PAGE_SIZE,
            owner,
            line,
        }
    }

    fn overlap(&self, other: &Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }
}

pub(crate) fn check(
    source: &Source,
    components: &[Component],
    tree: &DeviceTree<'_>,
) -> Result<(), Mistake> {
    let mut known: Vec<Pages> = Vec::new();
    // The one device without registers: its owner, and the line that says so.
    let mut timer = None;
    for (owner, component) in components.iter().enumerate() {
        let mut of_component = Vec::new();
        for device in &component.devices {
            let found = find(source, device, tree)?;
            if found.registers.is_empty() {
                let others = timer.replace((owner, source.line(device)));
                if let Some((other, line)) = others.filter(|&(other, _)| other != owner) {
                    let problem = format!(
                        "{:?}: the timer belongs to {:?} in line {line}: give it to one component",
                        device.get_ref(),
                        components[other].name.get_ref()
                    );
                    return Err(source.mistake(device, problem));
                }
            }
            for range in found.registers {
                of_component.push((device, range.start.0, range.end.0));
            }
        }
        for &(device, start, end) in &of_component {
            let name = device.get_ref();
            let pages = Pages::of(start, end, owner, source.line(device));
            let mut others = known.iter().filter(|other| other.owner != owner);
            if let Some(other) = others.find(|other| other.overlap(&pages)) {
                let problem = format!(
                    "{name:?}: the registers belong to {:?} in line {}: give each device, and each \
                     page with registers, to one component",
                    components[other.owner].name.get_ref(),
                    other.line
                );
                return Err(source.mistake(device, problem));
            }
            let is_listed = |start| of_component.iter().any(|&(_, listed, _)| listed == start);
            // The console's driver gets the whole page: on a Raspberry Pi 3, for example, other devices share it.
            if name != CONSOLE
                && let Some((other, start)) = neighbour(tree, &pages, is_listed)
            {
                let problem = format!(
                    "{name:?}: a page of its registers has those of {other} at {start:#x} too, and \
                     the component gets whole pages: add {other} to its `devices`, or use another \
                     device"
                );
                return Err(source.mistake(device, problem));
            }
            known.push(pages);
        }
    }
    Ok(())
}

/// Finds another device with registers in `pages`. Returns its `compatible` and the first address of
/// the registers.
fn neighbour(
    tree: &DeviceTree<'_>,
    pages: &Pages,
    is_listed: impl Fn(u64) -> bool,
) -> Option<(String, u64)> {
    tree.walk().find_map(|place| {
        let model = place.node().strings(b"compatible").next()?;
        let mut ranges = place.reg().map(|range| (range.start.0, range.end.0));
        let is_neighbour = |&(start, end): &(u64, u64)| {
            let others = Pages::of(start, end, pages.owner, pages.line);
            start < end && pages.overlap(&others) && !is_listed(start)
        };
        let (start, _) = ranges.find(is_neighbour)?;
        Some((String::from_utf8_lossy(model).into_owned(), start))
    })
}

/// Returns how to stop a device's accesses to memory.
pub(crate) fn quiesce(
    source: &Source,
    dma: &Dma,
    tree: &DeviceTree<'_>,
) -> Result<Option<Quiesce>, Mistake> {
    let Some(quiesce) = &dma.quiesce else {
        return Ok(None);
    };
    let device = find(source, &dma.device, tree)?;
    let registers = device.registers.first();
    let (start, size) = registers.map_or((0, 0), |range| (range.start.0, range.size()));
    let offset = *quiesce.register.get_ref();
    let end = offset.checked_add(REGISTER);
    if !offset.is_multiple_of(REGISTER) || end.is_none_or(|end| end > size) {
        let problem = format!(
            "register = {offset:#x}: a multiple of {REGISTER} below {size:#x} expected, the size of \
             the registers of {:?}",
            dma.device.get_ref()
        );
        return Err(source.mistake(&quiesce.register, problem));
    }
    Ok(Some(Quiesce {
        register: start + offset,
        value: quiesce.value,
        read_back: quiesce.read_back,
    }))
}

fn find(
    source: &Source,
    device: &Spanned<String>,
    tree: &DeviceTree<'_>,
) -> Result<Device, Mistake> {
    let name = device.get_ref();
    Device::find(tree, name).map_err(|error| {
        let problem = format!("{name:?}: {error}{}", alike(tree, name, error));
        source.mistake(device, problem)
    })
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
