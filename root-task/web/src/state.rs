// SPDX-License-Identifier: BSD-2-Clause

//! The state of a system. `docs/web.md` describes its JSON.

use core::fmt;

use serde::{Serialize, Serializer};

use crate::counters::{Counters, NetworkCounters};

/// The version of the JSON.
pub const REPORT_VERSION: u32 = 1;

/// A system as its page shows it.
///
/// Texts come from components and may hold anything.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct System<'a> {
    /// [`REPORT_VERSION`].
    pub report_version: u32,
    /// The kernel.
    pub kernel: Kernel<'a>,
    /// The measurement of the image, if the boot loader told it.
    pub measurement: Option<Measurement>,
    /// Memory of the root task, in bytes: what is in use, of all that there is.
    pub memory: Share,
    /// Capability slots of the root task.
    pub slots: Share,
    /// The components.
    pub components: &'a [Component<'a>],
    /// The audit log, oldest first. If the state is too long, the oldest entries are left out.
    pub log: &'a [Entry<'a>],
    /// What the web server did.
    pub web: Counters,
    /// What the network brought that is not served.
    pub network: NetworkCounters,
    /// Milliseconds since the start. Alone, it makes no new state. It is the last field, because
    /// states are compared up to it.
    pub uptime: u64,
}

/// The kernel.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kernel<'a> {
    /// The name, and the version or platform.
    pub version: &'a str,
    /// What its configuration turned on, such as `MCS`.
    pub configuration: &'a [&'a str],
    /// The number of cores.
    pub cores: u32,
}

/// A measurement: hexadecimal text in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement(pub [u8; 32]);

/// A part of a quota.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Share {
    /// How much is used.
    pub used: u64,
    /// How much there is.
    pub total: u64,
}

/// A component.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Component<'a> {
    /// The unique name.
    pub name: &'a str,
    /// The state.
    pub state: State,
    /// The priority.
    pub priority: u8,
    /// How often it was restarted.
    pub restarts: u64,
    /// Its memory and its quota, in bytes.
    pub memory: Share,
    /// Its capability slots and their quota.
    pub slots: Share,
    /// Devices that it may request.
    pub devices: &'a [&'a str],
    /// Services that it provides.
    pub provides: &'a [&'a str],
    /// Services that it may use.
    pub needs: &'a [&'a str],
    /// Its channels.
    pub channels: &'a [Channel<'a>],
    /// Capabilities that it holds.
    pub capabilities: &'a [Capability<'a>],
}

/// The state of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// Runs, or waits for something.
    Running,
    /// Doesn't run now.
    Stopped,
    /// Failed, and is not restarted.
    GivenUp,
}

/// A channel: memory that two components share.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Channel<'a> {
    /// The component at the other end.
    pub peer: &'a str,
    /// The size of the shared memory.
    pub bytes: u64,
}

/// A capability of a component.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capability<'a> {
    /// The kind of its object.
    pub kind: Kind,
    /// What the component may do with it.
    pub right: Right,
    /// The object: the name of a service or device, or the number of an interrupt.
    pub object: &'a str,
    /// The device of an interrupt.
    pub device: Option<&'a str>,
    /// The component that it leads to: the provider of a service, the other end of a channel. `None`
    /// for the root task and for hardware.
    pub to: Option<&'a str>,
}

/// The kind of a capability's object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// An endpoint.
    Endpoint,
    /// A notification.
    Notification,
    /// A reply object.
    Reply,
    /// The registers of a device, mapped.
    Device,
    /// An interrupt's handler.
    Interrupt,
}

/// What a capability allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Right {
    /// Call.
    Call,
    /// Receive.
    Receive,
    /// Signal.
    Signal,
    /// Read and write.
    Use,
}

/// An entry of the audit log.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<'a> {
    /// The number, counting entries that are gone.
    pub number: u64,
    /// The component concerned.
    pub component: &'a str,
    /// The request.
    pub action: &'a str,
    /// The reason, if it was denied.
    pub denial: Option<&'a str>,
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Serialize for Measurement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
