// SPDX-License-Identifier: BSD-2-Clause

//! The list as Rust code.

use std::fmt::{Result, Write};

use crate::program::Segment;
use crate::{Component, Lined, Program, Restart};

/// Writes the value of type `Embedded` that stands for a component.
///
/// # Errors
///
/// Fails where `code` does.
pub fn generate(code: &mut impl Write, component: &Component, program: &Program) -> Result {
    let rights = |segment: &Segment| match (segment.executable, segment.writable) {
        (true, _) => "ReadExecute",
        (_, true) => "ReadWrite",
        _ => "Read",
    };
    let restart = match component.restart {
        Restart::Never => "Never".to_owned(),
        Restart::Always => "Always".to_owned(),
        Restart::Times(count, back_off) => {
            format!("Times {{ count: {count}, back_off: {back_off} }}")
        }
    };
    writeln!(code, "Embedded {{")?;
    writeln!(code, "config: Config {{")?;
    writeln!(code, "name: {:?},", component.name.value)?;
    writeln!(code, "priority: {},", component.priority)?;
    writeln!(
        code,
        "quota: Quota {{ bytes: {}, slots: {}, devices: {} }},",
        component.memory.value,
        component.slots.value,
        component.devices.len()
    )?;
    writeln!(code, "stack: {},", component.stack)?;
    writeln!(code, "devices: &{:?},", texts(&component.devices))?;
    writeln!(code, "provides: &{:?},", texts(&component.provides))?;
    writeln!(code, "needs: &{:?},", texts(&component.needs))?;
    writeln!(code, "restart: Restart::{restart},")?;
    writeln!(
        code,
        "budget: {}, period: {},",
        component.budget, component.period
    )?;
    writeln!(code, "operator: {},", component.operator)?;
    writeln!(code, "}},")?;
    writeln!(
        code,
        "image: Image {{ entry: {:#x}, segments: &[",
        program.entry
    )?;
    for segment in &program.segments {
        writeln!(
            code,
            "Segment {{ address: {:#x}, size: {:#x}, bytes: b\"{}\", rights: Rights::{} }},",
            segment.address,
            segment.size,
            segment.bytes.escape_ascii(),
            rights(segment)
        )?;
    }
    writeln!(code, "] }},")?;
    writeln!(code, "}},")
}

fn texts(list: &[Lined<String>]) -> Vec<&str> {
    list.iter().map(|text| text.value.as_str()).collect()
}
