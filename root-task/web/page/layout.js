// SPDX-License-Identifier: BSD-2-Clause
// Where the parts of the picture lie. The same components and width give the same places.

const BOX = { width: 132, least: 118, height: 66, gap: 20, between: 104, edge: 16, top: 42, chip: 30 };

// Components stand above the providers that they need, and the devices of `shown` below all of them.
function layOut(system, width, shown) {
  const { components } = system;
  const provider = new Map();
  for (const one of components) for (const service of one.provides) provider.set(service, one.name);
  const byName = new Map(components.map((one) => [one.name, one]));
  const needed = (one) => one.needs.map((service) => provider.get(service)).filter((name) => name !== undefined);
  const depths = new Map();
  const depth = (name) => {
    if (!depths.has(name)) {
      depths.set(name, 0); // Ends the search if components need each other.
      depths.set(name, Math.max(0, ...needed(byName.get(name)).map((other) => 1 + depth(other))));
    }
    return depths.get(name);
  };
  const layers = [];
  for (const { name } of components) (layers[depth(name)] ??= []).push(name);
  orderLayers(layers, components, needed);

  const perRow = Math.max(1, Math.floor((width - 2 * BOX.edge + BOX.gap) / (BOX.least + BOX.gap)));
  const order = layers.flatMap((layer) => layer ?? []);
  const devices = [...new Set(order.flatMap((name) => byName.get(name).devices))].filter((name) => shown.has(name));
  const rows = layers.filter(Boolean).reverse().flatMap((layer) => chunks(layer, perRow))
    .map((names) => ({ keys: names.map((name) => `component,${name}`), height: BOX.height, after: BOX.between }));
  const room = BOX.top + rows.length * (BOX.height + BOX.between) - BOX.between + 22;
  const chips = chunks(devices, perRow)
    .map((names) => ({ keys: names.map((name) => `device,${name}`), height: BOX.chip, after: 34 }));
  const others = new Map(components.map((one) => [`component,${one.name}`, [
    ...needed(one).map((name) => `component,${name}`), ...one.devices.map((name) => `device,${name}`)]]));
  return { rows: [...rows, ...chips], room, ...placeRows(rows, chips, room, width, others) };
}

// From the bottom up: each place lies over the middle of those that it leads to, as far as there is room.
function placeRows(rows, chips, room, width, others) {
  const places = new Map();
  let y = BOX.top;
  for (const row of rows) { row.y = y; y += row.height + row.after; }
  y = room + 50;
  for (const row of chips) { row.y = y; y += row.height + row.after; }
  for (const row of [...rows, ...chips].reverse()) {
    const step = (width - 2 * BOX.edge) / row.keys.length;
    const boxWidth = Math.min(BOX.width, step - BOX.gap);
    const wishes = row.keys.map((key, index) => {
      const ends = (others.get(key) ?? []).map((other) => places.get(other)?.x).filter((x) => x !== undefined);
      const even = BOX.edge + step * (index + 0.5);
      return ends.length ? (ends.reduce((sum, x) => sum + x, 0) / ends.length + even) / 2 : even;
    });
    const apart = Math.min(step, boxWidth + 2 * BOX.gap);
    const xs = keepApart(wishes, apart, BOX.edge + apart / 2, width - BOX.edge - apart / 2);
    row.keys.forEach((key, index) => places.set(key, { x: xs[index], y: row.y, width: boxWidth, height: row.height }));
    row.gaps = [0, ...xs].map((x, index) => {
      const left = index ? x + boxWidth / 2 : 0;
      const right = index < xs.length ? xs[index] - boxWidth / 2 : width;
      return { x: (left + right) / 2, used: 0 };
    });
  }
  return { places, width, height: chips.length ? y - 12 : room + 14 };
}

// The places nearest to `wishes`, in their order, with room between them.
function keepApart(wishes, apart, least, most) {
  const xs = [...wishes];
  for (let index = 0; index < xs.length; index += 1) {
    xs[index] = Math.max(xs[index], index ? xs[index - 1] + apart : least);
  }
  for (let index = xs.length - 1; index >= 0; index -= 1) {
    xs[index] = Math.min(xs[index], index + 1 < xs.length ? xs[index + 1] - apart : most);
  }
  return xs;
}

// Moves each component near its neighbours in the other layers.
function orderLayers(layers, components, needed) {
  const position = new Map(components.map(({ name }, index) => [name, index]));
  const neighbours = new Map(components.map(({ name }) => [name, []]));
  for (const one of components) {
    for (const other of needed(one)) {
      neighbours.get(one.name).push(other);
      neighbours.get(other).push(one.name);
    }
  }
  const place = (name) => {
    const others = neighbours.get(name);
    return others.length ? others.reduce((sum, other) => sum + position.get(other), 0) / others.length : position.get(name);
  };
  for (let round = 0; round < 4; round += 1) {
    for (const layer of layers.filter(Boolean)) {
      const places = new Map(layer.map((name) => [name, place(name)]));
      layer.sort((a, b) => places.get(a) - places.get(b) || position.get(a) - position.get(b));
      layer.forEach((name, index) => position.set(name, (index + 0.5) * components.length / layer.length));
    }
  }
}

function chunks(list, size) {
  const parts = Math.ceil(list.length / size);
  const even = Math.ceil(list.length / parts);
  return Array.from({ length: parts || 0 }, (_, index) => list.slice(index * even, (index + 1) * even));
}
