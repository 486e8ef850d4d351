// SPDX-License-Identifier: BSD-2-Clause

//! Writes images as Microkit's tool does (Microkit 2.3.0, `tool/microkit/src/loader.rs`), without its loader.

/// The first word of the data for Microkit's loader.
const MAGIC: u64 = 0x5e14_dead_14de_5ead;

/// What stands in for the code of Microkit's loader. Like that, it holds the magic number.
const CODE: [u64; 4] = [0xd503_201f_d503_201f, MAGIC, 0x4c44_525f, 0];

/// The fields of an image; each may be wrong.
#[derive(Clone, Debug)]
pub(crate) struct Microkit {
    pub(crate) kernel_entry: u64,
    pub(crate) user_start: u64,
    pub(crate) user_end: u64,
    pub(crate) pv_offset: u64,
    pub(crate) user_entry: u64,
    pub(crate) regions: Vec<Region>,
}

/// Memory that Microkit's loader fills.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) start: u64,
    pub(crate) content: Vec<u8>,
    /// 1 for data.
    pub(crate) kind: u64,
}

/// A segment of a program: its virtual and physical address, its content and its size in memory.
pub(crate) type Segment<'a> = (u64, u64, &'a [u8], u64);

impl Microkit {
    /// The image of a kernel and a root task that follows it, each given by its entry point and its ascending segments.
    pub(crate) fn new(kernel: (u64, &[Segment<'_>]), app: (u64, &[Segment<'_>])) -> Self {
        const PAGE: u64 = 4096;
        let stored = |start: u64, content: &[u8], size: u64| {
            let mut content = content.to_vec();
            content.resize(size as usize, 0);
            let kind = 1;
            Region {
                start,
                content,
                kind,
            }
        };
        let ends = kernel.1.iter().map(|(_, phys, _, size)| phys + size);
        let user_start = ends.max().unwrap_or(0).next_multiple_of(PAGE);
        let first = app.1.first().map_or(0, |segment| segment.0) / PAGE * PAGE;
        let last = app.1.last().map_or(0, |segment| segment.0 + segment.3);
        let pv_offset = user_start.wrapping_sub(first);
        let of_kernel = kernel.1.iter();
        let of_kernel = of_kernel.map(|(_, phys, content, size)| stored(*phys, content, *size));
        let of_app = app.1.iter();
        let of_app = of_app
            .map(|(virt, _, content, size)| stored(virt.wrapping_add(pv_offset), content, *size));
        Self {
            kernel_entry: kernel.0,
            user_start,
            user_end: last.next_multiple_of(PAGE).wrapping_add(pv_offset),
            pv_offset,
            user_entry: app.0,
            regions: of_kernel.chain(of_app).collect(),
        }
    }

    /// The file of Microkit 2.1 to 2.3.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.file(&[], &[])
    }

    /// The file of Microkit 2.0, with flags and an area for devices in its header.
    pub(crate) fn to_old_bytes(&self) -> Vec<u8> {
        self.file(&[1], &[0x6100_0000, 0x1000])
    }

    /// A file whose header has `flags` behind its size, and `device` before the number of regions.
    fn file(&self, flags: &[u64], device: &[u64]) -> Vec<u8> {
        let table: usize = 32 * self.regions.len();
        let content: usize = self.regions.iter().map(|region| region.content.len()).sum();
        let words = 8 + flags.len() + device.len();
        let size = (8 * words + table + content) as u64;
        let fields = [
            self.kernel_entry,
            self.user_start,
            self.user_end,
            self.pv_offset,
            self.user_entry,
        ];
        let count = [self.regions.len() as u64];
        let mut words = [&CODE[..], &[MAGIC, size], flags, &fields, device, &count].concat();
        let mut offset = 0;
        for region in &self.regions {
            let size = region.content.len() as u64;
            words.extend([region.start, size, offset, region.kind]);
            offset += size;
        }
        let mut file: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
        for region in &self.regions {
            file.extend(&region.content);
        }
        file
    }
}
