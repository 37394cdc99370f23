// The strip above the writing field: who is here, and whether the line is up. It is our own node, put into the place
// that Chainlit draws; what the patient wrote and the server has not is marked where it stands.
"use strict";
(function () {
  const texts = JSON.parse(document.getElementById("guide-texts").textContent);
  const wire = window.guideWire;
  const strip = document.getElementById("guide-strip");
  const lineText = document.getElementById("guide-line");
  const text = document.getElementById("guide-strip-text");
  const buttons = document.getElementById("guide-strip-buttons");
  const root = document.documentElement;
  const BASE = `${window.guideBase}/my`;
  const TYPING_EVERY_MS = 3000;
  const TYPING_SHOWN_MS = 6000;
  // A line that is back at once, or a message that is heard at once, needs no word.
  const PATIENCE_MS = 1500;

  const NOTHING = { state: "bot", text: "", person: "", may_rate: false, contacts: [] };
  const state = { presence: NOTHING, typing: "", downSince: 0, typedAt: 0, isAsking: false, isThanked: false, put: "" };
  const declined = new Set();

  root.style.setProperty("--guide-waiting", JSON.stringify(texts.line.waiting));

  function add(parent, tag, words, className) {
    const node = document.createElement(tag);
    if (words) node.textContent = words;
    if (className) node.className = className;
    parent.append(node);
    return node;
  }

  function button(words, act, className) {
    const node = add(buttons, "button", words, className || "guide-strip-button");
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  }

  async function ask(path, body) {
    const address = [BASE, wire.conversation(), path].filter(Boolean).join("/");
    const options = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    let response;
    try {
      response = await window.fetch(address, {
        ...options,
        headers: { "Content-Type": "application/json" },
        credentials: "same-origin",
      });
    } catch (error) {
      throw new Error(texts.my.offline);
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.detail || texts.my.failed);
    if (answer.state) setPresence(answer);
    return answer;
  }

  function setPresence(presence) {
    if (presence.state !== state.presence.state) {
      state.isAsking = false;
      state.typing = "";
      if (presence.state === "human") state.isThanked = false;
    }
    state.presence = presence;
    // While a person owns the talk the guide offers nothing: the stylesheet hides its buttons.
    root.dataset.talk = presence.state;
    draw();
    for (const listener of listeners) listener(presence);
  }

  const listeners = [];

  // ---- What the strip says ----

  function isOver() {
    return state.presence.state === "bot" || state.presence.state === "closed";
  }

  function words() {
    const { presence } = state;
    if (state.isAsking) return [texts.presence.sure_end.replace("{name}", presence.person)];
    if (presence.state === "human") return state.typing ? [state.typing] : [presence.person, presence.text];
    if (presence.state === "waiting") return [presence.text];
    if (state.isThanked) return [texts.presence.thanks];
    return isOver() && presence.may_rate && !declined.has(wire.conversation()) ? [presence.text] : [];
  }

  function drawText(said) {
    const isNamed = state.presence.state === "human" && said.length === 2;
    if (text.dataset.said === said.join(" ")) return;
    text.dataset.said = said.join(" ");
    text.replaceChildren();
    if (!isNamed) {
      text.textContent = said.join(" ");
      return;
    }
    add(text, "strong", said[0]);
    text.append(" · ", texts.support_team, " ", said[1]);
  }

  function act(path, body) {
    return async function () {
      try {
        await ask(path, body);
      } catch (error) {
        lineText.textContent = error.message;
        strip.hidden = false;
      }
    };
  }

  function drawMarks() {
    const group = add(buttons, "div", "", "guide-marks");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", texts.presence.rate);
    for (const mark of [1, 2, 3, 4, 5]) {
      const node = add(group, "button", String(mark), "guide-mark-button");
      node.type = "button";
      node.setAttribute("aria-label", texts.presence.mark.replace("{mark}", String(mark)));
      node.addEventListener("click", () => rate(mark));
    }
    button(texts.presence.not_now, function () {
      declined.add(wire.conversation());
      draw();
      focusWriting();
    });
  }

  async function rate(mark) {
    await act("rate", { rating: mark })();
    if (state.presence.may_rate) return;
    state.isThanked = true;
    draw();
    focusWriting();
    window.setTimeout(function () {
      state.isThanked = false;
      draw();
    }, TYPING_SHOWN_MS);
  }

  function drawButtons(kind) {
    const held = buttons.contains(document.activeElement);
    buttons.replaceChildren();
    if (kind === "asking") {
      button(texts.presence.end_talk, act("end", {}), "guide-strip-button guide-strip-yes").focus();
      button(texts.presence.keep_talking, function () {
        state.isAsking = false;
        draw();
        focusWriting();
      });
      return;
    }
    if (kind === "human") {
      button(texts.presence.end_talk, function () {
        state.isAsking = true;
        draw();
      });
    }
    if (kind.startsWith("waiting")) {
      const label = state.presence.contacts.length ? texts.presence.contact_left : texts.presence.leave_contact;
      button(label, () => window.dispatchEvent(new CustomEvent("guide-my", { detail: "contact" })));
      button(texts.presence.stop_waiting, act("end", {}));
    }
    if (kind === "rate") drawMarks();
    if (held) focusWriting();
  }

  function kindOf(said) {
    const { presence } = state;
    if (state.isAsking) return "asking";
    if (presence.state === "waiting") return `waiting${presence.contacts.length ? " left" : ""}`;
    if (presence.state === "human") return "human";
    return said.length && !state.isThanked ? "rate" : "";
  }

  function focusWriting() {
    const field = document.getElementById("chat-input");
    if (field) field.focus();
  }

  // Where the strip grows, what stood above the writing field must not vanish behind it.
  function keepingBottom(change) {
    const before = strip.offsetHeight;
    change();
    const grown = strip.offsetHeight - before;
    const steps = document.querySelectorAll(".step");
    let box = grown > 0 && steps.length ? steps[steps.length - 1].parentElement : null;
    while (box && box.scrollHeight <= box.clientHeight + 1) box = box.parentElement;
    if (box) box.scrollTop += grown;
  }

  function draw() {
    keepingBottom(drawAll);
  }

  function drawAll() {
    const said = words();
    const kind = kindOf(said);
    drawText(said);
    if (kind !== state.put) {
      state.put = kind;
      drawButtons(kind);
    }
    strip.classList.toggle("guide-strip-person", state.presence.state === "human");
    strip.classList.toggle("guide-strip-one-row", kind === "human");
    strip.hidden = said.length === 0 && !lineText.textContent;
    strip.querySelector(".guide-strip-row").hidden = said.length === 0;
    place();
  }

  // Above the writing field, wherever Chainlit draws it; its own nodes stay where they are.
  function place() {
    const composer = document.getElementById("message-composer");
    if (composer && composer.previousElementSibling !== strip) composer.before(strip);
  }

  // ---- The line ----

  function drawLine() {
    const isLong = state.downSince && Date.now() - state.downSince > PATIENCE_MS;
    const said = isLong ? texts.line.lost : "";
    if (isLong && lineText.textContent !== said) lineText.textContent = said;
    if (!state.downSince && lineText.textContent === texts.line.lost) {
      lineText.textContent = texts.line.back;
      window.setTimeout(function () {
        if (lineText.textContent !== texts.line.back) return;
        lineText.textContent = "";
        draw();
      }, 3000);
    }
  }

  function drawWaiting() {
    const now = Date.now();
    const waiting = new Set();
    for (const { id, sentAt, isHeld } of wire.kept()) {
      const isLate = sentAt ? now - sentAt > PATIENCE_MS : isHeld || wire.isDown();
      if (isLate) waiting.add(`step-${id}`);
    }
    for (const step of document.querySelectorAll('[id^="step-"][data-waiting]')) {
      if (!waiting.has(step.id)) step.removeAttribute("data-waiting");
    }
    for (const id of waiting) {
      const step = document.getElementById(id);
      if (!step || step.hasAttribute("data-waiting")) continue;
      step.setAttribute("data-waiting", "");
      document.getElementById("guide-live").textContent = texts.line.kept;
    }
  }

  function look() {
    drawLine();
    drawWaiting();
    draw();
  }

  wire.on("line", function ({ isDown }) {
    state.downSince = isDown ? Date.now() : 0;
    look();
  });
  wire.on("kept", drawWaiting);
  window.setInterval(function () {
    if (state.downSince || wire.kept().length) look();
  }, 500);

  // ---- Events ----

  wire.on("guide_presence", setPresence);
  wire.on("guide_typing", function (said) {
    if (state.presence.state !== "human") return;
    state.typing = said.text;
    window.clearTimeout(state.typingTimer);
    state.typingTimer = window.setTimeout(stopTyping, TYPING_SHOWN_MS);
    draw();
  });
  wire.on("staff_spoke", stopTyping);
  wire.on("conversation", function ({ id }) {
    if (!id) setPresence(NOTHING);
  });

  function stopTyping() {
    state.typing = "";
    draw();
  }

  document.addEventListener("input", function (event) {
    if (!(event.target instanceof Element) || event.target.id !== "chat-input") return;
    const now = Date.now();
    if (state.presence.state !== "human" || now - state.typedAt < TYPING_EVERY_MS || !event.target.value) return;
    state.typedAt = now;
    wire.send("guide_typing", {});
  });

  new MutationObserver(place).observe(document.getElementById("root"), { childList: true, subtree: true });

  window.guideStrip = Object.freeze({
    ask,
    presence: () => state.presence,
    onPresence: (listener) => listeners.push(listener),
  });
})();
