// SPDX-License-Identifier: BSD-2-Clause

//! The firmware's console.

use r_efi::efi::Status;
use r_efi::protocols::simple_text_output::Protocol;

/// The image can't boot. The reason has been printed.
pub(crate) struct Refused;

/// Prints on the console, if the firmware has one.
pub(crate) struct Console(*mut Protocol);

impl Console {
    /// The console that `protocol` prints on; null if there is none.
    ///
    /// # Safety
    ///
    /// The protocol must be the firmware's.
    pub(crate) unsafe fn new(protocol: *mut Protocol) -> Self {
        Self(protocol)
    }

    /// Prints why the image can't boot, in the words of the loader and the unpacker. Each `#` in `message` stands for the
    /// next of the `numbers` in hexadecimal, and each `@` for the next one in decimal.
    ///
    /// A message is data, because code that prints each part of each message takes twice the room.
    #[inline(never)]
    pub(crate) fn refuse(&self, message: &str, numbers: &[u64]) -> Refused {
        self.text("KaaL: error: ");
        let mut numbers = numbers.iter();
        let mut next = || numbers.next().copied().unwrap_or_default();
        for byte in message.bytes() {
            match byte {
                b'#' => {
                    self.text("0x");
                    self.digits(next(), 16);
                }
                b'@' => self.digits(next(), 10),
                _ => self.character(byte),
            }
        }
        self.text("\r\n");
        Refused
    }

    /// Like [`Self::refuse`], with a number of the firmware.
    #[inline(never)]
    pub(crate) fn refuse_status(&self, message: &str, status: Status) -> Refused {
        self.refuse(message, &[status.as_usize() as u64])
    }

    fn text(&self, text: &str) {
        text.bytes().for_each(|byte| self.character(byte));
    }

    fn digits(&self, number: u64, base: u64) {
        if number >= base {
            self.digits(number / base, base);
        }
        let value = (number % base) as u8;
        let first = if value < 10 { b'0' } else { b'a' - 10 };
        self.character(first + value);
    }

    #[inline(never)]
    fn character(&self, byte: u8) {
        if !self.0.is_null() {
            let mut text = [byte.into(), 0];
            // SAFETY: the protocol is the firmware's, and the text ends with a zero.
            unsafe { ((*self.0).output_string)(self.0, text.as_mut_ptr()) };
        }
    }
}
