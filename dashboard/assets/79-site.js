/* The site page: what a crew presses is sent and, until the answer is there, kept; a weak link loses no word.

   The stream says only that the crew sees something else now; the server draws it, and draws it again until it came. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const SILENT_MS = 4000;
  const SEND_MS = 15000;
  const AGAIN_MS = 3000;
  const root = () => H.byId("site");
  let stream = null;
  let phase = "loading";
  let heard = performance.now();
  let marked = null; // what the stream says stands there
  let drawn = null; // the mark that was drawn last
  let asked = 0;
  let retry = 0;

  /* --- the stream --- */

  function hear(event) {
    const message = JSON.parse(event.data);
    heard = performance.now();
    phase = "open";
    if (message.kind === "site") marked = message.mark;
    draw();
    say();
  }

  function draw(now) {
    if (!root() || (!now && (marked === null || marked === drawn || performance.now() - asked < AGAIN_MS))) return;
    asked = performance.now();
    H.publish("site-tick", { mark: marked, at: Date.now() });
  }

  function open() {
    close();
    phase = "loading";
    stream = new EventSource("/live/site");
    stream.onmessage = hear;
    stream.onerror = () => {
      phase = "broken";
      if (!stream || stream.readyState !== EventSource.CLOSED) return;
      clearTimeout(retry);
      retry = setTimeout(() => root() && open(), 2000);
    };
    stream.addEventListener("signed_out", () => {
      stream.close();
      phase = "signed-out";
    });
  }

  function close() {
    clearTimeout(retry);
    if (stream) stream.close();
    stream = null;
  }

  function say() {
    const node = root();
    if (!node) return;
    const silent = performance.now() - heard;
    if (phase === "open" && silent > SILENT_MS) phase = "broken";
    if (node.dataset.live !== phase) node.dataset.live = phase;
    H.text(node.querySelector("[data-site-live]"), H.word("site.live." + phase, { age: H.age(silent / 1000) }));
  }

  H.whileSeen(close, () => root() && open());
  (H.tickers = H.tickers || []).push(say);
  window.addEventListener("online", () => root() && open());
  window.addEventListener("pagehide", close);

  /* --- what is typed stays: through news, a lost link, a page loaded anew --- */

  const draftKey = (box) => "site:" + incident() + ":" + box.dataset.draft;

  function incident() {
    const head = document.querySelector("#site [data-incident]");
    return head ? Number(head.dataset.incident) : 0;
  }

  let typing = null; // the box the cursor is in

  document.addEventListener("input", (event) => {
    const box = event.target.closest && event.target.closest("#site [data-draft]");
    if (box) sessionStorage.setItem(draftKey(box), box.value);
  });
  document.addEventListener("focusin", (event) => {
    typing = event.target.matches && event.target.matches("#site [data-draft]") ? event.target : null;
  });

  /* The box one types in was drawn anew: the cursor goes on where it stood. */
  function goOn(box) {
    if (!typing || typing.isConnected || typing.met !== box.met || document.activeElement !== document.body) return;
    const [from, to] = [typing.selectionStart, typing.selectionEnd];
    box.focus({ preventScroll: true });
    box.setSelectionRange(from, to);
  }

  function fill() {
    for (const box of document.querySelectorAll("#site [data-draft]")) {
      const kept = sessionStorage.getItem(draftKey(box)) || "";
      if (box.met === draftKey(box)) continue;
      box.met = draftKey(box);
      box.value = kept;
      goOn(box);
    }
  }

  /* --- presses --- */

  function note(card, text) {
    const node = card.querySelector(".form-note");
    node.hidden = !text;
    H.text(node, text);
  }

  async function post(number, said) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), SEND_MS);
    try {
      const answer = await fetch("/api/site/" + number, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(said),
        signal: stop.signal,
      });
      if (answer.ok) return "";
      if (answer.status === 401) return H.word("fresh.signed_out");
      const told = await answer.json().catch(() => ({}));
      return told.text || H.word("site.lost");
    } catch {
      return H.word("site.lost");
    } finally {
      clearTimeout(timer);
    }
  }

  function read(button, box) {
    const facts = button.dataset;
    const typed = box && facts.siteBox ? box.value.trim() : "";
    const said = { verb: facts.siteVerb, said: typed || facts.siteSaid || "" };
    if (facts.siteAbout) said.about = Number(facts.siteAbout);
    if (facts.sitePercent) said.percent = Number(facts.sitePercent);
    if (facts.siteStep) said.step = facts.siteStep;
    if (facts.siteUnit) said.unit = facts.siteUnit;
    if (facts.siteDone) said.done = true;
    return said;
  }

  async function press(button) {
    const card = button.closest("[data-card]");
    const box = card.querySelector("[data-draft]");
    const said = read(button, box);
    const needs = button.dataset.siteMust || (said.verb === "answer" && !said.done);
    if (needs && !said.said) {
      note(card, H.word("site.empty"));
      box.focus();
      return;
    }
    const buttons = [...card.querySelectorAll("button")];
    for (const each of buttons) each.disabled = true;
    const refused = await post(incident(), said);
    for (const each of buttons) each.disabled = false;
    note(card, refused);
    if (!refused && box && button.dataset.siteBox) {
      sessionStorage.removeItem(draftKey(box));
      box.value = "";
    }
    if (refused !== H.word("site.lost")) draw(true);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("#site button[data-site-verb]");
    if (button && !button.disabled) press(button);
  });

  /* An order that stands on this screen was delivered; said once for each time the page was drawn. */
  let delivering = false;

  async function deliver(head) {
    if (delivering || head.met || head.dataset.fresh !== "1") return;
    delivering = true;
    head.met = !(await post(incident(), { verb: "deliver" }));
    delivering = false;
  }

  /* --- the page came, went, or was drawn --- */

  let shown = null;

  function follow() {
    const node = root();
    if (!node) {
      if (stream) close();
      shown = null;
      return;
    }
    if (shown !== node) {
      shown = node;
      drawn = marked = null;
      open();
    }
    fill();
    const head = node.querySelector("[data-incident]");
    if (head && head.dataset.mark !== undefined && head.dataset.mark !== drawn) drawn = head.dataset.mark;
    if (head) deliver(head);
  }

  new MutationObserver(follow).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-mark", "data-fresh"] });
})();
