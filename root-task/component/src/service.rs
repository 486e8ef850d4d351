// SPDX-License-Identifier: BSD-2-Clause

//! Services: the provider receives calls, and clients make them.

use kaal_protocol::{Malformed, Reader, Refusal, Request, TEXT_LIMIT, Text, Writer};
use sel4::{MessageInfo, MessageInfoBuilder, cap};

use crate::broker;

/// A service that the component offers. Its entry in `system.toml` must contain it, such as
/// `provides = ["counter"]`.
///
/// ```no_run
/// use kaal_component::{Event, Failure, Refusal, Service};
///
/// /// Label of calls that count.
/// const COUNT: u64 = 1;
///
/// fn run() -> Result<(), Failure> {
///     let mut calls = 0;
///     Service::register("counter")?.serve(|event| match event {
///         Event::Call(call) if call.label == COUNT => {
///             calls += 1;
///             Ok(())
///         }
///         Event::Call(_) => Err(Refusal::Malformed),
///         Event::Signals(_) => Ok(()),
///     })?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Service(cap::Endpoint);

/// An event at a service.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "components have no heap that a call could be on"
)]
pub enum Event {
    /// A call. It is answered before the next event.
    Call(Call),
    /// Signals of interrupts or channels, one bit each.
    Signals(u64),
}

/// A call to a service.
#[derive(Debug)]
pub struct Call {
    /// The caller's badge.
    pub client: u64,
    /// The kind of request.
    pub label: u64,
    /// The text of the call; empty if there is none.
    pub text: Text,
}

impl Service {
    /// Offers a service.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't provide it.
    pub fn register(service: &str) -> Result<Self, Refusal> {
        let [slot, ..] = broker::request(&Request::Register(Text::from(service)))?;
        Ok(Self(cap::Endpoint::from_bits(slot)))
    }

    /// Passes all events to `handle`. The caller of a service gets its error as the answer; an
    /// error on signals ends the loop. Malformed calls are refused.
    ///
    /// # Errors
    ///
    /// Returns the error of `handle` on signals.
    pub fn serve(
        &self,
        mut handle: impl FnMut(Event) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut message = self.0.recv(reply_authority());
        loop {
            let answer = match event(&message.0, message.1) {
                Ok(Event::Call(call)) => handle(Event::Call(call)),
                Ok(signals) => {
                    handle(signals)?;
                    message = self.0.recv(reply_authority());
                    continue;
                }
                Err(Malformed) => Err(Refusal::Malformed),
            };
            let label = answer.map_or_else(|refusal| refusal as u64, |()| 0);
            let info = MessageInfoBuilder::default().label(label).build();
            message = self.0.reply_recv(info, reply_authority());
        }
    }
}

fn event(info: &MessageInfo, badge: u64) -> Result<Event, Malformed> {
    let Ok(client) = u16::try_from(badge) else {
        return Ok(Event::Signals(badge));
    };
    let text = sel4::with_ipc_buffer(|buffer| {
        let words = buffer.msg_regs().get(..info.length()).unwrap_or_default();
        match words {
            [] => Ok(Text::default()),
            words => Reader::new(words).text(),
        }
    })?;
    Ok(Event::Call(Call {
        client: client.into(),
        label: info.label(),
        text,
    }))
}

sel4::sel4_cfg_if! {
    if #[sel4_cfg(KERNEL_MCS)] {
        fn reply_authority() -> sel4::ReplyAuthority {
            cap::Reply::from_bits(kaal_protocol::slots::REPLY)
        }
    } else {
        fn reply_authority() -> sel4::ReplyAuthority {
            sel4::ReplyAuthority::default()
        }
    }
}

/// A service that the component uses. Its entry in `system.toml` must contain it, such as
/// `needs = ["counter"]`.
///
/// ```no_run
/// # use kaal_component::{Client, Refusal};
/// # fn run() -> Result<(), Refusal> {
/// /// Label of calls that count.
/// const COUNT: u64 = 1;
///
/// Client::lookup("counter")?.call(COUNT, b"text")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client(cap::Endpoint);

impl Client {
    /// Looks up a service. The provider may start later: calls wait for it.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need it.
    pub fn lookup(service: &str) -> Result<Self, Refusal> {
        let [slot, ..] = broker::request(&Request::Lookup(Text::from(service)))?;
        Ok(Self(cap::Endpoint::from_bits(slot)))
    }

    /// Calls the service. If the provider restarts meanwhile, it gets the call again.
    ///
    /// # Errors
    ///
    /// Fails if the text is longer than [`TEXT_LIMIT`], or the service refuses the call.
    pub fn call(&self, label: u64, text: &[u8]) -> Result<(), Refusal> {
        if text.len() > TEXT_LIMIT {
            return Err(Refusal::TooLong);
        }
        let length = sel4::with_ipc_buffer_mut(|buffer| {
            Writer::new(buffer.msg_regs_mut()).text(text).length()
        });
        let info = MessageInfoBuilder::default().label(label).length(length);
        Refusal::check(self.0.call(info.build()).label())
    }
}
