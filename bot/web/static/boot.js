// Runs before Chainlit's script. Its page sets these with inline scripts, which our policy forbids.
"use strict";
const global = globalThis;
// Long polling cannot be tied to one process; the socket can.
window.transports = ["websocket"];
// Some browsers throw on the mere mention of localStorage in a frame of another site; the page must still open.
(function () {
  try {
    window.localStorage.getItem("guide");
  } catch (error) {
    const kept = new Map();
    const store = {
      getItem: (key) => (kept.has(String(key)) ? kept.get(String(key)) : null),
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (index) => Array.from(kept.keys())[index] ?? null,
      get length() {
        return kept.size;
      },
    };
    Object.defineProperty(window, "localStorage", { value: store, configurable: true });
  }
})();
