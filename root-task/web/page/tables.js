// SPDX-License-Identifier: BSD-2-Clause
// Fills the tables. Rows and cells stay, so that focus and selection do.

const byId = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Makes the rows of `body` those of `items`, in their order, each with the cells that `cells` makes.
function fill(body, items, cells, update) {
  const rows = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  items.forEach(({ key, item }, index) => {
    let row = rows.get(key);
    rows.delete(key);
    if (!row) {
      row = element('tr');
      row.dataset.key = key;
      row.append(...cells(item));
    }
    update(row, item, index);
    if (body.rows[index] !== row) body.insertBefore(row, body.rows[index] ?? null);
  });
  for (const row of rows.values()) row.remove();
}

const cell = (className = '', label = '') => {
  const made = element('td', { className });
  if (label) made.dataset.label = label;
  return made;
};
const head = () => element('th', { scope: 'row' });

function share(label) {
  const bar = element('div', { className: 'bar' }, element('i'));
  bar.setAttribute('role', 'meter');
  bar.setAttribute('aria-label', label);
  bar.setAttribute('aria-valuemin', 0);
  const made = cell('', label);
  made.append(element('div', { className: 'share' }, element('span'), bar));
  return made;
}

function showShare(place, { used, total }, text) {
  const bar = place.querySelector('.bar');
  const part = total ? Math.min(1, used / total) : 0;
  write(place.querySelector('span'), text);
  bar.setAttribute('aria-valuenow', used);
  bar.setAttribute('aria-valuemax', total);
  bar.setAttribute('aria-valuetext', text);
  bar.classList.toggle('full', part >= 0.9);
  bar.firstChild.style.width = `${part * 100}%`;
}

function showComponents({ components }) {
  const cells = () => {
    const made = [head(), cell('state'), cell('number', 'Restarts'), cell('number', 'Priority'), share('Memory'), share('Slots'), cell('', 'Provides'), cell('', 'Needs'), cell('', 'Devices')];
    made[0].setAttribute('role', 'rowheader');
    for (const one of made.slice(1)) one.setAttribute('role', 'cell');
    return made;
  };
  const items = components.map((item) => ({ key: item.name, item }));
  fill(byId('components').tBodies[0], items, cells, (row, one, index) => {
    const [name, state, restarts, priority, memory, slots, provides, needs, devices] = row.cells;
    row.id = `component-${index}`;
    row.tabIndex = -1;
    row.setAttribute('role', 'row');
    write(name, one.name);
    write(state, STATES[one.state]);
    state.dataset.state = one.state;
    write(restarts, String(one.restarts));
    write(priority, String(one.priority));
    showShare(memory, one.memory, `${size(one.memory.used)} of ${size(one.memory.total)}`);
    showShare(slots, one.slots, `${one.slots.used} of ${one.slots.total}`);
    write(provides, one.provides.join(', '));
    write(needs, one.needs.join(', '));
    write(devices, one.devices.join(', '));
  });
}

const RIGHTS = { call: 'call', receive: 'receive from', signal: 'signal', use: 'use' };
const KINDS = { endpoint: '', notification: '', reply: 'reply object ', device: 'device ', interrupt: 'interrupt ' };

function showCapabilities({ components }) {
  const items = components.flatMap((holder) => holder.capabilities.map((item, index) => ({ key: `${index} ${holder.name}`, item: { holder, ...item } })));
  fill(byId('capabilities').tBodies[0], items, () => [head(), cell(), cell(), cell()], (row, { holder, kind, right, object, device, to }) => {
    const [name, may, what, of] = row.cells;
    write(name, holder.name);
    write(may, RIGHTS[right]);
    write(what, KINDS[kind] + object);
    write(of, to ?? device ?? (kind === 'endpoint' && right === 'call' ? 'root task' : ''));
  });
}

function showLog({ log }) {
  const items = [...log].reverse().map((item) => ({ key: String(item.number), item }));
  fill(byId('log').tBodies[0], items, () => [cell('number'), head(), cell(), cell()], (row, { number, component, action, denial }) => {
    const [count, name, request, answer] = row.cells;
    write(count, String(number));
    write(name, component);
    write(request, action);
    write(answer, denial === null ? 'granted' : `denied: ${denial}`);
    answer.className = denial === null ? '' : 'denied';
  });
}

function showFacts({ kernel, measurement, memory, slots, web, network, components }) {
  const running = components.filter(({ state }) => state === 'running').length;
  const facts = {
    Components: `${running} of ${components.length} running`,
    Restarts: String(components.reduce((sum, { restarts }) => sum + restarts, 0)),
    'Free memory': size(memory.total - memory.used),
    'Free slots': String(slots.total - slots.used),
    Uptime: '',
    Kernel: [...kernel.configuration, kernel.cores > 1 ? `${kernel.cores} cores` : '1 core'].join(', '),
    'Measurement of the image': measurement ?? 'unknown',
    'Requests refused': `${web.refused + web.busy + web.slow} of ${web.answered + web.refused + web.busy}`,
    'Responses cut short': String(web.failed),
    'Packets dropped': String(network.malformed + network.foreign),
    'Network driver faults': String(network.broken),
  };
  const list = byId('facts');
  for (const [name, text] of Object.entries(facts)) {
    let fact = list.querySelector(`[data-fact="${name}"]`);
    if (!fact) {
      fact = element('div', {}, element('dt', { textContent: name }), element('dd'));
      fact.dataset.fact = name;
      list.append(fact);
    }
    if (name !== 'Uptime') write(fact.lastChild, text);
    fact.lastChild.title = text;
  }
  write(byId('kernel'), kernel.version);
}
