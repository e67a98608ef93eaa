/* The desk pages' part: filters to the address, rows that open, what is live on them. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const NAMED_DAYS = new Set(["today", "yesterday", "week"]);
  const SYSTEM_S = 2;

  /* --- calls: the address is the view --- */

  function filter(text, date, queue, outcome) {
    const same = window.dash_clientside.no_update;
    if (location.pathname !== "/calls") return same;
    const query = new URLSearchParams(location.search);
    const set = (name, value) => (value ? query.set(name, value) : query.delete(name));
    set("text", (text || "").trim());
    set("queue", queue);
    if (date) query.set("day", date.slice(0, 10));
    else if (query.has("day") && !NAMED_DAYS.has(query.get("day"))) query.set("day", "today");
    // The list of outcomes a tab or a tile asks for is not a choice of this box: leave it alone.
    if (outcome || !(query.get("outcome") || "").includes(",")) set("outcome", outcome);
    // The boxes tell their values when they appear, too: that is no change and no new page.
    if (query.toString() === new URLSearchParams(location.search).toString()) return same;
    H.go("/calls?" + query.toString().replace(/%2C/g, ",").replace(/%3A/g, ":").replace(/%2F/g, "/"));
    return same;
  }

  function refetch() {
    const grid = H.byId("calls-grid");
    if (grid && window.dash_ag_grid) {
      window.dash_ag_grid.getApiAsync("calls-grid").then((api) => api.purgeInfiniteCache());
    }
    return window.dash_clientside.no_update;
  }

  function openRow(target) {
    const row = target.closest && target.closest(".ag-row[row-id]");
    const call = target.closest && target.closest("[data-call]");
    const key = call ? call.dataset.call : row && row.getAttribute("row-id");
    if (!key || (row && row.classList.contains("ag-row-loading"))) return false;
    H.publish("call-request", { key, at: Date.now() });
    return true;
  }

  document.addEventListener("click", (event) => {
    const call = event.target.closest && event.target.closest("[data-call]");
    if (call) event.preventDefault();
    if (call || (event.target.closest && event.target.closest("#calls-grid"))) openRow(event.target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest && event.target.closest("#calls-grid")) {
      openRow(event.target);
    }
  });

  /* --- a seat's three states, live in its drawer --- */

  function mark(state, text) {
    const node = H.make("span", "st st-" + state + " mark");
    node.append(H.make("i", "icon"), H.make("span", "", text));
    return node;
  }

  function seats(live) {
    for (const node of document.querySelectorAll("[data-seat-work]")) {
      const key = node.dataset.seatWork;
      const seat = live.board.seats[key];
      const state = seat ? seat.state : "offline";
      const facts = [H.state(state)];
      if (seat && seat.reason) facts.push(seat.reason);
      if (seat && seat.queue && H.queueLabel) facts.push(H.queueLabel(seat.queue));
      if (seat && seat.caller) facts.push(seat.caller);
      const text = facts.join(" · ") + (seat ? " " + H.timer(H.now() - seat.since) : "");
      if (node.dataset.shown !== state + text) node.replaceChildren(mark(state, text));
      node.dataset.shown = state + text;
      const near = node.parentNode;
      H.text(near.querySelector("[data-seat-phone]"), seat ? H.word("device." + seat.device) : "—");
      const names = seat ? seat.queues.map((name) => (H.queueLabel ? H.queueLabel(name) : name)) : [];
      H.text(near.querySelector("[data-seat-queues]"), names.join("、") || "—");
    }
  }

  H.painters.push((live, changed, all) => {
    if (!live.board) return;
    if (!H.queueLabel) {
      const names = new Map(live.roster.queues.map((queue) => [queue.name, queue.label]));
      H.queueLabel = (name) => names.get(name) || name;
    }
    if (all || changed.has("seats")) seats(live);
    if (changed.has("alarms") && H.byId("alarm-history")) {
      // The history comes from the database, a moment behind the stream.
      setTimeout(() => H.byId("alarm-history") && H.publish("alarms-changed", Date.now()), 1200);
    }
  });

  H.tickers.push((now) => {
    if (H.live.board) seats(H.live);
    if (H.byId("system") && !document.hidden && Math.floor(now) % SYSTEM_S === 0) {
      H.publish("system-tick", Math.floor(now));
    }
  });

  window.dash_clientside.hotline = Object.assign(window.dash_clientside.hotline || {}, { filter, refetch });
})();
