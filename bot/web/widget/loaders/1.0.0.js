/* Lupus and CAR-T guide, widget 1.0.0. Never edit a released file. */
(() => {
"use strict";
let script = document.currentScript;
if (!(script instanceof HTMLScriptElement)) script = document.querySelector("script[data-partner]"); // an <img name>
const data = script.dataset;
if (!data.partner || window.LupusGuide) return;

const ORIGIN = new URL(script.src).origin;
const EMBED = ORIGIN + "/embed/" + encodeURIComponent(data.partner);
const PHONE = matchMedia("(max-width:480px)");
const LANGUAGE = data.language || "";
const TEXTS = {
  __proto__: null,
  en: {
    title: "Lupus and CAR-T guide",
    open: "Open the lupus and CAR-T guide",
    close: "Close",
    wait: "Opening the guide\u2026",
    sorry: "The guide cannot open just now. If it is urgent, call your care team or emergency number.",
    sign: "Please sign in to the portal again.",
    again: "Try again",
    tab: "Open in a new tab",
    unread: (count) => `, ${count} new message${count > 1 ? "s" : ""}`,
  },
};
const lang = TEXTS[LANGUAGE] ? LANGUAGE : "en";
const text = TEXTS[lang];
// What a page may tell.
const CONTEXT = {
  __proto__: null,
  identity: /^[\w.-]{1,4096}$/,
  region: /^[A-Z]{2}$/,
  question: /^[^]{0,300}$/,
};
const EVENTS = ["ready", "open", "close", "unread", "handoff", "error", "identity_needed"];
const bus = new EventTarget();
const context = {};
let root, launcher, badge, bubble, panel, closer, note, frame;
let phase; // of the frame: loading, ready, failed
let attempt = 0; // older answers are dropped
let isWanted = data.opened === "true";
let isModal = false;
let isMounted, isOpen, isSent, opener, timer, overflow;

function wrong(what) {
  throw new TypeError("LupusGuide: " + what);
}

function on(event, listener) {
  if (!EVENTS.includes(event)) wrong("event " + event);
  if (typeof listener !== "function") wrong("listener of " + event);
  const hear = ({ detail }) => listener(detail);
  bus.addEventListener(event, hear);
  if (isMounted && event === "ready") setTimeout(listener, 0, {});
  return () => bus.removeEventListener(event, hear);
}

function emit(event, detail = {}) {
  bus.dispatchEvent(new CustomEvent(event, { detail }));
}

function setContext(given) {
  for (const [key, value] of Object.entries(given)) {
    if (!CONTEXT[key] || typeof value !== "string" || !CONTEXT[key].test(value)) wrong("context " + key);
  }
  Object.assign(context, given);
  if (isSent) post("context", { context: { ...given } });
}

function post(type, more) {
  const target = frame.contentWindow;
  if (target) target.postMessage({ guide: 1, type, ...more }, ORIGIN);
}

// No HTML is parsed, no style attribute set.
function el(name, attributes, ...children) {
  const kind = /svg|path/.test(name) ? "2000/svg" : "1999/xhtml";
  const made = document.createElementNS("http://www.w3.org/" + kind, name);
  for (const key in attributes) {
    if (key === "click") made.addEventListener(key, attributes[key]);
    else made.setAttribute(key, attributes[key]);
  }
  made.append(...children);
  return made;
}

// One half; the other mirrors it.
function icon(name, d) {
  const svg = { class: name, viewBox: "0 0 48 48", "aria-hidden": true };
  return el("svg", svg, el("path", { d }), el("path", { d, transform: "matrix(-1 0 0 1 48 0)" }));
}

const cross = () => icon("x", "M15 15L33 33");
const butterfly = () => icon("fly",
  "M24 37V20C22 13 15 8 8 9 3 11 6 20 11 23 15 25 20 25 24 24 19 25 14 27 13 31 12 36 17 40 21 36 23 34 23 30 24 26" +
  "M24 19C23 16 22 13 20 12");

// The page's colour, with black or white on it.
function ownColour() {
  const { colour } = data;
  const part = (at) => (("0x" + colour.substr(at, 2)) / 255) ** 2.2;
  if (!/^#[\da-f]{6}$/i.test(colour)) return "";
  const isLight = part(1) * 0.2126 + part(3) * 0.7152 + part(5) * 0.0722 > 0.18;
  return `.go{background:${colour};color:#${isLight ? "000" : "fff"}}`;
}

// "!important" here beats the page's.
function css() {
  const side = data.position === "left" ? "left" : "right";
  return `:host{all:initial!important;position:fixed!important;z-index:2147483000!important;direction:ltr!important}
*{--p:#4b3f92;--on:#fff;--s:#fff;--i:#1f2a37;--l:#d9dee4;--b:max(20px,env(safe-area-inset-bottom));
box-sizing:border-box;margin:0;font:16px/1.5 system-ui,sans-serif;color:inherit}
@media(prefers-color-scheme:dark){*{--p:#b7abf2;--on:#14171c;--s:#1c2128;--i:#e8ebef;--l:#323a45}}
button,a{min-width:44px;min-height:44px;padding:9px 20px;border:1px solid transparent;border-radius:28px;
background:none;cursor:pointer}
:focus-visible{outline:2px solid #fff;box-shadow:0 0 0 4px #1f2a37!important}
svg{display:block;width:32px;fill:none;stroke:currentColor;stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}
.bar,dialog{position:fixed;inset:auto;${side}:max(20px,env(safe-area-inset-${side}));bottom:var(--b)}
.say{position:absolute;bottom:68px;${side}:0;width:max-content;max-width:min(300px,100vw - 40px)}
.go,.say,dialog{box-shadow:0 2px 12px #0003}
.go{display:flex;align-items:center;gap:8px;padding:11px}
.go,.again{background:var(--p);color:var(--on)}
[aria-expanded=true] .fly,[aria-expanded=false] .x{display:none}
.go b{position:absolute;top:-6px;right:-6px;min-width:24px;padding:0 6px;border:2px solid;border-radius:14px;
background:var(--s);color:var(--p);font-size:13px;line-height:22px;text-align:center}
b:empty{display:none}
.say,dialog{display:flex;padding:0;border:1px solid var(--l);border-radius:14px;background:var(--s);color:var(--i)}
.talk{padding-right:0;text-align:start}
.shut{flex:none;align-self:start;padding:9px}
.shut svg{width:24px;stroke-width:4}
dialog{bottom:calc(var(--b) + 68px);width:400px;height:min(640px,100vh - 120px);max-width:none;max-height:none;
overflow:hidden;visibility:hidden;opacity:0}
dialog[open]{visibility:visible;opacity:1}
dialog>.shut{position:absolute;z-index:1;top:calc(4px + env(safe-area-inset-top));right:4px;background:var(--s)}
iframe{flex:1;border:0}
dialog:not(.ready) iframe{visibility:hidden}
.note{position:absolute;inset:0;display:grid;place-content:center;justify-items:center;gap:16px;
padding:52px 32px;text-align:center}
a,.note svg{color:var(--p)}
.note svg{width:48px}
.loading .again,.loading a,.ready .note{display:none}
@media(max-width:480px){[aria-expanded=true]{visibility:hidden}dialog{inset:0;width:auto;height:auto;border:0;border-radius:0;
padding:env(safe-area-inset-top) 0 env(safe-area-inset-bottom)}}
@media(prefers-reduced-motion:no-preference){dialog[open]{transition:opacity .16s}}
@media print{:host{display:none!important}}${ownColour()}`;
}

function mount() {
  const host = el("lupus-guide", { lang });
  root = host.attachShadow({ mode: "closed" });
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css());
    root.adoptedStyleSheets = [sheet];
  } catch (error) { // browsers before 2023
    const sheet = el("style", {}, css());
    sheet.nonce = script.nonce;
    root.append(sheet);
  }
  badge = el("b");
  const toggle = () => (isOpen ? close() : open());
  launcher = el("button", { class: "go", "aria-haspopup": "dialog", "aria-expanded": false, click: toggle },
    butterfly(), cross(), data.label || "", badge);
  bubble = el("div", { class: "say" }, el("button", { class: "talk", click: open }, data.greeting || ""),
    el("button", { class: "shut", "aria-label": text.close, click() { bubble.remove(); launcher.focus(); } }, cross()));
  root.append(el("div", { class: "bar" }, data.greeting ? bubble : "", launcher));
  root.addEventListener("keydown", (event) => event.key === "Escape" && close());
  mark(0);
  document.body.append(host);
  isMounted = true;
  emit("ready");
  document.dispatchEvent(new Event("lupusguide:ready"));
  if (isWanted) open();
}

function mark(count) {
  badge.textContent = count || "";
  launcher.setAttribute("aria-label", (data.label || text.open) + (count ? text.unread(count) : ""));
}

function build() {
  note = el("p", { role: "status" });
  closer = el("button", { class: "shut", "aria-label": text.close, click: close }, cross());
  panel = el("dialog", { "aria-label": text.title }, closer,
    el("div", { class: "note" }, butterfly(), note, el("button", { class: "again", click: start }, text.again),
      el("a", { href: ORIGIN + "/chat/", target: "_blank", rel: "noopener" }, text.tab)));
  // By the browser: Esc, or a phone's back.
  panel.addEventListener("close", () => panel.open || close());
  PHONE.addEventListener("change", () => {
    if (!isOpen) return;
    const focused = root.activeElement || document.activeElement;
    panel.close();
    present();
    focused.focus();
  });
  root.append(panel);
}

function open() {
  isWanted = true;
  if (!isMounted || isOpen) return;
  if (!panel) build();
  if (!panel.show) return void window.open(ORIGIN + "/chat/"); // browsers before 2022
  isOpen = true;
  opener = root.activeElement || document.activeElement;
  bubble.remove();
  reveal();
  present();
  if (phase === "ready") welcome();
  else if (phase !== "loading") start();
  emit("open");
}

function close() {
  if (!isOpen) return;
  isOpen = false;
  const isFocused = isModal || root.activeElement;
  panel.close();
  lock(false);
  reveal();
  if (phase === "ready") post("hidden");
  if (isFocused) {
    launcher.focus();
    opener.focus(); // a button of the page; its body takes none
  }
  emit("close");
}

function reveal() {
  panel.inert = !isOpen;
  panel.setAttribute("aria-hidden", !isOpen);
  launcher.setAttribute("aria-expanded", isOpen);
}

function present() {
  lock(PHONE.matches);
  if (isModal) panel.showModal();
  else panel.show();
  closer.focus();
}

function lock(wanted) {
  if (wanted === isModal) return;
  isModal = wanted;
  const { style } = document.documentElement;
  if (wanted) overflow = style.overflow;
  style.setProperty("overflow", wanted ? "hidden" : overflow, wanted ? "important" : "");
}

function show(next, words) {
  if (panel.contains(root.activeElement)) closer.focus();
  panel.className = phase = next;
  note.textContent = words;
}

function watch() {
  clearTimeout(timer);
  timer = setTimeout(fail, 20000, "timeout");
}

function fail(given) {
  clearTimeout(timer);
  const code = typeof given === "string" && /^[a-z_]{1,40}$/.test(given) ? given : "refused";
  show("failed", /^identity/.test(code) ? text.sign : text.sorry);
  emit("error", { code });
}

function start() {
  if (frame) frame.remove();
  frame = null;
  enter((ticket) => {
    let isLate;
    frame = el("iframe", {
      src: EMBED + (LANGUAGE && "?language=" + LANGUAGE),
      title: text.title,
      allow: "clipboard-write",
      referrerpolicy: "origin",
    });
    // Loaded again, or late: the ticket is used up.
    frame.addEventListener("load", () => {
      if (isLate || phase !== "loading") enter(send);
      else send(ticket);
      isLate = true;
    });
    panel.append(frame);
  });
}

async function enter(use) {
  const mine = ++attempt;
  let ticket, code;
  isSent = false;
  show("loading", text.wait);
  watch();
  try {
    const answer = await fetch(EMBED + "/ticket", {
      method: "POST", credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
    });
    ({ ticket, code } = await answer.json());
    if (!answer.ok) ticket = 0;
  } catch (error) {
    code = "unreachable";
  }
  if (mine !== attempt) return;
  if (!ticket) return fail(code);
  watch();
  use(ticket);
}

function send(ticket) {
  isSent = true;
  watch();
  post("enter", { ticket, context: { ...context } });
}

function welcome() {
  if (isOpen && root.activeElement) frame.focus();
  post(isOpen ? "shown" : "hidden");
}

const HEARD = {
  __proto__: null,
  entered() {
    clearTimeout(timer);
    delete context.question;
    show("ready", "");
    welcome();
  },
  refused: ({ code }) => fail(code),
  close,
  unread({ count }) {
    if (!Number.isInteger(count) || count < 0 || count > 99) return;
    mark(count);
    emit("unread", { count });
  },
  handoff({ state }) {
    if (["bot", "waiting", "human", "closed"].includes(state)) emit("handoff", { state });
  },
  identity_needed: () => emit("identity_needed"),
};

addEventListener("message", ({ origin, source, data: said }) => {
  if (origin === ORIGIN && isSent && source === frame.contentWindow && said && said.guide === 1 && HEARD[said.type]) {
    HEARD[said.type](said);
  }
});

window.LupusGuide = Object.freeze({ open, close, on, setContext, version: "1.0.0" });
if (document.body) mount();
else document.addEventListener("DOMContentLoaded", mount);
})();
