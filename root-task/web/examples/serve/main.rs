// SPDX-License-Identifier: BSD-2-Clause

//! Serves the page on the host, with a sample system whose `crasher` fails every five seconds:
//! `cargo run --package kaal-web --example serve -- 127.0.0.1:8080 FOLDER`

mod host;
mod sample;

use std::env;
use std::error::Error;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::Duration;

const PERIOD: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let address = arguments.next().unwrap_or("127.0.0.1:8080".to_owned());
    let folder = PathBuf::from(arguments.next().unwrap_or(".".to_owned()));
    let listener = TcpListener::bind(&address)?;
    println!("http://{}/", listener.local_addr()?);
    let mut published = None;
    host::serve(&listener, &mut host::Folder(folder), |server, now| {
        let restarts = now.as_secs() / PERIOD.as_secs();
        if published != Some(restarts) {
            published = Some(restarts);
            let (web, uptime) = (server.counters(), now.as_millis());
            let uptime = u64::try_from(uptime).unwrap_or_default();
            let shown = sample::with_system(restarts, web, uptime, |system| server.publish(system));
            if let Err(error) = shown {
                eprintln!("{error}");
            }
        }
        true
    })?;
    Ok(())
}
