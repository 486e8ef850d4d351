// SPDX-License-Identifier: BSD-2-Clause

//! Records about the running system, for components that may inspect it.
//!
//! A [`Topic`] is a list of records of one type, in a fixed order. An answer holds as many whole
//! records as fit a message; [`records`](crate::records()) reads them. An empty answer comes after the
//! last one.

use zerocopy::TryFromBytes;

use crate::message::{Malformed, Reader, Writer};
use crate::record::Record;

/// A list of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes)]
#[repr(u64)]
pub enum Topic {
    /// One [`KernelRecord`].
    Kernel,
    /// One [`Totals`].
    Totals,
    /// A [`ComponentRecord`] for each component, in the order of `system.toml`.
    Components,
    /// [`NameRecord`]s, by component.
    Names,
    /// [`ChannelRecord`]s, by component: one for each end of a channel.
    Channels,
    /// [`CapabilityRecord`]s, by component.
    Capabilities,
    /// [`LogRecord`]s, oldest first.
    Log,
}

/// Declares records, and choices among names as their fields.
macro_rules! declare {
    () => {};
    ($(#[$about:meta])* struct $name:ident $(<$life:lifetime>)? {
        $($(#[$doc:meta])* $field:ident: $kind:ty,)*
    } $($rest:tt)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name $(<$life>)? { $($(#[$doc])* pub $field: $kind,)* }

        impl<'a> Record<'a> for $name $(<$life>)? {
            fn write(&self, writer: &mut Writer<'_>) {
                $(self.$field.write(writer);)*
            }

            fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                Ok(Self { $($field: Record::read(reader)?,)* })
            }
        }

        declare!($($rest)*);
    };
    ($(#[$about:meta])* enum $name:ident { $($(#[$doc:meta])* $choice:ident,)* } $($rest:tt)*) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, TryFromBytes)]
        #[repr(u64)]
        pub enum $name { $($(#[$doc])* $choice,)* }

        impl<'a> Record<'a> for $name {
            fn write(&self, writer: &mut Writer<'_>) {
                writer.word(*self as u64);
            }

            fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
                reader.choice()
            }
        }

        declare!($($rest)*);
    };
}

declare! {
    /// The kernel and the image.
    struct KernelRecord<'a> {
        /// The kernel's name and platform.
        version: &'a str,
        /// What its configuration turned on, separated by spaces.
        configuration: &'a str,
        /// Number of cores.
        cores: u64,
        /// The measurement of the image, as big-endian words, if the boot loader told it.
        measurement: Option<[u64; 4]>,
    }

    /// Resources of the root task, and whether anything has changed.
    struct Totals {
        /// Differs from before if any record may differ.
        generation: u64,
        /// RAM in use, in bytes.
        used_bytes: u64,
        /// All RAM for components, in bytes.
        all_bytes: u64,
        /// Used slots of the root task's CSpace.
        used_slots: u64,
        /// All its slots for components.
        all_slots: u64,
    }

    /// A component.
    struct ComponentRecord<'a> {
        /// The unique name.
        name: &'a str,
        /// The state.
        state: State,
        /// The priority.
        priority: u64,
        /// How often it was restarted.
        restarts: u64,
        /// Its memory, in bytes.
        used_bytes: u64,
        /// Its quota of memory, in bytes.
        all_bytes: u64,
        /// Its slots.
        used_slots: u64,
        /// Its quota of slots.
        all_slots: u64,
    }

    /// The state of a component.
    enum State {
        /// Runs, or waits for something.
        Running,
        /// Doesn't run now.
        Stopped,
        /// Failed, and is not restarted.
        GivenUp,
    }

    /// A name in the configuration of a component.
    struct NameRecord<'a> {
        /// The component's index.
        component: u64,
        /// The list that has the name.
        list: NameList,
        /// The name.
        name: &'a str,
    }

    /// A list of names in the configuration of a component.
    enum NameList {
        /// Devices that it may request.
        Devices,
        /// Services that it provides.
        Provides,
        /// Services that it may use.
        Needs,
    }

    /// One end of a channel.
    struct ChannelRecord<'a> {
        /// The index of the component that has this end.
        component: u64,
        /// The component at the other end.
        peer: &'a str,
        /// The size of the shared memory.
        bytes: u64,
    }

    /// A capability that a component holds.
    struct CapabilityRecord<'a> {
        /// The component's index.
        component: u64,
        /// The kind of its object.
        kind: Kind,
        /// What the component may do with it.
        right: Right,
        /// The name of a service or device, or the number of an interrupt.
        object: &'a str,
        /// The device of an interrupt.
        device: Option<&'a str>,
        /// The component that it leads to; `None` for the root task and hardware.
        to: Option<&'a str>,
    }

    /// The kind of a capability's object.
    enum Kind {
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
    enum Right {
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
    struct LogRecord<'a> {
        /// The number, counting entries that are gone.
        number: u64,
        /// The component concerned.
        component: &'a str,
        /// The request.
        action: &'a str,
        /// The reason, if it was denied.
        denial: Option<&'a str>,
    }
}

#[cfg(test)]
mod tests;
