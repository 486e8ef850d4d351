// SPDX-License-Identifier: BSD-2-Clause
// Draws components, devices and capabilities.

const STATES = { running: 'running', stopped: 'stopped', givenUp: 'given up' };
const MARKS = { running: '●', stopped: '○', givenUp: '✕' };

function make(name, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Keeps both ends of a text: the paths of similar devices differ at the end.
const short = (text, length) => (text.length > length ? `${text.slice(0, Math.ceil(length / 2) - 1)}…${text.slice(-Math.floor(length / 2))}` : text);

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  const [amount, unit] = bytes < 1 << 20 ? [bytes / 1024, 'KiB'] : [bytes / (1 << 20), 'MiB'];
  return `${amount < 10 ? Math.round(amount * 10) / 10 : Math.round(amount)} ${unit}`;
}

class Picture {
  constructor(container) {
    this.container = container;
    this.restarts = new Map();
    // Devices that a component has used, so that nothing moves while a driver restarts.
    this.used = new Set();
    new ResizeObserver(() => requestAnimationFrame(() => this.system && this.draw(this.system))).observe(container);
  }

  draw(system) {
    this.system = system;
    const width = Math.max(280, this.container.clientWidth);
    const fixed = system.components.map(({ name, needs, provides, devices }) => [name, needs, provides, devices]);
    const devices = system.components.flatMap(({ capabilities }) => capabilities.map(deviceOf));
    devices.filter(Boolean).forEach((device) => this.used.add(device));
    const signature = JSON.stringify([width, fixed, [...this.used]]);
    if (signature !== this.signature) {
      this.signature = signature;
      this.build(system, width);
    }
    this.links.replaceChildren(...links(system, this.layout));
    // Above all lines.
    this.labels.replaceChildren(...this.links.querySelectorAll('.label'));
    system.components.forEach((component, index) => this.show(component, this.nodes[index]));
    this.focus(this.focused);
  }

  build(system, width) {
    this.layout = layOut(system, width, this.used);
    const { places, room, height } = this.layout;
    this.links = make('g');
    this.labels = make('g', { 'aria-hidden': true });
    this.nodes = system.components.map((component, index) => {
      const node = this.node(component, index, places.get(`component,${component.name}`));
      return node;
    });
    const devices = [...places].filter(([key]) => key.startsWith('device,'));
    this.root = make('svg', { viewBox: `0 0 ${width} ${height}`, height, width });
    this.root.append(
      make('rect', { class: 'room', x: 6, y: 8, width: width - 12, height: room - 8, rx: 12 }),
      make('text', { class: 'room-name', x: 18, y: 26 }, 'Root task and its broker'),
      this.links,
      this.labels,
      ...this.nodes.map((node) => node.link),
      ...devices.map(([key, place]) => chip(key.slice('device,'.length), place)),
    );
    this.container.replaceChildren(this.root);
    this.container.style.minHeight = '0';
  }

  node({ name }, index, { x, y, width, height }) {
    const link = make('a', { class: 'node', href: `#component-${index}`, transform: `translate(${x - width / 2} ${y})`, 'data-component': name });
    const parts = {
      title: make('title'),
      state: make('text', { class: 'quiet', x: 12, y: 41 }),
      restarts: make('text', { class: 'quiet', x: width - 12, y: 41, 'text-anchor': 'end' }),
      fill: make('rect', { class: 'fill', x: 12, y: 51, width: 0, height: 5, rx: 2.5 }),
      ports: make('g'),
    };
    link.append(
      parts.title,
      make('rect', { class: 'box', width, height, rx: 9 }),
      make('text', { class: 'name', x: 12, y: 23 }, short(name, Math.floor((width - 20) / 8.5))),
      parts.state, parts.restarts,
      make('rect', { class: 'groove', x: 12, y: 51, width: width - 24, height: 5, rx: 2.5 }),
      parts.fill, parts.ports,
    );
    const focus = (on) => () => this.focus(on ? name : undefined);
    link.addEventListener('pointerenter', focus(true));
    link.addEventListener('pointerleave', focus(false));
    link.addEventListener('focus', focus(true));
    link.addEventListener('blur', focus(false));
    link.addEventListener('animationend', () => link.classList.remove('new'));
    return { link, width, height, ...parts };
  }

  show(component, node) {
    const { name, state, restarts, memory, capabilities } = component;
    const text = `${name}: ${STATES[state]}, ${restarts} restarts, ${size(memory.used)} of ${size(memory.total)}, ${capabilities.length} capabilities`;
    node.link.dataset.state = state;
    node.link.setAttribute('aria-label', text);
    node.title.textContent = text;
    node.state.replaceChildren(make('tspan', { class: 'mark' }, MARKS[state]), ` ${STATES[state]}`);
    node.restarts.textContent = restarts ? `↻ ${restarts}` : '';
    node.fill.setAttribute('width', (node.width - 24) * Math.min(1, memory.used / (memory.total || 1)));
    const own = capabilities.filter((one) => !target(one));
    node.ports.replaceChildren(...own.map((one, index) => port(component, one, index / own.length, node)));
    if (restarts > (this.restarts.get(name) ?? Infinity)) node.link.classList.add('new');
    this.restarts.set(name, restarts);
  }

  // Fades everything that `name` has no capability to, and none from.
  focus(name) {
    this.focused = name;
    this.root.classList.toggle('focus', name !== undefined);
    const near = new Set([`component,${name}`]);
    for (const link of this.root.querySelectorAll('.link, .label')) {
      const on = link.dataset.from === `component,${name}` || link.dataset.end === `component,${name}`;
      link.classList.toggle('on', on);
      if (on) near.add(link.dataset.from).add(link.dataset.end);
    }
    for (const node of this.root.querySelectorAll('.node')) node.classList.toggle('on', near.has(`component,${node.dataset.component}`));
    for (const part of this.root.querySelectorAll('.chip')) part.classList.toggle('on', near.has(`device,${part.dataset.device}`));
  }
}

// The place that a capability's arrow leads to; none if it stays at the holder.
function target(one) {
  const device = deviceOf(one);
  return one.to !== null ? `component,${one.to}` : device && `device,${device}`;
}

const deviceOf = ({ kind, object, device }) => (kind === 'device' ? object : device);

const describe = ({ name }, { right, kind, object, device, to }) => {
  const of = to ?? device;
  return `${name} may ${right} ${kind === 'interrupt' ? 'interrupt ' : ''}${object}${of === null ? '' : ` of ${of}`}`;
};

const capability = (component, { kind, right, object, device, to }) => ({
  'data-holder': component.name, 'data-kind': kind, 'data-right': right, 'data-object': object, 'data-device': device ?? '', 'data-to': to ?? '',
});

// On the right edge: lines reach the others.
function port(component, one, part, { width, height }) {
  const data = capability(component, one);
  const title = make('title', {}, describe(component, one));
  const y = 12 + (height - 10) * part;
  if (one.kind === 'endpoint' && one.right === 'call') {
    return make('rect', { class: 'port broker', x: width - 4, y: y - 4, width: 8, height: 8, rx: 1.5, ...data }, title);
  }
  return make('circle', { class: `port ${one.right}`, cx: width, cy: y, r: 4.5, ...data }, title);
}

function chip(name, { x, y, width, height }) {
  const pins = [0.2, 0.35, 0.65, 0.8].map((at) => `M${width * at} ${height}v5`).join('');
  return make('g', { class: 'chip', transform: `translate(${x - width / 2} ${y})`, 'data-device': name },
    make('title', {}, `device ${name}`),
    make('path', { d: pins }),
    make('rect', { width, height, rx: 4 }),
    make('text', { x: width / 2, y: 19, 'text-anchor': 'middle' }, short(name, Math.floor((width - 8) / 7))));
}
