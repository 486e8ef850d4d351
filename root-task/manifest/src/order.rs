// SPDX-License-Identifier: BSD-2-Clause

//! The order in which components start.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;

use crate::component::Component;
use crate::mistake::{Mistake, Source, question};

/// Sorts components, each after the providers of services that it needs.
pub(crate) fn by_needs(source: &Source, components: &mut [Component]) -> Result<(), Mistake> {
    let names = components.iter().map(|component| &component.name);
    unique(source, "the name of the component", names)?;
    let services = components.iter().flat_map(|component| &component.provides);
    let providers = unique(source, "provided", services)?;
    let mut needs = components.iter().flat_map(|component| &component.needs);
    if let Some(need) = needs.find(|need| !providers.contains_key(need.get_ref())) {
        let name = need.get_ref();
        let question = question(name, providers.keys().map(String::as_str));
        let problem = format!("no component provides {name:?}{question}");
        return Err(source.mistake(need, problem));
    }
    let mut provided: BTreeSet<String> = BTreeSet::new();
    for next in 0..components.len() {
        let waiting = &mut components[next..];
        let is_missing = |need: &&Spanned<String>| !provided.contains(need.get_ref());
        let is_ready =
            |component: &Component| !component.needs.iter().any(|need| is_missing(&need));
        match waiting.iter().position(is_ready) {
            // Components that aren't ready keep their order.
            Some(ready) => waiting[..=ready].rotate_right(1),
            None => {
                let names = waiting
                    .iter()
                    .map(|component| component.name.get_ref().as_str());
                let problem = format!(
                    "components need each other's services: {}",
                    names.collect::<Vec<_>>().join(", ")
                );
                let mut needs = waiting.iter().flat_map(|component| &component.needs);
                let need = needs.find(is_missing).unwrap_or(&waiting[0].name);
                return Err(source.mistake(need, problem));
            }
        }
        let services = waiting[0].provides.iter();
        provided.extend(services.map(|service| service.get_ref().clone()));
    }
    Ok(())
}

/// Removes the components that are neither in `names` nor needed by those. The others follow the
/// providers of services that they need.
pub(crate) fn keep(components: &mut Vec<Component>, names: &[String]) {
    let mut needed = BTreeSet::new();
    let mut kept = Vec::new();
    for component in components.drain(..).rev() {
        let mut services = component.provides.iter().map(Spanned::get_ref);
        if names.contains(component.name.get_ref())
            || services.any(|service| needed.contains(service))
        {
            needed.extend(component.needs.iter().map(|need| need.get_ref().clone()));
            kept.push(component);
        }
    }
    kept.reverse();
    *components = kept;
}

/// Returns the line of each value. Fails if two values are equal.
fn unique<'a>(
    source: &Source,
    what: &str,
    values: impl Iterator<Item = &'a Spanned<String>>,
) -> Result<BTreeMap<String, usize>, Mistake> {
    let mut lines = BTreeMap::new();
    for value in values {
        let line = source.line(value);
        if let Some(first) = lines.insert(value.get_ref().clone(), line) {
            let problem = format!("{:?} is {what} in line {first}", value.get_ref());
            return Err(source.mistake(value, problem));
        }
    }
    Ok(lines)
}
