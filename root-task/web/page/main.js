// SPDX-License-Identifier: BSD-2-Clause
// Shows each state that arrives.

const LIVE = { waiting: 'Connecting', live: 'Live', lost: 'Reconnecting' };
const picture = new Picture(byId('picture'));
let last;
let started = 0;

function tell(live) {
  byId('live').dataset.live = live;
  write(byId('live-text'), LIVE[live]);
}

// What screen readers say: only changes that matter.
function news(system) {
  if (!last) return;
  const before = new Map(last.components.map((one) => [one.name, one]));
  const texts = system.components.flatMap(({ name, restarts, state }) => {
    const old = before.get(name);
    if (old && restarts > old.restarts) return [`${name} restarted, ${restarts} times so far`];
    return old && state !== old.state ? [`${name} ${STATES[state]}`] : [];
  });
  if (texts.length) write(byId('news'), texts.join('; '));
}

function showUptime() {
  const seconds = Math.max(0, Math.floor((performance.now() - started) / 1000));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const place = document.querySelector('[data-fact="Uptime"] dd');
  if (place) write(place, parts.map((part) => String(part).padStart(2, '0')).join(':'));
}

follow((system) => {
  started = performance.now() - system.uptime;
  news(system);
  last = system;
  showFacts(system);
  showUptime();
  showComponents(system);
  showCapabilities(system);
  showLog(system);
  document.body.classList.remove('waiting');
  picture.draw(system);
}, tell);
setInterval(showUptime, 1000);
