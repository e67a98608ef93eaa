/* The live command centre: one stream of what this page watches, kept as sections others listen to.

   hotline.command.on(section, (whole, keys, all) => ...) hears a section change: `list`, `incident`, `drawings`,
   `layers`, `snapshots`, `units`, `presence`, `phase`. keys: what moved; all: everything may have. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const MAPS = new Set(["list", "drawings", "layers", "snapshots", "units"]);
  const SILENT_MS = 4000;
  const TICK_MS = 200; // rails are drawn anew at most so often
  const command = (H.command = { incident: 0, phase: "loading", sections: {}, shift: 0, heard: 0 });
  const ears = {};
  let stream = null;
  let timer = 0;
  let retry = 0;

  command.on = function (section, hear) {
    (ears[section] = ears[section] || []).push(hear);
    if (command.sections[section]) hear(command.sections[section], Object.keys(command.sections[section]), true);
  };

  function tell(section, keys, all) {
    for (const hear of ears[section] || []) hear(command.sections[section] || {}, keys, Boolean(all));
  }

  function phase(name) {
    if (command.phase === name) return;
    command.phase = name;
    const node = H.byId("command");
    if (node) node.dataset.live = name;
    command.sections.phase = { name };
    tell("phase", ["name"]);
  }

  /* --- merging: maps by key, the incident field by field, its own maps by key --- */

  function merge(into, change) {
    for (const key in change) {
      if (change[key] === null) delete into[key];
      else into[key] = change[key];
    }
  }

  /* Of a unit only what changed is told: most often where it is. */
  function mergeUnits(into, change) {
    for (const code in change) {
      if (change[code] === null) delete into[code];
      else into[code] = Object.assign(into[code] || {}, change[code]);
    }
  }

  function isMap(value) {
    return value && typeof value === "object" && !Array.isArray(value);
  }

  function mergeIncident(into, change) {
    for (const field in change) {
      const keyed = isMap(change[field]) && isMap(into[field]) && field !== "place" && field !== "evaluation";
      if (keyed) merge(into[field], change[field]);
      else into[field] = change[field];
    }
  }

  function snapshot(message) {
    command.sections = { phase: command.sections.phase };
    for (const name of [...MAPS, "incident"]) command.sections[name] = message[name] || {};
    for (const name of [...MAPS, "incident"]) tell(name, Object.keys(command.sections[name]), true);
    said(true, true);
  }

  function delta(message) {
    for (const name of MAPS) {
      if (!message[name]) continue;
      const into = (command.sections[name] = command.sections[name] || {});
      if (name === "units") mergeUnits(into, message.units);
      else merge(into, message[name]);
      tell(name, Object.keys(message[name]));
    }
    if (message.incident && message.of === command.incident) {
      mergeIncident(command.sections.incident, message.incident);
      tell("incident", Object.keys(message.incident));
    }
    const moved = Object.keys(message.incident || {}).some((field) => field !== "seq" && field !== "at");
    said(moved || Boolean(message.snapshots), Boolean(message.list));
  }

  /* Rails are drawn by the server: it is told that there is something new, not what. */
  let ownTick = false;
  let listTick = false;

  function said(own, list) {
    ownTick = ownTick || own;
    listTick = listTick || list;
    if (timer || !(ownTick || listTick)) return;
    timer = setTimeout(() => {
      timer = 0;
      if (!H.byId("command")) return;
      if (ownTick) H.publish("command-tick", { incident: command.incident, seq: command.sections.incident.seq || 0, at: Date.now() });
      if (listTick) H.publish("command-list-tick", Date.now());
      ownTick = listTick = false;
    }, TICK_MS);
  }

  /* --- the stream --- */

  function hear(event) {
    const message = JSON.parse(event.data);
    command.heard = performance.now();
    if (message.now) command.shift = message.now - Date.now() / 1000;
    phase("open");
    if (message.kind === "snapshot") snapshot(message);
    else if (message.kind === "delta") delta(message);
    else if (message.kind === "presence") {
      command.sections.presence = message;
      tell("presence", [message.by]);
    }
  }

  function open(incident) {
    close();
    command.incident = incident;
    command.sections = {};
    stream = new EventSource("/live/command?incident=" + incident);
    stream.onmessage = hear;
    stream.onerror = () => {
      phase("broken");
      if (stream && stream.readyState === EventSource.CLOSED) {
        clearTimeout(retry);
        retry = setTimeout(() => H.byId("command") && open(command.incident), 1000);
      }
    };
    stream.addEventListener("signed_out", () => {
      stream.close();
      phase("signed-out");
    });
  }

  function rest() {
    clearTimeout(retry);
    if (stream) stream.close();
  }

  function close() {
    rest();
    stream = null;
    command.phase = "loading";
  }

  H.whileSeen(rest, () => stream && command.phase !== "signed-out" && open(command.incident));
  command.now = () => Date.now() / 1000 + command.shift;

  /* The page came, went, or shows another incident. */
  function follow() {
    const node = H.byId("command");
    const wanted = node ? Number(node.dataset.incident) || 0 : -1;
    if (wanted < 0) {
      if (stream) close();
      command.incident = -1;
    } else if (!stream || wanted !== command.incident) open(wanted);
    else if (node.dataset.live !== command.phase) node.dataset.live = command.phase;
  }

  command.incident = -1;
  new MutationObserver(follow).observe(document.body, { childList: true, subtree: true, attributeFilter: ["data-incident"], attributes: true });
  setInterval(() => {
    if (stream && !document.hidden && command.phase === "open" && performance.now() - command.heard > SILENT_MS) phase("broken");
  }, 1000);
  window.addEventListener("pagehide", close);
})();
