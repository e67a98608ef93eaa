/* Maps: how shapes look, what they say, the time slider of the hotspots. Colours come from the tokens. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const PLAY_MS = 900;
  let playing = 0;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const steps = () => ["--hot-1", "--hot-2", "--hot-3", "--hot-4", "--hot-5"].map(token);

  function shade(share) {
    return steps()[Math.min(Math.floor(share * 5), 4)];
  }

  /* --- cells and districts --- */

  function amount(facts, look) {
    if (look.step >= 0) return facts.f ? facts.f[look.step] || 0 : 0;
    if (look.layer === "clusters") return facts.n;
    return facts[look.layer] || 0;
  }

  function cell(feature, context) {
    const look = context.hideout || {};
    const facts = feature.properties;
    const value = amount(facts, look);
    const top = look.step >= 0 ? look.most.step : look.most[look.layer];
    const raised = look.step < 0 && ((look.layer === "clusters" && facts.c) || (look.layer === "surge" && facts.s));
    if (look.layer === "change" && look.step < 0) return change(facts, look);
    const empty = !value;
    return {
      fillColor: shade(Math.sqrt(value / (top || 1))),
      fillOpacity: empty ? 0 : 0.62,
      stroke: raised || facts.k === look.chosen,
      color: facts.k === look.chosen ? token("--accent") : token("--text"),
      weight: raised ? 2.4 : 2,
      opacity: 1,
    };
  }

  function change(facts, look) {
    const value = facts.change || 0;
    const share = Math.min(Math.abs(value) / (look.most.change || 1), 1);
    return {
      fillColor: value > 0 ? token("--more") : token("--less"),
      fillOpacity: value ? 0.18 + 0.6 * share : 0,
      stroke: facts.k === look.chosen,
      color: token("--accent"),
      weight: 2,
    };
  }

  function district(feature, context) {
    const look = context.hideout || {};
    const facts = feature.properties;
    const drawn = look.layer === "districts";
    const known = facts.rate >= 0;
    return {
      fillColor: known ? shade(facts.rate / (look.most.districts || 1)) : token("--muted"),
      fillOpacity: drawn ? (known ? 0.6 : 0.15) : 0,
      color: token("--muted"),
      weight: drawn ? 1.6 : 1,
      opacity: drawn ? 0.9 : 0.5,
      dashArray: facts.s ? "" : "4 3",
    };
  }

  /* What a shape says when it is pointed at: texts come ready from the server, as text. */
  function say(feature, layer) {
    const box = document.createElement("div");
    for (const line of feature.properties.say || []) {
      const row = document.createElement("div");
      row.textContent = line;
      box.append(row);
    }
    if (box.childNodes.length) layer.bindTooltip(box, { sticky: true, className: "map-say" });
  }

  /* --- the time slider --- */

  function slider() {
    return H.byId("hot-step");
  }

  /* Dash has no range: the slider is made where the page keeps a place for it. */
  function furnish() {
    const slot = H.byId("hot-slot");
    if (!slot || slot.firstChild) return;
    const range = H.make("input");
    Object.assign(range, { id: "hot-step", type: "range", min: -1, step: 1, value: -1 });
    range.max = JSON.parse(slot.dataset.names).length - 1;
    range.setAttribute("aria-labelledby", "hot-step-label");
    slot.append(range);
  }
  new MutationObserver(furnish).observe(document.body, { childList: true, subtree: true });

  function show(step) {
    const range = slider();
    if (!range) return stop();
    range.value = step;
    const facts = H.byId("hot-slot").dataset;
    H.text(H.byId("hot-step-label"), step < 0 ? facts.all : JSON.parse(facts.names)[step]);
    H.publish("hot-step-now", Number(step));
  }

  function stop() {
    clearInterval(playing);
    playing = 0;
    const button = H.byId("hot-play");
    if (button) button.textContent = button.dataset.play;
  }

  function play() {
    const range = slider();
    const button = H.byId("hot-play");
    button.textContent = button.dataset.stop;
    let step = Number(range.value) >= Number(range.max) ? -1 : Number(range.value);
    playing = setInterval(() => {
      if (!slider() || step >= Number(slider().max)) return stop();
      show(++step);
    }, PLAY_MS);
  }

  document.addEventListener("input", (event) => {
    if (event.target.id !== "hot-step") return;
    stop();
    show(Number(event.target.value));
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest && event.target.closest("#hot-play, #hot-print, [data-hot-cell]");
    if (!target) return;
    if (target.id === "hot-print") window.print();
    else if (target.dataset.hotCell) H.publish("hot-cell", { key: target.dataset.hotCell, at: Date.now() });
    else if (playing) stop();
    else play();
  });

  /* hideout of the cells and districts: the layer, the step and what was chosen. */
  function dress(layer, step, chosen, most) {
    const look = { layer, step: step === undefined || step === null ? -1 : step, chosen: (chosen && chosen.key) || "", most };
    return [look, look];
  }

  function choose(feature) {
    if (!feature) return window.dash_clientside.no_update;
    return { key: feature.properties.k, at: Date.now() };
  }

  Object.assign((H.maps = H.maps || {}), { cell, district, say });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.hotspots = { dress, choose };
})();
