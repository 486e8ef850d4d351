// SPDX-License-Identifier: BSD-2-Clause

//! Generates Rust code.

use std::fmt::{Result, Write};

use kaal_broker::{Quiesce, Right};
use kaal_program::Program;
use toml::Spanned;

use crate::component::Component;

/// Writes a component as an expression of type `Embedded`. `dma` is [`List::dma`](crate::List::dma) of
/// the component.
///
/// # Errors
///
/// Fails if `code` does.
pub fn generate(
    code: &mut impl Write,
    component: &Component,
    program: &Program<'_>,
    dma: &[Option<Quiesce>],
) -> Result {
    writeln!(
        code,
        "Embedded {{ config: Config {{ name: {name:?}, priority: {priority}, \
         quota: Resources {{ bytes: {memory}, slots: {slots}, devices: {device_count} }}, \
         stack: {stack}, devices: &{devices:?}, dma: &{dma:?}, provides: &{provides:?}, needs: &{needs:?}, \
         restart: Restart::{restart:?}, budget: {budget}, period: {period}, \
         passive: {passive}, affinity: {affinity}, operator: &[{operator}], console: {console:?} }}, image: Image {{ entry: {entry:#x}, segments: &[",
        name = component.name.get_ref(),
        priority = component.priority.get_ref(),
        memory = component.memory.get_ref(),
        slots = component.slots.get_ref(),
        device_count = component.devices.len(),
        stack = component.stack.get_ref(),
        devices = texts(&component.devices),
        provides = texts(&component.provides),
        needs = texts(&component.needs),
        restart = component.restart,
        budget = component.budget(),
        period = component.period.get_ref(),
        passive = component.passive,
        affinity = component.affinity.get_ref(),
        operator = rights(&component.operator),
        console = component.console(),
        entry = program.entry,
    )?;
    for segment in &program.segments {
        writeln!(
            code,
            "Segment {{ address: {:#x}, size: {:#x}, bytes: b\"{}\", access: Access::{:?} }},",
            segment.address,
            segment.size,
            segment.bytes.escape_ascii(),
            segment.access
        )?;
    }
    writeln!(code, "] }} }},")
}

fn rights(list: &[Right]) -> String {
    let rights = list.iter().map(|right| format!("Right::{right:?}, "));
    rights.collect()
}

fn texts(list: &[Spanned<String>]) -> Vec<&String> {
    list.iter().map(Spanned::get_ref).collect()
}
