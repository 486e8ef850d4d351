// SPDX-License-Identifier: BSD-2-Clause

use std::vec::Vec;

use super::{CapabilityRecord, Kind, LogRecord, Right};
use crate::message::{Malformed, Writer};
use crate::record::{RECORD_TEXT, append, records};

const CALL: CapabilityRecord<'_> = CapabilityRecord {
    component: 3,
    kind: Kind::Endpoint,
    right: Right::Call,
    object: "timer",
    device: None,
    to: Some("clock"),
};

#[test]
fn records_survive() {
    let mut words = [0; 120];
    let mut writer = Writer::new(&mut words);
    let receive = CapabilityRecord {
        right: Right::Receive,
        device: Some("arm,pl031"),
        to: None,
        ..CALL
    };
    assert!(append(&mut writer, &CALL) && append(&mut writer, &receive));
    let length = writer.length();
    let read: Result<Vec<CapabilityRecord<'_>>, _> = records(&words[..length]).collect();
    assert_eq!(read.as_deref(), Ok(&[CALL, receive][..]));
}

#[test]
fn a_record_is_written_whole_or_not_at_all() {
    let mut words = [0; 120];
    let mut writer = Writer::new(&mut words);
    let count = (0..1000).take_while(|_| append(&mut writer, &CALL)).count();
    let length = writer.length();
    assert!(count > 10);
    assert_eq!(
        records::<CapabilityRecord<'_>>(&words[..length]).count(),
        count
    );
    assert!(records::<CapabilityRecord<'_>>(&words[..length]).all(|one| one == Ok(CALL)));
}

#[test]
fn the_longest_record_fits_a_message() {
    let long = "é".repeat(RECORD_TEXT);
    let record = LogRecord {
        number: 1,
        component: &long,
        action: &long,
        denial: Some(&long),
    };
    let mut words = [0; 120];
    assert!(append(&mut Writer::new(&mut words), &record));
    let read = records::<LogRecord<'_>>(&words).next().unwrap().unwrap();
    assert_eq!(read.action, "é".repeat(RECORD_TEXT / 2));
}

#[test]
fn nonsense_ends_the_list() {
    let lists: [&[u64]; 4] = [
        &[0, 9, 0, 0, 0],
        &[0, 0, 0, u64::MAX, 0],
        &[0, 0, 0, 8, u64::MAX, 0],
        &[7],
    ];
    for words in lists {
        let all: Vec<_> = records::<CapabilityRecord<'_>>(words).collect();
        assert_eq!(all, [Err(Malformed)]);
    }
}
