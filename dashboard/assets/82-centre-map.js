/* The centre's map: incidents by grade and state, what bureaus read, hot spots; it moves to what the screen looks at. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const centre = H.centre;
  const OPEN = new Set(["reported", "verified", "responding", "controlled"]);
  const NEW_S = 120;
  const NAMED = 12; // incidents whose titles stand on the map
  const CLOSE_ZOOM = 14;
  let drawn = "";
  let seen = "";

  function sign(feature, at) {
    const facts = feature.properties;
    const box = document.createElement("span");
    box.append(H.make("b", "", facts.label));
    if (facts.title) box.append(H.make("em", "", facts.title));
    const look = L.divIcon({ html: box, className: "centre-mark " + facts.kind, iconSize: null });
    return L.marker(at, { icon: look, keyboard: false, zIndexOffset: facts.above });
  }

  const point = (xy, properties) => ({ type: "Feature", geometry: { type: "Point", coordinates: xy }, properties });

  /* Incidents with a place; what the console hides is not on the map either, unless this screen was given it alone. */
  function placed() {
    const hidden = centre.hidden("incident");
    const chosen = centre.focused();
    return Object.values(centre.sections.incidents || {}).filter(
      (one) => one.xy.length && (one === chosen || !hidden.has(String(one.id))),
    );
  }

  function incidents(now) {
    const all = placed();
    all.sort((a, b) => b.reported - a.reported);
    return all.map((one, n) => {
      const kind = OPEN.has(one.status) ? centre.lamp(one.status) : "over";
      const fresh = kind === "bad" && now - one.reported < NEW_S ? " fresh" : "";
      return point(one.xy, {
        kind: "incident " + kind + fresh + (one.exercise ? " drill" : ""), label: one.grade || "!",
        title: kind !== "over" && n < NAMED ? one.title : "", above: kind === "over" ? 200 : 1000,
        say: [one.title, one.label + " " + one.no, H.word("incident_status." + one.status) + " " + H.timeOf(one.at), one.address].filter(Boolean),
      });
    });
  }

  function readings(now) {
    return (centre.sections.city || []).flatMap((bureau) => bureau.points.map((one) => {
      const old = one.until <= now;
      const value = one.value === null ? "" : (Math.round(one.value * 10) / 10 + " " + one.unit).trim();
      const level = one.level ? H.word("map.level." + one.level) : "";
      return point(one.xy, {
        kind: "state " + (old ? "stale" : one.level), label: value || level || H.word("bureau." + one.bureau), above: one.level ? 400 : 0,
        say: [one.label, H.word("bureau." + one.bureau) + " " + [value, level].filter(Boolean).join(" "), H.timeOf(one.at) + (old ? " " + H.word("centre.sign.stale") : "")],
      });
    }));
  }

  function hot(root) {
    const told = H.live.board && H.live.board.hotspots;
    const [dlon, dlat] = root.dataset.shift.split(",").map(Number);
    return ((told && told.places) || []).filter((one) => one.lon !== undefined).map((one) =>
      point([one.lon + dlon, one.lat + dlat], {
        kind: "hot", label: String(one.tickets), above: -100, say: [one.name, H.word("hot.n", { n: one.tickets })].filter(Boolean),
      }));
  }

  function draw() {
    const root = H.byId("centre");
    if (!root || !H.byId("centre-map") || !centre.sections.incidents) return;
    const now = H.now();
    const features = [...hot(root), ...readings(now), ...incidents(now)];
    const text = JSON.stringify(features) + document.documentElement.lang;
    if (text === drawn) return;
    drawn = text;
    H.publish("centre-points", { type: "FeatureCollection", features });
  }

  /* --- what it looks at --- */

  const LEAST = 0.012; // degrees: one incident alone is seen with its quarter

  /* Where open incidents are; readings and hot spots lie where they lie. */
  function open() {
    return placed().filter((one) => OPEN.has(one.status)).map((one) => one.xy);
  }

  function around(spots) {
    if (!spots.length) return null;
    const lons = spots.map(([lon]) => lon);
    const lats = spots.map(([, lat]) => lat);
    const box = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    const wide = Math.max(LEAST, 0.25 * (box[2] - box[0]));
    const high = Math.max(LEAST, 0.25 * (box[3] - box[1]));
    return [box[0] - wide, box[1] - high, box[2] + wide, box[3] + high];
  }

  function look() {
    const root = H.byId("centre");
    const page = centre.page();
    if (!root || !page || !H.byId("centre-map") || !root.dataset.bounds || !page.panels.includes("map")) return;
    // what is going on, and the whole city where nothing is
    const spots = open();
    const chosen = page.name === "incident" || page.screen.focus ? centre.focused() : null;
    const at = chosen && chosen.xy.length ? chosen.xy : null;
    const key = JSON.stringify([at, spots, page.name, innerWidth, innerHeight]);
    if (key === seen) return;
    seen = key;
    const [west, south, east, north] = around(spots) || root.dataset.bounds.split(",").map(Number);
    const viewport = at
      ? { center: [at[1], at[0]], zoom: CLOSE_ZOOM, transition: "setView" }
      : { bounds: [[south, west], [north, east]], transition: "fitBounds" };
    setTimeout(() => window.dash_clientside.set_props("centre-map", { viewport }), 250); // after its new size is known
  }

  centre.fit = function () {
    const ready = window.dash_clientside && window.dash_clientside.set_props;
    if (!H.byId("centre-map") || !ready) return;
    setTimeout(() => window.dash_clientside.set_props("centre-map", { invalidateSize: Date.now() }), 50);
    seen = "";
    look();
  };

  let known = null;
  (H.tickers = H.tickers || []).push(() => {
    const node = H.byId("centre-map");
    if (node !== known) {
      known = node;
      drawn = seen = "";
      if (node) centre.fit();
    }
    if (!node) return;
    draw();
    look();
  });
  for (const section of ["incidents", "city", "items"]) centre.on(section, draw);
  for (const section of ["incidents", "screens", "items"]) centre.on(section, look);
  Object.assign((H.maps = H.maps || {}), { centrePoint: sign });
})();
