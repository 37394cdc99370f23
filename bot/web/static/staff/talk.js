// The conversation page: new lines as they are said, who has it, and the composer that loses nothing.
"use strict";

(() => {
  const page = document.querySelector("[data-conversation]");
  const base = `/staff/conversations/${page.dataset.conversation}`;
  const log = document.getElementById("lines");
  const state = document.getElementById("state");
  const readers = document.getElementById("readers");
  const writing = document.getElementById("writing");
  const composer = document.getElementById("composer");
  const quiet = { "X-Background": "1", Accept: "text/html" };

  const once = (work) => {
    let busy = false;
    let again = false;
    const run = async () => {
      if (busy) {
        again = true;
        return;
      }
      busy = true;
      try {
        await work();
      } catch {
        // The stream comes back by itself and asks for everything again.
      }
      busy = false;
      if (again) {
        again = false;
        await run();
      }
    };
    return run;
  };

  const fragment = async (path) => {
    const answer = await fetch(base + path, { headers: quiet });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    window.guideConsole.localTimes(template.content);
    return template.content;
  };

  const newest = () => Math.max(0, ...[...log.querySelectorAll("[data-seq]")].map((line) => Number(line.dataset.seq)));
  // The composer floats over the end of the transcript: what it covers is not seen.
  const below = (element) => {
    const covered = composer && !composer.hidden ? composer.offsetHeight : 0;
    return element.getBoundingClientRect().bottom + covered + 16 - window.innerHeight;
  };
  const atEnd = () => !log.lastElementChild || below(log.lastElementChild) < 160;
  const showEnd = () => {
    const end = writing.hidden ? log.lastElementChild : writing;
    if (end && below(end) > 0) {
      window.scrollBy(0, below(end));
    }
  };

  const loadLines = once(async () => {
    const follow = atEnd();
    const found = await fragment(`/lines?after=${newest()}`);
    let added = false;
    for (const line of [...found.querySelectorAll("[data-seq]")]) {
      if (!document.getElementById(line.id)) {
        log.append(line);
        added = true;
        if (line.dataset.author === "patient") {
          writing.hidden = true;
        }
      }
    }
    if (added && follow) {
      showEnd();
    }
  });

  const loadState = once(async () => {
    state.replaceChildren(await fragment("/state"));
    showComposer();
  });

  const loadReaders = once(async () => {
    readers.replaceChildren(await fragment("/readers"));
  });

  let hide;
  const showWriting = (who) => {
    if (who !== "patient") {
      return;
    }
    const follow = atEnd();
    writing.hidden = false;
    if (follow) {
      showEnd();
    }
    clearTimeout(hide);
    hide = setTimeout(() => {
      writing.hidden = true;
    }, 6000);
  };

  document.addEventListener("console:message", loadLines);
  document.addEventListener("console:state", () => {
    loadState();
    loadLines();
  });
  document.addEventListener("console:read", loadReaders);
  document.addEventListener("console:typing", (event) => showWriting(event.detail.who));
  document.addEventListener("console:erased", () => {
    const gone = document.createElement("p");
    gone.className = "empty";
    gone.textContent = "This conversation was erased.";
    page.replaceWith(gone);
  });

  const showComposer = () => {
    if (composer) {
      composer.hidden = !state.querySelector("[data-mine]");
    }
  };
  showComposer();
  if (composer && !composer.hidden && !location.hash) {
    // Whoever has the talk begins where it stands.
    showEnd();
  }
  if (!composer) {
    return;
  }

  const box = composer.querySelector("textarea");
  const send = composer.querySelector("button[type=submit]");
  const trouble = document.getElementById("composer-trouble");
  const key = `draft.${page.dataset.conversation}`;
  let id = null;
  let told = 0;

  const keep = (text) => {
    try {
      sessionStorage.setItem(key, text);
    } catch {
      // Then a reload loses the draft, and nothing else.
    }
  };
  try {
    box.value = box.value || sessionStorage.getItem(key) || "";
  } catch {
    // As above.
  }

  const post = (path, values) => {
    const body = new URLSearchParams(values);
    const headers = { "X-CSRF-Token": window.guideConsole.csrf(), "X-Background": "1", Accept: "application/json" };
    return fetch(base + path, { method: "POST", body, headers });
  };

  const say = async () => {
    const text = box.value;
    if (!text.trim() || send.disabled) {
      return;
    }
    // The same words tried again keep their id, so that they are written once.
    id = id ?? crypto.randomUUID();
    send.disabled = true;
    trouble.hidden = true;
    try {
      const answer = await post("/say", { text, client_message_id: id });
      if (answer.ok) {
        id = null;
        // What was typed on meanwhile stays.
        box.value = box.value === text ? "" : box.value.startsWith(text) ? box.value.slice(text.length) : box.value;
        keep(box.value);
        loadLines();
      } else {
        const { why } = await answer.json().catch(() => ({}));
        trouble.textContent = why ?? "Not sent. Please try again.";
        trouble.hidden = false;
        loadState();
      }
    } catch {
      trouble.textContent = "No connection. Your words are kept here: please send them again in a moment.";
      trouble.hidden = false;
    }
    send.disabled = false;
    box.focus();
  };

  composer.addEventListener("submit", (event) => {
    event.preventDefault();
    say();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      say();
    }
  });
  box.addEventListener("input", () => {
    id = null;
    keep(box.value);
    if (box.value && Date.now() - told > 3000) {
      told = Date.now();
      post("/typing", {}).catch(() => {});
    }
  });
  composer.querySelector("select[data-canned]")?.addEventListener("change", (event) => {
    const text = event.target.selectedOptions[0]?.dataset.text;
    if (text) {
      box.value = box.value ? `${box.value.trimEnd()}\n\n${text}` : text;
      id = null;
      keep(box.value);
      box.focus();
    }
    event.target.selectedIndex = 0;
  });
})();
