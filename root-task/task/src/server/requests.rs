// SPDX-License-Identifier: BSD-2-Clause

//! Carries out requests.

use alloc::vec;
use alloc::vec::Vec;

use kaal_broker::{Access, ChannelEnd, ComponentId, Device, DeviceError};
use kaal_protocol::{Refusal, Request, TEXT_LIMIT, Text, View, Writer};

use super::{Answer, Server};

impl Server<'_> {
    pub(super) fn carry_out(&mut self, id: ComponentId, request: &Request) -> Answer {
        self.broker.check_right(id, request)?;
        Ok(match *request {
            Request::AllocateMemory(bytes, writable) => {
                let access = match writable {
                    true => Access::ReadWrite,
                    false => Access::Read,
                };
                vec![self.broker.allocate_memory(id, bytes, access)?]
            }
            Request::AllocateDma(bytes) => pair(self.broker.allocate_dma(id, bytes)?),
            Request::Free(address) => {
                self.broker.free_memory(id, address)?;
                Vec::new()
            }
            Request::Device(range, ref name) => {
                let device = self.device(name);
                let registers = device.and_then(|device| device.range(range));
                let mapped = self.broker.request_device(id, name.as_str(), registers)?;
                registers.iter().for_each(|it| self.note_driver(id, *it));
                pair(mapped)
            }
            Request::Interrupt(index, ref name) => {
                let device = self.device(name);
                let interrupt = device.and_then(|device| device.interrupt(index));
                pair(self.broker.request_irq(id, name.as_str(), interrupt)?)
            }
            Request::Register(ref service) => {
                vec![self.broker.register_service(id, service.as_str())?]
            }
            Request::Lookup(ref service) => vec![self.broker.lookup_service(id, service.as_str())?],
            Request::CreateChannel(bytes, ref service) => {
                words(self.broker.create_channel(id, service.as_str(), bytes)?)
            }
            Request::AcceptChannel(client, most) => {
                words(self.broker.accept_channel(id, client, most)?)
            }
            Request::AcceptForDevice(client, most) => {
                let (end, physical) = self.broker.accept_for_device(id, client, most)?;
                let mut words = words(end);
                words.push(physical);
                words
            }
            Request::IsOpen(address) => {
                vec![self.broker.channel_is_open(id, address)?.into()]
            }
            Request::Ping(word) => vec![word],
            Request::OpenLog => self.open_log(id)?,
            Request::ReadLog => self.read_log(id)?,
            Request::Client(client) => self.client(id, client)?,
            Request::Report(test, passed) => {
                self.broker.report(test, passed);
                Vec::new()
            }
            Request::Inspect(view, line) => self.inspect(view, line)?,
            Request::List(topic, from) => self.list(id, topic, from)?,
            Request::Watch => vec![self.broker.watch(id)?],
            Request::Restart(ref name) => {
                let named = self.broker.reset(id, name.as_str())?;
                self.start_or_recover(named)?;
                Vec::new()
            }
            Request::Tick(seconds) => {
                self.broker.tick(seconds);
                self.start_due();
                Vec::new()
            }
            Request::NewProgram(..) | Request::ProgramPart(_) | Request::Reload => {
                self.replace(id, request)?
            }
            Request::Exit | Request::Fail(_) => {
                self.broker.refuse_unknown(id, request.encode(&mut []).0);
                return Err(Refusal::NotConfigured);
            }
        })
    }

    fn inspect(&self, view: View, line: u64) -> Answer {
        let text = self.line(view, line).ok_or(Refusal::NotFound)?;
        Ok(text_answer(&text))
    }

    fn device(&self, name: &Text) -> Result<Device, DeviceError> {
        let tree = self.tree.as_ref().ok_or(DeviceError::NotFound)?;
        Device::find(tree, name.as_str())
    }
}

/// Answers with as much of a text as fits.
pub(super) fn text_answer(text: &str) -> Vec<u64> {
    let text = Text::from(text);
    let mut words = vec![0; 1 + TEXT_LIMIT / size_of::<u64>()];
    let length = Writer::new(&mut words).text(text.as_bytes()).length();
    words.truncate(length);
    words
}

fn words(end: ChannelEnd) -> Vec<u64> {
    vec![end.address, end.size, end.signal, end.event]
}

fn pair((first, second): (u64, u64)) -> Vec<u64> {
    vec![first, second]
}
