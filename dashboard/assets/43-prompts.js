/* Alarm prompts on every desk page: a badge at the way to command with the list behind it, and for what is new a
   toast with a soft sound. What this person was told once is kept in the browser: no reload says it again. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const SHOWN_MS = 15000;
  const SINGLY = 3; // of more than so many at once only the number is told
  const RETRY_MS = 3000;
  const prompts = (H.prompts = { list: null });
  let stream = null;
  let sound = null;

  const badge = () => document.querySelector("[data-prompt-count]");

  /* --- what was told already, by person --- */

  function store() {
    const root = document.querySelector(".desk[data-user]");
    return root ? "prompts:" + root.dataset.user : "";
  }

  function told() {
    try {
      return new Set(JSON.parse(localStorage.getItem(store())) || []);
    } catch {
      return new Set();
    }
  }

  function keep(list) {
    try {
      localStorage.setItem(store(), JSON.stringify(list.map((one) => one.key)));
    } catch {
      /* a full or forbidden store: a reload says it again */
    }
  }

  /* --- words and ways --- */

  function said(one) {
    const text = H.word("prompt." + one.kind, { text: one.text });
    return one.exercise ? H.word("prompt.exercise", { said: text }) : text;
  }

  function way(one) {
    if (!one.incident) return "/command/resources?tab=supplies";
    const pane = { task: "&pane=plan", unit: "&pane=units", decision: "&pane=records" }[one.kind] || "";
    return "/command?id=" + one.incident + pane;
  }

  function line(one, css) {
    const link = H.make("a", css);
    link.href = way(one);
    link.setAttribute("data-nav", "");
    link.append(H.make("b", "", said(one)));
    if (one.title) link.append(H.make("span", "muted", one.no + " " + one.title));
    return link;
  }

  /* --- the toast and its sound --- */

  function toast(node) {
    const box = H.byId("toasts");
    if (!box) return;
    node.classList.add("toast", "prompt");
    node.dataset.timed = "1"; // it stays longer than what a press said
    node.setAttribute("role", "alert");
    node.addEventListener("click", () => node.remove());
    setTimeout(() => node.remove(), SHOWN_MS);
    box.append(node);
  }

  /* Two soft notes. A page nobody has touched yet may not sound; then it is silent. */
  function ring() {
    if (H.prefs().sound === "off" || !window.AudioContext) return;
    sound = sound || new AudioContext();
    if (sound.state === "suspended") sound.resume().catch(() => {});
    [660, 880].forEach((pitch, n) => {
      const at = sound.currentTime + n * 0.18;
      const tone = sound.createOscillator();
      const loud = sound.createGain();
      tone.frequency.value = pitch;
      loud.gain.setValueAtTime(0.0001, at);
      loud.gain.exponentialRampToValueAtTime(0.08, at + 0.03);
      loud.gain.exponentialRampToValueAtTime(0.0001, at + 0.35);
      tone.connect(loud).connect(sound.destination);
      tone.start(at);
      tone.stop(at + 0.4);
    });
  }

  function announce() {
    if (!prompts.list || !badge() || !store()) return;
    const known = told();
    const fresh = prompts.list.filter((one) => !known.has(one.key));
    keep(prompts.list);
    if (!fresh.length) return;
    for (const one of fresh.slice(0, SINGLY)) toast(line(one, ""));
    if (fresh.length > SINGLY) {
      const rest = H.make("button", "", H.word("prompt.more", { n: fresh.length - SINGLY }));
      rest.type = "button";
      rest.addEventListener("click", () => open(true));
      toast(rest);
    }
    ring();
  }

  /* --- the badge and the list behind it --- */

  function shown() {
    return document.querySelector(".prompt-list");
  }

  function open(yes) {
    const old = shown();
    if (old) old.remove();
    const node = badge();
    if (node) node.setAttribute("aria-expanded", String(Boolean(yes && prompts.list)));
    if (!yes || !node || !prompts.list) return;
    const box = H.make("section", "prompt-list");
    box.setAttribute("aria-label", H.word("prompt.open"));
    const head = H.make("div", "prompt-head");
    const quiet = H.make("button", "button small", H.word(H.prefs().sound === "off" ? "prompt.sound_off" : "prompt.sound_on"));
    quiet.type = "button";
    quiet.addEventListener("click", () => {
      const prefs = H.prefs();
      prefs.sound = prefs.sound === "off" ? "on" : "off";
      localStorage.setItem("prefs", JSON.stringify(prefs));
      open(true);
      ring();
    });
    const shut = H.make("button", "button small", H.word("prompt.close"));
    shut.type = "button";
    shut.addEventListener("click", () => open(false));
    head.append(H.make("b", "", H.word("prompt.heading", { n: prompts.list.length })), quiet, shut);
    box.append(head);
    for (const one of prompts.list) {
      const row = line(one, "prompt-line");
      row.append(H.make("time", "muted num", one.at ? H.dateOf(one.at) + " " + H.minuteOf(one.at) : ""));
      box.append(row);
    }
    if (!prompts.list.length) box.append(H.make("p", "muted", H.word("prompt.none")));
    const at = node.getBoundingClientRect();
    box.style.top = at.bottom + 6 + "px";
    box.style.left = Math.max(8, Math.min(at.left, window.innerWidth - 428)) + "px";
    document.body.append(box);
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest) return;
    if (event.target.closest("[data-prompt-count]")) return open(!shown());
    const inside = event.target.closest(".prompt-list");
    if (shown() && (!inside || event.target.closest("a"))) open(false);
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && open(false));

  function paint() {
    const node = badge();
    if (!node) return;
    const many = prompts.list ? prompts.list.length : 0;
    H.text(node, many ? String(many) : "");
    if (node.hidden !== !many) node.hidden = !many;
  }

  H.hearPrompts = function (message) {
    prompts.list = message.prompts;
    paint();
    announce();
    if (shown()) open(true);
  };

  /* A page may come after what was heard. */
  let here = null;
  new MutationObserver(() => {
    const node = badge();
    if (node === here) return;
    here = node;
    paint();
    announce();
    listen();
  }).observe(document.body, { childList: true, subtree: true });

  /* --- who may not see the floor has no stream to carry them: one of their own --- */

  function listen() {
    if (stream || !badge() || H.live.phase !== "none") return;
    stream = new EventSource("/live/prompts");
    stream.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.kind === "prompts") H.hearPrompts(message);
    };
    stream.onerror = () => {
      if (stream && stream.readyState === EventSource.CLOSED) {
        stream = null;
        setTimeout(listen, RETRY_MS);
      }
    };
    stream.addEventListener("signed_out", () => stream.close());
  }

  function rest() {
    if (stream) stream.close();
    stream = null;
  }

  H.whileSeen(rest, listen);
  window.addEventListener("pagehide", rest);
})();
