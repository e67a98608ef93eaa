/* Maps: what shapes say when they are pointed at; the map itself for who draws on it; places as a map must draw them. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const maps = (H.maps = H.maps || {});

  /* What a shape says: texts come ready from the server, as text; a page may have more to say of the moment. */
  function say(feature, layer) {
    const lines = () => [...(feature.properties.say || []), ...(maps.more ? maps.more(feature.properties) : [])];
    if (!lines().length) return;
    layer.bindTooltip(
      () => {
        const box = document.createElement("div");
        for (const line of lines()) box.append(H.make("div", "", line));
        return box;
      },
      { sticky: true, className: "map-say" },
    );
  }

  /* --- the Leaflet map of a name, told to who asks each time the page makes one --- */

  const waiting = {};
  const drawn = new Set();

  function when(name, hear) {
    (waiting[name] = waiting[name] || []).push(hear);
  }

  function hook() {
    if (!window.L || L.Map.heard) return;
    L.Map.heard = true;
    L.Map.addInitHook(function () {
      drawn.add(this);
      this.on("unload", () => drawn.delete(this));
      for (const hear of waiting[this.getContainer().id] || []) hear(this);
    });
  }

  /* The ground under every map in another look; tiles of a source outside have but one. */
  function dress(look) {
    const other = (layer) => layer._url && layer._url.startsWith("/tiles/") && layer._url.replace(/\/(wall|desk)\//, `/${look}/`);
    for (const map of drawn) map.eachLayer((layer) => other(layer) && layer.setUrl(other(layer)));
  }

  hook();
  document.addEventListener("DOMContentLoaded", hook);

  /* --- GCJ-02: `gis_data/coordinates.py` in the browser, for what moves --- */

  const A = 6378245.0;
  const EE = 0.00669342162296594323;

  function shift(lon, lat) {
    const { sin, cos, sqrt, abs, PI } = Math;
    const x = lon - 105;
    const y = lat - 35;
    const common = 20 * sin(6 * x * PI) + 20 * sin(2 * x * PI);
    let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x));
    north += ((common + 20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
    north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
    let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x));
    east += ((common + 20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
    east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
    const radians = (lat * PI) / 180;
    const magic = 1 - EE * sin(radians) ** 2;
    const meridian = (A * (1 - EE)) / (magic * sqrt(magic));
    const parallel = (A / sqrt(magic)) * cos(radians);
    return [lon + (east / parallel) * (180 / PI), lat + (north / meridian) * (180 / PI)];
  }

  /* A WGS-84 place as this page's map draws it: `data-datum` says what its tiles are drawn in. */
  function shown(lon, lat) {
    const node = document.querySelector("[data-datum]");
    return node && node.dataset.datum === "gcj02" ? shift(lon, lat) : [lon, lat];
  }

  Object.assign(maps, { dress, say, when, shown, shift });
})();
