// SPDX-License-Identifier: BSD-2-Clause

//! Serves requests, and restarts components that fail.

mod requests;
mod terminal;
mod views;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::fmt::Display;

use kaal_broker::{Broker, ComponentId, Denial, FAULT_BADGE, Object, Slot};
use kaal_devicetree::DeviceTree;
use kaal_payload::Console;
use kaal_protocol::{Refusal, Request, Test};
use sel4::{MessageInfo, MessageInfoBuilder, ReplyAuthority, cap, sel4_cfg_bool};

use crate::console::say;
use crate::fault::{Fault, Reason};
use crate::kernel::Invocations;
use crate::report::is_seeded;
use crate::supervisor::Supervised;
use crate::system::Embedded;
use terminal::Driver;

/// The root task's state.
pub(crate) struct Server<'a> {
    pub(crate) broker: Broker<Invocations>,
    tree: Option<DeviceTree<'a>>,
    reply: Slot,
    components: BTreeMap<ComponentId, Supervised>,
    /// The self-tests that reported, and whether they passed.
    pub(crate) reports: Vec<(Test, bool)>,
    /// The time in seconds, as the clock component told it.
    now: Option<u64>,
    console: Option<Console>,
    /// The component that has the console.
    driver: Option<Driver>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(
        broker: Broker<Invocations>,
        tree: Option<DeviceTree<'a>>,
        console: Option<Console>,
    ) -> Result<Self, Denial> {
        let mut broker = broker;
        let reply = match sel4_cfg_bool!(KERNEL_MCS) {
            true => broker.make_own(Object::Reply)?,
            false => Slot::default(),
        };
        Ok(Self {
            broker,
            tree,
            reply,
            components: BTreeMap::new(),
            reports: Vec::new(),
            now: None,
            console,
            driver: None,
        })
    }

    /// Starts components. Prints a message for each that fails to start.
    pub(crate) fn start(
        &mut self,
        components: &'static [Embedded],
    ) -> Result<Vec<ComponentId>, Denial> {
        let mut ids = Vec::new();
        for component in components {
            let id = self.broker.add(&component.config)?;
            self.components.insert(id, Supervised::new(component));
            if let Err(denial) = self.broker.spawn(id, &component.image) {
                say!("{}: failed to start: {denial}", component.config.name);
            }
            ids.push(id);
        }
        Ok(ids)
    }

    /// Restarts a component, or starts it if it is stopped. `asking` waits for the answer.
    pub(crate) fn restart(
        &mut self,
        id: ComponentId,
        asking: Option<ComponentId>,
    ) -> Result<(), Denial> {
        if self.is_running(id) {
            self.broker.stop(id, asking)?;
        }
        let component = self.components.get(&id);
        let program = component.ok_or(Denial::NoSuchComponent(id.0))?.program;
        self.broker.spawn(id, &program.image)
    }

    /// Whether a component runs.
    pub(crate) fn is_running(&self, id: ComponentId) -> bool {
        let status = self.broker.status(id);
        status.is_some_and(|status| status.is_running)
    }

    /// Serves requests and faults until `is_done`.
    pub(crate) fn serve(&mut self, is_done: impl Fn(&Self) -> bool) {
        let endpoint = cap::Endpoint::from_bits(self.broker.endpoint().0);
        let mut answer = None;
        while !is_done(self) {
            let (info, badge) = match answer.take() {
                Some(answer) => endpoint.reply_recv(write(answer), reply_authority(self.reply)),
                None => endpoint.recv(reply_authority(self.reply)),
            };
            answer = self.handle(&info, badge);
            self.settle_console();
        }
    }

    /// Handles a request or a fault. Returns `None` if no one waits for an answer.
    fn handle(&mut self, info: &MessageInfo, badge: u64) -> Option<Answer> {
        let words = sel4::with_ipc_buffer(|buffer| {
            let words = buffer.msg_regs().get(..info.length());
            words.unwrap_or_default().to_vec()
        });
        let (id, label) = (ComponentId(badge as u16), info.label());
        if badge & FAULT_BADGE != 0 {
            let words = &words;
            self.fail(id, &Fault { label, words });
            return None;
        }
        match Request::decode(label, &words) {
            Ok(Request::Exit) => {
                if let Err(denial) = self.broker.stop(id, None) {
                    say!("{}: failed to stop: {denial}", self.broker.name(id));
                }
                None
            }
            Ok(Request::Fail(reason)) => {
                self.fail(id, &Reason(reason.as_str()));
                None
            }
            Ok(request) => Some(self.carry_out(id, request)),
            Err(_) => {
                self.broker.refuse_unknown(id, label);
                Some(Err(Refusal::Malformed))
            }
        }
    }

    /// Stops a component that failed, and applies its restart policy.
    fn fail(&mut self, id: ComponentId, reason: &dyn Display) {
        let Some(component) = self.components.get_mut(&id) else {
            return;
        };
        assert!(!is_seeded("panic"), "the build makes the root task panic");
        let delay = component.fail(self.now);
        let restarts = component.restarts;
        let name = component.program.config.name;
        say!("{name}: {reason}");
        if let Err(denial) = self.broker.stop(id, None) {
            say!("{name}: failed to stop: {denial}");
            return;
        }
        match delay {
            Some(0) => {
                say!("{name}: restart {restarts}");
                self.start_again(id);
            }
            Some(seconds) => say!("{name}: restart {restarts} in {seconds} s"),
            None => say!("{name}: given up"),
        }
    }

    fn restart_due(&mut self, now: u64) {
        let components = self.components.iter_mut();
        let due = components.filter_map(|(&id, component)| component.is_due(now).then_some(id));
        for id in due.collect::<Vec<_>>() {
            if !self.is_running(id) {
                self.start_again(id);
            }
        }
    }

    fn start_again(&mut self, id: ComponentId) {
        if let Err(denial) = self.restart(id, None) {
            say!("{}: failed to restart: {denial}", self.broker.name(id));
        }
    }
}

/// The words of an answer, or a refusal.
type Answer = Result<Vec<u64>, Refusal>;

/// Writes an answer to the IPC buffer.
fn write(answer: Answer) -> MessageInfo {
    let (label, words) = match answer {
        Ok(words) => (0, words),
        Err(refusal) => (refusal as u64, Vec::new()),
    };
    sel4::with_ipc_buffer_mut(|buffer| {
        let registers = buffer.msg_regs_mut().iter_mut();
        registers.zip(&words).for_each(|(to, from)| *to = *from);
    });
    let info = MessageInfoBuilder::default().label(label);
    info.length(words.len()).build()
}

sel4::sel4_cfg_if! {
    if #[sel4_cfg(KERNEL_MCS)] {
        fn reply_authority(reply: Slot) -> ReplyAuthority {
            cap::Reply::from_bits(reply.0)
        }
    } else {
        fn reply_authority(_: Slot) -> ReplyAuthority {
            ReplyAuthority::default()
        }
    }
}
