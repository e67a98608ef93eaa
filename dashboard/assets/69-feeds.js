/* Ages of what bureaus tell tick by themselves; the list of feeds follows what comes in. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const EVERY_MS = 1000;
  const ASK_MS = 5000; // the list is read from the tables: no more often, however much comes in
  let ticked = 0;
  let asked = 0;
  let seen = "";

  function ages() {
    const now = H.now();
    for (const node of document.querySelectorAll("[data-since]")) {
      const age = Math.max(0, Math.round(now - Number(node.dataset.since)));
      H.text(node, H.word("map.ago", { age: H.duration(age) }));
    }
  }

  (H.painters = H.painters || []).push((live) => {
    const now = performance.now();
    if (now - ticked < EVERY_MS) return;
    ticked = now;
    if (live.phase === "open") ages();
    if (live.places !== seen && now - asked > ASK_MS && H.byId("feeds-lists")) {
      seen = live.places;
      asked = now;
      H.publish("feeds-tick", seen);
    }
  });
})();
