// SPDX-License-Identifier: BSD-2-Clause

//! Requests to the broker.

use zerocopy::TryFromBytes;

use crate::message::{Malformed, Reader, Writer};
use crate::records::Topic;
use crate::text::Text;

/// A request of a component to the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Allocate this many bytes of memory, writable or not. Answer: address.
    AllocateMemory(u64, bool),
    /// Allocate this many bytes for a device. Answer: address, physical address.
    AllocateDma(u64),
    /// Free the memory, device or channel at this address. Memory for a device stays.
    Free(u64),
    /// Map a device's registers: the range with this index in `reg`. The text is the device's path,
    /// alias or `compatible`. Answer: address, size.
    Device(u64, Text),
    /// Handle the interrupt with this index of a device, given as for [`Self::Device`]. Answer: slot
    /// of the handler, event.
    Interrupt(u64, Text),
    /// Offer a service. Answer: slot of the endpoint.
    Register(Text),
    /// Use a service. Answer: slot of the endpoint.
    Lookup(Text),
    /// Create a channel to a service's provider, with this many bytes of shared memory. Answer:
    /// address, size, slot of the signal, event.
    CreateChannel(u64, Text),
    /// Accept the channel of a client, given by the client's badge, if it has at most this many
    /// bytes. Answer: as for [`Self::CreateChannel`].
    AcceptChannel(u64, u64),
    /// Accept a channel for a device, as for [`Self::AcceptChannel`]. Answer: its physical address too.
    AcceptForDevice(u64, u64),
    /// End the component. No answer.
    Exit,
    /// End the component as failed, for the reason in the text. No answer.
    Fail(Text),
    /// Show a line of a view, counted from 0; for operators. Answer: text.
    Inspect(View, u64),
    /// Restart the component of this name; for operators.
    Restart(Text),
    /// Tell the time, in seconds of any clock; for operators.
    Tick(u64),
    /// Report whether a self-test passed.
    Report(Test, bool),
    /// Do nothing. Answer: the same word.
    Ping(u64),
    /// Tell whether the other end of the channel at this address is there, or may still accept.
    /// Answer: 1 or 0.
    IsOpen(u64),
    /// Print the root task's log from now on; for the component that drives the console. Answer:
    /// event of new text, kind, register shift and access size of its UART.
    OpenLog,
    /// Take text from the root task's log. Answer: text; empty if there is none.
    ReadLog,
    /// Tell who a client is, given by the client's badge; for the component that drives the console.
    /// Answer: its rights at the console, its name as text.
    Client(u64),
    /// List a topic's records, without the first so many; of the log, without those of lower
    /// numbers. For operators. Answer: as many records as fit; nothing after the last.
    List(Topic, u64),
    /// Set an event whenever something changes after the topic [`Topic::Totals`] was listed; for
    /// operators. Answer: the event.
    Watch,
    /// Take a program of this many bytes for the component of this name; for operators, in development. It
    /// follows in parts.
    NewProgram(u64, Text),
    /// The next bytes of the new program.
    ProgramPart(Text),
    /// Check the new program, and restart its component with it. Answer: the reason of a refusal as text, empty
    /// if the component runs again.
    Reload,
}

/// The views of operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes)]
#[repr(u64)]
pub enum View {
    /// Components and their use of resources.
    Components,
    /// Free and used memory and slots.
    Memory,
    /// Capabilities of each component.
    Capabilities,
    /// The audit log.
    Log,
}

/// The self-tests, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes)]
#[repr(u64)]
pub enum Test {
    /// Calls the root task and compares the answers.
    Ipc,
    /// Allocates, uses and frees memory, several times.
    Memory,
    /// Writes a device's register and reads it back.
    Device,
    /// Waits for an interrupt.
    Interrupt,
    /// No test: the component has memory and may be stopped now.
    Stoppable,
}

impl Test {
    /// Number of variants.
    pub const COUNT: usize = Self::Stoppable as usize + 1;
}

impl Request {
    /// Writes the request's words. Returns its label and the number of words.
    pub fn encode(&self, words: &mut [u64]) -> (u64, usize) {
        let (label, numbers, text): (u64, &[u64], Option<&Text>) = match self {
            Self::AllocateMemory(bytes, writable) => (1, &[*bytes, (*writable).into()], None),
            Self::AllocateDma(bytes) => (2, &[*bytes], None),
            Self::Free(address) => (3, &[*address], None),
            Self::Device(range, name) => (4, &[*range], Some(name)),
            Self::Interrupt(index, name) => (5, &[*index], Some(name)),
            Self::Register(service) => (6, &[], Some(service)),
            Self::Lookup(service) => (7, &[], Some(service)),
            Self::CreateChannel(bytes, service) => (8, &[*bytes], Some(service)),
            Self::AcceptChannel(client, most) => (9, &[*client, *most], None),
            Self::Exit => (10, &[], None),
            Self::Inspect(view, line) => (11, &[*view as u64, *line], None),
            Self::Restart(name) => (12, &[], Some(name)),
            Self::Tick(seconds) => (13, &[*seconds], None),
            Self::Report(test, passed) => (14, &[*test as u64, (*passed).into()], None),
            Self::Ping(word) => (15, &[*word], None),
            Self::Fail(reason) => (16, &[], Some(reason)),
            Self::IsOpen(address) => (17, &[*address], None),
            Self::OpenLog => (18, &[], None),
            Self::ReadLog => (19, &[], None),
            Self::Client(client) => (20, &[*client], None),
            Self::AcceptForDevice(client, most) => (21, &[*client, *most], None),
            Self::List(topic, from) => (22, &[*topic as u64, *from], None),
            Self::Watch => (23, &[], None),
            Self::NewProgram(bytes, name) => (30, &[*bytes], Some(name)),
            Self::ProgramPart(bytes) => (31, &[], Some(bytes)),
            Self::Reload => (32, &[], None),
        };
        let mut writer = Writer::new(words);
        for &number in numbers {
            writer.word(number);
        }
        if let Some(text) = text {
            writer.text(text.as_bytes());
        }
        (label, writer.length())
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// Fails if the label is unknown or the words are malformed.
    pub fn decode(label: u64, words: &[u64]) -> Result<Self, Malformed> {
        let mut words = Reader::new(words);
        Ok(match label {
            1 => Self::AllocateMemory(words.word()?, words.word()? != 0),
            2 => Self::AllocateDma(words.word()?),
            3 => Self::Free(words.word()?),
            4 => Self::Device(words.word()?, words.text()?),
            5 => Self::Interrupt(words.word()?, words.text()?),
            6 => Self::Register(words.text()?),
            7 => Self::Lookup(words.text()?),
            8 => Self::CreateChannel(words.word()?, words.text()?),
            9 => Self::AcceptChannel(words.word()?, words.word()?),
            10 => Self::Exit,
            11 => Self::Inspect(words.choice()?, words.word()?),
            12 => Self::Restart(words.text()?),
            13 => Self::Tick(words.word()?),
            14 => Self::Report(words.choice()?, words.word()? != 0),
            15 => Self::Ping(words.word()?),
            16 => Self::Fail(words.text()?),
            17 => Self::IsOpen(words.word()?),
            18 => Self::OpenLog,
            19 => Self::ReadLog,
            20 => Self::Client(words.word()?),
            21 => Self::AcceptForDevice(words.word()?, words.word()?),
            22 => Self::List(words.choice()?, words.word()?),
            23 => Self::Watch,
            30 => Self::NewProgram(words.word()?, words.text()?),
            31 => Self::ProgramPart(words.text()?),
            32 => Self::Reload,
            _ => return Err(Malformed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Request;
    use crate::message::Malformed;

    /// The text `serial`: its length and its bytes.
    const LENGTH: u64 = 6;
    const SERIAL: u64 = u64::from_le_bytes(*b"serial\0\0");

    /// Label and words of each request.
    const MESSAGES: [(u64, &[u64]); 26] = [
        (1, &[1 << 40, 1]),
        (2, &[1]),
        (3, &[0x1000]),
        (4, &[1, LENGTH, SERIAL]),
        (5, &[2, LENGTH, SERIAL]),
        (6, &[LENGTH, SERIAL]),
        (7, &[LENGTH, SERIAL]),
        (8, &[4096, LENGTH, SERIAL]),
        (9, &[5, 4096]),
        (10, &[]),
        (11, &[3, 7]),
        (12, &[LENGTH, SERIAL]),
        (13, &[8]),
        (14, &[2, 1]),
        (15, &[9]),
        (16, &[LENGTH, SERIAL]),
        (17, &[0x1000]),
        (18, &[]),
        (19, &[]),
        (20, &[5]),
        (21, &[5, 4096]),
        (22, &[6, 100]),
        (23, &[]),
        (30, &[4096, LENGTH, SERIAL]),
        (31, &[LENGTH, SERIAL]),
        (32, &[]),
    ];

    #[test]
    fn messages_survive() {
        for (label, words) in MESSAGES {
            let request = Request::decode(label, words).unwrap();
            let mut encoded = [0; 120];
            assert_eq!(request.encode(&mut encoded), (label, words.len()));
            assert_eq!(&encoded[..words.len()], words);
            if let Some((_, short)) = words.split_last() {
                assert_eq!(Request::decode(label, short), Err(Malformed));
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Request::decode(0, &[]), Err(Malformed));
        assert_eq!(Request::decode(99, &[1, 2, 3]), Err(Malformed));
        assert_eq!(Request::decode(11, &[4, 0]), Err(Malformed));
        assert_eq!(Request::decode(22, &[7, 0]), Err(Malformed));
    }
}
