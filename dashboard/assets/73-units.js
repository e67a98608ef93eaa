/* Response units on the command map: each a plate that moves; of five hundred only what changed is touched. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const FAR_ZOOM = 13; // further out than this, plates are small
  const BOUND = new Set(["committed"]);
  const pins = new Map(); // unit code -> what is drawn of it
  const dirty = new Set();
  let units = {};
  let map = null;
  let layer = null;
  let count = null;
  let frame = 0;
  let looked = "";

  const age = (unit) => H.command.now() - unit.heard;
  const never = (unit) => !unit.heard;
  const lost = (unit) => Boolean(unit.heard) && age(unit) > unit.stale_s;

  /* --- drawing --- */

  function schedule(codes) {
    for (const code of codes) dirty.add(code);
    if (!frame && map) frame = requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    if (!map) return;
    const seen = map.getBounds().pad(0.25);
    for (const code of dirty) one(code, units[code], seen);
    dirty.clear();
    total();
  }

  function one(code, unit, seen) {
    const pin = pins.get(code);
    if (!unit || typeof unit.lon !== "number") {
      if (pin) remove(code, pin);
      return;
    }
    const [lon, lat] = H.maps.shown(unit.lon, unit.lat);
    if (!seen.contains([lat, lon])) {
      if (pin && !pin.marker.isPopupOpen()) remove(code, pin);
      else if (pin) pin.marker.setLatLng([lat, lon]);
      return;
    }
    const drawn = pin || add(code, lat, lon);
    if (drawn.lat !== lat || drawn.lon !== lon) {
      drawn.marker.setLatLng([lat, lon]);
      Object.assign(drawn, { lat, lon });
    }
    look(drawn, code, unit);
  }

  function add(code, lat, lon) {
    const box = H.make("div", "force");
    const beak = H.make("i");
    const plate = H.make("b");
    const word = H.make("span");
    box.append(beak, plate, word);
    const icon = L.divIcon({ html: box, className: "force-pin", iconSize: [26, 26], iconAnchor: [13, 13], popupAnchor: [0, -14] });
    const marker = L.marker([lat, lon], { icon, riseOnHover: true });
    marker.bindPopup(() => facts(code), { className: "force-pop", autoPanPaddingTopLeft: [124, 20], autoPanPaddingBottomRight: [24, 24] });
    marker.addTo(layer);
    const drawn = { marker, box, beak, plate, word, lat, lon, look: "", turned: null, name: "" };
    pins.set(code, drawn);
    return drawn;
  }

  function remove(code, pin) {
    pin.marker.remove();
    pins.delete(code);
  }

  /* A class, a turn or a word is written only when it is another than before. */
  function look(pin, code, unit) {
    const gone = lost(unit);
    const stands = gone || !(unit.speed > 1);
    const css = ["force", unit.state, unit.progress, gone && "lost", never(unit) && "never", stands && "stands"];
    if (unit.progress && H.command.incident > 0 && unit.incident !== H.command.incident) css.push("other-incident");
    const name = css.filter(Boolean).join(" ");
    if (pin.look !== name) {
      pin.look = pin.box.className = name;
      pin.marker.setZIndexOffset(BOUND.has(unit.state) ? 600 : 300);
    }
    if (!stands && pin.turned !== unit.heading) {
      pin.turned = unit.heading;
      pin.beak.style.transform = `rotate(${unit.heading || 0}deg) translateY(-18px)`;
    }
    H.text(pin.plate, H.word("force.mark." + unit.type));
    H.text(pin.word, standing(unit));
    const said = `${unit.label} ${standing(unit)}`;
    if (pin.name !== said) {
      pin.name = said;
      const node = pin.marker.getElement();
      if (node) node.setAttribute("aria-label", said);
    }
    if (pin.marker.isPopupOpen()) pin.marker.setPopupContent(facts(code));
  }

  function standing(unit) {
    if (lost(unit)) return H.word("force.lost_for", { age: H.duration(age(unit)) });
    if (unit.progress) return H.word("progress." + unit.progress);
    return H.word("unit_state." + unit.state);
  }

  /* --- facts of one --- */

  function facts(code) {
    const unit = units[code];
    const box = H.make("div", "force-facts");
    if (!unit) return box;
    const line = (text, css) => text && box.append(H.make("div", css || "", text));
    box.append(H.make("h3", "", unit.label));
    line([H.word("unit_type." + unit.type), unit.organisation].filter(Boolean).join(" · "), "muted");
    line(unit.progress ? H.word("progress." + unit.progress) : H.word("unit_state." + unit.state));
    if (unit.reason) line(H.word("force.reason", { reason: unit.reason }));
    if (unit.incident) {
      const link = H.make("a", "", unit.no);
      link.href = "/command?id=" + unit.incident;
      link.addEventListener("click", (event) => (event.preventDefault(), H.go(link.getAttribute("href"))));
      box.append(link);
    } else if (unit.progress) line(H.word("force.elsewhere"), "muted");
    if (never(unit)) line(H.word("force.never"), "muted");
    else {
      line(H.word("force.heard", { age: H.duration(age(unit)) }), lost(unit) ? "bad" : "");
      const moves = unit.speed > 1 ? H.word("force.speed", { n: Math.round(unit.speed) }) : H.word("force.stands");
      line(`${moves} · ${unit.lon.toFixed(5)}, ${unit.lat.toFixed(5)}`, "muted");
    }
    if (unit.skewed) line(H.word("force.skewed"), "bad");
    line(H.word("force.staff", { n: unit.staff }) + (unit.staffed ? "" : " · " + H.word("force.short")));
    if (unit.phone) line(H.word("force.call", { phone: unit.phone }));
    if (unit.state === "available" && mayAct()) box.append(send(code));
    return box;
  }

  /* The form stands beside the map, with what the unit can do; see views.command_forms. */
  function send(code) {
    const button = H.make("button", "button small primary", H.word("incident_verb.send_unit"));
    Object.assign(button, { type: "button" }).dataset.to = "incident-open";
    button.dataset.press = JSON.stringify({ verb: "send_unit", about: "0:" + code });
    button.addEventListener("click", () => map && map.closePopup());
    return button;
  }

  function mayAct() {
    const node = H.byId("command");
    const { status } = H.command.sections.incident || {};
    return node && node.dataset.canAct === "1" && ["reported", "verified", "responding", "controlled"].includes(status);
  }

  /* --- how many, and who is lost --- */

  function lostOnes() {
    return Object.keys(units).filter((code) => lost(units[code])).sort();
  }

  function total() {
    if (!count) return;
    const all = Object.values(units);
    H.text(count.all, H.word("force.count", { n: all.length }));
    H.text(count.bound, H.word("force.bound", { n: all.filter((unit) => BOUND.has(unit.state)).length }));
    const gone = lostOnes().length;
    count.lost.hidden = !gone;
    H.text(count.lost, H.word("force.lost_n", { n: gone }));
  }

  function counter() {
    const box = H.make("div", "force-count");
    count = { all: H.make("span"), bound: H.make("span"), lost: H.make("button") };
    count.lost.type = "button";
    count.lost.title = H.word("force.lost_help");
    count.lost.addEventListener("click", nextLost);
    box.append(count.all, count.bound, count.lost);
    L.DomEvent.disableClickPropagation(box);
    const control = L.control({ position: "topright" });
    control.onAdd = () => box;
    return control;
  }

  function nextLost() {
    const gone = lostOnes();
    looked = gone.find((code) => code > looked) || gone[0] || "";
    if (!looked) return;
    const unit = units[looked];
    const [lon, lat] = H.maps.shown(unit.lon, unit.lat);
    map.setView([lat, lon], Math.max(map.getZoom(), 14), { animate: false });
    one(looked, unit, map.getBounds().pad(0.25));
    pins.get(looked).marker.openPopup();
  }

  /* --- the map comes and goes --- */

  function still(on) {
    map.getPane("markerPane").classList.toggle("force-still", on);
  }

  function again() {
    if (!map) return;
    map.getContainer().classList.toggle("force-far", map.getZoom() < FAR_ZOOM);
    schedule(Object.keys(units));
  }

  H.maps.when("command-map", (made) => {
    pins.clear();
    map = made;
    layer = L.layerGroup().addTo(map);
    counter().addTo(map);
    map.on("zoomstart", () => still(true));
    map.on("zoomend", () => setTimeout(() => map === made && still(false), 60));
    map.on("moveend zoomend", again);
    map.on("unload", () => {
      if (map === made) map = layer = count = null;
      pins.clear();
    });
    map.whenReady(again);
  });

  H.command.on("units", (whole, keys, all) => {
    units = whole;
    if (all) schedule(pins.keys());
    schedule(keys);
  });

  /* Ages tick: who falls silent turns grey without a word from the server. */
  (H.tickers = H.tickers || []).push(() => {
    if (!map) return;
    const aging = Object.keys(units).filter((code) => {
      const pin = pins.get(code);
      return pin && (lost(units[code]) || pin.look.includes(" lost") || pin.marker.isPopupOpen());
    });
    schedule(aging);
    if (!aging.length) total();
  });
})();
