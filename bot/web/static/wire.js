// The page's one socket, and what it has to keep. Chainlit's client loses a message that is written while the
// connection is down, or takes none, and hears nothing of what was said meanwhile. Here it is given a socket that does
// not break: below it the real one is opened again as often as needed, each message is kept until the server has it,
// and goes out again under the same id. Runs before Chainlit's script, which takes its WebSocket from here.
"use strict";
(function () {
  const Native = window.WebSocket;
  const PATH = `${window.guideBase}/ws/socket.io/`;
  const RETRY_MS = [200, 1000, 2000, 4000];
  const CONNECT_MS = 6000;
  // The server answers a message at once, if only by showing that it thinks: so long a silence means a dead line.
  const SILENCE_MS = 5000;
  // How long a message typed while the line was down waits for the one before it to be answered.
  const TURN_MS = 20000;
  const LOOK_MS = 500;

  // Messages that the server has not confirmed, in the order of writing: id -> {message, frame, sentAt, isHeld}.
  // One that is held was refused for want of a sign-in; it goes out again once there is one.
  const kept = new Map();
  const listeners = new Map();
  let line = null;
  let isDown = false;
  let conversation = null;
  // After a break messages go out one by one: `turn` is the one on its way.
  let isCatchingUp = false;
  let turn = null;

  function tell(name, data) {
    for (const listener of listeners.get(name) || []) listener(data);
  }

  function setDown(value) {
    if (value === isDown) return;
    isDown = value;
    tell("line", { isDown });
  }

  function setConversation(id) {
    if (id === conversation) return;
    conversation = id;
    tell("conversation", { id });
  }

  function forget(id) {
    if (kept.delete(id)) tell("kept", {});
  }

  function transmit(entry) {
    entry.sentAt = Date.now();
    line.emit(entry.frame);
  }

  function pump() {
    if (!line || !line.isUp) return;
    if (turn && Date.now() - turn.since > TURN_MS) turn = null;
    if (turn) return;
    const unsent = Array.from(kept).filter(([, entry]) => !entry.sentAt && !entry.isHeld);
    for (const [index, [id, entry]] of unsent.entries()) {
      transmit(entry);
      // Whatever is written from now on goes out at once: it may be an emergency.
      isCatchingUp = isCatchingUp && index < unsent.length - 1;
      if (isCatchingUp) {
        turn = { id, since: Date.now() };
        return;
      }
    }
  }

  function parsed(data) {
    if (typeof data !== "string" || !data.startsWith("42[")) return null;
    try {
      return JSON.parse(data.slice(2));
    } catch (error) {
      return null;
    }
  }

  function take(message, frame) {
    if (kept.has(message.id)) return;
    kept.set(message.id, { message, frame, sentAt: 0, isHeld: false });
    pump();
    tell("kept", {});
  }

  // What the page shows of the patient's own words after the server has redrawn it: those still under way stay.
  function withKept(thread) {
    const there = new Set(thread.steps.map((step) => step.id));
    for (const id of there) forget(id);
    for (const entry of kept.values()) thread.steps.push(entry.message);
    return thread;
  }

  // A message belongs where the transcript has it: below what was said before it, even if that came later here.
  function isMisplaced(step) {
    const seq = step.metadata && step.metadata.seq;
    const own = document.getElementById(`step-${step.id}`);
    if (!seq || !own) return false;
    for (const other of document.querySelectorAll('.step [id^="step-"]')) {
      const isBelow = own.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
      const otherSeq = seqs.get(other.id.slice("step-".length));
      if (isBelow && otherSeq && otherSeq < seq) return true;
    }
    return false;
  }

  const seqs = new Map();

  function note(step) {
    if (step.metadata && step.metadata.seq) seqs.set(step.id, step.metadata.seq);
    if (step.type === "user_message") forget(step.id);
  }

  class SteadySocket {
    constructor(url) {
      this.url = url;
      this.onopen = this.onclose = this.onmessage = this.onerror = null;
      this.native = null;
      this.auth = null;
      // Chainlit's client has made its own connection; from here on it hears of no break.
      this.isSteady = false;
      this.isUp = false;
      this.isOver = false;
      this.tries = 0;
      this.heardAt = Date.now();
      this.silenceMs = 40000;
      if (line) line.stop();
      line = this;
      this.connect();
      this.watch = window.setInterval(() => this.look(), LOOK_MS);
    }

    connect() {
      const native = new Native(this.url);
      this.native = native;
      this.startedAt = Date.now();
      native.onopen = (event) => {
        if (native === this.native && !this.isSteady && this.onopen) this.onopen(event);
      };
      native.onmessage = (event) => {
        if (native === this.native) this.hear(event.data);
      };
      native.onerror = (event) => {
        if (native === this.native && !this.isSteady && this.onerror) this.onerror(event);
      };
      native.onclose = (event) => {
        if (native === this.native) this.lose(event);
      };
    }

    emit(data) {
      if (this.native && this.native.readyState === Native.OPEN) this.native.send(data);
    }

    give(data) {
      if (this.onmessage) this.onmessage({ data });
    }

    // ---- From Chainlit's client ----

    send(data) {
      if (data.startsWith("40")) this.auth = data.length > 2 ? JSON.parse(data.slice(2)) : {};
      const event = parsed(data);
      if (event && event[0] === "client_message" && event[1] && event[1].message) {
        take(event[1].message, data);
        return;
      }
      if (event && event[0] === "clear_session") {
        kept.clear();
        seqs.clear();
        tell("kept", {});
        setConversation(null);
      }
      if (this.isUp || !this.isSteady) this.emit(data);
      if (event && event[0] === "connection_successful" && !this.isSteady) {
        this.isSteady = true;
        this.rise();
      }
    }

    close() {
      this.stop();
      if (this.onclose) this.onclose({ code: 1000, reason: "", wasClean: true });
    }

    stop() {
      this.isOver = true;
      this.isUp = false;
      window.clearInterval(this.watch);
      window.clearTimeout(this.retry);
      if (line === this) {
        line = null;
        setDown(false);
      }
      this.drop();
    }

    drop() {
      const native = this.native;
      this.native = null;
      if (native) native.close();
    }

    // ---- From the server ----

    hear(data) {
      this.heardAt = Date.now();
      if (typeof data !== "string") return;
      if (this.isSteady && !this.isUp) {
        this.mend(data);
        return;
      }
      if (data.startsWith("0")) this.silenceMs = JSON.parse(data.slice(1)).pingInterval + SILENCE_MS;
      if (this.isSteady && (data === "1" || data === "41")) {
        this.lose();
        return;
      }
      const event = parsed(data);
      if (event) this.pass(event, data);
      else this.give(data);
    }

    // The real socket is new: say again what Chainlit's client once said.
    mend(data) {
      if (data.startsWith("0")) this.emit(`40${JSON.stringify(this.auth || {})}`);
      else if (data.startsWith("44")) window.location.reload();
      else if (data.startsWith("40")) {
        this.emit('42["connection_successful"]');
        this.rise();
      } else if (data === "2") this.emit("3");
    }

    pass(event, data) {
      const [name, value] = event;
      if (name.startsWith("guide_")) {
        if (name === "guide_done") this.finish(value.id);
        if (name === "guide_identity") this.hold(value.id);
        tell(name, value);
        return;
      }
      if (name === "first_interaction" && this.auth) this.auth.threadId = value.thread_id || "";
      if (name === "resume_thread") {
        value.steps.forEach(note);
        data = `42${JSON.stringify([name, withKept(value)])}`;
      }
      if (name === "new_message") {
        if (isMisplaced(value)) this.give(`42${JSON.stringify(["delete_message", value])}`);
        note(value);
      }
      this.give(data);
      if (name === "new_message" && value.name === "staff") tell("staff_spoke", {});
      if (name === "new_message" && value.type !== "user_message") tell("spoke", { id: value.id });
      if (name === "first_interaction") setConversation(value.thread_id || null);
    }

    finish(id) {
      forget(id);
      if (turn && turn.id === id) turn = null;
      pump();
    }

    hold(id) {
      const entry = kept.get(id);
      if (entry) {
        Object.assign(entry, { sentAt: 0, isHeld: true });
        tell("kept", {});
      }
      if (turn && turn.id === id) turn = null;
      pump();
    }

    rise() {
      this.isUp = true;
      this.tries = 0;
      setDown(false);
      turn = null;
      isCatchingUp = Array.from(kept.values()).some((entry) => !entry.isHeld);
      for (const entry of kept.values()) entry.sentAt = 0;
      pump();
    }

    lose(event) {
      this.drop();
      if (this.isOver) return;
      if (!this.isSteady) {
        this.stop();
        if (this.onclose) this.onclose(event || { code: 1006 });
        return;
      }
      if (this.isUp) {
        this.isUp = false;
        // What was under way may have ended unheard; whoever waits for it could not write.
        this.give('42["task_end",{}]');
      }
      setDown(true);
      window.clearTimeout(this.retry);
      const waitMs = RETRY_MS[Math.min(this.tries, RETRY_MS.length - 1)];
      this.tries += 1;
      this.retry = window.setTimeout(() => this.connect(), waitMs * (0.75 + Math.random() / 2));
    }

    // Chainlit's client must go on hearing a heart beat; a line that is silent for too long is dead.
    look() {
      if (!this.isSteady) return;
      const now = Date.now();
      if (!this.isUp) {
        if (now - (this.beatAt || 0) > 5000) {
          this.beatAt = now;
          this.give("2");
        }
        if (this.native && now - this.startedAt > CONNECT_MS) this.lose();
        return;
      }
      const isUnheard = Array.from(kept.values()).some(
        (entry) => entry.sentAt && entry.sentAt > this.heardAt && now - entry.sentAt > SILENCE_MS,
      );
      if (isUnheard || now - this.heardAt > this.silenceMs) this.lose();
      else pump();
    }

    // The pass is new: the server reads it when a line is opened.
    renew() {
      for (const entry of kept.values()) entry.isHeld = false;
      if (this.isSteady && !this.isOver) this.lose();
    }

    hurry() {
      if (!this.isSteady || this.isOver) return;
      if (this.isUp && Date.now() - this.heardAt < this.silenceMs) return;
      this.tries = 0;
      this.lose();
    }
  }

  function Steady(url, protocols) {
    const isOurs = new URL(url, window.location.href).pathname.startsWith(PATH);
    return isOurs ? new SteadySocket(url) : new Native(url, protocols);
  }
  for (const name of ["CONNECTING", "OPEN", "CLOSING", "CLOSED"]) Steady[name] = Native[name];
  window.WebSocket = Steady;

  // Chainlit's client would end its session at the first sign of a lost network.
  window.addEventListener("offline", function (event) {
    event.stopImmediatePropagation();
    if (line && line.isSteady) line.lose();
  });
  window.addEventListener("online", () => line && line.hurry());
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && line && line.hurry());

  window.guideWire = Object.freeze({
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, []);
      listeners.get(name).push(listener);
    },
    send(name, data) {
      if (line && line.isUp) line.emit(`42${JSON.stringify([name, data])}`);
    },
    renew: () => line && line.renew(),
    isDown: () => isDown,
    conversation: () => conversation,
    // Messages that are not known to be with the server, and since when they have been on their way; 0: not sent.
    kept: () => Array.from(kept, ([id, { sentAt, isHeld }]) => ({ id, sentAt, isHeld })),
  });
})();
