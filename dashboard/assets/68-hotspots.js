/* The leaders' hotspot page: shades and outlines, the time slider, the address that holds the view, what is new, paper. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const PLAY_MS = 900;
  const SETTLE_MS = 250; // a slider that is pulled asks the server when it rests
  const PATIENCE_S = 30;
  const ALONE_S = 30; // without a stream nobody tells that the day was counted
  const SHEET_PX = 702; // what A4 leaves between its margins
  const SHADES = 5;
  const FAINT = [0.28, 0.53, 0.78];
  const UNSEEN = ["layer", "step"]; // parts of the address that ask for nothing to be counted
  let playing = 0;
  let settling = 0;
  let labels = [];
  let look = { layer: "", step: -1, scales: {} };
  let asked = { at: 0, since: -Infinity };
  let paper = null;

  const same = () => window.dash_clientside.no_update;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const page = () => H.byId("hot");

  /* --- shades and outlines --- */

  /* As hotspot_scale.py has it: the class a value falls into, and the shade of a class. */
  function shade(value, ends, shades) {
    if (!(value > 0) || !ends || !ends.length) return -1;
    const found = ends.findIndex((end) => value <= end);
    const number = found < 0 ? ends.length - 1 : found;
    return Math.ceil(((number + 1) * shades) / ends.length) - 1;
  }

  function filled(value, ends, opacity) {
    const at = shade(value, ends, SHADES);
    return { fillColor: token("--hot-" + (at + 1 || 1)), fillOpacity: at < 0 ? 0 : opacity };
  }

  function change(facts, now) {
    const at = shade(Math.abs(facts.change), now.scales.change, FAINT.length);
    return { fillColor: token(facts.change > 0 ? "--more" : "--less"), fillOpacity: at < 0 ? 0 : FAINT[at] };
  }

  function amount(facts, layer) {
    return layer === "clusters" ? facts.n : facts[layer] || 0;
  }

  function cell(feature, context) {
    const now = context.hideout || {};
    const facts = feature.properties;
    const whole = now.step < 0;
    const drawn = now.layer !== "districts";
    const raised = whole && ((now.layer === "clusters" && facts.c) || (now.layer === "surge" && facts.s));
    const fading = whole && now.layer === "clusters" && facts.fading;
    const chosen = facts.k === now.chosen;
    let fill = { fillOpacity: 0 };
    if (drawn && !whole) fill = filled(facts.f[now.step], now.scales.step, 0.62);
    else if (drawn && now.layer === "change") fill = change(facts, now);
    else if (drawn) fill = filled(amount(facts, now.layer), now.scales[now.layer], 0.62);
    return {
      ...fill,
      stroke: raised || fading || (chosen && drawn),
      color: chosen ? token("--accent") : token("--text"),
      weight: raised ? 2.4 : 2,
      dashArray: fading && !chosen ? "3 4" : "",
      opacity: 1,
      interactive: drawn,
    };
  }

  function district(feature, context) {
    const now = context.hideout || {};
    const facts = feature.properties;
    const drawn = now.layer === "districts";
    const chosen = facts.k === now.chosen;
    const one = now.step >= 0;
    const rate = one ? facts.per * (facts.f[now.step] || 0) : facts.rate;
    const fill =
      facts.rate < 0
        ? { fillColor: token("--muted"), fillOpacity: 0.25 }
        : filled(rate, now.scales[one ? "district_step" : "districts"], 0.6);
    return {
      ...(drawn ? fill : { fillOpacity: 0 }),
      color: chosen && drawn ? token("--accent") : facts.s && drawn && !one ? token("--text") : token("--muted"),
      weight: drawn ? (chosen || (facts.s && !one) ? 3 : 1.6) : 1,
      opacity: drawn ? 0.9 : 0.5,
      dashArray: facts.s && drawn && !one ? "" : "4 3",
    };
  }

  /* What is true of the step looked at, beside what the server says of the period. */
  function more(facts) {
    if (!page() || look.step < 0 || !facts.f) return [];
    return [H.word("hot.step_n", { step: labels[look.step] || "", n: facts.f[look.step] || 0 })];
  }

  /* hideout of the cells and districts: the layer, the step and what was chosen. */
  function dress(layer, step, chosen, scales) {
    look = { layer, step: step === undefined || step === null ? -1 : step, chosen: (chosen && chosen.key) || "", scales: scales || {} };
    const body = H.byId("hot-body");
    if (body) Object.assign(body.dataset, { layer, step: look.step });
    if (layer && page() && layer !== (said("layer") || "clusters")) ask({ layer });
    return [look, look];
  }

  function choose(feature) {
    if (!feature) return same();
    return { key: feature.properties.k, at: Date.now() };
  }

  /* --- the address --- */

  const said = (name) => new URLSearchParams(location.search).get(name) || "";

  function counted(search) {
    const parts = new URLSearchParams(search || "");
    for (const name of UNSEEN) parts.delete(name);
    parts.sort();
    return parts.toString();
  }

  /* Changes the address in its place: looking at another layer or step is no page to go back from. */
  function ask(changes) {
    const parts = new URLSearchParams(location.search);
    for (const name in changes) {
      if (changes[name] !== "") parts.set(name, changes[name]);
      else parts.delete(name);
    }
    const text = parts.toString();
    const href = location.pathname + (text ? "?" + text : "");
    if (href === location.pathname + location.search) return;
    history.replaceState(history.state, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  }

  /* Another address: what it asks for is counted, unless only the look changed. */
  function follow(search, before) {
    if (!page() || location.pathname !== "/hotspots") return same();
    if (counted(search) !== counted(before)) {
      stop();
      clearTimeout(settling);
      settling = 0;
      return search || "";
    }
    const layer = said("layer") || "clusters";
    if (layer !== look.layer) window.dash_clientside.set_props("hot-layer", { value: layer });
    const step = said("step") === "" ? -1 : Number(said("step"));
    if (step !== look.step && !playing && !settling) show(step, true);
    return same();
  }

  document.addEventListener("input", (event) => {
    if (event.target.id === "hot-step-range") {
      stop();
      show(Number(event.target.value));
    }
  });

  /* Days count only where days are chosen. */
  document.addEventListener("change", (event) => {
    const name = event.target.name;
    if (!event.target.closest(".hot-filters") || (name !== "span" && name !== "vs")) return;
    const boxes = name === "span" ? ["hot-since", "hot-until"] : ["hot-vs_since", "hot-vs_until"];
    const off = event.target.value !== "days";
    for (const id of boxes) window.dash_clientside.set_props(id, { disabled: off });
    if (!off) setTimeout(() => H.byId(boxes[0]).focus(), 50);
  });

  /* A file is of the layer and the step that are seen. */
  for (const type of ["mouseover", "focusin", "click"]) {
    document.addEventListener(type, (event) => {
      const file = event.target.closest && event.target.closest("[data-hot-file]");
      if (file) file.setAttribute("href", file.dataset.hotFile + location.search);
    }, true);
  }

  /* --- the time slider --- */

  const slider = () => H.byId("hot-step-range");

  /* Dash has no range: the slider is made where the page keeps a place for it. */
  function furnish() {
    const slot = H.byId("hot-slot");
    if (!slot) return;
    if (!slot.firstChild) {
      const range = H.make("input");
      Object.assign(range, { id: "hot-step-range", type: "range", min: -1, step: 1, value: -1 });
      range.setAttribute("aria-labelledby", "hot-step-label");
      slot.append(range);
    }
    const range = slot.firstChild;
    range.max = Math.max(labels.length - 1, -1);
    range.value = Math.min(look.step, labels.length - 1);
    name(Number(range.value));
  }

  function name(step) {
    const label = H.byId("hot-step-label");
    const text = step < 0 ? label.dataset.all : labels[step] || "";
    H.text(label, text);
    if (slider()) slider().setAttribute("aria-valuetext", text);
  }

  /* The steps as they are now: a day that goes on has one more. */
  function steps(names) {
    labels = names || [];
    if (H.byId("hot-slot")) furnish();
    return same();
  }

  new MutationObserver(() => {
    if (H.byId("hot-slot") && !slider()) furnish();
  }).observe(document.body, { childList: true, subtree: true });

  function show(step, quiet) {
    look.step = step;
    if (slider()) {
      slider().value = step;
      name(step);
    }
    H.publish("hot-step-now", step);
    clearTimeout(settling);
    settling = setTimeout(() => {
      settling = 0;
      if (!page()) return;
      H.publish("hot-step", step);
      if (!quiet) ask({ step: step < 0 ? "" : String(step) });
    }, SETTLE_MS);
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

  document.addEventListener("click", (event) => {
    const target = event.target.closest && event.target.closest("#hot-play, #hot-print, [data-hot-cell]");
    if (!target) return;
    if (target.id === "hot-print") window.print();
    else if (target.dataset.hotCell) H.publish("hot-cell", { key: target.dataset.hotCell, at: Date.now() });
    else if (playing) stop();
    else play();
  });

  /* --- what is new: the day was counted again, so is a page that shows it --- */

  function renew(at) {
    const now = H.byId("hot-now");
    if (!now || now.dataset.live !== "1" || document.hidden || paper) return;
    const seconds = performance.now() / 1000;
    const waiting = asked.at > Number(now.dataset.made) && seconds - asked.since < PATIENCE_S;
    if (waiting || at <= Number(now.dataset.made)) return;
    asked = { at, since: seconds };
    H.publish("hot-tick", at);
  }

  /* Figures that come late belong to no other question. */
  function put(told, search) {
    if (told && told.asked === (search || "")) return told.parts;
    throw window.dash_clientside.PreventUpdate;
  }

  (H.tickers = H.tickers || []).push((now) => {
    const shown = H.byId("hot-now");
    if (!shown) return;
    const told = H.live.board && H.live.board.hotspots;
    if (told) renew(told.at);
    else if (H.live.phase === "none" && now - Number(shown.dataset.made) > ALONE_S) renew(now);
  });

  /* --- paper: the map's window as it is, drawn as wide as the sheet; new tiles would come too late --- */

  function fold() {
    const canvas = page() && page().querySelector(".hot-canvas");
    const root = document.documentElement;
    if (!canvas || paper) return;
    paper = root.dataset.theme;
    const { clientWidth: wide, clientHeight: high } = canvas;
    root.style.setProperty("--hot-wide", wide + "px");
    root.style.setProperty("--hot-high", high + "px");
    root.style.setProperty("--hot-zoom", SHEET_PX / wide);
    root.classList.add("hot-paper");
    root.dataset.theme = "light";
  }

  function unfold() {
    const root = document.documentElement;
    root.classList.remove("hot-paper");
    if (paper) root.dataset.theme = paper;
    paper = null;
  }

  window.addEventListener("beforeprint", fold);
  window.addEventListener("afterprint", unfold);

  Object.assign((H.maps = H.maps || {}), { cell, district, more });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.hotspots = { dress, choose, follow, put, steps };
})();
