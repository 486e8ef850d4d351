// SPDX-License-Identifier: BSD-2-Clause

//! Hostile messages to the root task and to services.
//!
//! An accepted request must be the same after it was written and read again, and no part of it may be enough.

use kaal_protocol::{Calls, Echo, MESSAGE_WORDS, Reader, Refusal, Request, TEXT_LIMIT};

use crate::{Target, input};

/// More words than any request has. A message may have more.
const WORDS: usize = 2 + TEXT_LIMIT / 8;

/// The readers of messages. The first byte is the label, and the others are the words.
pub const REQUEST: Target = Target {
    name: "request",
    run,
    seeds: || {
        let number = seed(1, &[4096, 1]);
        let text = seed(
            4,
            &[0, 10, u64::from_le_bytes(*b"arm,pl01"), u64::from(b'1')],
        );
        let longest = seed(
            16,
            &[&[TEXT_LIMIT as u64][..], &[u64::MAX; TEXT_LIMIT / 8]].concat(),
        );
        let call = seed(2, &[3, 0x636261]);
        vec![number, text, longest, call, seed(10, &[])]
    },
};

fn run(input: &[u8]) -> bool {
    let Some((&label, bytes)) = input.split_first() else {
        return false;
    };
    let words: Vec<u64> = bytes
        .chunks(8)
        .map(|chunk| {
            chunk
                .iter()
                .rfold(0, |word, &byte| word << 8 | u64::from(byte))
        })
        .collect();
    if let Ok(text) = Reader::new(&words).text() {
        assert!(text.as_bytes().starts_with(text.as_str().as_bytes()));
        assert!(text.as_bytes().len() <= TEXT_LIMIT.min(bytes.len()));
    }
    assert_eq!(Refusal::check(label.into()).is_ok(), label == 0);
    if let Ok(call) = Echo::decode(label.into(), &words) {
        let mut written = [0; MESSAGE_WORDS];
        let (again, length) = call.encode(&mut written);
        assert_eq!((again, length), (label.into(), words.len()));
    }
    let Ok(request) = Request::decode(label.into(), &words) else {
        return false;
    };
    let mut written = [0; WORDS];
    let (again, length) = request.encode(&mut written);
    assert_eq!(again, u64::from(label));
    assert_eq!(Request::decode(again, &written[..length]), Ok(request));
    for short in 0..length {
        assert!(Request::decode(again, &written[..short]).is_err());
    }
    true
}

fn seed(label: u8, words: &[u64]) -> Vec<u8> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    input(label, &bytes)
}
