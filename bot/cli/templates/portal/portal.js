// What a portal's own script may do with the guide: say who is signed in, put a question into the writing field.
"use strict";
const session = document.getElementById("session");
const hello = document.getElementById("hello");
let isSignedIn = false;

function withGuide(act) {
  if (window.LupusGuide) act(window.LupusGuide);
  else document.addEventListener("lupusguide:ready", () => act(window.LupusGuide), { once: true });
}

// The portal's server signs who this is, for a few minutes; the page only hands it on.
async function sayWho() {
  const { identity } = await (await fetch("/identity")).json();
  withGuide((guide) => guide.setContext({ identity }));
}

session.addEventListener("click", async function () {
  isSignedIn = !isSignedIn;
  if (!isSignedIn) {
    window.location.reload();
    return;
  }
  hello.textContent = "Hello, Alex";
  session.textContent = "Sign out";
  await sayWho();
});

withGuide(function (guide) {
  guide.on("identity_needed", () => isSignedIn && sayWho());
  document.getElementById("ask").addEventListener("click", function () {
    guide.setContext({ question: "What is CAR-T therapy?" });
    guide.open();
  });
});
