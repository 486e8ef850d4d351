// SPDX-License-Identifier: BSD-2-Clause

//! Answers to requests.

use alloc::boxed::Box;

use kaal_broker::{ChannelEnd, Denial, DeviceError};
use kaal_protocol::{Refusal, Text, Writer};
use sel4::{MessageInfo, MessageInfoBuilder};

/// What a request is answered with.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Yes, and these words.
    Words([u64; 4]),
    /// Yes, and this text.
    Text(Box<Text>),
    /// No.
    Refused(Refusal),
    /// Nothing: who asked is gone.
    None,
}

impl Answer {
    /// Writes the answer to the IPC buffer; `None` where there is none.
    pub(crate) fn write(&self) -> Option<MessageInfo> {
        let (label, length) = sel4::with_ipc_buffer_mut(|buffer| {
            let mut writer = Writer::new(buffer.msg_regs_mut());
            match self {
                Self::Words(words) => {
                    for &word in words {
                        writer.word(word);
                    }
                    Some((0, writer.length()))
                }
                Self::Text(text) => Some((0, writer.text(text.as_bytes()).length())),
                Self::Refused(refusal) => Some((*refusal as u64, 0)),
                Self::None => None,
            }
        })?;
        let info = MessageInfoBuilder::default().label(label).length(length);
        Some(info.build())
    }
}

impl From<Result<(), Denial>> for Answer {
    fn from(outcome: Result<(), Denial>) -> Self {
        outcome.map(|()| 0).into()
    }
}

impl From<Result<u64, Denial>> for Answer {
    fn from(outcome: Result<u64, Denial>) -> Self {
        outcome.map(|word| (word, 0)).into()
    }
}

impl From<Result<(u64, u64), Denial>> for Answer {
    fn from(outcome: Result<(u64, u64), Denial>) -> Self {
        match outcome {
            Ok((first, second)) => Self::Words([first, second, 0, 0]),
            Err(denial) => Self::Refused(refusal(denial)),
        }
    }
}

impl From<Result<ChannelEnd, Denial>> for Answer {
    fn from(outcome: Result<ChannelEnd, Denial>) -> Self {
        match outcome {
            Ok(end) => Self::Words([end.address, end.size, end.signal, end.event]),
            Err(denial) => Self::Refused(refusal(denial)),
        }
    }
}

/// What a component is told of a denial. The log has the rest.
fn refusal(denial: Denial) -> Refusal {
    match denial {
        Denial::Quota { .. } => Refusal::Quota,
        Denial::UsedUp { .. } => Refusal::UsedUp,
        Denial::Size { .. } => Refusal::Malformed,
        Denial::NotConfigured => Refusal::NotConfigured,
        Denial::Device(DeviceError::NotFound | DeviceError::NoInterrupt)
        | Denial::NoSuchComponent(_)
        | Denial::NotRunning => Refusal::NotFound,
        Denial::Taken { .. } => Refusal::Taken,
        Denial::NotOwned { .. } => Refusal::NotOwned,
        _ => Refusal::Failed,
    }
}
