// SPDX-License-Identifier: BSD-2-Clause
// Lists components, devices and labels outside of the picture or on another one, and arrows on ports.
(() => {
  const picture = document.querySelector('#picture svg').getBoundingClientRect();
  const areas = (parts, name) => [...document.querySelectorAll(parts)].map((part) => [name(part), part.getBoundingClientRect()]);
  const boxes = areas('#picture .box, #picture .chip rect', ({ parentNode: { dataset } }) => dataset.component ?? dataset.device);
  const labels = areas('#picture .label, #picture .room-name', ({ textContent }) => textContent);
  const ports = areas('#picture .port', ({ dataset }) => `${dataset.right} ${dataset.object}`);
  const tips = areas('#picture .tip', () => '');
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const isOutside = (one) => one.left < picture.left || one.right > picture.right
    || one.top < picture.top || one.bottom > picture.bottom;
  const wide = [...boxes, ...labels];
  const outside = [...wide, ...ports].filter(([, one]) => isOutside(one));
  const narrow = boxes.filter(([, box]) => box.width < 80);
  const covered = wide.filter(([, a], index) => wide.some(([, b], other) => other < index && overlap(a, b)));
  const hidden = ports.filter(([, port]) => tips.some(([, tip]) => overlap(port, tip)));
  return [...outside, ...narrow, ...covered, ...hidden].map(([name]) => name);
})()
