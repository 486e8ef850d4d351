// SPDX-License-Identifier: BSD-2-Clause

//! Futures of disks in memory, also for `fuzz/`.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The outcome of a future that needs no second poll, because its disk is in memory.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => panic!("the disk is in memory"),
    }
}
