// Runs before Chainlit's script. Its page sets these with inline scripts, which our policy forbids.
"use strict";
const global = globalThis;
// Long polling cannot be tied to one process; the socket can.
window.transports = ["websocket"];
// Where this page lives: "/chat", or "/embed/<partner>" inside a partner's page.
window.guideBase = document.querySelector('meta[property="og:root_path"]').content;
// Some browsers throw on the mere mention of storage in a frame of another site; the page must still open.
(function () {
  function store() {
    const kept = new Map();
    return {
      getItem: (key) => (kept.has(String(key)) ? kept.get(String(key)) : null),
      setItem: (key, value) => void kept.set(String(key), String(value)),
      removeItem: (key) => void kept.delete(String(key)),
      clear: () => kept.clear(),
      key: (index) => Array.from(kept.keys())[index] ?? null,
      get length() {
        return kept.size;
      },
    };
  }
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].getItem("guide");
    } catch (error) {
      Object.defineProperty(window, name, { value: store(), configurable: true });
      // What is kept is gone with the page.
      window.guideForgets = true;
    }
  }
})();
// Chainlit's page asks again and again who is here, and takes a lost network for a visitor who is not: it would leave
// the conversation for its login page. While the server cannot be heard, its last answer counts.
(function () {
  const NAMES = ["/user", "/auth/config", "/project/settings", "/project/translations"];
  const KEPT = new Set(NAMES.map((name) => window.guideBase + name));
  const SIGN_IN = `${window.guideBase}/auth/header`;
  const ask = window.fetch.bind(window);
  const answers = new Map();
  const lastOf = (path) => new Response(answers.get(path), { headers: { "Content-Type": "application/json" } });

  async function askFor(path, input, init) {
    try {
      const response = await ask(input, init);
      if (response.ok) answers.set(path, await response.clone().text());
      return response.status >= 502 && answers.has(path) ? lastOf(path) : response;
    } catch (error) {
      if (!answers.has(path)) throw error;
      return lastOf(path);
    }
  }

  // Chainlit's page would wait for ever for a visitor whose browser keeps no cookie.
  async function signIn(input, init) {
    const response = await ask(input, init);
    if (response.status === 401) {
      document.getElementById("root").hidden = true;
      document.getElementById("guide-blocked").hidden = false;
    }
    return response;
  }

  window.fetch = function (input, init) {
    const method = (init && init.method) || (input instanceof Request ? input.method : "GET");
    const address = input instanceof Request ? input.url : String(input);
    const path = new URL(address, window.location.href).pathname;
    if (path === SIGN_IN) return signIn(input, init);
    return method === "GET" && KEPT.has(path) ? askFor(path, input, init) : ask(input, init);
  };
})();
