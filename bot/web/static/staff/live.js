// One stream of events for each open page. Parts listen to "console:<kind>" on the document; the badge is kept here.
"use strict";

(() => {
  if (!window.EventSource) {
    return;
  }
  const conversation = document.querySelector("[data-conversation]")?.dataset.conversation;
  const query = conversation ? `?conversation=${encodeURIComponent(conversation)}` : "";
  const stream = new EventSource(`/staff/live${query}`);
  const isAgent = Boolean(document.querySelector(".badge[data-waiting]"));
  let counting = false;
  let again = false;

  const tell = (kind, detail) => document.dispatchEvent(new CustomEvent(`console:${kind}`, { detail }));

  // A burst of events is one question to the server, and one more after it.
  const count = async () => {
    if (counting) {
      again = true;
      return;
    }
    counting = true;
    try {
      const answer = await fetch("/staff/queue/count", { headers: { "X-Background": "1" } });
      if (answer.ok) {
        const { waiting } = await answer.json();
        const before = Number(document.querySelector(".badge[data-waiting]").dataset.waiting);
        window.guideConsole.showWaiting(waiting);
        if (waiting > before) {
          tell("arrived", {});
        }
      }
    } catch {
      // The stream comes back by itself, and with it the count.
    }
    counting = false;
    if (again) {
      again = false;
      setTimeout(count, 500);
    }
  };

  for (const kind of ["queue", "message", "state", "typing", "read", "erased"]) {
    stream.addEventListener(kind, (event) => tell(kind, JSON.parse(event.data)));
  }
  // After a pause in the connection, everything is read again.
  stream.addEventListener("ready", () => {
    for (const kind of ["queue", "message", "state"]) {
      tell(kind, {});
    }
  });
  stream.addEventListener("over", () => {
    stream.close();
    location.reload();
  });
  window.addEventListener("pagehide", () => stream.close());
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) {
      location.reload();
    }
  });
  if (isAgent) {
    document.addEventListener("console:queue", count);
  }
})();
