// SPDX-License-Identifier: BSD-2-Clause
// Lists components and devices outside of the picture or on another one.
(() => {
  const picture = document.querySelector('#picture svg').getBoundingClientRect();
  const boxes = [...document.querySelectorAll('#picture .box, #picture .chip rect')].map((box) => [
    box.parentNode.dataset.component ?? box.parentNode.dataset.device, box.getBoundingClientRect()]);
  const outside = boxes.filter(([, box]) => box.left < picture.left || box.right > picture.right
    || box.top < picture.top || box.bottom > picture.bottom || box.width < 80);
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const covered = boxes.filter(([, a], index) => boxes.some(([, b], other) => other < index && overlap(a, b)));
  return [...outside, ...covered].map(([name]) => name);
})()
