/* The command page: clocks that tick, the word for the stream, incidents on the map, one form at a time. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const NEAR_ZOOM = 16;
  const pad = (n) => String(n).padStart(2, "0");

  function clock(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    const days = Math.floor(s / 86400);
    const rest = `${pad(Math.floor((s % 86400) / 3600))}:${pad(Math.floor((s % 3600) / 60))}:${pad(s % 60)}`;
    return days ? `${days} d ${rest}` : rest;
  }

  (H.tickers = H.tickers || []).push(() => {
    if (!H.byId("command")) return;
    const now = H.command.now();
    for (const node of document.querySelectorAll("[data-clock-from]")) H.text(node, clock(now - Number(node.dataset.clockFrom)));
    for (const node of document.querySelectorAll("[data-ago]")) H.text(node, H.age(Math.max(0, now - Number(node.dataset.ago))));
    word();
  });

  function word() {
    const node = document.querySelector("[data-command-live]");
    if (!node) return;
    H.text(node, H.word("command.live." + H.command.phase));
    node.className = "live " + (H.command.phase === "open" ? "on" : "off");
  }

  H.command.on("phase", word);

  /* What somebody else added to the files of the incident is there at once, too. */
  H.command.on("incident", (incident, keys, all) => {
    const key = "incident:" + H.command.incident;
    if (all || !keys.includes("media") || !document.querySelector(`[data-files="${key}"]`)) return;
    window.dash_clientside.set_props({ files: key, part: "changed" }, { data: Date.now() });
  });

  /* The layers that lie round the incident follow its place, and what depots sent it. */
  H.command.on("incident", (incident, keys, all) => {
    if (H.byId("command") && (all || keys.includes("place") || keys.includes("transfers"))) H.publish("command-placed", Date.now());
  });

  /* What was pressed in the dossier: a spot, shown and marked on the map, or cameras, played side by side. */
  function look(press) {
    if (press && press.spot) {
      const at = press.spot.split(",").map(Number);
      window.dash_clientside.set_props("command-map-pin", { position: at, opacity: 1 });
      window.dash_clientside.set_props("command-map", { viewport: { center: at, zoom: NEAR_ZOOM, transition: "flyTo" } });
    }
    if (press && press.cameras) JSON.parse(press.cameras).forEach(H.camera.open);
    return window.dash_clientside.no_update;
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.command = { look };

  /* The unfolded switches of the layers close on Escape, and give the focus back. */
  document.addEventListener("keydown", (event) => {
    const layers = event.key === "Escape" && event.target.closest && event.target.closest("#command-layer-box[open]");
    if (!layers) return;
    layers.open = false;
    layers.querySelector("summary").focus();
    event.stopPropagation();
  }, true);

  /* Incidents on the map: the chosen one is larger; a press goes there. */
  H.command.on("list", (list) => {
    if (!H.byId("command-map")) return;
    const features = Object.values(list)
      .filter((row) => row.lon !== null)
      .map((row) => ({
        type: "Feature",
        geometry: { type: "Point", coordinates: [row.lon, row.lat] },
        properties: {
          kind: "incident" + (row.id === H.command.incident ? " chosen" : ""),
          label: "!",
          href: "/command?id=" + row.id,
          say: [row.title, H.word("incident_status." + row.status)],
        },
      }));
    window.dash_clientside.set_props("command-places", { data: { type: "FeatureCollection", features } });
  });

  /* While a form asks for a place, a press on the map fills it in. */
  H.maps.when("command-map", (map) =>
    map.on("click", (press) => {
      const mode = H.byId("command").dataset.mode;
      const field = document.querySelector('#command-form input[id*=\'"incident-field":"point"\']');
      if (!field || (mode && mode !== "select")) return;
      const [lon, lat] = meant(press.latlng.lng, press.latlng.lat);
      window.dash_clientside.set_props(JSON.parse(field.id), { value: lon.toFixed(6) + "," + lat.toFixed(6) });
    }),
  );

  /* The place in WGS-84 that this map draws at (lon, lat): what is shown there is the place, moved a little. */
  function meant(lon, lat) {
    let [x, y] = [lon, lat];
    for (let n = 0; n < 3; n++) {
      const [east, north] = H.maps.shown(x, y);
      [x, y] = [x + lon - east, y + lat - north];
    }
    return [x, y];
  }

  /* A form that opened has the cursor; Escape puts it away, Ctrl+Enter does it. */
  new MutationObserver(() => {
    const form = document.querySelector("#command-form .command-form");
    if (!form || form.dataset.seen) return;
    form.dataset.seen = "1";
    form.scrollIntoView({ block: "nearest" });
    const field = form.querySelector("textarea, input, .dash-dropdown, button");
    if (field) field.focus();
  }).observe(document.body, { childList: true, subtree: true });

  document.addEventListener("keydown", (event) => {
    const form = event.target.closest && event.target.closest(".command-form");
    if (!form) return;
    const buttons = form.querySelectorAll(".buttons > button");
    if (event.key === "Escape" && buttons.length > 1) buttons[1].click();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && buttons.length) buttons[0].click();
    else return;
    event.preventDefault();
  });
})();
