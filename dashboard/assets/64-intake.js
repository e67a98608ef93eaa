/* The agent's desk: what is typed is kept, what it gives away is marked, keys choose and save. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const KEEP_MS = 800;
  const ALIKE_MS = 350;
  let keepTimer = 0;
  let alikeTimer = 0;
  let begun = ""; // the form as the server drew it: that is no typing
  let retries = 0;

  const desk = () => document.querySelector("[data-desk-agent]");

  const drawn = () => ["new-title", "new-content"].map((id) => (H.byId(id) ? H.byId(id).value : "")).join("\n");

  /* --- drafts and duplicates, a moment after the last key --- */

  function later() {
    clearTimeout(keepTimer);
    keepTimer = setTimeout(() => H.publish("draft-tick", Date.now()), KEEP_MS);
    clearTimeout(alikeTimer);
    alikeTimer = setTimeout(() => H.publish("alike-tick", Date.now()), ALIKE_MS);
  }

  function typed(...values) {
    const now = JSON.stringify(values);
    answerable();
    const page = desk();
    if (page && page.dataset.begun === undefined) {
      page.dataset.begun = "1";
      begun = now;
      // Dash comes here only when its server has answered: who types fast has typed by then.
      if (page.dataset.drawn !== drawn()) later();
    } else if (now !== begun) {
      begun = now;
      later();
    }
    return window.dash_clientside.no_update;
  }

  document.addEventListener("click", (event) => {
    const use = event.target.closest && event.target.closest("[data-use-reply]");
    if (use && H.byId("new-reply")) window.dash_clientside.set_props("new-reply", { value: use.dataset.useReply });
    if (event.target.closest && event.target.closest("#new-save, #new-drop")) clearTimeout(keepTimer);
  });
  document.addEventListener("keydown", (event) => {
    if (!desk() || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    H.byId("new-save").click();
  });

  /* --- what the words give away: marks are set once for each word, then they are the agent's own --- */

  function signed(said, seen, flags, urgency) {
    const same = window.dash_clientside.no_update;
    if (!said) return [same, same, same];
    const known = (seen || "").split(" ").filter(Boolean);
    const fresh = (words) => words.filter((word) => !known.includes(word));
    const emergency = fresh(said.emergency);
    const dispute = fresh(said.dispute);
    if (!emergency.length && !dispute.length) return [same, same, same];
    const marks = new Set(flags || []);
    if (emergency.length) marks.add("emergency");
    if (dispute.length) marks.add("disputed");
    return [[...known, ...emergency, ...dispute].join(" "), [...marks], emergency.length ? "critical" : same];
  }

  function choose(field, value) {
    window.dash_clientside.set_props("new-" + field, { value });
  }

  /* A kind that is not answered at once has no box for the answer; one with words in it stays, to be seen. */
  function answerable() {
    const form = document.querySelector(".intake-form");
    if (!form) return;
    const kind = form.querySelector("#new-kind input:checked");
    const reply = H.byId("new-reply");
    const none = kind && !form.dataset.atOnce.split(" ").includes(kind.value) && !(reply && reply.value.trim());
    form.classList.toggle("no-reply", Boolean(none));
    form.classList.toggle("of-staff", Boolean(kind && kind.value === "staff"));
  }

  document.addEventListener("click", (event) => {
    const take = event.target.closest && event.target.closest("[data-take]");
    if (take && desk()) choose(take.dataset.take, take.dataset.value);
  });
  document.addEventListener("keydown", (event) => {
    const number = /^Digit([1-9])$/.exec(event.code || "");
    if (!desk() || !number || !event.altKey || event.ctrlKey || event.metaKey) return;
    const box = document.querySelectorAll("#new-kind input")[number[1] - 1];
    if (!box) return;
    event.preventDefault();
    choose("kind", box.value);
  });

  /* A call that rings this very moment may not be in the ledger yet: ask again. */
  function awaited() {
    const page = desk();
    const waiting = page && page.dataset.deskCall && !page.querySelector("#new-caller .marks");
    if (!waiting) {
      retries = 0;
      return;
    }
    if (retries++ < 30) H.publish("pop-request", { key: page.dataset.deskCall, at: Date.now() });
  }

  let beat = 0;
  (H.tickers = H.tickers || []).push(() => {
    answerable();
    if (++beat % 2 === 0) awaited();
  });

  new MutationObserver(() => {
    const page = desk();
    if (!page || page.dataset.ready) return;
    page.dataset.ready = "1";
    page.dataset.drawn = drawn();
    const title = H.byId("new-title");
    if (title) title.focus();
  }).observe(document.body, { childList: true, subtree: true });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.hotline = Object.assign(window.dash_clientside.hotline || {}, { typed, signed });
})();
