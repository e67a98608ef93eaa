/* Screen pop: the call on one's own seat opens its form from whatever page one is on, unless that would lose words. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const LIVE = new Set(["ring", "talk", "hold"]);
  const touched = new Map(); // field -> what it held before it was typed into
  let bound = ""; // where F2 leads

  const frame = () => document.querySelector("[data-agent]");
  const desk = () => document.querySelector("[data-desk-agent]");
  const kept = (name) => sessionStorage.getItem(name) || "";

  function ownCall(live, agent) {
    const own = live.roster && live.roster.seats.find((seat) => seat.agent_no === agent);
    const seat = own && live.board.seats[own.key];
    return seat && seat.call && LIVE.has(seat.state) ? seat : null;
  }

  /* --- what would be lost --- */

  document.addEventListener("focusin", (event) => {
    const field = event.target;
    if (field.matches && field.matches("main input:not([type=search]), main textarea") && !touched.has(field)) {
      touched.set(field, field.value);
    }
  });

  function halfTyped() {
    for (const [field, before] of touched) {
      if (!field.isConnected) touched.delete(field);
      else if (field.value.trim() && field.value !== before) return true;
    }
    return Boolean(document.querySelector("main .move[open]"));
  }

  function emptyForm() {
    const filled = (id) => H.byId(id) && H.byId(id).value.trim();
    return !filled("new-title") && !filled("new-content");
  }

  /* --- going there --- */

  function pop(live) {
    const page = frame();
    if (!page || !page.dataset.agent) return;
    const seat = ownCall(live, page.dataset.agent);
    const form = desk();
    const here = form ? form.dataset.deskCall : "";
    if (!seat || seat.call === here || (!form && kept("done") === seat.call)) return hide(page);
    const href = "/tickets/new?call=" + encodeURIComponent(seat.call);
    if (form && emptyForm()) {
      // The form stays as it is, only its call changes: not one key typed meanwhile is lost.
      form.dataset.deskCall = seat.call;
      sessionStorage.setItem("popped", seat.call);
      history.replaceState({}, "", href);
      H.publish("pop-request", { key: seat.call, at: Date.now() });
      return hide(page);
    }
    if (!form && kept("popped") !== seat.call && !halfTyped()) {
      sessionStorage.setItem("popped", seat.call);
      hide(page);
      return H.go(href);
    }
    show(page, seat, href);
  }

  function hide(page) {
    const bar = page.querySelector("[data-call-bar]");
    bound = "";
    if (bar) bar.hidden = true;
  }

  function show(page, seat, href) {
    const bar = page.querySelector("[data-call-bar]");
    bound = href;
    if (!bar || (bar.dataset.call === seat.call && !bar.hidden)) return;
    bar.dataset.call = seat.call;
    bar.hidden = false;
    H.text(bar.querySelector("b"), H.word("pop.new") + " " + (seat.caller || ""));
    bar.querySelector("a").setAttribute("href", href);
    H.publish("bar-request", { key: seat.call, at: Date.now() });
  }

  document.addEventListener("keydown", (event) => {
    if (!bound) return;
    const idle = event.key === "Enter" && event.target === document.body;
    if (event.key !== "F2" && !idle) return;
    event.preventDefault();
    H.go(bound);
  });
  document.addEventListener("click", (event) => {
    // What is saved is done with: this call does not come back, the next one does.
    const form = desk();
    if (form && event.target.closest && event.target.closest("#new-save")) sessionStorage.setItem("done", form.dataset.deskCall);
  });

  (H.painters = H.painters || []).push((live, changed, all) => {
    if (live.board && (all || changed.has("seats"))) pop(live);
  });
  (H.tickers = H.tickers || []).push(() => {
    if (H.live && H.live.board) pop(H.live);
  });
})();
