// Puts right what Chainlit's page leaves open: names for screen readers, spoken answers, sources, the address.
// It watches the page and tends what appears; it never moves or removes a node that React made.
"use strict";
(function () {
  const texts = JSON.parse(document.getElementById("guide-texts").textContent);
  const live = document.getElementById("guide-live");
  const panel = document.getElementById("guide-panel");
  const panelBody = document.getElementById("guide-panel-body");
  const phone = window.matchMedia("(max-width: 767px)");
  const BASE = window.guideBase;
  // settled: what is there has been drawn; whatever comes now is news.
  const state = { conversation: null, settled: false, seen: new Set(), opener: null, newest: "" };
  const SETTLE_MS = 2000;
  const SCROLL_MS = 600;

  const style = document.documentElement.style;
  style.setProperty("--guide-name", JSON.stringify(texts.name));
  style.setProperty("--guide-thinking", JSON.stringify(texts.thinking));
  style.setProperty("--guide-ask-reason", JSON.stringify(texts.ask_reason));

  function name(selector, label) {
    for (const node of document.querySelectorAll(selector)) {
      if (node.getAttribute("aria-label") !== label) node.setAttribute("aria-label", label);
    }
  }

  function nameControls() {
    name("#chat-input", texts.placeholder);
    name("#chat-submit", texts.buttons.send);
    name("#stop-button", texts.buttons.show_all);
    name("#new-chat-button", texts.buttons.new_chat);
    name("#theme-toggle", texts.buttons.theme);
    name("#root .absolute.bottom-4 > button", texts.buttons.scroll_down);
    for (const picture of document.querySelectorAll(".ai-message > span:first-child img")) picture.alt = "";
    // The notices of the page are single statements; their list says nothing and holds no list items.
    for (const list of document.querySelectorAll("ol[data-sonner-toaster]")) list.setAttribute("role", "group");
    // Chainlit calls each paragraph an article; a screen reader would announce every one.
    for (const part of document.querySelectorAll('.step [role="article"]')) part.setAttribute("role", "presentation");
  }

  function greet() {
    const screen = document.getElementById("welcome-screen");
    if (!screen || screen.querySelector(".guide-greeting")) return;
    screen.prepend(document.getElementById("guide-greeting").content.cloneNode(true));
  }

  // "#tel:112" is how a telephone link survives the Markdown renderer.
  function mendTelephoneLinks() {
    for (const link of document.querySelectorAll('a[href^="#tel:"]')) {
      link.setAttribute("href", link.getAttribute("href").slice(1));
      link.removeAttribute("target");
    }
    for (const link of document.querySelectorAll('.ai-message a[target="_blank"]:not([rel])')) {
      link.setAttribute("rel", "noopener noreferrer");
    }
  }

  function tendChips() {
    for (const chip of document.querySelectorAll("a.element-link:not([data-marker])")) {
      const marker = chip.textContent.replace(/\D/g, "");
      chip.dataset.marker = marker;
      chip.setAttribute("role", "button");
      chip.setAttribute("aria-haspopup", "dialog");
      chip.setAttribute("aria-label", texts.panel.chip.replace("{marker}", marker));
    }
  }

  // Ids of buttons read "kind.conversation.reply"; below the chat's root, Chainlit keeps no address of its own.
  function rememberConversation() {
    const button = document.querySelector('.ai-message button[id^="person."]');
    const fromPath = window.location.pathname.slice(BASE.length).match(/^\/thread\/([0-9a-f-]{36})/);
    const found = button ? button.id.split(".")[1] : null;
    if (!found) {
      state.conversation = fromPath ? fromPath[1] : null;
      return;
    }
    state.conversation = found;
    if (!fromPath) window.history.replaceState(window.history.state, "", `${BASE}/thread/${found}`);
  }

  // A reply is finished when its buttons are there; a person's message and a note have an icon of their own.
  function finishedSteps() {
    const parts = document.querySelectorAll(
      '.ai-message button[id^="person."], .ai-message > span .lucide-user-round, .ai-message > span .lucide-info',
    );
    return Array.from(parts, (part) => part.closest('[id^="step-"]')).filter(Boolean);
  }

  function spokenWords(step) {
    const content = step.querySelector(".message-content .prose");
    if (!content) return "";
    const words = content.cloneNode(true);
    for (const chip of words.querySelectorAll(".element-link")) chip.remove();
    for (const block of words.querySelectorAll("li, .leading-7")) block.append(" ");
    return words.textContent.replace(/\[\d+\]/g, "").replace(/\s+/g, " ").trim();
  }

  function announce() {
    const fresh = finishedSteps().filter((step) => !state.seen.has(step.id));
    if (fresh.length === 0) return;
    for (const step of fresh) state.seen.add(step.id);
    const last = fresh[fresh.length - 1];
    if (!state.settled) {
      window.setTimeout(() => (state.settled = true), SETTLE_MS);
      show(last);
      return;
    }
    live.textContent = fresh.map(spoken).join(" ");
    bringIntoView(last);
  }

  // A person's message begins with their name, and a note has no speaker.
  function spoken(step) {
    const said = spokenWords(step);
    const isGuides = step.querySelector('button[id^="person."]');
    return isGuides ? texts.announce.replace("{name}", texts.name).replace("{text}", said) : said;
  }

  // Chainlit puts what the patient wrote at the top, to make room for an answer. In a talk with a person the lines
  // before it are what one looks at.
  function keepTalkInView() {
    const own = document.querySelectorAll('[data-step-type="user_message"] [id^="step-"]');
    const newest = own.length ? own[own.length - 1] : null;
    if (!newest || newest.id === state.newest) return;
    state.newest = newest.id;
    if (!state.settled || document.documentElement.dataset.talk !== "human") return;
    window.setTimeout(function () {
      const steps = document.querySelectorAll('.step [id^="step-"]');
      steps[steps.length - 1].scrollIntoView({ block: "end" });
    }, SCROLL_MS);
  }

  // Where the conversation ends on the screen: the strip, where it is shown, stands above the writing field.
  function floor() {
    const parts = [document.getElementById("message-composer"), document.getElementById("guide-strip")];
    const tops = parts.filter((part) => part && part.offsetHeight).map((part) => part.getBoundingClientRect().top);
    return Math.min(window.innerHeight, ...tops);
  }

  // The beginning of a reply is what must be seen: in an emergency it says what to do.
  function show(step) {
    const room = floor() - 60;
    step.scrollIntoView({ block: step.getBoundingClientRect().height > room ? "start" : "end" });
  }

  // Chainlit scrolls, gently, for what the patient writes; what comes by itself must be brought into view by us.
  function bringIntoView(step) {
    window.setTimeout(function () {
      if (step.isConnected && step.getBoundingClientRect().top > floor() - 48) show(step);
    }, SCROLL_MS);
  }

  // The pressed thumb is gone; whoever uses a keyboard must not be thrown back to the top of the page.
  function offerReasons() {
    const reason = document.querySelector('.ai-message button[id^="reason."]:not([data-offered])');
    if (!reason) return;
    for (const other of reason.parentElement.querySelectorAll('[id^="reason."]')) other.dataset.offered = "";
    live.textContent = texts.ask_reason;
    reason.focus();
  }

  function hideIdleArrow() {
    const arrow = document.querySelector("#root .absolute.bottom-4");
    const steps = document.querySelectorAll(".step, #starters");
    if (!arrow || steps.length === 0) return;
    const last = steps[steps.length - 1].getBoundingClientRect();
    arrow.toggleAttribute("data-nothing-below", last.bottom <= arrow.parentElement.getBoundingClientRect().bottom + 24);
  }

  function tend() {
    greet();
    nameControls();
    mendTelephoneLinks();
    tendChips();
    rememberConversation();
    announce();
    keepTalkInView();
    offerReasons();
    hideIdleArrow();
  }

  document.addEventListener("scroll", hideIdleArrow, { capture: true, passive: true });

  let isTending = false;
  new MutationObserver(function () {
    if (isTending) return;
    isTending = true;
    window.requestAnimationFrame(function () {
      isTending = false;
      tend();
    });
  }).observe(document.getElementById("root"), { childList: true, subtree: true, characterData: true });

  // ---- Source panel ----

  function add(parent, tag, text, className) {
    const node = document.createElement(tag);
    if (text) node.textContent = text;
    if (className) node.className = className;
    parent.append(node);
    return node;
  }

  function addLink(parent, href, text, className) {
    const link = add(parent, "a", text, className);
    link.href = href;
    link.target = "_blank";
    link.rel = "noopener noreferrer";
    return link;
  }

  function drawReferences(source) {
    if (source.references.length === 0) return;
    add(panelBody, "h4", texts.panel.references);
    const list = add(panelBody, "ul");
    for (const reference of source.references) {
      const item = add(list, "li");
      if (reference.url) addLink(item, reference.url, reference.text);
      else item.textContent = reference.text;
    }
  }

  function drawSource(source) {
    panelBody.replaceChildren();
    add(panelBody, "h3", source.title);
    const passage = add(panelBody, "div", "", "guide-passage");
    passage.append(source.before);
    add(passage, "mark", source.quote);
    passage.append(source.after);
    add(panelBody, "p", texts.panel.marked, "guide-quiet");
    if (source.reviewed || source.where) {
      add(panelBody, "p", [source.reviewed, source.where].filter(Boolean).join(" · "), "guide-quiet");
    }
    if (source.expired) add(panelBody, "p", source.expired, "guide-expired");
    if (source.link) addLink(panelBody, source.link, texts.panel.guide_link, "guide-section-link");
    drawReferences(source);
    panelBody.scrollTop = 0;
  }

  async function openSource(chip) {
    const step = chip.closest('[id^="step-"]');
    if (!step || !state.conversation) return;
    if (state.opener) state.opener.removeAttribute("aria-expanded");
    state.opener = chip;
    chip.setAttribute("aria-expanded", "true");
    panelBody.replaceChildren();
    add(panelBody, "p", texts.panel.loading);
    const bar = document.getElementById("guide-disclaimer");
    style.setProperty("--guide-disclaimer-height", `${bar.offsetHeight}px`);
    if (!panel.open) {
      if (phone.matches) panel.showModal();
      else panel.show();
    }
    document.getElementById("guide-panel-close").focus();
    const reply = step.id.slice("step-".length);
    const address = [BASE, "sources", state.conversation, reply, chip.dataset.marker].join("/");
    try {
      const response = await window.fetch(address, { credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      drawSource(await response.json());
    } catch (error) {
      panelBody.replaceChildren();
      add(panelBody, "p", texts.panel.failed);
    }
  }

  panel.addEventListener("close", function () {
    if (!state.opener) return;
    state.opener.removeAttribute("aria-expanded");
    if (state.opener.isConnected) state.opener.focus();
    state.opener = null;
  });
  document.getElementById("guide-panel-close").addEventListener("click", () => panel.close());
  panel.addEventListener("click", function (event) {
    // On a phone the dark ground around the sheet belongs to the dialog itself.
    if (event.target === panel) panel.close();
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && panel.open) panel.close();
  });

  function chipOf(event) {
    return event.target instanceof Element ? event.target.closest("a.element-link") : null;
  }

  // Whoever acts has seen the page drawn.
  const ACTS = '#chat-submit, #starters button, .ai-message button[id*="."]';
  window.addEventListener(
    "pointerdown",
    function (event) {
      if (event.target instanceof Element && event.target.closest(ACTS)) state.settled = true;
    },
    true,
  );
  window.addEventListener(
    "keydown",
    function (event) {
      if (event.key === "Enter") state.settled = true;
      // Chainlit's question before a new chat swallows every key, Tab and Space too, and takes Enter for a yes.
      if (event.target instanceof Element && event.target.closest("#new-chat-dialog") && event.key !== "Escape") {
        event.stopPropagation();
      }
    },
    true,
  );

  // Before React hears of it: its own handler would leave the page.
  window.addEventListener(
    "click",
    function (event) {
      const chip = chipOf(event);
      if (!chip) return;
      event.preventDefault();
      event.stopPropagation();
      if (state.opener === chip && panel.open) panel.close();
      else openSource(chip);
    },
    true,
  );
  window.addEventListener("keydown", function (event) {
    const chip = chipOf(event);
    if (!chip || event.key !== " ") return;
    event.preventDefault();
    openSource(chip);
  });

  tend();
})();
