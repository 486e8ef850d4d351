// SPDX-License-Identifier: BSD-2-Clause
// Draws the capabilities between two places side by side, over the memory that they share.

const APART = 11;
const LANE = 6;

function links(system, layout) {
  for (const { gaps } of layout.rows) for (const gap of gaps) gap.used = 0;
  const bundles = new Map();
  for (const component of system.components) {
    const from = `component,${component.name}`;
    for (const one of component.capabilities) {
      const end = target(one);
      if (!end || !layout.places.has(end)) continue;
      const isDown = isAbove(layout.places.get(from), layout.places.get(end));
      const pair = isDown ? [from, end] : [end, from];
      const bundle = bundles.get(pair.join('|')) ?? { pair, lines: [] };
      bundle.lines.push({ component, one, isDown });
      bundles.set(pair.join('|'), bundle);
    }
  }
  const all = [...bundles.values()];
  for (const bundle of all) bundle.shared = sharedBytes(system, bundle.pair);
  spread(all, layout);
  return all.map((bundle) => draw(bundle, layout));
}

const isAbove = (a, b) => a.y < b.y || (a.y === b.y && a.x < b.x);

function sharedBytes(system, [from, end]) {
  const of = system.components.find(({ name }) => `component,${name}` === from);
  const channels = of?.channels.filter(({ peer }) => `component,${peer}` === end) ?? [];
  return channels.reduce((sum, { bytes }) => sum + bytes, 0);
}

// Gives each bundle its own place at both ends, in the order of the other ends.
function spread(bundles, { places }) {
  for (const [side, other, mark] of [[0, 1, 'start'], [1, 0, 'stop']]) {
    const ends = new Map();
    for (const bundle of bundles) {
      const list = ends.get(bundle.pair[side]) ?? [];
      list.push(bundle);
      ends.set(bundle.pair[side], list);
    }
    for (const [key, list] of ends) {
      const { x, width } = places.get(key);
      list.sort((a, b) => places.get(a.pair[other]).x - places.get(b.pair[other]).x);
      list.forEach((bundle, index) => { bundle[mark] = x + width * ((index + 1) / (list.length + 1) - 0.5); });
    }
  }
}

const style = ({ kind }) => ({ endpoint: 'call', reply: 'call', notification: 'signal' })[kind] ?? kind;

function draw({ pair, lines, shared, start, stop }, layout) {
  const [top, bottom] = pair.map((key) => layout.places.get(key));
  const points = route([start, top.y + top.height], [stop, bottom.y], layout, top.y === bottom.y);
  const ends = { 'data-from': pair[0], 'data-end': pair[1] };
  const group = make('g', { class: 'link', ...ends });
  if (shared) group.append(make('path', { class: 'band', d: path(points, 0), 'data-bytes': shared }));
  // Signals to both sides share a line.
  const lanes = [...new Set(lines.map(({ one }) => style(one)))];
  for (const { component, one, isDown } of lines) {
    const shift = (lanes.indexOf(style(one)) - (lanes.length - 1) / 2) * APART;
    const [x, y] = isDown ? points.at(-1) : points[0];
    group.append(make('path', { class: `edge ${style(one)}`, d: path(points, shift), ...capability(component, one) },
      make('title', {}, describe(component, one))));
    if (one.to !== null) group.append(make('path', { class: 'tip', d: `M${x + shift} ${y}l-4.5 ${isDown ? -9 : 9}h9z` }));
  }
  const [[x1, y1], [x2, y2]] = points;
  group.append(...labels(lines, shared).map((text, index) =>
    make('text', { class: 'label', ...ends, x: (x1 + x2) / 2, y: (y1 + y2) / 2 + 4 + 15 * index }, text)));
  return group;
}

// What the ends don't tell already.
function labels(lines, shared) {
  const texts = lines.map(({ one: { kind, object, to } }) => {
    if (kind === 'interrupt') return `irq ${short(object, 8)}`;
    return kind === 'endpoint' && object !== to ? short(object, 16) : '';
  });
  return [...new Set([...texts, shared ? size(shared) : ''])].filter(Boolean);
}

// A way from one row to another, through the gaps of the rows between.
function route([x1, y1], [x2, y2], { rows }, isSameRow) {
  if (isSameRow) return [[x1, y1], [(x1 + x2) / 2, y1 + 34], [x2, y1]];
  const points = [[x1, y1]];
  for (const { y, height, gaps } of rows) {
    if (y > y1 && y + height < y2) {
      const straight = x1 + (x2 - x1) * (y - y1) / (y2 - y1);
      const gap = gaps.reduce((best, one) => (Math.abs(one.x - straight) < Math.abs(best.x - straight) ? one : best));
      // To the right and to the left of the middle, in turns.
      const x = gap.x + (gap.used % 2 ? 1 : -1) * Math.ceil(gap.used / 2) * LANE;
      gap.used += 1;
      points.push([x, y - 6], [x, y + height + 6]);
    }
  }
  return [...points, [x2, y2]];
}

// Curves that leave and reach each point vertically.
function path([[x, y], ...rest], shift) {
  let text = `M${x + shift} ${y}`;
  let [lastX, lastY] = [x, y];
  for (const [nextX, nextY] of rest) {
    const middle = (lastY + nextY) / 2;
    text += `C${lastX + shift} ${middle} ${nextX + shift} ${middle} ${nextX + shift} ${nextY}`;
    [lastX, lastY] = [nextX, nextY];
  }
  return text;
}
