// SPDX-License-Identifier: BSD-2-Clause

//! Requests about other components, and results of self-tests.

use kaal_protocol::{Request, Test};

use super::Broker;
use crate::config::{ComponentId, Right};
use crate::error::Denial;
use crate::kernel::Kernel;

impl<K: Kernel> Broker<K> {
    /// Checks that a component has the right that `request` takes, if any.
    ///
    /// # Errors
    ///
    /// Fails if it hasn't.
    pub fn check_right(&mut self, id: ComponentId, request: &Request) -> Result<(), Denial> {
        let right = match request {
            Request::Inspect(..) | Request::List(..) | Request::Watch => Right::Inspect,
            Request::Restart(_) => Right::Restart,
            Request::Tick(_) => Right::Tick,
            Request::Report(..) => Right::Report,
            Request::NewProgram(..) | Request::ProgramPart(_) | Request::Reload => Right::Reload,
            _ => return Ok(()),
        };
        let status = self.status(id);
        if status.is_some_and(|status| status.config.operator.contains(&right)) {
            return Ok(());
        }
        self.refuse_unknown(id, request.encode(&mut []).0);
        Err(Denial::NotConfigured)
    }

    /// Notes the first result of a self-test.
    pub fn report(&mut self, test: Test, passed: bool) {
        if !self.reports.iter().any(|&(known, _)| known == test) {
            self.reports.push((test, passed));
        }
    }

    /// Returns the self-tests that reported, and whether they passed.
    pub fn reports(&self) -> &[(Test, bool)] {
        &self.reports
    }
}
