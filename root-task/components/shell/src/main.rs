// SPDX-License-Identifier: BSD-2-Clause

//! Reads and executes commands from the console.

#![no_std]
#![no_main]
#![forbid(unsafe_code)]

use core::fmt::{self, Write};

use kaal_component::{
    CHANNEL_ENDED, Channel, Client, Console, Failure, Refusal, Serial, Text, View, inspect,
    restart, wait,
};

kaal_component::main!(run);

const PROMPT: &str = "kaal> ";
const BACKSPACE: [u8; 2] = [0x08, 0x7f];

fn run() -> Result<(), Failure> {
    let mut console = Console::open()?;
    let keyboard = Client::lookup("serial")?;
    let mut channel = listen(&keyboard)?;
    let mut line = Text::default();
    prompt(&mut console)?;
    loop {
        let mut typed = [0; 64];
        let length = channel.receive(&mut typed)?;
        if length == 0 && wait() & CHANNEL_ENDED != 0 {
            channel.close()?;
            channel = listen(&keyboard)?;
        }
        for &byte in typed.iter().take(length) {
            take(&mut console, &mut line, byte)?;
        }
        console.flush()?;
    }
}

/// Asks the driver to send typed text, once there is a driver.
fn listen(keyboard: &Client<Serial>) -> Result<Channel, Refusal> {
    keyboard.call(Serial::Write, Text::default())?;
    let channel = Channel::create("serial", 4096)?;
    keyboard.call(Serial::Read, ())?;
    Ok(channel)
}

/// Echoes a typed byte, and executes the command at the end of a line.
fn take(console: &mut Console, line: &mut Text, byte: u8) -> Result<(), Refusal> {
    match byte {
        b'\r' | b'\n' => {
            writeln!(console)?;
            carry_out(console, core::mem::take(line).as_str())?;
            prompt(console)?;
        }
        byte if BACKSPACE.contains(&byte) && line.pop().is_some() => {
            write!(console, "\x08 \x08")?;
        }
        b' '..=b'~' if line.push(byte) => write!(console, "{}", char::from(byte))?,
        _ => {}
    }
    Ok(())
}

fn carry_out(console: &mut Console, command: &str) -> fmt::Result {
    let mut words = command.split_whitespace();
    match (words.next(), words.next()) {
        (None, _) => Ok(()),
        (Some("ps"), None) => show(console, View::Components),
        (Some("mem"), None) => show(console, View::Memory),
        (Some("caps"), None) => show(console, View::Capabilities),
        (Some("log"), None) => show(console, View::Log),
        (Some("restart"), Some(name)) => match restart(name) {
            Ok(()) => writeln!(console, "restarted {name}"),
            Err(refusal) => writeln!(console, "failed to restart {name}: {refusal}"),
        },
        _ => writeln!(console, "commands: ps, mem, caps, log, restart NAME"),
    }
}

fn show(console: &mut Console, view: View) -> fmt::Result {
    let mut lines = (0..).map_while(|line| inspect(view, line).ok());
    lines.try_for_each(|line| writeln!(console, "{}", line.as_str()))
}

fn prompt(console: &mut Console) -> fmt::Result {
    write!(console, "{PROMPT}")?;
    console.flush()
}
