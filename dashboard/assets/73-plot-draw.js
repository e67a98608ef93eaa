/* Plotting: how drawings look on the map, and what is seen of who is drawing. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const P = H.plot;
  const INKS = { blue: "#1d4ed8", violet: "#7c3aed", magenta: "#a21caf", teal: "#0f766e", slate: "#475569", brown: "#7c4a03" };
  const GONE_S = 6;
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  let map = null;
  let group = null;
  const drawn = new Map();
  const people = new Map();
  P.inks = Object.keys(INKS);
  P.map = () => map;
  P.held = null; // what is in the hand is drawn by the hand
  P.hidden = new Set();

  const ink = (name) => INKS[name] || (name && name.startsWith("#") ? name : "");

  P.look = function (body) {
    const effect = { closes: "--shut", buffer: "--hot-4", plume: "--hot-4" }[body.effect];
    const color = ink(body.stroke) || (effect ? token(effect) : INKS.blue);
    const area = body.shape === "area" || body.shape === "circle" || body.shape === "sector";
    return {
      color, weight: body.width || 2, fill: area, fillColor: ink(body.fill) || color,
      fillOpacity: body.effect === "closes" ? 0.22 : body.fill === "none" ? 0 : 0.14,
      smoothFactor: 0.3, dashArray: body.dash ? "8 7" : body.effect === "closes" ? "3 6" : null, bubblingMouseEvents: true,
    };
  };

  function icon(html, css, size) {
    return { icon: L.divIcon({ html, className: "plot-mark " + css, iconSize: size || null }), keyboard: false, bubblingMouseEvents: true };
  }

  P.symbolSrc = function (code) {
    const known = (P.library || []).find((each) => each.code === code);
    return "/api/command/symbols/" + encodeURIComponent(code) + ".svg?r=" + (known ? known.rev : 0);
  };

  function mark(body) {
    const box = H.make("div", "plot-sign");
    if (body.symbol) {
      const image = H.make("img");
      image.src = P.symbolSrc(body.symbol);
      image.alt = "";
      image.draggable = false;
      box.append(image);
    } else box.append(H.make("i", "plot-dot"));
    if (body.text) box.append(H.make("span", "", body.text));
    return L.marker(P.shown(body.points[0]), icon(box, body.effect === "closes" ? "closes" : ""));
  }

  function writing(body) {
    const box = H.make("div", "plot-words", body.text);
    box.style.color = P.look(body).color;
    return L.marker(P.shown(body.points[0]), icon(box, "words"));
  }

  /* The head of an arrow: a picture turned as the last stretch lies on the screen. */
  function head(body) {
    const [from, to] = body.points.slice(-2).map((at) => map.project(P.shown(at), 18));
    const turned = (Math.atan2(to.y - from.y, to.x - from.x) * 180) / Math.PI;
    const box = H.make("i", "plot-head");
    box.style.borderLeftColor = P.look(body).color;
    box.style.transform = "rotate(" + turned + "deg)";
    return L.marker(P.shown(body.points[body.points.length - 1]), { ...icon(box, "head", [0, 0]), interactive: false });
  }

  function label(body, at) {
    return L.marker(P.shown(at), { ...icon(H.make("div", "plot-label", body.text), "label", [0, 0]), interactive: false });
  }

  function middle(points) {
    const sum = points.reduce((all, at) => [all[0] + at[0], all[1] + at[1]], [0, 0]);
    return [sum[0] / points.length, sum[1] / points.length];
  }

  P.layersOf = function (body) {
    const look = P.look(body);
    if (body.shape === "point") return [mark(body)];
    if (body.shape === "text") return [writing(body)];
    if (body.shape === "line" || body.shape === "arrow") {
      const parts = [L.polyline(body.points.map(P.shown), look)];
      if (body.shape === "arrow") parts.push(head(body));
      if (body.text) parts.push(label(body, body.points[Math.floor(body.points.length / 2)]));
      return parts;
    }
    const ring = body.shape === "area" ? body.points : P.ring(body);
    const parts = [L.polygon(ring.map(P.shown), look)];
    if (body.text) parts.push(label(body, middle(ring)));
    return parts;
  };

  function paint(id) {
    if (!map) return;
    const body = P.current(id);
    const shown = body && P.held !== id && !P.hidden.has(body.layer);
    const look = shown ? JSON.stringify(body) + (P.selected === id) : "";
    const known = drawn.get(id);
    if ((known ? known.look : "") === look) return;
    if (known) group.removeLayer(known.layer);
    drawn.delete(id);
    if (!shown) return;
    const layer = L.featureGroup(P.layersOf(body));
    for (const part of layer.getLayers()) {
      part.on("mousedown", (event) => P.grip && P.grip(id, event));
      part.on("click", (event) => P.press && P.press(id, event));
      if (P.selected === id && part.setStyle) part.setStyle({ weight: (body.width || 2) + 2 });
    }
    group.addLayer(layer);
    if (P.selected === id) {
      for (const part of layer.getLayers()) if (part._icon) part._icon.classList.add("selected");
    }
    drawn.set(id, { look, layer });
  }

  let waiting = null;

  /* Many changes in a moment are one painting. */
  P.paint = function (ids) {
    if (!waiting) {
      waiting = new Set();
      requestAnimationFrame(() => {
        const now = waiting;
        waiting = null;
        for (const id of now.has("*") ? new Set([...P.ids(), ...drawn.keys()]) : now) paint(id);
      });
    }
    for (const id of ids || ["*"]) waiting.add(id);
  };

  P.hear((what, ids) => {
    if (what === "drawings") P.paint(ids);
    else if (what === "incident") forget();
  });

  function forget() {
    if (group) group.clearLayers();
    drawn.clear();
    for (const person of people.values()) person.mark.remove();
    people.clear();
    P.paint();
  }

  /* Ways and closures that are drawn anew come to lie on top: what can be grasped goes back above them. */
  let covered = false;

  function above({ layer }) {
    if (covered || !(layer instanceof L.Path) || group.getLayers().some((each) => each.hasLayer(layer))) return;
    covered = true;
    requestAnimationFrame(() => {
      covered = false;
      if (map) for (const { layer: own } of drawn.values()) own.bringToFront();
    });
  }

  /* --- who is drawing --- */

  function seen(said) {
    if (!map || !P.root() || said.incident !== P.state().incident || said.actor === P.root().dataset.actor) return;
    const at = P.shown([said.lon, said.lat]);
    let person = people.get(said.actor);
    if (!person) {
      const box = H.make("div", "plot-person");
      person = { mark: L.marker(at, { ...icon(box, "person", [0, 0]), interactive: false, zIndexOffset: 2000 }), box };
      person.mark.addTo(map);
      people.set(said.actor, person);
    }
    H.text(person.box, said.by);
    person.mark.setLatLng(at);
    Object.assign(person, { by: said.by, doing: said.doing, drawing: said.drawing, heard: performance.now() });
    if (P.people) P.people([...people.values()]);
  }

  setInterval(() => {
    let left = false;
    for (const [actor, person] of people) {
      if (performance.now() - person.heard < GONE_S * 1000) continue;
      person.mark.remove();
      people.delete(actor);
      left = true;
    }
    if (left && P.people) P.people([...people.values()]);
  }, 1000);
  H.command.on("presence", seen);
  P.peopleNow = () => [...people.values()];

  let shownAt = 0;
  P.beSeen = function (at, doing, drawing, always) {
    if (!always && performance.now() - shownAt < 500) return;
    shownAt = performance.now();
    fetch("/api/command/" + P.state().incident + "/presence", {
      method: "POST", headers: { "content-type": "application/json" },
      body: JSON.stringify({ lon: at[0], lat: at[1], doing: doing || "", drawing: drawing || "" }),
    }).catch(() => {}); // the next one will be
  };

  /* --- the map comes and goes with the page --- */

  function begin(made) {
    map = made;
    group = L.featureGroup().addTo(map);
    map.on("layeradd", above);
    drawn.clear();
    people.clear();
    if (P.began) P.began(map);
    P.paint();
  }

  function watch() {
    if (!window.L || !L.Map) return setTimeout(watch, 50);
    L.Map.addInitHook(function () {
      if (this.getContainer().id === "command-map") this.whenReady(() => begin(this));
    });
  }
  watch();

  new MutationObserver(() => {
    P.follow();
    if (map && !document.contains(map.getContainer())) map = group = null;
  }).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-incident"] });
})();
