// SPDX-License-Identifier: BSD-2-Clause

//! What lies where in the shared memory. Both ends compute it from the size alone.

/// Size of a packet buffer in bytes.
pub const BUFFER: usize = 2048;

/// Maximum number of buffers for each direction.
pub(crate) const MOST: usize = 128;

/// Bytes of a word.
pub(crate) const WORD: usize = size_of::<u64>();

/// Words in front of the first queue. The first one holds the MAC address.
const HEADER: usize = 8;

/// Words of a queue in front of its descriptors.
pub(crate) const QUEUE_HEADER: usize = 8;

/// The queues, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Buffers for received packets, from the client.
    ReceiveFree,
    /// Received packets, from the driver.
    Received,
    /// Buffers for packets to send, from the driver.
    SendFree,
    /// Packets to send, from the client.
    Send,
}

impl Kind {
    /// Number of variants.
    const COUNT: usize = Self::Send as usize + 1;
}

/// What lies where in shared memory: the MAC address, four queues, then the buffers for received
/// packets and as many for packets to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Number of buffers for each direction.
    pub buffers: usize,
    /// Number of descriptors that each queue holds, a power of two.
    pub(crate) capacity: usize,
    /// Buffers that the queues take the place of.
    queues: usize,
}

impl Layout {
    /// The layout of `bytes` of memory. `None` if they hold no buffer for each direction. Larger memory than for
    /// 128 buffers in each direction stays unused.
    pub fn new(bytes: usize) -> Option<Self> {
        let places = bytes / BUFFER;
        let capacity = (places / 2).clamp(1, MOST).next_power_of_two();
        let words = HEADER + Kind::COUNT * (QUEUE_HEADER + capacity);
        let queues = (words * WORD).div_ceil(BUFFER);
        let buffers = (places.checked_sub(queues)? / 2).min(capacity);
        (buffers > 0).then_some(Self {
            buffers,
            capacity,
            queues,
        })
    }

    /// The offset of the buffer `number` for received packets, in bytes.
    pub fn receive(&self, number: usize) -> usize {
        (self.queues + number) * BUFFER
    }

    /// The offset of the buffer `number` for packets to send, in bytes.
    pub fn send(&self, number: usize) -> usize {
        self.receive(self.buffers + number)
    }

    /// The buffer for received packets at an offset.
    pub(crate) fn receive_number(&self, offset: usize) -> Option<usize> {
        self.number(offset.checked_sub(self.receive(0))?)
    }

    /// The buffer for packets to send at an offset.
    pub(crate) fn send_number(&self, offset: usize) -> Option<usize> {
        self.number(offset.checked_sub(self.send(0))?)
    }

    fn number(&self, distance: usize) -> Option<usize> {
        let number = distance / BUFFER;
        (distance.is_multiple_of(BUFFER) && number < self.buffers).then_some(number)
    }

    /// The first word of a queue.
    pub(crate) fn queue(&self, kind: Kind) -> usize {
        HEADER + kind as usize * (QUEUE_HEADER + self.capacity)
    }
}

#[cfg(test)]
mod tests {
    use super::{BUFFER, Kind, Layout, MOST, QUEUE_HEADER, WORD};

    #[test]
    fn queues_and_buffers_fit() {
        for bytes in (0..700_000).step_by(1024).chain([usize::MAX]) {
            let Some(layout) = Layout::new(bytes) else {
                assert!(bytes < 3 * BUFFER);
                continue;
            };
            assert!(layout.buffers <= layout.capacity && layout.capacity <= MOST);
            let end = layout.queue(Kind::Send) + QUEUE_HEADER + layout.capacity;
            assert!(end * WORD <= layout.receive(0));
            assert_eq!(layout.receive(layout.buffers), layout.send(0));
            assert!(layout.send(layout.buffers) <= bytes);
        }
    }

    #[test]
    fn buffers_have_numbers() {
        let layout = Layout::new(256 << 10).unwrap();
        assert_eq!(layout.buffers, 63);
        for number in 0..layout.buffers {
            let (receive, send) = (layout.receive(number), layout.send(number));
            assert_eq!(layout.receive_number(receive), Some(number));
            assert_eq!(layout.send_number(send), Some(number));
            assert_eq!(layout.receive_number(send), None);
            assert_eq!(layout.send_number(receive), None);
            assert_eq!(layout.receive_number(receive + 1), None);
        }
        for offset in [0, layout.send(layout.buffers), usize::MAX] {
            assert_eq!(layout.receive_number(offset), None);
            assert_eq!(layout.send_number(offset), None);
        }
    }
}
