// SPDX-License-Identifier: BSD-2-Clause

//! A root task to ship replaces no programs: the build refuses lists that grant the right.

use kaal_broker::{ComponentId, Image};
use kaal_protocol::{Refusal, Request};

use super::{Answer, Server};

/// Programs that replaced others: none.
#[derive(Default)]
pub(super) struct Replacements {}

impl Replacements {
    /// Acts with a component's program.
    pub(super) fn with_image<T>(
        &self,
        _: ComponentId,
        embedded: &Image<'_>,
        act: impl FnOnce(&Image<'_>) -> T,
    ) -> T {
        act(embedded)
    }

    pub(super) fn contain(&self, _: ComponentId) -> bool {
        false
    }
}

impl Server<'_> {
    pub(super) fn replace(&mut self, id: ComponentId, request: &Request) -> Answer {
        self.broker.refuse_unknown(id, request.encode(&mut []).0);
        Err(Refusal::NotConfigured)
    }
}
