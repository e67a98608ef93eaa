/* The agent's desk: the call on one's own seat pops up, what is typed is kept, keys save it. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const LIVE = new Set(["ring", "talk", "hold"]);
  const KEEP_MS = 800;
  const ALIKE_MS = 350;
  let keepTimer = 0;
  let alikeTimer = 0;
  let begun = ""; // the form as the server drew it: that is no typing
  let retries = 0;

  const desk = () => document.querySelector("[data-desk-agent]");

  /* --- drafts and duplicates, a moment after the last key --- */

  function typed(...values) {
    const now = JSON.stringify(values);
    const page = desk();
    if (page && page.dataset.begun === undefined) {
      page.dataset.begun = "1";
      begun = now;
    } else if (now !== begun) {
      begun = now;
      clearTimeout(keepTimer);
      keepTimer = setTimeout(() => H.publish("draft-tick", Date.now()), KEEP_MS);
      clearTimeout(alikeTimer);
      alikeTimer = setTimeout(() => H.publish("alike-tick", Date.now()), ALIKE_MS);
    }
    return window.dash_clientside.no_update;
  }

  function empty() {
    const filled = (id) => H.byId(id) && H.byId(id).value.trim();
    return !filled("new-title") && !filled("new-content");
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

  /* --- the call on one's own seat --- */

  function ownCall(live, agent) {
    const own = live.roster.seats.find((seat) => seat.agent_no === agent);
    const seat = own && live.board.seats[own.key];
    return seat && seat.call && LIVE.has(seat.state) ? seat : null;
  }

  function pop(live) {
    const page = desk();
    if (!page || !page.dataset.deskAgent) return;
    const bar = page.querySelector("[data-desk-bar]");
    const seat = ownCall(live, page.dataset.deskAgent);
    const here = page.dataset.deskCall;
    if (!seat || seat.call === here) {
      bar.hidden = true;
      return;
    }
    const href = "/tickets/new?call=" + encodeURIComponent(seat.call);
    if (empty()) {
      // The form stays as it is, only its call changes: not one key typed meanwhile is lost.
      page.dataset.deskCall = seat.call;
      history.replaceState({}, "", href);
      H.publish("pop-request", { key: seat.call, at: Date.now() });
      bar.hidden = true;
      return;
    }
    if (bar.dataset.call === seat.call && !bar.hidden) return;
    bar.dataset.call = seat.call;
    bar.hidden = false;
    const link = H.make("a", "button primary", H.word("pop.take"));
    link.href = href;
    link.dataset.nav = "";
    bar.replaceChildren(H.make("b", "", H.word("pop.new") + " " + (seat.caller || "")), link);
  }

  /* A call that rings this very moment may not be in the ledger yet: ask again. */
  function awaited() {
    const page = desk();
    const waiting = page && page.dataset.deskCall && !page.querySelector("#new-caller .marks");
    if (!waiting) {
      retries = 0;
      return;
    }
    if (retries++ < 10) H.publish("pop-request", { key: page.dataset.deskCall, at: Date.now() });
  }

  (H.painters = H.painters || []).push((live, changed, all) => {
    if (live.board && (all || changed.has("seats"))) pop(live);
  });
  let beat = 0;
  (H.tickers = H.tickers || []).push(() => {
    if (H.live.board) pop(H.live);
    if (++beat % 2 === 0) awaited();
  });

  new MutationObserver(() => {
    const page = desk();
    if (!page || page.dataset.ready) return;
    page.dataset.ready = "1";
    const title = H.byId("new-title");
    if (title) title.focus();
  }).observe(document.body, { childList: true, subtree: true });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.hotline = Object.assign(window.dash_clientside.hotline || {}, { typed });
})();
