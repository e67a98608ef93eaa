/* The map page: what a press means, drawing, the address that holds the question, how its layers look. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const ORDER = { from: "to" }; // after a start one presses the end; after anything else, nothing
  const NEAR_PX = 12; // a press this near the first corner closes the area
  const same = () => window.dash_clientside.no_update;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const root = () => H.byId("city");
  const props = (id, what) => window.dash_clientside.set_props(id, what);
  let draft = null;
  let pending = null;

  /* --- the address --- */

  const PARTS = [
    ["from", "to", "k"],
    ["at", "r", "wind", "spread", "far"],
    ["on"],
  ];

  function part(search, names) {
    const said = new URLSearchParams(search || "");
    return names.map((name) => said.get(name) || "").join("|");
  }

  /* The stores change only where the address did: moving the plume does not look for the way again. */
  function split(search, ...known) {
    if (!root()) return PARTS.map(same);
    return PARTS.map((names, n) => (part(search, names) === part(known[n], names) ? same() : search || ""));
  }

  function ask(changes) {
    const said = new URLSearchParams(location.search);
    for (const name in changes) {
      if (changes[name]) said.set(name, changes[name]);
      else said.delete(name);
    }
    const text = said.toString().replace(/%2C/g, ",");
    H.go(location.pathname + (text ? "?" + text : ""));
  }

  const asked = (name) => new URLSearchParams(location.search).get(name) || "";

  /* --- pressing --- */

  function mode(name) {
    const node = root();
    if (!node) return;
    node.dataset.mode = name;
    for (const button of node.querySelectorAll("[data-city-mode]")) {
      button.setAttribute("aria-pressed", String(button.dataset.cityMode === name));
    }
    H.text(H.byId("city-hint"), name ? H.word("map.mode." + name) : "");
    if (name === "road" || name === "area") {
      undraw();
      show("closures");
    } else if (name === "at") show("around");
    else if (name) show("ways");
  }

  function show(pane) {
    if (root().dataset.pane !== pane) props("city-pane", { value: pane });
  }

  function pane(name) {
    if (root()) root().dataset.pane = name;
    return same();
  }

  /* Heard from the map itself: by a callback quick presses would come late, or not at all. */
  function press(click) {
    const node = root();
    if (!node) return;
    const { lat, lng: lon } = click.latlng;
    const what = node.dataset.mode;
    if (what === "road") tell({ kind: "road", corners: [[lon, lat]], done: true });
    else if (what === "area") corner(lon, lat, click.containerPoint);
    else if (what) {
      H.publish("city-press", { what, lon, lat, at: Date.now() });
      mode(ORDER[what] && !asked("to") ? ORDER[what] : "");
    }
  }

  /* --- drawing: press corners, Enter closes --- */

  function tell(shape) {
    draft = shape;
    H.publish("city-draft", shape);
    if (!shape || shape.done) H.publish("city-drawn", shape);
  }

  function undraw() {
    tell(null);
  }

  function corner(lon, lat, here) {
    const going = draft && draft.kind === "area" && !draft.done ? draft : { kind: "area", corners: [], done: false };
    const first = going.first;
    if (first && going.corners.length > 2 && Math.hypot(first.x - here.x, first.y - here.y) < NEAR_PX) {
      return finish();
    }
    tell({ ...going, first: first || here, corners: [...going.corners, [lon, lat]] });
  }

  function finish() {
    if (draft && draft.kind === "area" && !draft.done) {
      tell({ ...draft, done: true });
      mode("");
    }
  }

  function draftShape(shape) {
    draft = shape;
    const features = [];
    const add = (type, coordinates) =>
      features.push({ type: "Feature", geometry: { type, coordinates }, properties: {} });
    if (shape && shape.corners.length) {
      const corners = shape.corners;
      if (shape.done && corners.length > 2) add("Polygon", [[...corners, corners[0]]]);
      else if (corners.length > 1) add("LineString", corners);
      for (const each of corners) add("Point", each);
    }
    return { type: "FeatureCollection", features };
  }

  /* --- presses on the page --- */

  function fields() {
    return { from: H.byId("city-from"), to: H.byId("city-to") };
  }

  function pick(button) {
    const end = button.dataset.cityPick;
    props("city-" + end + "-found", { children: [] });
    ask({ [end]: button.dataset.at });
    mode("");
    const next = fields()[end === "from" ? "to" : "from"];
    if (next && !next.value) next.focus();
  }

  document.addEventListener("click", (event) => {
    const at = event.target.closest && root() && event.target.closest("[data-city-mode], [data-city], [data-city-pick]");
    if (!at) return;
    const facts = at.dataset;
    if (facts.cityMode) mode(root().dataset.mode === facts.cityMode ? "" : facts.cityMode);
    else if (facts.cityPick) pick(at);
    else if (facts.city === "swap") ask({ from: asked("to"), to: asked("from") });
    else if (facts.city === "clear") {
      ask({ from: "", to: "" });
      for (const end of ["from", "to"]) props("city-" + end, { value: "" });
      mode("from");
    } else if (facts.city === "undraw") undraw();
    else if (facts.city === "print") window.print();
  });

  /* Paper unfolds nothing: the steps are to be on it. */
  window.addEventListener("beforeprint", () => {
    for (const steps of document.querySelectorAll(".city-card details")) steps.open = true;
  });

  document.addEventListener("change", (event) => {
    const name = event.target.dataset && event.target.dataset.citySet;
    if (name) ask({ [name]: event.target.value });
  });

  document.addEventListener("keydown", (event) => {
    if (!root()) return;
    const end = event.target.closest && event.target.closest("[data-end]");
    if (end) return listKey(event, end.dataset.end);
    if (event.target.closest("input, textarea, select, button")) {
      if (event.key !== "Escape" || !root().dataset.mode) return;
    }
    if (event.key === "Enter") finish();
    else if (event.key === "Escape") {
      undraw();
      mode("");
    } else if (event.key === "Backspace" && draft && draft.kind === "area" && !draft.done) {
      tell({ ...draft, corners: draft.corners.slice(0, -1) });
    }
  });

  /* --- choosing a typed name: arrows, Enter, Escape --- */

  function listKey(event, end) {
    const list = [...H.byId("city-" + end + "-found").querySelectorAll("[data-city-pick]")];
    const now = list.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!list.length) return;
      const next = (now + (event.key === "ArrowDown" ? 1 : list.length - 1 + (now < 0))) % list.length;
      list.forEach((each, n) => each.setAttribute("aria-selected", String(n === next)));
      list[next].scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      const typed = event.target.value.trim();
      if (now >= 0) pick(list[now]);
      else if (list.length && list[0].dataset.asked === typed) pick(list[0]);
      else if (typed) pending = { end, typed }; // the answer is on its way: take its first
    } else if (event.key === "Escape") props("city-" + end + "-found", { children: [] });
    else pending = null;
  }

  new MutationObserver(() => {
    if (!pending || !root()) return;
    const first = H.byId("city-" + pending.end + "-found").querySelector("[data-city-pick]");
    if (first && first.dataset.asked === pending.typed) {
      pending = null;
      pick(first);
    }
  }).observe(document.body, { childList: true, subtree: true });

  /* --- how the layers look; green, yellow and red stay status --- */

  const WAYS = {
    best: { token: "--way-best", weight: 8 },
    both: { token: "--way-best", weight: 8 },
    shortest: { token: "--way-shortest", weight: 3, dashArray: "9 8" },
    other: { token: "--way-other", weight: 3, dashArray: "2 6" },
    supply: { token: "--way-other", weight: 5, dashArray: "12 5" },
  };

  function route(feature) {
    const facts = feature.properties;
    const look = WAYS[(facts.kind || "").split("-")[0]];
    if (!look) return {};
    if (facts.casing && facts.kind === "shortest") return { stroke: false, interactive: false };
    if (facts.casing) return { color: token("--surface"), weight: look.weight + 4, opacity: 0.85, interactive: false };
    return { color: token(look.token), weight: look.weight, dashArray: look.dashArray, opacity: 1 };
  }

  function closure(feature) {
    if (feature.properties.kind === "blocked") {
      return { color: token("--shut"), weight: 1.5, dashArray: "4 4", fillColor: token("--shut"), fillOpacity: 0.12 };
    }
    return { color: token("--shut"), weight: 7, opacity: 0.9, dashArray: "3 7", lineCap: "butt" };
  }

  const DRIVEN = { jam: "--bad", slow: "--warn", free: "--ok" };
  const traffic = (feature) => ({ color: token(DRIVEN[feature.properties.kind]), weight: 4, opacity: 0.9 });

  /* Another version of the city is the active one: this page's ground is gone. */
  function switched(version) {
    if (root() && version && version !== root().dataset.version) location.reload();
  }

  function around(feature) {
    const kind = feature.properties.kind || "";
    if (kind.startsWith("reach")) {
      return { color: token("--muted"), weight: 1.5, dashArray: "6 4", fillColor: token("--accent"), fillOpacity: 0.07 };
    }
    return { color: token("--hot-4"), weight: 2, fillColor: token("--hot-4"), fillOpacity: 0.14 };
  }

  const border = () => ({ color: token("--muted"), weight: 1.5, dashArray: "6 4", fill: false });
  const draftLook = () => ({ color: token("--shut"), weight: 3, fillColor: token("--shut"), fillOpacity: 0.15 });

  function icon(feature, at, css, above) {
    const box = document.createElement("span");
    box.textContent = feature.properties.label || "";
    const look = L.divIcon({ html: box, className: css + " " + (feature.properties.kind || ""), iconSize: null });
    return L.marker(at, { icon: look, bubblingMouseEvents: true, keyboard: false, zIndexOffset: above });
  }

  const sign = (feature, at) => icon(feature, at, "city-mark", 1000);
  const corners = (feature, at) => L.circleMarker(at, { radius: 4, color: token("--shut"), fillOpacity: 1 });

  /* While one draws, a press on a mark is a press on the map. */
  function drawing() {
    const { mode } = (root() || H.byId("command") || document.body).dataset;
    return Boolean(mode) && mode !== "select";
  }

  function placeMark(feature, at) {
    const mark = icon(feature, at, "city-sign", 0);
    const href = feature.properties.href;
    if (href) mark.on("click", () => !drawing() && H.go(href));
    return mark;
  }

  const more = (value) => (ask({ k: value && value.length ? "3" : "" }), same());
  const layers = (value) => (ask({ on: (value || []).join(",") || "none" }), same());

  Object.assign((H.maps = H.maps || {}), {
    press, route, closure, traffic, around, border, draft: draftLook, sign, corner: corners, place: placeMark,
  });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.city = { split, pane, more, layers, switched, draft: draftShape };
})();
