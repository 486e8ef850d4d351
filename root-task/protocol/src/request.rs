// SPDX-License-Identifier: BSD-2-Clause

//! Requests to the broker.

use zerocopy::TryFromBytes;

use crate::message::{Malformed, Reader, Writer};
use crate::text::Text;

/// What a component asks of the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Memory; answered with its address.
    AllocateMemory {
        /// Size in bytes.
        bytes: u64,
        /// Whether it may be written.
        writable: bool,
    },
    /// Memory of so many bytes for a device; answered with its address and its physical address.
    AllocateDma(u64),
    /// To take back what was mapped at an address.
    Free(u64),
    /// A device's registers; answered with their address and size.
    Device {
        /// The device's path, alias or compatible.
        name: Text,
        /// Which of its ranges.
        range: u64,
    },
    /// A device's interrupt; answered with the handler's slot and the event.
    Interrupt {
        /// The device's path, alias or compatible.
        name: Text,
        /// Which of its interrupts.
        index: u64,
    },
    /// To offer a service; answered with the endpoint's slot.
    Register(Text),
    /// To use a service; answered with the endpoint's slot.
    Lookup(Text),
    /// A channel to a service's provider; answered with address, size, slot to signal, and event.
    CreateChannel {
        /// The service.
        service: Text,
        /// Size of the shared memory in bytes.
        bytes: u64,
    },
    /// To take part in the channel of a client, given by the badge of its calls; answered like
    /// [`Self::CreateChannel`].
    AcceptChannel(u64),
    /// To end; not answered.
    Exit,
    /// A line of what an operator may see; answered with its text.
    Inspect {
        /// What to show.
        view: View,
        /// Which line of it.
        line: u64,
    },
    /// To restart the component of this name; for operators.
    Restart(Text),
    /// The time, by a clock that counts seconds; for operators.
    Tick(u64),
    /// The outcome of a self-test; for the self-test only.
    Report(Report),
    /// Nothing; answered with the same word.
    Ping(u64),
}

/// What an operator may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes)]
#[repr(u64)]
pub enum View {
    /// Components, and what they have.
    Components,
    /// Memory and slots that are free.
    Memory,
    /// Who has which capabilities.
    Capabilities,
    /// What was granted and denied.
    Log,
}

/// The outcome of a self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Which one.
    pub test: Test,
    /// Whether all was as expected.
    pub passed: bool,
}

/// What the self-test tries out, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes)]
#[repr(u64)]
pub enum Test {
    /// A call of the root task, and its answer.
    Ipc,
    /// Memory that is allocated, used, freed and allocated again.
    Memory,
    /// A device's register that is written and read back.
    Device,
    /// An interrupt that arrives.
    Interrupt,
    /// Nothing: it has memory now and may be stopped.
    Stoppable,
}

impl Test {
    /// How many there are.
    pub const COUNT: usize = Self::Stoppable as usize + 1;
}

impl Request {
    /// Writes the request's words. Returns its label and their number.
    pub fn encode(&self, words: &mut [u64]) -> (u64, usize) {
        let (label, numbers, text): (u64, &[u64], Option<&Text>) = match self {
            Self::AllocateMemory { bytes, writable } => (1, &[*bytes, (*writable).into()], None),
            Self::AllocateDma(bytes) => (2, &[*bytes], None),
            Self::Free(address) => (3, &[*address], None),
            Self::Device { name, range } => (4, &[*range], Some(name)),
            Self::Interrupt { name, index } => (5, &[*index], Some(name)),
            Self::Register(service) => (6, &[], Some(service)),
            Self::Lookup(service) => (7, &[], Some(service)),
            Self::CreateChannel { service, bytes } => (8, &[*bytes], Some(service)),
            Self::AcceptChannel(client) => (9, &[*client], None),
            Self::Exit => (10, &[], None),
            Self::Inspect { view, line } => (11, &[*view as u64, *line], None),
            Self::Restart(name) => (12, &[], Some(name)),
            Self::Tick(seconds) => (13, &[*seconds], None),
            Self::Report(report) => (14, &[report.test as u64, report.passed.into()], None),
            Self::Ping(word) => (15, &[*word], None),
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
    /// Fails where label or words make no sense.
    pub fn decode(label: u64, words: &[u64]) -> Result<Self, Malformed> {
        let mut words = Reader::new(words);
        Ok(match label {
            1 => Self::AllocateMemory {
                bytes: words.word()?,
                writable: words.word()? != 0,
            },
            2 => Self::AllocateDma(words.word()?),
            3 => Self::Free(words.word()?),
            4 => Self::Device {
                range: words.word()?,
                name: words.text()?,
            },
            5 => Self::Interrupt {
                index: words.word()?,
                name: words.text()?,
            },
            6 => Self::Register(words.text()?),
            7 => Self::Lookup(words.text()?),
            8 => Self::CreateChannel {
                bytes: words.word()?,
                service: words.text()?,
            },
            9 => Self::AcceptChannel(words.word()?),
            10 => Self::Exit,
            11 => Self::Inspect {
                view: words.choice()?,
                line: words.word()?,
            },
            12 => Self::Restart(words.text()?),
            13 => Self::Tick(words.word()?),
            14 => Self::Report(Report {
                test: words.choice()?,
                passed: words.word()? != 0,
            }),
            15 => Self::Ping(words.word()?),
            _ => return Err(Malformed),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Request, Test, View};
    use crate::message::Malformed;
    use crate::text::Text;

    #[test]
    fn requests_survive() {
        let name = Text::from("/pl011@9000000");
        let report = Report {
            test: Test::Device,
            passed: true,
        };
        let requests = [
            Request::AllocateMemory {
                bytes: 1 << 40,
                writable: true,
            },
            Request::AllocateDma(1),
            Request::Free(0x1000),
            Request::Device {
                name: name.clone(),
                range: 1,
            },
            Request::Interrupt {
                name: name.clone(),
                index: 2,
            },
            Request::Register(name.clone()),
            Request::Lookup(name.clone()),
            Request::CreateChannel {
                service: name.clone(),
                bytes: 4096,
            },
            Request::AcceptChannel(5),
            Request::Exit,
            Request::Inspect {
                view: View::Log,
                line: 7,
            },
            Request::Restart(name),
            Request::Tick(8),
            Request::Report(report),
            Request::Ping(9),
        ];
        for request in requests {
            let mut words = [0; 120];
            let (label, length) = request.encode(&mut words);
            assert_eq!(
                Request::decode(label, &words[..length]),
                Ok(request.clone())
            );
            if length > 0 {
                assert_eq!(Request::decode(label, &words[..length - 1]), Err(Malformed));
            }
        }
    }

    #[test]
    fn nonsense_is_refused() {
        assert_eq!(Request::decode(0, &[]), Err(Malformed));
        assert_eq!(Request::decode(99, &[1, 2, 3]), Err(Malformed));
        assert_eq!(Request::decode(11, &[4, 0]), Err(Malformed));
    }
}
