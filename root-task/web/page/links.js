// SPDX-License-Identifier: BSD-2-Clause
// Draws the capabilities between two places side by side, over the memory that they share.

const APART = 11;
const LANE = 6;

// The places of a text on each part of a line, the best first; and the sizes of its letters and lines, at most.
const STEPS = [0.5, 0.35, 0.65, 0.2, 0.8];
const LETTER = 7.5;
const TEXT = 15;

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
  for (const bundle of all) {
    bundle.shared = sharedBytes(system, bundle.pair);
    bundle.way = way(bundle.pair.map((key) => layout.places.get(key)), layout);
  }
  spread(all, layout);
  const taken = [...layout.places.values()].map(({ x, y, width, height }) => area(x, y, width, height));
  return all.map((bundle) => draw(bundle, layout, taken));
}

const area = (x, top, width, height) => ({ left: x - width / 2, right: x + width / 2, top, bottom: top + height });
const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
const isAbove = (a, b) => a.y < b.y || (a.y === b.y && a.x < b.x);

function sharedBytes(system, [from, end]) {
  const of = system.components.find(({ name }) => `component,${name}` === from);
  const channels = of?.channels.filter(({ peer }) => `component,${peer}` === end) ?? [];
  return channels.reduce((sum, { bytes }) => sum + bytes, 0);
}

// Gives each bundle its own place at both ends, in the order of the next points on their ways.
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
      const next = ({ way, pair }) => way.at(-side)?.[0] ?? places.get(pair[other]).x;
      list.sort((a, b) => next(a) - next(b));
      list.forEach((bundle, index) => { bundle[mark] = x + width * ((index + 1) / (list.length + 1) - 0.5); });
    }
  }
}

const style = ({ kind }) => ({ endpoint: 'call', reply: 'call', notification: 'signal' })[kind] ?? kind;

function draw({ pair, lines, shared, start, stop, way }, layout, taken) {
  const [top, bottom] = pair.map((key) => layout.places.get(key));
  const end = top.y === bottom.y ? bottom.y + bottom.height : bottom.y;
  const points = [[start, top.y + top.height], ...way, [stop, end]];
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
  const texts = labels(lines, shared);
  if (texts.length) {
    const [x, y] = free(points, texts, layout, taken);
    group.append(...texts.map((text, index) => make('text', { class: 'label', ...ends, x, y: y + 4 + TEXT * index }, text)));
  }
  return group;
}

// The first point on the line where texts cover neither a box nor other texts; the first of all if there is none.
function free(points, texts, { width }, taken) {
  const length = LETTER * Math.max(...texts.map((text) => text.length));
  const all = points.slice(1).flatMap((end, index) => STEPS.map((step) => along(points[index], end, step)));
  const areas = all.map(([x, y]) => area(x, y - TEXT / 2, length, TEXT * texts.length));
  const isFree = (one) => one.left > 0 && one.right < width && !taken.some((other) => overlap(one, other));
  const best = Math.max(0, areas.findIndex(isFree));
  taken.push(areas[best]);
  return all[best];
}

// The point on a curve of `path` at a part of its way.
function along([x1, y1], [x2, y2], part) {
  const rest = 1 - part;
  const middle = 3 * rest * part;
  const x = x1 * rest ** 2 * (1 + 2 * part) + x2 * part ** 2 * (1 + 2 * rest);
  return [x, y1 * rest ** 3 + middle * (y1 + y2) / 2 + y2 * part ** 3];
}

// What the ends don't tell already.
function labels(lines, shared) {
  const texts = lines.map(({ one: { kind, object, to } }) => {
    if (kind === 'interrupt') return `irq ${short(object, 8)}`;
    return kind === 'endpoint' && object !== to ? short(object, 16) : '';
  });
  return [...new Set([...texts, shared ? size(shared) : ''])].filter(Boolean);
}

// The points between two places: in the gaps of the rows between, or below both.
function way([top, bottom], { rows }) {
  if (top.y === bottom.y) return [[(top.x + bottom.x) / 2, top.y + top.height + 34]];
  const points = [];
  for (const { y, height, gaps } of rows) {
    if (y > top.y && y < bottom.y) {
      const straight = top.x + (bottom.x - top.x) * (y - top.y) / (bottom.y - top.y);
      const gap = gaps.reduce((best, one) => (Math.abs(one.x - straight) < Math.abs(best.x - straight) ? one : best));
      // To the right and to the left of the middle, in turns.
      const x = gap.x + (gap.used % 2 ? 1 : -1) * Math.ceil(gap.used / 2) * LANE;
      gap.used += 1;
      points.push([x, y - 6], [x, y + height + 6]);
    }
  }
  return points;
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
