// What every page of the console does: local times, one question before what cannot be undone, copied links.
"use strict";

(() => {
  const form = new Intl.DateTimeFormat(document.documentElement.lang || "en", {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });

  // Parts that add content later call guideConsole.localTimes(element).
  const localTimes = (root) => {
    for (const time of root.querySelectorAll("time.moment:not([data-local])")) {
      const moment = new Date(time.dateTime);
      if (!Number.isNaN(moment.getTime())) {
        time.title = time.textContent;
        time.textContent = form.format(moment);
        time.dataset.local = "";
      }
    }
  };

  // Shows how many patients wait, in the navigation and in the title.
  const showWaiting = (count) => {
    const badge = document.querySelector(".badge[data-waiting]");
    if (!badge) {
      return;
    }
    badge.dataset.waiting = String(count);
    badge.querySelector(".badge-number").textContent = String(count);
    badge.hidden = count === 0;
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = count ? `(${count}) ${title}` : title;
  };

  const csrf = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
    if (question && !window.confirm(question)) {
      event.preventDefault();
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-send]")) {
      event.target.form.requestSubmit();
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (button && navigator.clipboard) {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = "Copied";
    }
  });

  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = !navigator.clipboard;
  }

  // On a phone the navigation scrolls: begin where one is.
  document.querySelector(".ways [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  localTimes(document);
  window.guideConsole = { localTimes, showWaiting, csrf };
})();
