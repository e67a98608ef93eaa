/* Forces on the centre's map: each unit a plate with the sign of its type, depots with what they have; only what
   changed is touched. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const centre = H.centre;
  const FAR_ZOOM = 13; // further out than this, who waits is a small plate
  const pins = new Map(); // what is drawn, by its key
  let map = null;
  let layer = null;

  function tip(lines) {
    const box = document.createElement("div");
    for (const line of lines.filter(Boolean)) box.append(H.make("div", "", line));
    return box;
  }

  function pin(key, [x, y], css, sign, word, above, lines) {
    const look = JSON.stringify([css, sign, word]);
    let drawn = pins.get(key);
    if (!drawn) {
      const box = document.createElement("span");
      const plate = H.make("b");
      const text = H.make("em");
      box.append(plate, text);
      const icon = L.divIcon({ html: box, className: "centre-force", iconSize: null });
      const marker = L.marker([y, x], { icon, keyboard: false }).addTo(layer);
      drawn = { marker, box, plate, text, look: "", x, y };
      marker.bindTooltip(() => tip(drawn.lines()), { className: "map-say" });
      pins.set(key, drawn);
    }
    drawn.lines = lines;
    if (drawn.x !== x || drawn.y !== y) {
      drawn.marker.setLatLng([y, x]);
      Object.assign(drawn, { x, y });
    }
    if (drawn.look === look) return;
    drawn.look = look;
    drawn.box.className = css;
    H.text(drawn.plate, sign);
    H.text(drawn.text, word);
    drawn.marker.setZIndexOffset(above);
  }

  /* How a unit stands: who is lost says since when, who is sent says its step, who waits says nothing. */
  function word(state, progress, lost) {
    if (lost > 0) return H.word("centre.lost_since", { time: H.minuteOf(lost) });
    if (progress) return H.word("progress." + progress);
    return state === "out_of_service" ? H.word("unit_state." + state) : "";
  }

  function unit(code, [label, type, state, progress, no], [x, y, lost]) {
    const css = ["unit", state, progress, lost > 0 && "lost", lost < 0 && "never"].filter(Boolean).join(" ");
    pin("unit " + code, [x, y], css, H.word("force.mark." + type), word(state, progress, lost), state === "committed" ? 600 : 300, () => [
      label, H.word("unit_type." + type), progress ? H.word("progress." + progress) + " " + no : H.word("unit_state." + state),
      lost > 0 ? H.word("centre.lost_since", { time: H.minuteOf(lost) }) : lost < 0 ? H.word("force.never") : "",
    ]);
  }

  const place = (label, xy) => "depot " + label + " " + xy;

  function depot([label, xy, stocks]) {
    const low = stocks.filter((stock) => stock[3]).length;
    const css = low ? "depot low" : "depot";
    const said = low ? H.word("centre.low_stocks", { n: low }) : H.word("centre.stocks", { n: stocks.length });
    pin(place(label, xy), xy, css, H.word("centre.depot_mark"), said, 100, () => [
      label, ...stocks.map(([name, amount, measure, under]) => `${name} ${H.count(amount)} ${measure}${under ? " " + H.word("centre.under_floor") : ""}`),
    ]);
  }

  function draw() {
    const { units, where, depots } = centre.sections;
    if (!map || !units || !where) return;
    const known = new Set();
    for (const code in where) {
      if (!units[code]) continue;
      known.add("unit " + code);
      unit(code, units[code], where[code]);
    }
    for (const each of depots || []) {
      known.add(place(...each));
      depot(each);
    }
    for (const [key, drawn] of pins) {
      if (known.has(key)) continue;
      drawn.marker.remove();
      pins.delete(key);
    }
  }

  const far = () => map && map.getContainer().classList.toggle("centre-far", map.getZoom() < FAR_ZOOM);

  H.maps.when("centre-map", (made) => {
    pins.clear();
    map = made;
    layer = L.layerGroup().addTo(map);
    map.on("zoomend", far);
    map.on("unload", () => {
      if (map === made) map = layer = null;
      pins.clear();
    });
    map.whenReady(() => (far(), draw()));
  });
  for (const section of ["units", "where", "depots"]) centre.on(section, draw);
})();
