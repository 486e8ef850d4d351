// SPDX-License-Identifier: BSD-2-Clause

//! Serves requests, and takes care of components that fail.

use alloc::vec::Vec;

use kaal_broker::{
    Broker, ComponentId, Denial, Device, DeviceError, Kernel, Object, Rights, Slot, State,
};
use kaal_devicetree::DeviceTree;
use kaal_protocol::{Refusal, Report, Request, Test, Text};
use sel4::{MessageInfo, cap};
use sel4_root_task::debug_println;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::kernel::Invocations;
use crate::supervisor::{Next, Supervised};
use crate::system::Embedded;
use crate::view;

/// The root task at work.
pub(crate) struct Server<'a> {
    pub(crate) broker: Broker<Invocations>,
    tree: Option<DeviceTree<'a>>,
    reply: Slot,
    /// By the component's number, from 1.
    components: Vec<(&'static Embedded, Supervised)>,
    /// What the self-test reported.
    pub(crate) reports: Vec<Report>,
    /// The second that the clock component told last.
    now: Option<u64>,
}

impl<'a> Server<'a> {
    pub(crate) fn new(
        broker: Broker<Invocations>,
        tree: Option<DeviceTree<'a>>,
    ) -> Result<Self, Denial> {
        let mut broker = broker;
        let reply = match broker.kernel().is_mcs() {
            true => broker.make_own(Object::Reply)?,
            false => Slot(0),
        };
        Ok(Self {
            broker,
            tree,
            reply,
            components: Vec::new(),
            reports: Vec::new(),
            now: None,
        })
    }

    /// Starts components. One that can't be started is left out, and said so.
    pub(crate) fn start(
        &mut self,
        components: &'static [Embedded],
    ) -> Result<Vec<ComponentId>, Denial> {
        let mut ids = Vec::new();
        for component in components {
            let id = self.broker.add(&component.config)?;
            self.components.push((component, Supervised::default()));
            if let Err(denial) = self.broker.spawn(id, &component.image) {
                debug_println!("{}: failed to start: {denial}", component.config.name);
            }
            ids.push(id);
        }
        Ok(ids)
    }

    /// Stops a component.
    pub(crate) fn stop(&mut self, id: ComponentId) -> Result<(), Denial> {
        self.broker.stop(id, None)
    }

    /// Starts a component, which is stopped first if it runs. `asking` waits for the answer.
    pub(crate) fn restart(
        &mut self,
        id: ComponentId,
        asking: Option<ComponentId>,
    ) -> Result<(), Denial> {
        if self.is_running(id) {
            self.broker.stop(id, asking)?;
        }
        let (component, _) = self.component(id).ok_or(Denial::NoSuchComponent(id.0))?;
        let image = component.image;
        self.broker.spawn(id, &image)
    }

    /// Whether a component runs.
    pub(crate) fn is_running(&self, id: ComponentId) -> bool {
        let mut components = self.broker.components();
        components.any(|(other, status)| other == id && status.state == State::Running)
    }

    /// How far a component is with its restarts.
    pub(crate) fn supervised(&self, id: ComponentId) -> Supervised {
        let index = usize::from(id.0).checked_sub(1);
        let entry = index.and_then(|index| self.components.get(index));
        entry.map(|(_, supervised)| *supervised).unwrap_or_default()
    }

    fn component(&mut self, id: ComponentId) -> Option<&mut (&'static Embedded, Supervised)> {
        let index = usize::from(id.0).checked_sub(1)?;
        self.components.get_mut(index)
    }

    /// Serves requests and faults until `is_done`.
    pub(crate) fn serve(&mut self, is_done: impl Fn(&Self) -> bool) {
        let endpoint = cap::Endpoint::from_bits(self.broker.endpoint().0);
        let mut answer = None;
        while !is_done(self) {
            let (info, badge) = match answer.take() {
                Some(info) => endpoint.reply_recv(info, reply_authority(self.reply)),
                None => endpoint.recv(reply_authority(self.reply)),
            };
            answer = self.handle(&info, badge).write();
        }
    }

    fn handle(&mut self, info: &MessageInfo, badge: u64) -> Answer {
        let words: Vec<u64> = sel4::with_ipc_buffer(|buffer| {
            let words = buffer.msg_regs().get(..info.length());
            words.unwrap_or_default().to_vec()
        });
        let id = ComponentId(badge as u16);
        if badge & Broker::<Invocations>::FAULT_BADGE != 0 {
            let label = info.label();
            self.fail(
                id,
                &Fault {
                    label,
                    words: &words,
                },
            );
            return Answer::None;
        }
        match Request::decode(info.label(), &words) {
            Ok(request) => self.carry_out(id, request),
            Err(_) => {
                self.broker.refuse_unknown(id, info.label());
                Answer::Refused(Refusal::Malformed)
            }
        }
    }

    fn carry_out(&mut self, id: ComponentId, request: Request) -> Answer {
        match request {
            Request::AllocateMemory { bytes, writable } => {
                let rights = match writable {
                    true => Rights::ReadWrite,
                    false => Rights::Read,
                };
                self.broker.allocate_memory(id, bytes, rights).into()
            }
            Request::AllocateDma { bytes } => self.broker.allocate_dma(id, bytes).into(),
            Request::Free { address } => self.broker.free_memory(id, address).into(),
            Request::Device { name, range } => {
                let device = self.device(&name);
                let range = usize::try_from(range).unwrap_or(usize::MAX);
                let name = name.as_str();
                self.broker.request_device(id, name, &device, range).into()
            }
            Request::Interrupt { name, index } => {
                let device = self.device(&name);
                let index = usize::try_from(index).unwrap_or(usize::MAX);
                let name = name.as_str();
                self.broker.request_irq(id, name, &device, index).into()
            }
            Request::Register { service } => {
                self.broker.register_service(id, service.as_str()).into()
            }
            Request::Lookup { service } => self.broker.lookup_service(id, service.as_str()).into(),
            Request::CreateChannel { service, bytes } => {
                let service = service.as_str();
                self.broker.create_channel(id, service, bytes).into()
            }
            Request::AcceptChannel { client } => self.broker.accept_channel(id, client).into(),
            Request::Exit => {
                if let Err(denial) = self.stop(id) {
                    debug_println!("component {}: failed to stop: {denial}", id.0);
                }
                Answer::None
            }
            Request::Ping { word } => Answer::Words([word, 0, 0, 0]),
            Request::Report(report) if self.reports.len() < Test::ALL.len() => {
                self.reports.push(report);
                Answer::Words([0; 4])
            }
            Request::Report(_) => {
                self.broker.refuse_unknown(id, request.encode(&mut []).0);
                Answer::Refused(Refusal::NotConfigured)
            }
            Request::Inspect { .. } | Request::Restart { .. } | Request::Tick { .. } => {
                self.operate(id, request)
            }
        }
    }

    /// Carries out what only operators may ask for.
    fn operate(&mut self, id: ComponentId, request: Request) -> Answer {
        if !self.broker.config(id).is_some_and(|config| config.operator) {
            self.broker.refuse_unknown(id, request.encode(&mut []).0);
            return Answer::Refused(Refusal::NotConfigured);
        }
        match request {
            Request::Inspect { view, line } => match view::line(self, view, line) {
                Some(text) => Answer::Text(text.into()),
                None => Answer::Refused(Refusal::NotFound),
            },
            Request::Restart { name } => {
                let mut components = self.broker.components();
                let named = components.find(|(_, status)| status.name == name.as_str());
                let named = named.map(|(named, _)| named);
                drop(components);
                match named {
                    // Who asks must be there to be answered.
                    Some(named) if named != id => {
                        if let Some((_, supervised)) = self.component(named) {
                            *supervised = Supervised::default();
                        }
                        self.restart(named, Some(id)).into()
                    }
                    _ => Answer::Refused(Refusal::NotFound),
                }
            }
            Request::Tick { seconds } => {
                self.now = Some(seconds);
                self.restart_due(seconds);
                Answer::Words([0; 4])
            }
            _ => Answer::Refused(Refusal::Malformed),
        }
    }

    fn device(&self, name: &Text) -> Result<Device, DeviceError> {
        let tree = self.tree.as_ref().ok_or(DeviceError::NotFound)?;
        Device::find(tree, name.as_str())
    }

    /// Stops a component that failed, and does what its restart policy says.
    fn fail(&mut self, id: ComponentId, fault: &Fault<'_>) {
        let now = self.now;
        let Some((component, supervised)) = self.component(id) else {
            return;
        };
        let config = &component.config;
        let next = supervised.fail(config.restart, now);
        let restarts = supervised.restarts;
        debug_println!("{}: {fault}", config.name);
        if let Err(denial) = self.broker.stop(id, None) {
            debug_println!("{}: failed to stop: {denial}", config.name);
            return;
        }
        match next {
            Next::Restart => {
                debug_println!("{}: restart {restarts}", config.name);
                self.start_again(id);
            }
            Next::Later(seconds) => {
                debug_println!("{}: restart {restarts} in {seconds} s", config.name);
            }
            Next::Nothing => debug_println!("{}: given up", config.name),
        }
    }

    fn restart_due(&mut self, now: u64) {
        for number in 1..=self.components.len() as u16 {
            let id = ComponentId(number);
            let is_due = |(_, supervised): &mut (_, Supervised)| supervised.is_due(now);
            if self.component(id).is_some_and(is_due) && !self.is_running(id) {
                self.start_again(id);
            }
        }
    }

    fn start_again(&mut self, id: ComponentId) {
        if let Err(denial) = self.restart(id, None) {
            debug_println!("component {}: failed to restart: {denial}", id.0);
        }
    }
}

sel4::sel4_cfg_if! {
    if #[sel4_cfg(KERNEL_MCS)] {
        fn reply_authority(reply: Slot) -> sel4::ReplyAuthority {
            cap::Reply::from_bits(reply.0)
        }
    } else {
        fn reply_authority(_: Slot) -> sel4::ReplyAuthority {
            sel4::ReplyAuthority::default()
        }
    }
}

// The broker fills the slots and sets the events that the protocol promises to components.
const _: () = {
    use kaal_protocol::slots;
    assert!(kaal_broker::BROKER_SLOT == slots::BROKER);
    assert!(kaal_broker::NOTIFICATION_SLOT == slots::NOTIFICATION);
    assert!(kaal_broker::REPLY_SLOT == slots::REPLY);
    assert!(kaal_broker::CHANNEL_ENDED == kaal_protocol::CHANNEL_ENDED);
};
