/* The mark in the header, the banner of who is lost, and the grey of what rests on it. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  let shown = "";
  let said = "";

  function mark(lost) {
    const signedOut = H.live.phase === "signed-out";
    const level = signedOut || lost.length ? "lost" : H.live.board ? "ok" : "wait";
    for (const node of document.querySelectorAll(".fresh")) {
      if (node.dataset.level !== level) node.dataset.level = level;
      const text =
        level === "ok" ? H.word("fresh.age", { age: H.age(H.dataAge()) })
        : level === "lost" ? H.word("fresh.lost")
        : H.word("fresh.waiting");
      H.text(node.querySelector("[data-fresh]"), text);
    }
  }

  function banner(lost) {
    const node = H.byId("banner");
    if (!node) return;
    const signedOut = H.live.phase === "signed-out";
    const none = H.live.phase === "open" && !Object.keys(H.live.sources).length;
    if (!signedOut && !lost.length && !none) {
      node.hidden = true;
      shown = "";
      return;
    }
    const kind = signedOut ? "out" : none && !lost.length ? "none" : lost.map((l) => l.key + l.reason).join();
    if (kind !== shown || !node.firstChild) build(node, lost, signedOut, none);
    shown = kind;
    node.hidden = false;
    const now = H.now();
    lost.forEach((one, i) => {
      const since = node.querySelector('[data-lost="' + i + '"]');
      H.text(since, H.word("fresh.since", { time: H.timeOf(one.heard), age: H.duration(now - one.heard) }));
    });
  }

  function build(node, lost, signedOut, none) {
    node.replaceChildren();
    if (signedOut) {
      node.append(H.make("strong", "", H.word("fresh.signed_out")));
      const link = H.make("a", "", H.word("fresh.sign_in"));
      link.href = "/login?next=" + encodeURIComponent(location.pathname + location.search);
      node.append(link);
      return;
    }
    if (none && !lost.length) {
      node.append(H.make("strong", "", H.word("fresh.no_source")));
      return;
    }
    lost.forEach((one, i) => {
      node.append(H.make("strong", "", one.name + " " + H.word("fresh.lost")));
      const since = H.make("span");
      since.dataset.lost = i;
      node.append(since, H.make("span", "", H.reason(one.reason)));
      if (one.heard) node.append(H.make("span", "", H.word("fresh.stopped", { time: H.timeOf(one.heard) })));
    });
  }

  /* "*" rests on every source; a seat rests on its own exchange. */
  function grey(lost) {
    const gone = new Set(lost.map((one) => one.key));
    const all = gone.has("*") || H.live.phase === "signed-out";
    const any = all || gone.size > 0;
    for (const node of document.querySelectorAll("[data-rests-on]")) {
      const stale = node.dataset.restsOn === "*" ? any : all || gone.has(node.dataset.restsOn);
      if (node.classList.contains("is-stale") !== stale) node.classList.toggle("is-stale", stale);
    }
    H.staleSources = all ? "*" : gone;
    H.anyLost = any;
    const oldest = lost.length ? Math.min(...lost.map((one) => one.heard || H.now())) : 0;
    const stopped = oldest ? H.word("fresh.stopped", { time: H.timeOf(oldest) }) : "";
    if (stopped !== said) {
      said = stopped;
      document.documentElement.style.setProperty("--stopped", JSON.stringify(stopped));
    }
    for (const node of document.querySelectorAll("[data-age]")) {
      H.text(node, stopped || H.age(H.dataAge()));
    }
    for (const node of document.querySelectorAll("[data-sources]")) {
      H.text(node, Object.values(H.live.sources).map((s) => s.name).join("、"));
    }
  }

  function all() {
    const lost = H.lost();
    mark(lost);
    banner(lost);
    if (H.live.board) grey(lost);
  }

  let last = 0;
  (H.painters = H.painters || []).push(() => {
    // The age has tenths, but four times a second is as much as an eye follows.
    const now = performance.now();
    if (now - last < 250 && H.live.phase === "open") return;
    last = now;
    all();
  });
  (H.tickers = H.tickers || []).push(all);
})();
