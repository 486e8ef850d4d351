// SPDX-License-Identifier: BSD-2-Clause

//! The network, the disk and the line of QEMU's virt machine, for components of KaaL's root task.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

/// The address of the first of the 32 transports for virtio devices.
const TRANSPORTS: u64 = 0xa00_0000;

/// The size of a transport's registers.
const TRANSPORT: u64 = 0x200;

/// The transports, by number, of network, disk and line. One component gets all transports of a page, so these lie in
/// different pages.
const NETWORK: u64 = 0;
const DISK: u64 = 8;
const LINE: u64 = 16;

/// The drivers are for version 1 of virtio, QEMU's default for an older one.
const MODERN: [&str; 2] = ["-global", "virtio-mmio.force-legacy=false"];

/// The port at which the guest serves its page.
const HTTP: u16 = 80;

/// Devices that the machine has only if a component drives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// The TCP port of this machine that leads to the guest's web server, if the guest has a network.
    pub http: Option<u16>,
    /// The file with the disk's content, which the guest can only read.
    pub disk: Option<PathBuf>,
    /// The Unix socket at which QEMU waits for programs of components, if the guest takes some.
    pub line: Option<PathBuf>,
}

impl Devices {
    /// The address of the network's registers.
    pub const NETWORK: u64 = TRANSPORTS + NETWORK * TRANSPORT;

    /// The address of the disk's registers.
    pub const DISK: u64 = TRANSPORTS + DISK * TRANSPORT;

    /// The address of the registers of the line for programs.
    pub const LINE: u64 = TRANSPORTS + LINE * TRANSPORT;

    /// QEMU's options.
    pub fn options(&self) -> Vec<String> {
        let mut options = Vec::new();
        if let Some(port) = self.http {
            let backend = format!("user,hostfwd=tcp:127.0.0.1:{port}-:{HTTP}");
            options.extend(network(&backend));
        }
        if let Some(file) = &self.disk {
            let file = value(file);
            options.extend([
                "-drive".to_owned(),
                format!("if=none,id=disk,format=raw,readonly=on,file={file}"),
                "-device".to_owned(),
                format!("virtio-blk-device,drive=disk,bus=virtio-mmio-bus.{DISK}"),
            ]);
        }
        if let Some(socket) = &self.line {
            let socket = value(socket);
            options.extend([
                "-chardev".to_owned(),
                format!("socket,id=line,server=on,wait=off,path={socket}"),
                "-device".to_owned(),
                format!("virtio-serial-device,max_ports=1,bus=virtio-mmio-bus.{LINE}"),
                "-device".to_owned(),
                "virtconsole,chardev=line".to_owned(),
            ]);
        }
        if !options.is_empty() {
            options.extend(MODERN.map(str::to_owned));
        }
        options
    }

    /// QEMU's options for a network alone, which QEMU connects to `backend`, a value of `-netdev`.
    pub fn network(backend: &str) -> Vec<String> {
        let mut options = network(backend).to_vec();
        options.extend(MODERN.map(str::to_owned));
        options
    }

    /// The address of the guest's page.
    pub fn page(&self) -> Option<String> {
        self.http.map(|port| format!("http://localhost:{port}/"))
    }
}

fn network(backend: &str) -> [String; 4] {
    let card = format!("virtio-net-device,netdev=net,bus=virtio-mmio-bus.{NETWORK}");
    ["-netdev", &format!("{backend},id=net"), "-device", &card].map(str::to_owned)
}

/// The name of a file in an option. QEMU takes two commas for a comma in a value.
pub(super) fn value(file: &Path) -> String {
    file.display().to_string().replace(',', ",,")
}

/// A port that no program on this machine listens at: `wanted`, unless it is 0.
///
/// # Errors
///
/// Fails if a program listens at `wanted`.
pub fn free_port(wanted: u16) -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted))?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use super::{Devices, free_port};

    #[test]
    fn no_devices_need_no_options() {
        assert!(Devices::default().options().is_empty());
        assert_eq!(Devices::default().page(), None);
    }

    #[test]
    fn commas_in_names_of_files_are_doubled() {
        let devices = Devices {
            http: Some(8080),
            disk: Some("a,b".into()),
            line: Some("c,d".into()),
        };
        let options = devices.options().join(" ");
        assert!(
            options.contains("hostfwd=tcp:127.0.0.1:8080-:80,"),
            "{options}"
        );
        assert!(options.contains(",file=a,,b "), "{options}");
        assert!(options.contains(",path=c,,d "), "{options}");
    }

    #[test]
    fn a_taken_port_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert!(free_port(port).is_err());
        assert_ne!(free_port(0).unwrap(), port);
    }
}
