// SPDX-License-Identifier: BSD-2-Clause
// Follows the states, also across restarts of the server and of the network.

const SILENCE = 12000; // The server says something every 5 seconds.

function follow(show, tell) {
  let source;
  let heard = 0;
  let wait = 1000;
  const hear = () => { heard = performance.now(); };
  const connect = () => {
    hear();
    source = new EventSource('/api/events');
    source.addEventListener('alive', hear);
    source.addEventListener('error', () => tell('lost'));
    source.addEventListener('message', ({ data }) => {
      hear();
      wait = 1000;
      let system;
      try { system = JSON.parse(data); } catch { return; }
      tell('live');
      show(system);
    });
  };
  setInterval(() => {
    const silence = performance.now() - heard;
    if (silence > SILENCE || (source.readyState === EventSource.CLOSED && silence > wait)) {
      source.close();
      tell('lost');
      wait = Math.min(wait * 2, 8000);
      connect();
    }
  }, 500);
  connect();
}
