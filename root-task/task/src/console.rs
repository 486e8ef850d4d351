// SPDX-License-Identifier: BSD-2-Clause

//! The console: the root task's log, and a minimal driver that polls.
//!
//! The root task keeps the page with the registers of the machine's console. As long as no component
//! has that page too, the root task prints by polling. When a component drives the console, text goes
//! to a ring, and the component prints it. At its own end, the root task prints by polling in any case.
//! It needs no capability and no memory for that: what the panic has broken may be the broker.

use core::fmt::{self, Write};
use core::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering::Relaxed};

use kaal_broker::{Broker, Denial, KernelError, PAGE_SIZE};
use kaal_devicetree::DeviceTree;
use kaal_payload::{AccessSize, Console, PhysAddr};
use kaal_protocol::{Consumer, Cursors, Producer};
use kaal_uart::{Registers, Uart};
use sel4::{CapRights, VmAttributes, init_thread, sel4_cfg_if};
use sel4_immediate_sync_once_cell::ImmediateSyncOnceCell;

use crate::capabilities::{checked, page};
use crate::kernel::Invocations;

/// Prints a line.
macro_rules! say {
    ($($argument:tt)+) => {
        $crate::console::line(format_args!($($argument)+))
    };
}
pub(crate) use say;

/// Bytes that wait for the component that drives the console.
const CAPACITY: usize = 16 * 1024;

/// The registers of all UARTs end before this offset.
const REGISTERS: u64 = 0x800;

static CURSORS: Cursors = Cursors::new();
static BYTES: [AtomicU8; CAPACITY] = [const { AtomicU8::new(0) }; CAPACITY];
/// Bytes that didn't fit.
static LOST: AtomicUsize = AtomicUsize::new(0);
/// Whether text came since the last call of [`has_news`].
static NEWS: AtomicBool = AtomicBool::new(false);
/// Whether a component drives the console.
static IS_LENT: AtomicBool = AtomicBool::new(false);
/// Whether another program may have left an unfinished line.
static IS_UNFINISHED: AtomicBool = AtomicBool::new(false);
static IS_STUCK: AtomicBool = AtomicBool::new(false);

/// The console, with the address where its registers are mapped.
static CONSOLE: ImmediateSyncOnceCell<Console> = ImmediateSyncOnceCell::new();

/// Maps the registers of the machine's console at `address`, where nothing is mapped. Returns the
/// console.
pub(crate) fn open(
    broker: &mut Broker<Invocations>,
    tree: Option<&DeviceTree<'_>>,
    address: usize,
) -> Result<Option<Console>, Denial> {
    let Some(console) = tree.and_then(|tree| kaal_devicetree::console(tree).ok()) else {
        return Ok(None);
    };
    let offset = console.base.0 % PAGE_SIZE;
    if offset + REGISTERS > PAGE_SIZE {
        return Ok(None);
    }
    let slot = broker.keep_device_page(console.base.0)?;
    let space = init_thread::slot::VSPACE.cap();
    let (rights, attributes) = (CapRights::read_write(), VmAttributes::EXECUTE_NEVER);
    checked(page(slot).frame_map(space, address, rights, attributes))?;
    let base = PhysAddr(address as u64 + offset);
    let mapped = CONSOLE.set(Console { base, ..console });
    mapped.map_err(|_| KernelError::IllegalOperation)?;
    if let Some(mut uart) = uart() {
        uart.turn_on();
    }
    Ok(Some(console))
}

/// Notes whether a component drives the console. If none does any more, prints the ring.
pub(crate) fn lend(is_lent: bool) {
    if IS_LENT.swap(is_lent, Relaxed) && !is_lent {
        IS_UNFINISHED.store(true, Relaxed);
        print_ring();
    }
}

/// Whether there is text in the ring that the component wasn't told of yet.
pub(crate) fn has_news() -> bool {
    NEWS.swap(false, Relaxed)
}

/// Takes text from the ring. Returns its length.
pub(crate) fn take(buffer: &mut [u8]) -> usize {
    // Both cursors are the root task's own.
    let read = Consumer::resume(&CURSORS, &BYTES).read(buffer);
    read.unwrap_or_default()
}

/// Prints a line.
pub(crate) fn line(text: fmt::Arguments<'_>) {
    // Sending never fails; a value that can't be formatted ends the line.
    let _ = writeln!(Output, "{text}");
}

struct Output;

impl Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match IS_LENT.load(Relaxed) {
            true => store(text.as_bytes()),
            false => print(text.as_bytes()),
        }
        Ok(())
    }
}

fn store(bytes: &[u8]) {
    let stored = Producer::resume(&CURSORS, &BYTES).write(bytes);
    let stored = stored.unwrap_or_default();
    LOST.fetch_add(bytes.len() - stored, Relaxed);
    NEWS.store(true, Relaxed);
}

fn print_ring() {
    let mut buffer = [0; 64];
    while let length @ 1.. = take(&mut buffer) {
        print(buffer.get(..length).unwrap_or_default());
    }
    match LOST.swap(0, Relaxed) {
        0 => {}
        lost => say!("root task: {lost} bytes of the log were lost"),
    }
}

/// Prints by polling.
fn print(bytes: &[u8]) {
    let Some(mut uart) = uart() else {
        return bytes.iter().copied().for_each(print_through_kernel);
    };
    if IS_STUCK.load(Relaxed) {
        return;
    }
    let mut send = |bytes: &[u8]| {
        if uart.send(bytes).is_err() {
            IS_STUCK.store(true, Relaxed);
        }
    };
    if IS_UNFINISHED.swap(false, Relaxed) {
        send(b"\r\n");
    }
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                send(text);
                send(b"\r\n");
            }
            None => send(line),
        }
    }
}

fn uart() -> Option<Uart<Mapped>> {
    CONSOLE.get().map(|console| Uart::new(console, Mapped))
}

sel4_cfg_if! {
    if #[sel4_cfg(PRINTING)] {
        /// For machines whose device tree names no console that KaaL knows.
        fn print_through_kernel(byte: u8) {
            sel4::debug_put_char(byte);
        }
    } else {
        fn print_through_kernel(_: u8) {}
    }
}

/// The mapped registers of the console.
struct Mapped;

impl Registers for Mapped {
    fn read(&self, address: PhysAddr, size: AccessSize) -> u32 {
        // SAFETY: only `CONSOLE` has such addresses. `open` mapped its registers, and they stay mapped.
        unsafe { kaal_device::read(address, size) }
    }

    fn write(&mut self, address: PhysAddr, size: AccessSize, value: u32) {
        // SAFETY: as for reading.
        unsafe { kaal_device::write(address, size, value) }
    }
}
