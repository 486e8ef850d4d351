// SPDX-License-Identifier: BSD-2-Clause

//! Who is started before whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Component, Mistake};

/// Orders components so that each comes after those whose services it needs.
pub(crate) fn by_needs(components: Vec<Component>) -> Result<Vec<Component>, Mistake> {
    check_names(&components)?;
    let providers = providers(&components)?;
    for component in &components {
        for need in &component.needs {
            if !providers.contains_key(&need.value) {
                let problem = format!("no component provides {:?}", need.value);
                return Err(Mistake::new(need.line, "needs", problem));
            }
        }
    }
    let mut ordered = Vec::new();
    let mut provided: BTreeSet<String> = BTreeSet::new();
    let mut waiting = components;
    while !waiting.is_empty() {
        let is_ready = |component: &Component| {
            let mut needs = component.needs.iter();
            needs.all(|need| provided.contains(&need.value))
        };
        let Some(next) = waiting.iter().position(is_ready) else {
            return Err(cycle(&waiting, &provided));
        };
        let component = waiting.remove(next);
        provided.extend(
            component
                .provides
                .iter()
                .map(|service| service.value.clone()),
        );
        ordered.push(component);
    }
    Ok(ordered)
}

fn check_names(components: &[Component]) -> Result<(), Mistake> {
    let mut lines = BTreeMap::new();
    for component in components {
        let name = &component.name;
        if let Some(first) = lines.insert(&name.value, name.line) {
            let problem = format!(
                "{:?} is the name of the component in line {first}",
                name.value
            );
            return Err(Mistake::new(name.line, "name", problem));
        }
    }
    Ok(())
}

/// The line in which each service is provided.
fn providers(components: &[Component]) -> Result<BTreeMap<String, usize>, Mistake> {
    let mut lines = BTreeMap::new();
    for service in components.iter().flat_map(|component| &component.provides) {
        if let Some(first) = lines.insert(service.value.clone(), service.line) {
            let problem = format!("{:?} is provided in line {first}", service.value);
            return Err(Mistake::new(service.line, "provides", problem));
        }
    }
    Ok(lines)
}

/// Describes why none of `waiting` can be the next.
fn cycle(waiting: &[Component], provided: &BTreeSet<String>) -> Mistake {
    let names: Vec<&str> = waiting
        .iter()
        .map(|component| component.name.value.as_str())
        .collect();
    let line = waiting
        .iter()
        .flat_map(|component| &component.needs)
        .find(|need| !provided.contains(&need.value))
        .map_or(1, |need| need.line);
    let problem = format!(
        "components need each other's services: {}",
        names.join(", ")
    );
    Mistake::new(line, "needs", problem)
}
