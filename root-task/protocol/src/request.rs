// SPDX-License-Identifier: BSD-2-Clause

//! Requests to the broker.

use thiserror::Error;

use crate::{Malformed, Reader, Text, Writer};

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
    /// Memory for a device; answered with its address and its physical address.
    AllocateDma {
        /// Size in bytes.
        bytes: u64,
    },
    /// To take back what was mapped at an address.
    Free {
        /// The address.
        address: u64,
    },
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
    Register {
        /// The service.
        service: Text,
    },
    /// To use a service; answered with the endpoint's slot.
    Lookup {
        /// The service.
        service: Text,
    },
    /// A channel to a service's provider; answered with address, size, slot to signal, and event.
    CreateChannel {
        /// The service.
        service: Text,
        /// Size of the shared memory in bytes.
        bytes: u64,
    },
    /// To take part in a channel; answered like [`Self::CreateChannel`].
    AcceptChannel {
        /// Who created it, by the badge of its calls.
        client: u64,
    },
    /// To end; not answered.
    Exit,
    /// A line of what an operator may see; answered with its text.
    Inspect {
        /// What to show.
        view: View,
        /// Which line of it.
        line: u64,
    },
    /// To restart a component; for operators.
    Restart {
        /// The component's name.
        name: Text,
    },
    /// Time has passed; for operators.
    Tick {
        /// A clock that counts seconds.
        seconds: u64,
    },
    /// The outcome of a self-test; for the self-test only.
    Report(Report),
    /// Nothing; answered with the same word.
    Ping {
        /// Any word.
        word: u64,
    },
}

/// What an operator may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Ipc,
        Self::Memory,
        Self::Device,
        Self::Interrupt,
        Self::Stoppable,
    ];

    fn from_word(word: u64) -> Result<Self, Malformed> {
        let known = Self::ALL.into_iter().find(|&test| test as u64 == word);
        known.ok_or(Malformed)
    }
}

/// Why the answer is no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[repr(u64)]
pub enum Refusal {
    /// The request makes no sense.
    #[error("the request is malformed")]
    Malformed = 1,
    /// The quota doesn't allow it.
    #[error("the quota does not allow it")]
    Quota,
    /// There is nothing left.
    #[error("there is not enough left")]
    UsedUp,
    /// The configuration doesn't allow it.
    #[error("the configuration does not allow it")]
    NotConfigured,
    /// It is not there.
    #[error("there is no such thing")]
    NotFound,
    /// Somebody has it.
    #[error("it is taken")]
    Taken,
    /// The component doesn't have it.
    #[error("it is not the component's")]
    NotOwned,
    /// Something else.
    #[error("the root task failed")]
    Failed,
}

impl Refusal {
    /// The refusal of an answer's label.
    pub fn from_label(label: u64) -> Self {
        const ALL: [Refusal; 7] = [
            Refusal::Malformed,
            Refusal::Quota,
            Refusal::UsedUp,
            Refusal::NotConfigured,
            Refusal::NotFound,
            Refusal::Taken,
            Refusal::NotOwned,
        ];
        let known = ALL.into_iter().find(|&refusal| refusal as u64 == label);
        known.unwrap_or(Refusal::Failed)
    }
}

impl Request {
    /// Writes the request's words. Returns its label and their number.
    pub fn encode(&self, words: &mut [u64]) -> (u64, usize) {
        let mut writer = Writer::new(words);
        let label = match self {
            Self::AllocateMemory { bytes, writable } => {
                writer.word(*bytes).word(u64::from(*writable));
                1
            }
            Self::AllocateDma { bytes } => {
                writer.word(*bytes);
                2
            }
            Self::Free { address } => {
                writer.word(*address);
                3
            }
            Self::Device { name, range } => {
                writer.word(*range).text(name.as_bytes());
                4
            }
            Self::Interrupt { name, index } => {
                writer.word(*index).text(name.as_bytes());
                5
            }
            Self::Register { service } => {
                writer.text(service.as_bytes());
                6
            }
            Self::Lookup { service } => {
                writer.text(service.as_bytes());
                7
            }
            Self::CreateChannel { service, bytes } => {
                writer.word(*bytes).text(service.as_bytes());
                8
            }
            Self::AcceptChannel { client } => {
                writer.word(*client);
                9
            }
            Self::Exit => 10,
            Self::Inspect { view, line } => {
                writer.word(*view as u64).word(*line);
                11
            }
            Self::Restart { name } => {
                writer.text(name.as_bytes());
                12
            }
            Self::Tick { seconds } => {
                writer.word(*seconds);
                13
            }
            Self::Report(report) => {
                writer.word(report.test as u64).word(report.passed.into());
                14
            }
            Self::Ping { word } => {
                writer.word(*word);
                15
            }
        };
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
            2 => Self::AllocateDma {
                bytes: words.word()?,
            },
            3 => Self::Free {
                address: words.word()?,
            },
            4 => Self::Device {
                range: words.word()?,
                name: words.text()?,
            },
            5 => Self::Interrupt {
                index: words.word()?,
                name: words.text()?,
            },
            6 => Self::Register {
                service: words.text()?,
            },
            7 => Self::Lookup {
                service: words.text()?,
            },
            8 => Self::CreateChannel {
                bytes: words.word()?,
                service: words.text()?,
            },
            9 => Self::AcceptChannel {
                client: words.word()?,
            },
            10 => Self::Exit,
            11 => Self::Inspect {
                view: View::from_word(words.word()?)?,
                line: words.word()?,
            },
            12 => Self::Restart {
                name: words.text()?,
            },
            13 => Self::Tick {
                seconds: words.word()?,
            },
            14 => Self::Report(Report {
                test: Test::from_word(words.word()?)?,
                passed: words.word()? != 0,
            }),
            15 => Self::Ping {
                word: words.word()?,
            },
            _ => return Err(Malformed),
        })
    }
}

impl View {
    fn from_word(word: u64) -> Result<Self, Malformed> {
        [
            Self::Components,
            Self::Memory,
            Self::Capabilities,
            Self::Log,
        ]
        .into_iter()
        .find(|&view| view as u64 == word)
        .ok_or(Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, Request, Test, View};
    use crate::{Malformed, Text};

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
            Request::AllocateDma { bytes: 1 },
            Request::Free { address: 0x1000 },
            Request::Device {
                name: name.clone(),
                range: 1,
            },
            Request::Interrupt {
                name: name.clone(),
                index: 2,
            },
            Request::Register {
                service: name.clone(),
            },
            Request::Lookup {
                service: name.clone(),
            },
            Request::CreateChannel {
                service: name.clone(),
                bytes: 4096,
            },
            Request::AcceptChannel { client: 5 },
            Request::Exit,
            Request::Inspect {
                view: View::Log,
                line: 7,
            },
            Request::Restart { name },
            Request::Tick { seconds: 8 },
            Request::Report(report),
            Request::Ping { word: 9 },
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
