// SPDX-License-Identifier: BSD-2-Clause

//! Creates a component's objects, loads its program and starts it.

use kaal_protocol::slots;

use super::Process;
use crate::address_space::RANGES;
use crate::config::{ComponentId, Config, FAULT_BADGE, Image, Segment};
use crate::error::Denial;
use crate::kernel::{
    Access, CSPACE_BITS, Kernel, KernelError, Object, PAGE_SIZE, Pass, Slot, Thread,
};
use crate::pool::{Pool, page_align, slots_of};
use crate::quota::Resources;

impl Process {
    /// Creates the component's objects, loads its program and starts it. After an error, the caller
    /// frees what exists by [`Self::end`].
    pub(crate) fn start<K: Kernel>(
        &mut self,
        pool: &mut Pool<K>,
        config: &Config,
        image: &Image<'_>,
        sched_context: Option<Slot>,
        endpoint: Slot,
        id: ComponentId,
    ) -> Result<(), Denial> {
        self.thread = self.object(pool, Object::Thread)?;
        self.cnode = self.object(pool, Object::CNode(CSPACE_BITS))?;
        self.vspace = self.object(pool, Object::AddressSpace)?;
        self.notification = self.object(pool, Object::Notification)?;
        pool.kernel.assign_asid(self.vspace)?;
        if pool.kernel.is_mcs() {
            let context = Resources::object(&pool.kernel, Object::SchedContext);
            self.usage.charge(context, &self.quota)?;
            let reply = self.object(pool, Object::Reply)?;
            let kernel = &mut pool.kernel;
            kernel.pass(reply, self.cnode, slots::REPLY, Pass::Whole)?;
        }
        let (kernel, cnode) = (&mut pool.kernel, self.cnode);
        kernel.pass(endpoint, cnode, slots::BROKER, Pass::Send(id.badge()))?;
        kernel.pass(self.notification, cnode, slots::NOTIFICATION, Pass::Receive)?;
        for segment in image.segments {
            self.load(pool, segment)?;
        }
        let stack_size = page_align(config.stack)?;
        let stack = self.memory(pool, stack_size, Access::ReadWrite)?;
        let ipc_buffer_address = self.memory(pool, PAGE_SIZE, Access::ReadWrite)?;
        let ipc_buffer = self
            .first_block(ipc_buffer_address)
            .and_then(|block| block.slots.first().copied());
        let fault_badge = FAULT_BADGE | id.badge();
        let fault_endpoint = self.charged(Resources::new(0, 1), |process| {
            process.keep(pool, endpoint, fault_badge)
        })?;
        let thread = Thread {
            thread: self.thread,
            cnode: self.cnode,
            address_space: self.vspace,
            fault_endpoint,
            notification: self.notification,
            sched_context,
            ipc_buffer: ipc_buffer.ok_or(KernelError::InvalidCapability)?,
            ipc_buffer_address,
            entry: image.entry,
            stack: stack + stack_size,
            priority: config.priority,
            core: config.affinity,
            is_passive: config.passive,
        };
        Ok(pool.kernel.start(&thread)?)
    }

    fn load<K: Kernel>(&mut self, pool: &mut Pool<K>, segment: &Segment<'_>) -> Result<(), Denial> {
        let malformed = Denial::Image(segment.address);
        let end = segment.address.checked_add(segment.size).ok_or(malformed)?;
        if end > RANGES.start || segment.bytes.len() as u64 > segment.size {
            return Err(malformed);
        }
        let first = segment.address & !(PAGE_SIZE - 1);
        let size = page_align(end - first)?;
        let allocations = self.charged(Resources::pages(size), |_| pool.pages(size))?;
        let pages = slots_of(&allocations);
        self.objects.extend(allocations);
        let executable = segment.access == Access::ReadExecute;
        let mut rest = segment.bytes;
        let mut offset = segment.address - first;
        for &page in &pages {
            let length = rest.len().min((PAGE_SIZE - offset) as usize);
            let (bytes, behind) = rest.split_at(length);
            pool.kernel.fill_page(page, offset, bytes, executable)?;
            rest = behind;
            offset = 0;
        }
        self.map(pool, &pages, first, segment.access)
    }
}
