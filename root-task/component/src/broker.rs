// SPDX-License-Identifier: BSD-2-Clause

//! Requests to the broker.

use core::array;

use kaal_protocol::{Malformed, Reader, Refusal, Request, Text, slots};
use sel4::{MessageInfoBuilder, cap};

/// Maximum number of words in an answer without text.
const ANSWER: usize = 5;

/// Makes a request. Returns the words of the answer, padded with zeros.
pub(crate) fn request(request: &Request) -> Result<[u64; ANSWER], Refusal> {
    let length = call(request)?;
    Ok(sel4::with_ipc_buffer(|buffer| {
        let mut words = buffer.msg_regs().iter().take(length).copied();
        array::from_fn(|_| words.next().unwrap_or_default())
    }))
}

/// Makes a request whose answer is a text.
pub(crate) fn request_text(request: &Request) -> Result<Text, Refusal> {
    request_words(request, |words| Reader::new(words).text())
}

/// Makes a request, and reads the answer's words.
pub(crate) fn request_words<T>(
    request: &Request,
    read: impl FnOnce(&[u64]) -> Result<T, Malformed>,
) -> Result<T, Refusal> {
    let length = call(request)?;
    sel4::with_ipc_buffer(|buffer| {
        let words = buffer.msg_regs().get(..length).unwrap_or_default();
        read(words).map_err(|_| Refusal::Malformed)
    })
}

/// Makes a request. Returns the number of words in the answer.
fn call(request: &Request) -> Result<usize, Refusal> {
    let (label, length) = sel4::with_ipc_buffer_mut(|buffer| request.encode(buffer.msg_regs_mut()));
    let info = MessageInfoBuilder::default().label(label).length(length);
    let answer = cap::Endpoint::from_bits(slots::BROKER).call(info.build());
    Refusal::check(answer.label())?;
    Ok(answer.length())
}

/// Frees the memory, device or channel at an address.
pub(crate) fn free(address: u64) -> Result<(), Refusal> {
    request(&Request::Free(address)).map(drop)
}

/// Ends the component with a request that the root task doesn't answer.
pub(crate) fn end(request: &Request) -> ! {
    loop {
        // If the call fails, ask again.
        let _ = call(request);
    }
}

/// Waits for an interrupt or a channel's signal. Returns the events, one bit each.
/// [`CHANNEL_ENDED`](kaal_protocol::CHANNEL_ENDED) means that the other end of a channel is gone, one
/// of those whose events are set.
/// [`Interrupt`](crate::Interrupt) and [`Channel`](crate::Channel) show examples.
pub fn wait() -> u64 {
    notification().wait().1
}

/// Polls for events up to `times` times, without waiting.
pub fn wait_briefly(times: u32) -> Option<u64> {
    let mut polls = (0..times).map(|_| notification().poll().1);
    polls.find(|&events| events != 0)
}

fn notification() -> cap::Notification {
    cap::Notification::from_bits(slots::NOTIFICATION)
}
