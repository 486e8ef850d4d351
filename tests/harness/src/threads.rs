// SPDX-License-Identifier: BSD-2-Clause

//! Shares work among threads.

use std::num::NonZeroU64;
use std::thread;

use anyhow::{Result, anyhow};

/// The results of `work` in `count` threads, which get the numbers from 0.
pub(crate) fn in_threads<T: Send>(
    count: NonZeroU64,
    work: impl Fn(u64) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = (0..count.get())
            .map(|number| scope.spawn(move || work(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow!("a panic"))))
            .collect()
    })
}
