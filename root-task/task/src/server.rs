// SPDX-License-Identifier: BSD-2-Clause

//! Serves requests, and restarts components that fail.

#[cfg(feature = "development")]
mod development;
#[cfg(not(feature = "development"))]
mod production;
mod records;
mod requests;
mod terminal;
mod views;

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Display;
use core::hint;

use kaal_broker::{
    ABSENT_BADGE, Broker, ComponentId, Denial, FAULT_BADGE, HEAP_BYTES, Object, Recovery, Slot,
    Timeout,
};
use kaal_devicetree::DeviceTree;
use kaal_payload::Console;
use kaal_protocol::{Refusal, Request};
use sel4::{MessageInfo, MessageInfoBuilder, ReplyAuthority, cap, sel4_cfg_bool};

use crate::console::say;
use crate::fault::{Fault, Reason};
use crate::kernel::Invocations;
use crate::report::is_seeded;
use crate::system::Embedded;
#[cfg(feature = "development")]
use development::Replacements;
#[cfg(not(feature = "development"))]
use production::Replacements;
use terminal::Driver;

/// The root task's state.
pub(crate) struct Server<'a> {
    pub(crate) broker: Broker<Invocations>,
    tree: Option<DeviceTree<'a>>,
    reply: Slot,
    programs: BTreeMap<ComponentId, &'static Embedded>,
    replacements: Replacements,
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
            programs: BTreeMap::new(),
            replacements: Replacements::default(),
            console,
            driver: None,
        })
    }

    /// Adds components, without starting them.
    pub(crate) fn add(
        &mut self,
        components: &'static [Embedded],
    ) -> Result<Vec<ComponentId>, Denial> {
        let mut ids = Vec::new();
        for component in components {
            let id = self.broker.add(&component.config)?;
            self.programs.insert(id, component);
            ids.push(id);
        }
        Ok(ids)
    }

    /// Starts components. Prints a message for each that fails to start, and recovers it.
    pub(crate) fn start(&mut self, components: &[ComponentId]) {
        for &id in components {
            let _ = self.start_or_recover(id);
        }
    }

    /// Starts a stopped component.
    pub(crate) fn spawn(&mut self, id: ComponentId) -> Result<(), Denial> {
        let program = self.programs.get(&id);
        let program = program.ok_or(Denial::NoSuchComponent(id.0))?;
        let (broker, embedded) = (&mut self.broker, &program.image);
        self.replacements
            .with_image(id, embedded, |image| broker.spawn(id, image))
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
            self.broker.tell_watchers();
        }
    }

    /// Handles a request or a fault. Returns `None` if no one waits for an answer.
    fn handle(&mut self, info: &MessageInfo, badge: u64) -> Option<Answer> {
        // Allocated before the IPC buffer is borrowed: if it fails, the root task needs the buffer to
        // stop the components.
        let mut words = Vec::with_capacity(info.length());
        sel4::with_ipc_buffer(|buffer| {
            words.extend(buffer.msg_regs().iter().take(info.length()));
        });
        let (id, label) = (ComponentId(badge as u16), info.label());
        if badge & ABSENT_BADGE != 0 {
            return Some(Err(self.broker.refuse_call(id).into()));
        }
        if badge & FAULT_BADGE != 0 {
            let words = &words;
            let fault = Fault { label, words };
            return match fault.time_of() {
                Some(owner) => self.time_out(id, owner),
                None => {
                    self.fail(id, &fault);
                    None
                }
            };
        }
        match &Request::decode(label, &words) {
            Ok(Request::Exit) => {
                match self.broker.exit(id) {
                    Ok(()) => self.start_due(),
                    Err(denial) => {
                        say!("{}: failed to stop: {denial}", self.broker.name(id));
                    }
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

    /// Lets a passive component that used up its time go on, or fail.
    fn time_out(&mut self, id: ComponentId, owner: u64) -> Option<Answer> {
        match self.broker.time_out(id, owner) {
            Timeout::Continues => Some(Ok(Vec::new())),
            Timeout::Fails(budget) => {
                let reason =
                    format_args!("used up its budget of {budget} microseconds, and a client waits");
                self.fail(id, &reason);
                None
            }
        }
    }

    /// Stops a component that failed, and applies its restart policy.
    fn fail(&mut self, id: ComponentId, reason: &dyn Display) {
        assert!(!is_seeded("panic"), "the build makes the root task panic");
        if is_seeded("heap") {
            hint::black_box(vec![0_u8; HEAP_BYTES as usize]);
        }
        let name = self.broker.name(id);
        say!("{name}: {reason}");
        match self.broker.fail(id, reason) {
            Ok(recovery) => {
                self.start_due();
                self.recover(id, recovery);
            }
            Err(denial) => say!("{name}: failed to stop: {denial}"),
        }
    }

    fn recover(&mut self, id: ComponentId, recovery: Recovery) {
        let status = self.broker.status(id);
        let restarts = status.map_or(0, |status| status.restarts);
        let name = self.broker.name(id);
        match recovery {
            Recovery::Now => {
                say!("{name}: restart {restarts}");
                let _ = self.start_or_recover(id);
            }
            Recovery::After(seconds) => {
                say!("{name}: restart {restarts} in {seconds} s");
            }
            Recovery::Later => say!("{name}: restart {restarts} later"),
            Recovery::Never => say!("{name}: given up"),
        }
    }

    /// Starts a component, or prints why that failed and applies its restart policy.
    pub(super) fn start_or_recover(&mut self, id: ComponentId) -> Result<(), Denial> {
        self.spawn(id).inspect_err(|denial| {
            say!("{}: failed to start: {denial}", self.broker.name(id));
            let recovery = self.broker.fail_to_start(id);
            self.recover(id, recovery);
        })
    }

    /// Starts the components whose time has come.
    fn start_due(&mut self) {
        for id in self.broker.take_due() {
            // A component that fails to start is due again later, or given up.
            let _ = self.start_or_recover(id);
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
