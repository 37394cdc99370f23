// The chat inside a partner's page: hands in the ticket that the page around it fetched, then starts the chat.
// Speaks only with the window that frames it, and only while that is one of the partner's own origins.
"use strict";
(function () {
  const base = window.guideBase;
  const wire = window.guideWire;
  const origins = new Set(JSON.parse(document.getElementById("guide-embed").textContent).origins);
  // Signed user ids are asked for anew a minute before they end.
  const RENEW_BEFORE_S = 60;
  const LEAST_WAIT_S = 5;
  const MOST_WAIT_S = 600;
  const MOST_QUESTION_CHARS = 300;
  const PUT_EVERY_MS = 300;
  const PUT_TIMES = 30;
  const FRESH = "guide-fresh";
  const THEME = "vite-ui-theme";
  const state = { around: null, isEntering: false, isIn: false, isShown: true, unread: new Set(), talk: "" };
  const identity = { last: null, isRenewing: false, timer: 0, failures: 0 };

  if (window.parent === window) {
    window.location.replace("/chat/");
    return;
  }

  function tell(type, more) {
    if (state.around) window.parent.postMessage({ guide: 1, type, ...more }, state.around);
  }

  async function post(path, body) {
    const response = await window.fetch(base + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      credentials: "same-origin",
    });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.code || "unavailable");
    return answer;
  }

  // ---- Coming in ----

  async function enter(message) {
    if (state.isEntering || state.isIn) return;
    state.isEntering = true;
    const { identity: token, region, question } = message.context || {};
    try {
      const wish = { ticket: message.ticket, parent: state.around, identity: token, region };
      const answer = await post("/enter", wish);
      // A browser that keeps no cookie here at all would show an empty page; the page around offers another way.
      const known = await window.fetch(`${base}/user`, { credentials: "same-origin" });
      if (known.status === 401) throw new Error("cookies_blocked");
      state.isIn = true;
      start(answer.conversation);
      renewIn(answer.signed_for_s);
      const isSettled = ["ok", "none"].includes(answer.identity);
      if (token && !isSettled) tell("identity_needed");
      if (question) whenReady(() => put(question));
      whenReady(() => tell("entered"));
    } catch (error) {
      tell("refused", { code: error.message });
    } finally {
      state.isEntering = false;
    }
  }

  // The talk that was left goes on, unless the patient began a new one.
  function start(conversation) {
    const goesOn = conversation && window.sessionStorage.getItem(FRESH) === null;
    window.history.replaceState(null, "", goesOn ? `${base}/thread/${conversation}` : `${base}/`);
    // Light or dark is the system's to say here, as for the page around.
    if (!window.localStorage.getItem(THEME)) window.localStorage.setItem(THEME, "system");
    const script = document.createElement("script");
    script.type = "module";
    script.src = document.getElementById("guide-module").href;
    document.head.append(script);
  }

  function whenReady(act) {
    if (document.getElementById("chat-input")) {
      act();
      return;
    }
    const observer = new MutationObserver(function () {
      if (!document.getElementById("chat-input")) return;
      observer.disconnect();
      act();
    });
    observer.observe(document.getElementById("root"), { childList: true, subtree: true });
  }

  // Put into the writing field, never sent: what is asked is the patient's to say.
  function put(question) {
    const field = document.getElementById("chat-input");
    if (typeof question !== "string" || field.value || field.textContent) return;
    type(field, question.slice(0, MOST_QUESTION_CHARS), PUT_TIMES);
  }

  // As if it were typed. Chainlit forgets what was typed before its line stood, so it is looked at again.
  function type(field, words, times) {
    const { set } = Object.getOwnPropertyDescriptor(window.HTMLTextAreaElement.prototype, "value");
    for (const value of ["", words]) {
      set.call(field, value);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    window.setTimeout(function () {
      const current = document.getElementById("chat-input");
      const isKept = !document.getElementById("chat-submit")?.disabled;
      const isUntouched = current && (current.value === words || current.value === "");
      if (!isKept && isUntouched && times > 1) type(current, words, times - 1);
    }, PUT_EVERY_MS);
  }

  // ---- Who this is ----

  function renewIn(seconds) {
    window.clearTimeout(identity.timer);
    if (typeof seconds !== "number") return;
    const wait = Math.max(LEAST_WAIT_S, seconds - RENEW_BEFORE_S);
    identity.timer = window.setTimeout(() => tell("identity_needed"), wait * 1000);
  }

  // One at a time, and each token once: a page whose tokens do not work is asked less and less often.
  async function renew(token) {
    if (identity.isRenewing || token === identity.last) return;
    identity.isRenewing = true;
    identity.last = token;
    try {
      const answer = await post("/identity", { identity: token });
      identity.failures = 0;
      renewIn(answer.signed_for_s);
      wire.renew();
    } catch (error) {
      // Somebody else has signed in to the page: nothing of the one before may stay on the screen.
      if (error.message === "identity_changed") window.location.replace(`${base}/`);
      else askAgainLater();
    } finally {
      identity.isRenewing = false;
    }
  }

  function askAgainLater() {
    window.clearTimeout(identity.timer);
    const wait = Math.min(MOST_WAIT_S, LEAST_WAIT_S * 2 ** identity.failures);
    identity.failures += 1;
    identity.timer = window.setTimeout(() => tell("identity_needed"), wait * 1000);
  }

  // ---- What the page around says, and hears ----

  const HEARD = {
    enter,
    shown() {
      state.isShown = true;
      state.unread.clear();
      tell("unread", { count: 0 });
      const field = document.getElementById("chat-input");
      // On a phone the keyboard would cover what there is to read.
      if (field && window.matchMedia("(pointer: fine)").matches) field.focus();
    },
    hidden() {
      state.isShown = false;
    },
    context({ context }) {
      if (!state.isIn || !context) return;
      if (context.identity) renew(context.identity);
      if (context.question) whenReady(() => put(context.question));
    },
  };

  window.addEventListener("message", function (event) {
    if (event.source !== window.parent || !origins.has(event.origin)) return;
    const message = event.data;
    if (!message || message.guide !== 1 || !Object.hasOwn(HEARD, message.type)) return;
    if (state.around && state.around !== event.origin) return;
    state.around = event.origin;
    HEARD[message.type](message);
  });

  wire.on("spoke", function ({ id }) {
    if (state.isShown || String(id).startsWith("thinking.") || state.unread.has(id)) return;
    state.unread.add(id);
    tell("unread", { count: Math.min(state.unread.size, 99) });
  });

  wire.on("guide_presence", function (presence) {
    if (presence.state === state.talk) return;
    state.talk = presence.state;
    tell("handoff", { state: presence.state });
  });

  wire.on("guide_identity", () => tell("identity_needed"));

  wire.on("conversation", function ({ id }) {
    if (id) window.sessionStorage.removeItem(FRESH);
    else window.sessionStorage.setItem(FRESH, "1");
  });

  // What is open in the chat closes first.
  const OPEN = 'dialog[open], [role="dialog"][data-state="open"], [role="alertdialog"], [role="menu"]';
  window.addEventListener(
    "keydown",
    function (event) {
      if (event.key === "Escape" && !document.querySelector(OPEN)) tell("close");
    },
    true,
  );
})();
