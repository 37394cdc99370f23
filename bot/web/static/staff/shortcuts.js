// Keys for lists: j and k walk over what carries data-row, / searches, n goes on, ? tells about them.
"use strict";

(() => {
  const help = document.querySelector("dialog[data-shortcuts]");
  const search = document.querySelector("[data-search]");
  const rows = () => [...document.querySelectorAll("a[data-row]")];

  const isTyping = (target) =>
    target.isContentEditable || (target.matches("input, select, textarea") && !target.matches("[type=checkbox], [type=radio]"));

  const step = (by) => {
    const all = rows();
    if (!all.length) {
      return;
    }
    const at = all.indexOf(document.activeElement);
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    n: () => document.querySelector("a[data-older]")?.click(),
    "/": () => {
      search?.focus();
      search?.select();
    },
    "?": () => help?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help?.open) {
      return;
    }
    if (isTyping(event.target)) {
      if (event.key === "Escape" && event.target === search) {
        event.target.blur();
      }
      return;
    }
    const action = keys[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  for (const button of document.querySelectorAll("button[data-help]")) {
    button.hidden = !help;
    button.addEventListener("click", () => help.showModal());
  }

  // Empty fields would only make the address long.
  document.querySelector("form[data-seek]")?.addEventListener("submit", (event) => {
    for (const field of event.target.querySelectorAll("input, select")) {
      field.disabled = field.value === "";
    }
  });

  // Back to this page: what was disabled on leaving works again.
  window.addEventListener("pageshow", () => {
    for (const field of document.querySelectorAll("form[data-seek] :disabled")) {
      field.disabled = false;
    }
  });

  // A click beside an open small form closes it.
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll("details.pop[open]")) {
      if (!open.contains(event.target)) {
        open.open = false;
      }
    }
  });
})();
