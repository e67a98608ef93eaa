/* Plotting: the tools that make something: corner by corner, or in one gesture from the point; measuring. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const P = H.plot;
  const CORNERS = new Set(["line", "arrow", "area", "measure"]);
  const DRAGS = new Set(["circle", "sector", "close", "buffer", "plume"]);
  const CLICK_PX = 5;
  const FEWEST = { line: 2, arrow: 2, area: 3, measure: 2 };
  const SPREAD = { sector: 90, plume: 40 };
  let mode = "select";
  let corners = [];
  let pulled = null;
  let draft = null;
  let pointer = null;
  let writing = null;
  P.symbol = "fire";
  P.layer = "";
  P.mode = () => mode;

  P.hint = function (text) {
    H.text(H.byId("plot-hint"), text || "");
  };

  P.use = function (name) {
    if (!P.root()) return;
    cancel();
    mode = name;
    if (name !== "select") {
      P.select("");
      P.openPane("");
    }
    P.root().dataset.mode = name;
    for (const button of P.root().querySelectorAll("[data-plot-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.plotTool === name));
    }
    const map = P.map();
    if (map) {
      map.doubleClickZoom[name === "select" ? "enable" : "disable"]();
      map.dragging[DRAGS.has(name) ? "disable" : "enable"]();
      map.getContainer().classList.toggle("plotting", name !== "select");
    }
    const symbol = (P.library || []).find((each) => each.code === P.symbol);
    P.hint(P.word("mode." + name, { symbol: symbol ? symbol.label : "" }));
  };

  function cancel() {
    corners = [];
    pulled = null;
    if (draft) draft.remove();
    draft = null;
    if (writing) writing.remove();
    writing = null;
  }

  function sketch(layers) {
    if (draft) draft.remove();
    draft = L.layerGroup(layers).addTo(P.map());
  }

  function create(given) {
    const id = P.newId();
    const body = P.body({ layer: P.layer, ...given });
    P.change(id, body);
    return id;
  }

  /* --- corner by corner --- */

  function trace() {
    const points = pointer && corners.length ? [...corners, pointer] : corners;
    const look = { color: mode === "measure" ? "#111827" : "#1d4ed8", weight: 2, dashArray: "6 5", interactive: false };
    const drawn = points.map(P.shown);
    const parts = [mode === "area" && points.length > 2 ? L.polygon(drawn, { ...look, fillOpacity: 0.1 }) : L.polyline(drawn, look)];
    for (const at of corners) parts.push(L.circleMarker(P.shown(at), { radius: 4, color: look.color, fillColor: "#fff", fillOpacity: 1, weight: 2, interactive: false }));
    sketch(parts);
  }

  function corner(at) {
    const last = corners[corners.length - 1];
    if (last && last[0] === at[0] && last[1] === at[1]) return; // the second press of a double one
    corners.push(at);
    trace();
    if (mode === "measure") measure();
  }

  function finish() {
    if (!CORNERS.has(mode) || corners.length < FEWEST[mode]) return;
    if (mode === "measure") {
      pointer = null;
      trace();
      corners = [];
      return;
    }
    const shape = mode;
    const points = corners;
    P.use("select");
    P.select(create({ shape, points }));
  }

  async function measure() {
    const points = [...corners];
    if (points.length < 2) return;
    const [line, ring] = await Promise.all([
      P.ask("measure", { points }),
      points.length > 2 ? P.ask("measure", { points, closed: true }) : null,
    ]);
    if (mode !== "measure" || !line) return;
    const parts = [P.word("distance", { n: P.length(line.metres) })];
    if (ring) parts.push(P.word("area_is", { n: P.square(ring.square) }));
    P.hint(parts.join(" · "));
  }

  /* --- in one gesture --- */

  function gesture(at) {
    const from = pulled.at;
    const metres = Math.max(1, Math.round(P.metres(from, at)));
    const bearing = Math.round(P.bearing(from, at));
    if (mode === "sector" || mode === "plume") {
      const blown = mode === "plume" && pulled.wind ? (pulled.wind.wind_from + 180) % 360 : bearing;
      return P.body({ shape: "sector", points: [from], metres, bearing: blown, spread: SPREAD[mode], effect: mode === "plume" ? "plume" : "", layer: P.layer });
    }
    const effect = { close: "closes", buffer: "buffer" }[mode] || "";
    return P.body({ shape: "circle", points: [from], metres, effect, layer: P.layer });
  }

  function pull(event) {
    pulled = { at: P.meant(event.latlng), here: event.containerPoint, wind: null };
    const mine = pulled;
    if (mode !== "plume") return;
    const [lon, lat] = pulled.at;
    mine.asked = P.ask(P.state().incident + "/wind?lon=" + lon + "&lat=" + lat).then((wind) => {
      mine.wind = wind && wind.label ? wind : null;
      return mine.wind;
    });
  }

  async function release(event) {
    const mine = pulled;
    const kind = mode;
    const far = Math.hypot(event.containerPoint.x - mine.here.x, event.containerPoint.y - mine.here.y);
    if (far < CLICK_PX) {
      pulled = null;
      if (kind !== "close") return;
      P.use("select");
      return P.select(create({ shape: "point", points: [mine.at], symbol: "closure", effect: "closes" }));
    }
    if (kind === "plume") await mine.asked;
    if (pulled !== mine) return; // Esc
    const body = gesture(P.meant(event.latlng));
    P.use("select");
    if (kind === "plume" && !mine.wind) return P.askWind(body, (blown) => placed(create(blown), blown));
    const id = create(body);
    if (kind === "plume") H.toast(P.word("wind", { deg: Math.round(mine.wind.wind_from), label: mine.wind.label }));
    placed(id, body);
  }

  function placed(id, body) {
    P.select(id);
    if (body.effect === "buffer" || body.effect === "plume") P.assess(id);
  }

  /* --- words --- */

  function write(event) {
    const at = P.meant(event.latlng);
    const box = H.make("input", "plot-write");
    box.maxLength = 200;
    box.placeholder = P.word("words");
    box.style.left = event.containerPoint.x + "px";
    box.style.top = event.containerPoint.y + "px";
    if (writing) writing.remove();
    writing = box;
    P.root().append(box);
    box.focus();
    box.addEventListener("keydown", (key) => {
      if (key.key === "Escape") P.use("select");
      else if (key.key === "Enter") {
        const text = box.value.trim();
        P.use("select");
        if (text) P.select(create({ shape: "text", points: [at], text }));
      } else return;
      key.stopPropagation();
    });
  }

  /* --- what the map hears --- */

  P.began = function (map) {
    mode = "select";
    corners = [];
    draft = pulled = writing = null;
    P.handsOn(map);
    map.on("click", (event) => {
      if (CORNERS.has(mode)) corner(P.meant(event.latlng));
      else if (mode === "text") write(event);
      else if (mode === "point") {
        create({ shape: "point", points: [P.meant(event.latlng)], symbol: P.symbol });
      }
    });
    map.on("dblclick", finish);
    map.on("mousedown", (event) => DRAGS.has(mode) && !event.originalEvent.button && pull(event));
    map.on("mousemove", (event) => {
      pointer = P.meant(event.latlng);
      if (mode !== "select") P.beSeen(pointer, mode, "");
      if (pulled) {
        const body = gesture(pointer);
        sketch(P.layersOf(body));
        P.hint(P.length(body.metres));
      } else if (CORNERS.has(mode) && corners.length) trace();
    });
    map.on("mouseup", (event) => {
      if (!pulled) return;
      P.released();
      release(event);
    });
  };

  document.addEventListener("keydown", (event) => {
    if (!P.root() || mode === "select") return;
    if (event.target.closest && event.target.closest("input, textarea, select")) return;
    if (event.key === "Escape") P.use("select");
    else if (event.key === "Enter") finish();
    else if (event.key === "Backspace" && corners.length) {
      corners.pop();
      trace();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
})();
