// SPDX-License-Identifier: BSD-2-Clause

//! Finds the option that an unknown name probably means.

use clap::Command;

use super::option;

/// Least similarity of a name that is suggested, from 0 to 1.
const ALIKE: f64 = 0.8;

/// The option of `command` whose name is most like `name`, if one is alike. Dashes and underscores count as equal.
pub(super) fn nearest<'a>(command: &'a Command, name: &str) -> Option<&'a str> {
    let plain = name.trim_start_matches('-').replace('_', "-");
    let known = command.get_arguments().filter_map(option);
    let (_, nearest) = known
        .map(|known| (strsim::jaro_winkler(known, &plain), known))
        .filter(|(likeness, _)| *likeness > ALIKE)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))?;
    Some(nearest)
}
