// The patient's own controls: end a talk with a person, be reached, keep a copy, delete the conversation.
"use strict";
(function () {
  const texts = JSON.parse(document.getElementById("guide-texts").textContent);
  const words = texts.my;
  const wire = window.guideWire;
  const { ask, onPresence, presence } = window.guideStrip;
  const opener = document.getElementById("guide-my-open");
  const dialog = document.getElementById("guide-my");
  const body = document.getElementById("guide-my-body");
  const status = document.getElementById("guide-my-status");
  const proof = document.getElementById("guide-proof");
  const PROOF = "guide-proof";
  // As long as a slow phone may take to write a file of some hundred lines.
  const KEPT_MS = 60000;
  const state = { isBusy: false, isGone: false };
  let drawnFor = "";

  function add(parent, tag, said, className) {
    const node = document.createElement(tag);
    if (said) node.textContent = said;
    if (className) node.className = className;
    parent.append(node);
    return node;
  }

  function section(title, why) {
    const node = add(body, "section");
    add(node, "h3", title);
    if (why) add(node, "p", why, "guide-my-why");
    return node;
  }

  function button(parent, said, act, className) {
    const node = add(parent, "button", said, `guide-my-button ${className || ""}`.trim());
    node.type = "button";
    if (act) node.addEventListener("click", act);
    return node;
  }

  function say(said, isProblem) {
    status.textContent = said;
    status.classList.toggle("guide-my-problem", Boolean(isProblem));
    if (said) status.scrollIntoView({ block: "nearest" });
  }

  // One wish at a time: a second press while the first is carried out is not a second wish.
  async function carryOut(path, wish, done) {
    if (state.isBusy) return null;
    state.isBusy = true;
    try {
      const answer = await ask(path, wish);
      if (done) say(done);
      return answer;
    } catch (error) {
      say(error.message, true);
      return null;
    } finally {
      state.isBusy = false;
    }
  }

  // ---- Talk with a person ----

  function drawPerson(now) {
    if (now.state !== "waiting" && now.state !== "human") return;
    const isWaiting = now.state === "waiting";
    const part = section(words.person, isWaiting ? words.waiting : words.talking);
    const said = isWaiting ? texts.presence.stop_waiting : texts.presence.end_talk;
    button(part, said, async function () {
      if (await carryOut("end", {})) dialog.close();
    });
  }

  function drawRating(now) {
    if (!now.may_rate) return;
    const part = section(texts.presence.rate);
    const group = add(part, "div", "", "guide-marks");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", texts.presence.rate);
    add(group, "span", texts.presence.worst).setAttribute("aria-hidden", "true");
    for (const mark of [1, 2, 3, 4, 5]) {
      const node = add(group, "button", String(mark), "guide-mark-button");
      node.type = "button";
      node.setAttribute("aria-label", texts.presence.mark.replace("{mark}", String(mark)));
      node.addEventListener("click", () => carryOut("rate", { rating: mark }, texts.presence.thanks));
    }
    add(group, "span", texts.presence.best).setAttribute("aria-hidden", "true");
  }

  // ---- Contact ----

  function leftWords(kinds) {
    if (kinds.length > 1) return words.left_both;
    return kinds[0] === "email" ? words.left_email : words.left_phone;
  }

  function drawContact(now) {
    const mayLeave = now.state === "waiting" || now.state === "human";
    const part = section(words.contact, mayLeave ? words.contact_why : "");
    part.id = "guide-my-contact";
    if (now.contacts.length) {
      add(part, "p", words.left.replace("{kinds}", leftWords(now.contacts)), "guide-my-left");
      button(part, words.withdraw, () => carryOut("contact/withdraw", {}, words.withdrawn));
    }
    if (mayLeave && now.contacts.length < 2) drawForm(part, now.contacts);
    if (!mayLeave && !now.contacts.length) add(part, "p", words.contact_ask_first, "guide-my-why");
  }

  function drawForm(part, left) {
    const form = add(part, "form", "", "guide-my-form");
    form.noValidate = true;
    const kinds = ["email", "phone"].filter((kind) => !left.includes(kind));
    const choice = add(form, "fieldset");
    choice.hidden = kinds.length === 1;
    add(choice, "legend", words.how);
    for (const kind of kinds) drawChoice(choice, kind, kind === kinds[0]);
    const label = add(form, "label");
    label.htmlFor = "guide-my-value";
    const field = add(form, "input");
    field.id = "guide-my-value";
    field.maxLength = 254;
    field.setAttribute("aria-describedby", "guide-my-problem");
    const shown = () => (form.elements.kind ? new FormData(form).get("kind") : kinds[0]);
    const dress = function () {
      const isEmail = shown() === "email";
      label.textContent = isEmail ? words.email_value : words.phone_value;
      field.type = isEmail ? "email" : "tel";
      field.autocomplete = isEmail ? "email" : "tel";
    };
    choice.addEventListener("change", dress);
    dress();
    const consent = add(form, "label", "", "guide-my-consent");
    const tick = add(consent, "input");
    tick.type = "checkbox";
    tick.name = "consent";
    add(consent, "span", words.consent);
    const problem = add(form, "p", "", "guide-my-problem");
    problem.id = "guide-my-problem";
    problem.setAttribute("role", "alert");
    button(form, words.send, null, "guide-my-main").type = "submit";
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      leave({ kind: shown(), value: field.value, consent: tick.checked }, { problem, field, tick });
    });
  }

  function drawChoice(choice, kind, isFirst) {
    const label = add(choice, "label", "", "guide-my-choice");
    const radio = add(label, "input");
    radio.type = "radio";
    radio.name = "kind";
    radio.value = kind;
    radio.checked = isFirst;
    add(label, "span", words[kind]);
  }

  async function leave(wish, { problem, field, tick }) {
    problem.textContent = "";
    field.removeAttribute("aria-invalid");
    try {
      await ask("contact", wish);
      say(words.kept_contact);
      dialog.querySelector("#guide-my-contact button").focus();
    } catch (error) {
      problem.textContent = error.message;
      if (!wish.consent) tick.focus();
      else {
        field.setAttribute("aria-invalid", "true");
        field.focus();
      }
    }
  }

  // ---- Copy and deletion ----

  function drawCopy() {
    const part = section(words.download, words.download_why);
    const link = add(part, "a", words.save, "guide-my-button");
    link.href = `${window.guideBase}/my/${wire.conversation()}/download`;
    link.setAttribute("download", "");
    link.addEventListener("click", function (event) {
      event.preventDefault();
      keep(link.href);
    });
  }

  // In a frame of another site Chromium sends a download without the cookie that belongs to the frame; what the page
  // fetches itself has it.
  async function keep(address) {
    if (state.isBusy) return;
    state.isBusy = true;
    try {
      const response = await window.fetch(address, { credentials: "same-origin" });
      if (!response.ok) throw new Error(words.failed);
      const named = /filename\*=UTF-8''([^;]+)/.exec(response.headers.get("content-disposition") || "");
      const file = document.createElement("a");
      file.href = URL.createObjectURL(await response.blob());
      file.download = named ? decodeURIComponent(named[1]) : "conversation.txt";
      file.click();
      window.setTimeout(() => URL.revokeObjectURL(file.href), KEPT_MS);
    } catch (error) {
      say(error instanceof TypeError ? words.offline : error.message, true);
    } finally {
      state.isBusy = false;
    }
  }

  function drawErasure() {
    const part = section(words.erase, words.erase_why);
    const first = button(part, words.erase, function () {
      first.remove();
      const sure = add(part, "p", words.erase_sure, "guide-my-sure");
      sure.tabIndex = -1;
      const row = add(part, "div", "", "guide-my-row");
      button(row, words.erase_confirm, erase, "guide-my-erase");
      button(row, words.erase_cancel, draw);
      sure.focus();
      row.scrollIntoView({ block: "nearest" });
    });
  }

  async function erase() {
    const answer = await carryOut("erase", {});
    if (!answer) return;
    showGone(answer.proof);
  }

  // An empty new chat, and the sentence that proves it; where nothing can be stored, the sentence stays here.
  // Said once: the news of a deletion, which comes to the page that asked for it too, must not replace its proof.
  function showGone(said) {
    if (state.isGone) return;
    state.isGone = true;
    try {
      if (window.guideForgets) throw new Error("nothing is kept");
      window.sessionStorage.setItem(PROOF, said);
      window.location.assign(`${window.guideBase}/`);
    } catch (error) {
      body.replaceChildren();
      add(body, "p", said);
      const link = add(body, "a", words.new_chat, "guide-my-button guide-my-main");
      link.href = `${window.guideBase}/`;
      link.focus();
    }
  }

  function showProof() {
    let said = null;
    try {
      said = window.sessionStorage.getItem(PROOF);
      window.sessionStorage.removeItem(PROOF);
    } catch (error) {
      return;
    }
    if (!said) return;
    const put = function () {
      const screen = document.getElementById("welcome-screen");
      if (!screen || screen.firstElementChild === proof) return;
      screen.prepend(proof);
      proof.hidden = false;
      proof.textContent = said;
    };
    const observer = new MutationObserver(put);
    observer.observe(document.getElementById("root"), { childList: true, subtree: true });
    wire.on("conversation", function ({ id }) {
      if (!id) return;
      observer.disconnect();
      proof.remove();
    });
    put();
  }

  // ---- The dialog ----

  // Who fills in the form while somebody joins must not lose what is written there.
  function written() {
    const field = document.getElementById("guide-my-value");
    const tick = body.querySelector('[name="consent"]');
    const kind = body.querySelector('[name="kind"]:checked');
    const held = document.activeElement === field;
    const said = field ? { value: field.value, isAgreed: tick.checked, kind: kind && kind.value, held } : null;
    return function () {
      const again = document.getElementById("guide-my-value");
      if (!said || !said.value || !again) return;
      const choice = body.querySelector(`[name="kind"][value="${said.kind}"]`);
      if (!choice) return;
      choice.checked = true;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
      again.value = said.value;
      body.querySelector('[name="consent"]').checked = said.isAgreed;
      if (said.held) again.focus();
    };
  }

  function keyOf(now) {
    return [now.state, now.may_rate, now.contacts.join()].join(" ");
  }

  function draw() {
    const now = presence();
    const restore = written();
    drawnFor = keyOf(now);
    body.replaceChildren();
    drawPerson(now);
    drawRating(now);
    drawContact(now);
    drawCopy();
    drawErasure();
    restore();
  }

  async function open(part) {
    if (!wire.conversation()) return;
    say("");
    draw();
    if (!dialog.open) dialog.showModal();
    body.scrollTop = 0;
    if (part === "contact") {
      const contact = document.getElementById("guide-my-contact");
      contact.scrollIntoView({ block: "start" });
      const field = contact.querySelector("input, button");
      if (field) field.focus();
    }
    try {
      await ask("");
    } catch (error) {
      say(error.message, true);
    }
  }

  opener.addEventListener("click", () => open());
  window.addEventListener("guide-my", (event) => open(event.detail));
  document.getElementById("guide-my-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", function (event) {
    if (event.target === dialog) dialog.close();
  });
  onPresence(function (now) {
    if (dialog.open && keyOf(now) !== drawnFor) draw();
  });
  wire.on("conversation", function ({ id }) {
    opener.hidden = !id;
    if (!id && dialog.open) dialog.close();
  });
  wire.on("guide_gone", function ({ conversation }) {
    if (conversation === wire.conversation() && !state.isBusy) showGone(words.erased_elsewhere);
  });
  showProof();
})();
