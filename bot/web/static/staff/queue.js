// Keeps the queue on the page as it is on the server, and rings where somebody wants that.
"use strict";

(() => {
  const place = document.getElementById("queue");
  const bell = document.getElementById("bell");
  const KEY = "console.bell";
  let busy = false;
  let again = false;

  // Storage may be refused; then the bell is as it was set on this page.
  const remembered = () => {
    try {
      return localStorage.getItem(KEY) === "on";
    } catch {
      return false;
    }
  };
  const remember = (value) => {
    try {
      localStorage.setItem(KEY, value);
    } catch {
      // Nothing to do: it rings until the page is left.
    }
  };
  let rings = remembered();
  const showBell = () => {
    bell.setAttribute("aria-pressed", String(rings));
    bell.textContent = rings ? "Sound is on" : "Sound is off";
  };

  const ring = () => {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    const loudness = audio.createGain();
    tone.frequency.value = 660;
    loudness.gain.setValueAtTime(0.12, audio.currentTime);
    loudness.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.6);
    tone.connect(loudness).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.6);
    tone.addEventListener("ended", () => audio.close());
  };

  const load = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    try {
      const answer = await fetch("/staff/queue/table", { headers: { "X-Background": "1", Accept: "text/html" } });
      if (answer.ok) {
        const focused = document.activeElement?.closest("[data-row]")?.dataset.row;
        place.innerHTML = await answer.text();
        window.guideConsole.localTimes(place);
        if (focused) {
          place.querySelector(`[data-row="${CSS.escape(focused)}"] .button, [data-row="${CSS.escape(focused)}"] a`)?.focus();
        }
      }
    } catch {
      // The next event asks again.
    }
    busy = false;
    if (again) {
      again = false;
      setTimeout(load, 300);
    }
  };

  bell.hidden = false;
  showBell();
  bell.addEventListener("click", () => {
    rings = !rings;
    remember(rings ? "on" : "off");
    showBell();
    if (rings) {
      ring();
    }
  });
  document.addEventListener("console:queue", load);
  document.addEventListener("console:arrived", () => rings && ring());
  // "Waiting for 3 min" grows without any event.
  setInterval(load, 30000);
})();
