// SPDX-License-Identifier: BSD-2-Clause

//! A server of the page on the host.

use std::net::TcpListener;
use std::path::Path;
use std::sync::mpsc::{self, Sender, TryRecvError};
use std::thread::{self, JoinHandle};

use anyhow::{Context, Result};
use kaal_web::{Counters, Server, System};

use crate::host::{self, Folder};
use crate::sample;

type Step = Box<dyn FnOnce(&mut Server<'_, Folder>) + Send>;

/// A running server. It ends with its value.
pub(crate) struct Site {
    pub(crate) address: String,
    steps: Option<Sender<Step>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    /// Starts a server with a sample system, and the files of a folder.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        Self::start_at("127.0.0.1:0", folder)
    }

    /// Starts it at this address.
    pub(crate) fn start_at(address: &str, folder: &Path) -> Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = format!("http://{}/", listener.local_addr()?);
        let mut files = Folder(folder.to_owned());
        let (steps, receiver) = mpsc::channel::<Step>();
        let thread = thread::spawn(move || {
            let served = host::serve(&listener, &mut files, |server, _| {
                match receiver.try_recv() {
                    Ok(step) => step(server),
                    Err(TryRecvError::Empty) => {}
                    Err(TryRecvError::Disconnected) => return false,
                }
                true
            });
            if let Err(error) = served {
                eprintln!("the server failed: {error}");
            }
        });
        let site = Self {
            address,
            steps: Some(steps),
            thread: Some(thread),
        };
        site.restart(0)?;
        Ok(site)
    }

    /// Shows the sample system with this number of restarts.
    pub(crate) fn restart(&self, restarts: u64) -> Result<()> {
        self.step(move |server| {
            sample::with_system(restarts, Counters::default(), 5000, |system| {
                show(server, system)
            });
        })
    }

    /// Lets the server's thread do something.
    pub(crate) fn step(
        &self,
        step: impl FnOnce(&mut Server<'_, Folder>) + Send + 'static,
    ) -> Result<()> {
        let steps = self.steps.as_ref().context("the server runs")?;
        let sent = steps.send(Box::new(step));
        sent.map_err(|_| anyhow::anyhow!("the server ended"))
    }
}

/// Shows a system.
pub(crate) fn show(server: &mut Server<'_, Folder>, system: &System<'_>) {
    if let Err(error) = server.publish(system) {
        eprintln!("{error}");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.steps.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
