// SPDX-License-Identifier: BSD-2-Clause

//! Checks that no passive component needs another one: if the caller of both ended, neither would have
//! time.

use crate::component::Component;
use crate::mistake::{Mistake, Source};

pub(crate) fn check(source: &Source, components: &[Component]) -> Result<(), Mistake> {
    let passive = || components.iter().filter(|component| component.passive);
    for need in passive().flat_map(|component| &component.needs) {
        let name = need.get_ref();
        let mut services = passive().flat_map(|component| &component.provides);
        if services.any(|service| service.get_ref() == name) {
            let problem = format!(
                "{name:?}: a passive component can't need the service of another one: remove `passive` \
                 from one of them"
            );
            return Err(source.mistake(need, problem));
        }
    }
    Ok(())
}
