// SPDX-License-Identifier: BSD-2-Clause

//! Replaces programs of components in the running system, for development.
//!
//! A component with the right `reload` sends the new program in parts. The root task collects them in its own memory,
//! and checks the whole: so nobody can change what was checked. The component of that program runs on until then.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use kaal_broker::{ComponentId, Image};
use kaal_program::Program;
use kaal_protocol::{PROGRAMS_LIMIT, Refusal, Request, Text};

use super::requests::text_answer;
use super::{Answer, Server};
use crate::console::say;

/// Programs that replaced others, as ELF files of at most [`PROGRAMS_LIMIT`] bytes together.
#[derive(Default)]
pub(super) struct Replacements {
    accepted: BTreeMap<ComponentId, Vec<u8>>,
    arriving: Option<Arriving>,
}

/// A program that arrives in parts.
struct Arriving {
    sender: ComponentId,
    /// The component whose program it replaces.
    name: Text,
    length: u64,
    /// How much of the limit was left.
    room: usize,
    /// The parts so far, with capacity for all, or for none if there is no room.
    bytes: Vec<u8>,
}

impl Arriving {
    fn add(&mut self, part: &[u8]) {
        if part.len() <= self.bytes.capacity() - self.bytes.len() {
            self.bytes.extend(part);
        }
    }

    /// Returns the program, or why there is none.
    fn into_bytes(self) -> Result<Vec<u8>, String> {
        let (length, arrived, room) = (self.length, self.bytes.len() as u64, self.room);
        if length > room as u64 {
            return Err(format!(
                "the program has {length} bytes: at most {room} expected, the rest of {PROGRAMS_LIMIT} for all that \
                 replace others"
            ));
        }
        match arrived == length {
            true => Ok(self.bytes),
            false => Err(format!("{length} bytes expected, {arrived} arrived")),
        }
    }
}

impl Replacements {
    /// Acts with a component's program.
    pub(super) fn with_image<T>(
        &self,
        id: ComponentId,
        embedded: &Image<'_>,
        act: impl FnOnce(&Image<'_>) -> T,
    ) -> T {
        let file = self.accepted.get(&id);
        // It was read before it was accepted, so that doesn't fail now.
        match file.map(|file| Program::read(file)) {
            Some(Ok(program)) => act(&program.image()),
            _ => act(embedded),
        }
    }

    pub(super) fn contain(&self, id: ComponentId) -> bool {
        self.accepted.contains_key(&id)
    }

    fn begin(&mut self, sender: ComponentId, name: &Text, length: u64) {
        // Frees the one before, so that only one arrives at a time.
        self.arriving = None;
        let held: usize = self.accepted.values().map(Vec::len).sum();
        let room = PROGRAMS_LIMIT.saturating_sub(held);
        let mut bytes = Vec::new();
        if let Some(length) = usize::try_from(length).ok().filter(|&it| it <= room) {
            // Without memory, no part fits, which the end reports.
            let _ = bytes.try_reserve_exact(length);
        }
        self.arriving = Some(Arriving {
            sender,
            name: name.clone(),
            length,
            room,
            bytes,
        });
    }

    /// The program that `sender` sends.
    fn of(&mut self, sender: ComponentId) -> Option<&mut Arriving> {
        let arriving = self.arriving.as_mut();
        arriving.filter(|arriving| arriving.sender == sender)
    }
}

impl Server<'_> {
    /// Takes a program, or a part of one, or replaces a component's program by it.
    pub(super) fn replace(&mut self, sender: ComponentId, request: &Request) -> Answer {
        match request {
            Request::NewProgram(length, name) => self.replacements.begin(sender, name, *length),
            Request::ProgramPart(part) => {
                let arriving = self.replacements.of(sender).ok_or(Refusal::NotFound)?;
                arriving.add(part.as_bytes());
            }
            _ => {
                self.replacements.of(sender).ok_or(Refusal::NotFound)?;
                let reason = self.reload(sender).err().unwrap_or_default();
                return Ok(text_answer(&reason));
            }
        }
        Ok(Vec::new())
    }

    /// Checks the program that arrived, and restarts its component with it. Fails with the reason.
    fn reload(&mut self, sender: ComponentId) -> Result<(), String> {
        let Some(arriving) = self.replacements.arriving.take() else {
            return Ok(());
        };
        let name = arriving.name.clone();
        let outcome = self.accept(sender, arriving).inspect_err(|reason| {
            say!("{:?}: new program refused: {reason}", name.as_str());
        });
        let id = outcome?;
        say!("{}: new program", self.broker.name(id));
        let reset = self.broker.reset(sender, name.as_str());
        reset
            .and_then(|id| self.start_or_recover(id))
            .map_err(|denial| format!("accepted, but failed to start: {denial}"))
    }

    /// Accepts a program for its component, by the rules for programs in the root task's image.
    fn accept(&mut self, sender: ComponentId, arriving: Arriving) -> Result<ComponentId, String> {
        let name = arriving.name.clone();
        let mut components = self.broker.components();
        let (id, _) = components
            .find(|(id, status)| *id != sender && status.config.name == name.as_str())
            .ok_or("there is no other component of this name")?;
        drop(components);
        let file = arriving.into_bytes()?;
        let program = Program::read(&file).map_err(|flaw| flaw.to_string())?;
        let checked = self.broker.check_program(id, &program.image());
        checked.map_err(|denial| denial.to_string())?;
        drop(program);
        self.replacements.accepted.insert(id, file);
        Ok(id)
    }
}
