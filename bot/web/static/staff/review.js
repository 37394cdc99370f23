// Keys for judging a reply: 1 to 5 go through a mark's choices, 0 fills up with yes, c comments, s saves.
"use strict";

(() => {
  const form = document.querySelector("form[data-rubric]");
  if (!form) {
    return;
  }
  let isChanged = false;
  form.addEventListener("input", () => {
    isChanged = true;
  });

  const choices = (mark) => [...form.querySelectorAll(`[data-mark="${mark}"] input`)];

  const choose = (radio) => {
    radio.checked = true;
    isChanged = true;
  };

  const goThrough = (mark) => {
    const all = choices(mark);
    if (!all.length) {
      return;
    }
    form.closest("details")?.setAttribute("open", "");
    const next = all[(all.findIndex((radio) => radio.checked) + 1) % all.length];
    choose(next);
    next.focus();
  };

  const fillUp = () => {
    for (const group of form.querySelectorAll("[data-mark]")) {
      const all = choices(group.dataset.mark);
      if (!all.some((radio) => radio.checked)) {
        choose(all[0]);
      }
    }
    form.querySelector("button[type=submit]").focus();
  };

  const isTyping = (target) => target.matches("textarea, select, input:not([type=radio])");

  document.addEventListener("keydown", (event) => {
    const comment = form.elements.comment;
    if (event.isComposing || document.querySelector("dialog[open]")) {
      return;
    }
    if (event.target === comment && event.key === "Escape") {
      comment.blur();
      return;
    }
    if (event.target === comment && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
      return;
    }
    const actions = { 0: fillUp, c: () => comment.focus(), s: () => form.requestSubmit() };
    const action = /^[1-5]$/.test(event.key) ? () => goThrough(event.key) : actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  document.querySelector("[data-skip]")?.addEventListener("click", (event) => {
    if (isChanged && !window.confirm("Go on without saving your marks?")) {
      event.preventDefault();
    }
  });
})();
