// SPDX-License-Identifier: BSD-2-Clause

//! Requests to the broker.

use zerocopy::TryFromBytes;

use crate::message::{Malformed, Reader, Writer};
use crate::text::Text;

/// A request of a component to the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Allocate memory. Answer: address.
    AllocateMemory {
        /// Size in bytes.
        bytes: u64,
        /// Whether the memory is writable.
        writable: bool,
    },
    /// Allocate this many bytes for a device. Answer: address, physical address.
    AllocateDma(u64),
    /// Free the memory, device or channel at this address.
    Free(u64),
    /// Map a device's registers. Answer: address, size.
    Device {
        /// The device's path, alias or `compatible`.
        name: Text,
        /// Index of the range in `reg`.
        range: u64,
    },
    /// Handle a device's interrupt. Answer: slot of the handler, event.
    Interrupt {
        /// The device's path, alias or `compatible`.
        name: Text,
        /// Index of the interrupt.
        index: u64,
    },
    /// Offer a service. Answer: slot of the endpoint.
    Register(Text),
    /// Use a service. Answer: slot of the endpoint.
    Lookup(Text),
    /// Create a channel to a service's provider. Answer: address, size, slot of the signal, event.
    CreateChannel {
        /// The service.
        service: Text,
        /// Size of the shared memory in bytes.
        bytes: u64,
    },
    /// Accept the channel of a client, given by the client's badge. Answer: as for
    /// [`Self::CreateChannel`].
    AcceptChannel(u64),
    /// End the component. No answer.
    Exit,
    /// Show a line of a view; for operators. Answer: text.
    Inspect {
        /// The view.
        view: View,
        /// Number of the line, from 0.
        line: u64,
    },
    /// Restart the component of this name; for operators.
    Restart(Text),
    /// Tell the time, in seconds of any clock; for operators.
    Tick(u64),
    /// Report the result of a self-test.
    Report(Report),
    /// Do nothing. Answer: the same word.
    Ping(u64),
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

/// The result of a self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The test.
    pub test: Test,
    /// Whether the test passed.
    pub passed: bool,
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
    /// Fails if the label is unknown or the words are malformed.
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
