// SPDX-License-Identifier: BSD-2-Clause

//! Counts the guest instructions of a call between tasks.

use std::io::BufRead;
use std::ops::Range;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use super::Machine;
use super::instructions::{Entry, Logged, follow};

/// Measured calls; odd, so that one of them is the median.
const CALLS: usize = 91;

/// The instructions of a call and its answer: the median of some calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoundTrip {
    /// All, from the client's first instruction after an answer to the one after the next answer.
    pub instructions: u64,
    /// The kernel's share.
    pub in_kernel: u64,
}

/// The code of a round trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The calling program, which must begin with calls.
    pub client: Range<u64>,
    /// The answering program.
    pub service: Range<u64>,
    /// The kernel, without code that only runs at boot.
    pub kernel: Vec<Range<u64>>,
}

/// Measures the first calls that a client makes.
///
/// # Errors
///
/// Fails if QEMU can't be started, or ends before the calls.
pub fn round_trip(code: &Code, machine: &Machine, image: &Path) -> Result<RoundTrip> {
    let own = [code.client.clone(), code.service.clone()];
    let only = [&own[..], &code.kernel].concat();
    follow(machine.booting(image), Logged::Addresses, &only, |log| {
        median(code, log)
    })
}

fn median(code: &Code, log: impl BufRead) -> Result<RoundTrip> {
    let mut trips = Vec::new();
    let mut addresses = Vec::new();
    let mut was_client = false;
    let mut has_begun = false;
    for line in log.lines() {
        match Entry::parse(&line?) {
            Some(Entry::Executed { address, .. }) => {
                let is_client = code.client.contains(&address);
                if is_client && !was_client {
                    if has_begun {
                        trips.push(trip(code, &addresses));
                    }
                    has_begun = true;
                    addresses.clear();
                }
                was_client = is_client;
                if has_begun {
                    addresses.push(address);
                }
            }
            Some(Entry::Interrupted) => {
                addresses.pop();
            }
            None => {}
        }
        if trips.len() == CALLS {
            trips.sort_unstable();
            let median = trips[CALLS / 2];
            ensure!(
                median.in_kernel > 0,
                "the kernel executed code outside its addresses"
            );
            return Ok(median);
        }
    }
    bail!("QEMU ended after {} calls", trips.len());
}

fn trip(code: &Code, addresses: &[u64]) -> RoundTrip {
    let is_kernel = |address: &&u64| code.kernel.iter().any(|range| range.contains(address));
    RoundTrip {
        instructions: addresses.len() as u64,
        in_kernel: addresses.iter().filter(is_kernel).count() as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::{CALLS, Code, RoundTrip, median};

    const CODE: Code = Code {
        client: 0x100..0x200,
        service: 0x300..0x400,
        kernel: Vec::new(),
    };

    #[test]
    fn a_round_trip_ends_where_the_client_goes_on() {
        let code = Code {
            kernel: vec![0x800..0x804, 0x804..0x900],
            ..CODE
        };
        let line = |address: u64| format!("Trace 0: 0x7f [0/{address:016x}/0/0] name\n");
        let trip: String = [0x100, 0x104, 0x800, 0x300, 0x804, 0x808]
            .map(line)
            .concat();
        let expected = RoundTrip {
            instructions: 6,
            in_kernel: 3,
        };
        let log = line(0x300) + &trip.repeat(CALLS + 1);
        assert_eq!(median(&code, log.as_bytes()).unwrap(), expected);
        let error = median(&code, trip.repeat(3).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), "QEMU ended after 2 calls");
    }
}
