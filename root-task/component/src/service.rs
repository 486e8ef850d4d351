// SPDX-License-Identifier: BSD-2-Clause

//! Services: the provider receives calls, and clients make them.

use core::marker::PhantomData;

use kaal_protocol::{Answer, Calls, Data, MESSAGE_WORDS, Malformed, Refusal, Reply, Request, Text};
use sel4::{MessageInfo, MessageInfoBuilder, cap};

use crate::broker;

const _: () = assert!(MESSAGE_WORDS == sel4::sys::seL4_MsgLimits::seL4_MsgMaxLength as usize);

/// A service that the component offers. Its entry in `system.toml` must contain it, such as
/// `provides = ["counter"]`.
///
/// ```no_run
/// use kaal_component::{Event, Failure, Service, calls};
///
/// calls! {
///     /// Calls to the service `counter`.
///     pub enum Counter {
///         /// Adds a number, and answers the sum.
///         Add(u64) -> u64 = 1,
///     }
/// }
///
/// fn run() -> Result<(), Failure> {
///     let mut sum = 0u64;
///     Service::register("counter")?.serve(|event, answer| {
///         match event {
///             Event::Call(_client, Counter::Add(number, reply)) => {
///                 sum = sum.wrapping_add(number);
///                 reply.with(answer, &sum);
///             }
///             Event::Signals(_) => {}
///         }
///         Ok(())
///     })?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Service(cap::Endpoint);

/// An event at a service.
#[derive(Debug)]
pub enum Event<C> {
    /// A call of the client with this badge. It is answered before the next event.
    Call(u64, C),
    /// Signals of interrupts, channels or shared memory, one bit each.
    Signals(u64),
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

    /// Passes all events to `handle`, which sets the answer of a call. The caller of a service gets its
    /// error as the answer; an error on signals ends the loop. Malformed calls are refused.
    ///
    /// # Errors
    ///
    /// Returns the error of `handle` on signals.
    pub fn serve<C: Calls>(
        &self,
        mut handle: impl FnMut(Event<C>, &mut Answer) -> Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        let mut answer = Answer::default();
        let mut message = self.0.recv(reply_authority());
        loop {
            answer.clear();
            let outcome = match event(&message.0, message.1) {
                Ok(Event::Signals(events)) => {
                    handle(Event::Signals(events), &mut answer)?;
                    message = self.0.recv(reply_authority());
                    continue;
                }
                Ok(call) => handle(call, &mut answer),
                Err(Malformed) => Err(Refusal::Malformed),
            };
            let info = match outcome {
                Ok(()) => MessageInfoBuilder::default().length(send(answer.words())),
                Err(refusal) => MessageInfoBuilder::default().label(refusal as u64),
            };
            message = self.0.reply_recv(info.build(), reply_authority());
        }
    }
}

/// Writes the words of a message. Returns their number.
fn send(words: &[u64]) -> usize {
    sel4::with_ipc_buffer_mut(|buffer| {
        let to = buffer.msg_regs_mut().iter_mut();
        to.zip(words).for_each(|(to, word)| *to = *word);
    });
    words.len()
}

/// Reads the words of a message.
fn receive<T>(info: &MessageInfo, read: impl FnOnce(&[u64]) -> T) -> T {
    sel4::with_ipc_buffer(|buffer| {
        let words = buffer.msg_regs().get(..info.length());
        read(words.unwrap_or_default())
    })
}

fn event<C: Calls>(info: &MessageInfo, badge: u64) -> Result<Event<C>, Malformed> {
    let Ok(client) = u16::try_from(badge) else {
        return Ok(Event::Signals(badge));
    };
    let call = receive(info, |words| C::decode(info.label(), words))?;
    Ok(Event::Call(client.into(), call))
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
/// # use kaal_component::{Client, Refusal, calls};
/// # fn run() -> Result<(), Refusal> {
/// # calls! { pub enum Counter { Add(u64) -> u64 = 1 } }
/// let counter = Client::lookup("counter")?;
/// let sum: u64 = counter.call(Counter::Add, 5)?;
/// # let _ = sum;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Client<C> {
    endpoint: cap::Endpoint,
    calls: PhantomData<fn() -> C>,
}

// Derived, they would need a `C` that can be copied.
impl<C> Clone for Client<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Client<C> {}

impl<C: Calls> Client<C> {
    /// Looks up a service. The provider may start later: calls wait for it.
    ///
    /// # Errors
    ///
    /// Fails if the component's configuration doesn't need it.
    pub fn lookup(service: &str) -> Result<Self, Refusal> {
        let [slot, ..] = broker::request(&Request::Lookup(Text::from(service)))?;
        Ok(Self {
            endpoint: cap::Endpoint::from_bits(slot),
            calls: PhantomData,
        })
    }

    /// Calls the service with `data`, and returns the answer. If the provider restarts meanwhile, it
    /// gets the call again.
    ///
    /// # Errors
    ///
    /// Fails if the service refuses the call, or answers something else.
    pub fn call<T: Data, A: Data>(
        &self,
        call: impl FnOnce(T, Reply<A>) -> C,
        data: T,
    ) -> Result<A, Refusal> {
        let call = call(data, Reply::default());
        let (label, length) =
            sel4::with_ipc_buffer_mut(|buffer| call.encode(buffer.msg_regs_mut()));
        let info = MessageInfoBuilder::default().label(label).length(length);
        let answer = self.endpoint.call(info.build());
        Refusal::check(answer.label())?;
        receive(&answer, kaal_protocol::read).map_err(|_| Refusal::Malformed)
    }
}
