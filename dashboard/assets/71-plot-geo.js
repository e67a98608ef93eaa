/* Plotting: places, shapes and the joining of changes. Bodies are in WGS-84; only what Leaflet draws is in the
   datum of the tiles. The rules of joining are those of models/rules/incident/merging.py. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const P = (H.plot = H.plot || {});
  const EARTH_M = 6371008.8;
  const RAD = Math.PI / 180;
  const SIDES = 64;

  P.root = () => H.byId("plot");

  /* --- the datum of the tiles, as gis_data/coordinates.py has it --- */

  const A = 6378245.0;
  const EE = 0.00669342162296594323;
  const BD = (Math.PI * 3000) / 180;

  function shift(lon, lat) {
    const x = lon - 105;
    const y = lat - 35;
    const sin = (times) => Math.sin(times * Math.PI);
    const root = Math.sqrt(Math.abs(x));
    const common = 20 * sin(6 * x) + 20 * sin(2 * x);
    let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root;
    north += ((common + 20 * sin(y) + 40 * sin(y / 3)) * 2) / 3 + ((160 * sin(y / 12) + 320 * sin(y / 30)) * 2) / 3;
    let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root;
    east += ((common + 20 * sin(x) + 40 * sin(x / 3)) * 2) / 3 + ((150 * sin(x / 12) + 300 * sin(x / 30)) * 2) / 3;
    const magic = 1 - EE * Math.sin(lat * RAD) ** 2;
    const meridian = (A * (1 - EE)) / (magic * Math.sqrt(magic));
    const parallel = (A / Math.sqrt(magic)) * Math.cos(lat * RAD);
    return [east / parallel / RAD, north / meridian / RAD];
  }

  function toGcj([lon, lat]) {
    if (!(lon > 73 && lon < 136 && lat > 3 && lat < 54.5)) return [lon, lat];
    const [east, north] = shift(lon, lat);
    return [lon + east, lat + north];
  }

  function toBd(at) {
    const [lon, lat] = toGcj(at);
    const radius = Math.hypot(lon, lat) + 0.00002 * Math.sin(lat * BD);
    const angle = Math.atan2(lat, lon) + 0.000003 * Math.cos(lon * BD);
    return [radius * Math.cos(angle) + 0.0065, radius * Math.sin(angle) + 0.006];
  }

  const FORWARD = { wgs84: (at) => at, gcj02: toGcj, bd09: toBd };
  P.from = (at, datum) => (FORWARD[datum] || FORWARD.wgs84)(at);

  P.to = function (at, datum) {
    const forward = FORWARD[datum] || FORWARD.wgs84;
    let found = at;
    for (let round = 0; round < 8; round++) {
      const got = forward(found);
      found = [found[0] + at[0] - got[0], found[1] + at[1] - got[1]];
    }
    return found;
  };

  const datum = () => (P.root() && P.root().dataset.datum) || "wgs84";
  const round = (degrees) => Math.round(degrees * 1e7) / 1e7;
  P.shown = function (at) {
    const [lon, lat] = P.from(at, datum());
    return [lat, lon];
  };
  P.meant = (latlng) => P.to([latlng.lng, latlng.lat], datum()).map(round);

  /* --- lengths on the sphere: for drawing; what is measured the server measures on the ellipsoid --- */

  P.metres = function ([lon, lat], [toLon, toLat]) {
    const half =
      Math.sin(((toLat - lat) * RAD) / 2) ** 2 +
      Math.cos(lat * RAD) * Math.cos(toLat * RAD) * Math.sin(((toLon - lon) * RAD) / 2) ** 2;
    return 2 * EARTH_M * Math.asin(Math.sqrt(half));
  };

  P.bearing = function ([lon, lat], [toLon, toLat]) {
    const x = (toLon - lon) * RAD;
    const east = Math.sin(x) * Math.cos(toLat * RAD);
    const north = Math.cos(lat * RAD) * Math.sin(toLat * RAD) - Math.sin(lat * RAD) * Math.cos(toLat * RAD) * Math.cos(x);
    return (Math.atan2(east, north) / RAD + 360) % 360;
  };

  P.reach = function ([lon, lat], bearing, metres) {
    const far = metres / EARTH_M;
    const up = Math.asin(Math.sin(lat * RAD) * Math.cos(far) + Math.cos(lat * RAD) * Math.sin(far) * Math.cos(bearing * RAD));
    const along = Math.atan2(
      Math.sin(bearing * RAD) * Math.sin(far) * Math.cos(lat * RAD),
      Math.cos(far) - Math.sin(lat * RAD) * Math.sin(up),
    );
    return [lon + along / RAD, up / RAD];
  };

  /* The outline of what is round. */
  P.ring = function (body) {
    const whole = body.shape === "circle" || body.spread >= 360;
    const spread = whole ? 360 : body.spread;
    const first = (body.bearing || 0) - spread / 2;
    const arc = [];
    for (let n = 0; n <= SIDES; n++) arc.push(P.reach(body.points[0], first + (spread * n) / SIDES, body.metres));
    return whole ? arc.slice(1) : [body.points[0], ...arc];
  };

  /* Fewer corners: what lies within so many metres of the line is left out (Douglas and Peucker). */
  P.simpler = function (points, metres) {
    const keep = new Uint8Array(points.length);
    keep[0] = keep[points.length - 1] = 1;
    const scale = Math.cos(points[0][1] * RAD);
    const flat = points.map(([lon, lat]) => [lon * scale * RAD * EARTH_M, lat * RAD * EARTH_M]);
    const work = [[0, points.length - 1]];
    while (work.length) {
      const [a, b] = work.pop();
      const [ax, ay] = flat[a];
      const dx = flat[b][0] - ax;
      const dy = flat[b][1] - ay;
      const long = Math.hypot(dx, dy);
      let far = 0;
      let at = -1;
      for (let n = a + 1; n < b; n++) {
        const x = flat[n][0] - ax;
        const y = flat[n][1] - ay;
        const off = long ? Math.abs(x * dy - y * dx) / long : Math.hypot(x, y);
        if (off > far) [far, at] = [off, n];
      }
      if (far > metres) {
        keep[at] = 1;
        work.push([a, at], [at, b]);
      }
    }
    return points.filter((_, n) => keep[n]);
  };

  /* --- joining --- */

  const FIELDS = {
    points: ["shape", "points", "metres", "bearing", "spread"],
    style: ["symbol", "stroke", "fill", "width", "dash"],
    text: ["text"],
    layer: ["layer"],
    effect: ["effect"],
  };
  const NONE = { symbol: "", text: "", stroke: "", fill: "", width: 2, dash: false, metres: 0, bearing: 0, spread: 0, effect: "", closure: 0, layer: "" };
  P.body = (given) => ({ ...NONE, ...given });
  const alike = (a, b) => (a && typeof a === "object" ? JSON.stringify(a) === JSON.stringify(b) : a === b);

  P.touched = function (before, after) {
    if (!before || !after) return !before !== !after ? ["being"] : [];
    return Object.keys(FIELDS).filter((name) => FIELDS[name].some((field) => !alike(before[field], after[field])));
  };

  /* What `mine`, made from `was`, comes to on top of what is there now. */
  P.join = function (was, there, mine) {
    if (!mine) return mine;
    if (!was || !there) return P.touched(was, mine).length ? mine : there;
    const joined = { ...there };
    for (const aspect of P.touched(was, mine)) for (const field of FIELDS[aspect]) joined[field] = mine[field];
    return joined;
  };

  P.moved = function (body, from, to) {
    const east = to[0] - from[0];
    const north = to[1] - from[1];
    return { ...body, points: body.points.map(([lon, lat]) => [round(lon + east), round(lat + north)]) };
  };

  P.newId = () => {
    const random = new Uint8Array(12);
    crypto.getRandomValues(random);
    return Array.from(random, (each) => each.toString(16).padStart(2, "0")).join("");
  };

  P.word = (key, facts) => H.word("plot." + key, facts);
  P.length = (metres) =>
    metres < 1000 ? metres.toFixed(metres < 100 ? 1 : 0) + " " + H.word("map.m") : (metres / 1000).toFixed(2) + " " + H.word("map.km");
  P.square = (square) =>
    square < 1e5 ? H.count(square) + " " + P.word("m2") : (square / 1e6).toFixed(3) + " " + P.word("km2");
})();
