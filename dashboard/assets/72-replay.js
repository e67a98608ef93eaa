/* The replay page: one moment after another is asked for and painted; the slider, its ticks, the keys. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const STEP_MS = 500;
  const STEP_S = 30;
  const HEAVY = { IncidentReported: 1, IncidentControlled: 1, IncidentRelapsed: 1, IncidentEnded: 1, PlanActivated: 1 };
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const page = () => H.byId("replay");
  let facts = null;
  let at = 0;
  let stale = false;
  let busy = false;
  let playing = 0;
  let settle = 0;

  /* --- asking and painting --- */

  async function show(moment, again) {
    if (!facts) return;
    at = Math.min(Math.max(moment, facts.start), facts.end);
    const range = H.byId("replay-range");
    if (range) range.value = at - facts.start;
    H.publish("replay-at", at);
    if (again) stale = true;
    if (busy) return; // what is asked meanwhile is asked when this one is painted
    busy = true;
    stale = false;
    const asked = at;
    const mine = facts.id;
    try {
      const answer = await fetch(`/api/command/replay/${facts.id}/frame?at=${at}`);
      if (!answer.ok) throw new Error(answer.status);
      const frame = await answer.json();
      if (page() && facts && facts.id === mine) paint(frame);
    } catch {
      stop();
      trouble([H.word("replay.unreachable")]);
    } finally {
      busy = false;
      if (page() && (asked !== at || stale)) show(at);
    }
    clearTimeout(settle);
    settle = setTimeout(keep, 400);
  }

  function keep() {
    if (!page() || !facts || playing) return;
    const parts = new URLSearchParams(location.search);
    parts.set("at", String(Math.round(at * 1000) / 1000));
    history.replaceState(history.state, "", location.pathname + "?" + parts);
  }

  function trouble(lines) {
    const box = H.byId("replay-faults");
    if (!box) return;
    box.hidden = !lines.length;
    box.replaceChildren(...lines.map((line) => H.make("p", "", line)));
  }

  function paint(frame) {
    trouble(frame.faults);
    H.text(H.byId("replay-clock"), frame.clock);
    H.byId("replay-head").replaceChildren(
      ...frame.head.map(([label, value]) => {
        const part = H.make("span", "replay-fact");
        part.append(H.make("small", "", label), H.make("b", "", value));
        return part;
      }),
    );
    for (const name in frame.sections) list(name, frame.sections[name]);
    const now = frame.lines.length ? frame.lines[0].at : 0;
    H.byId("replay-lines").replaceChildren(
      ...frame.lines.map((line) => {
        const row = H.make("li", line.at === now ? "now" : "");
        const go = H.make("button", "replay-time", line.c);
        go.type = "button";
        go.dataset.replayGo = line.at;
        row.append(go, H.make("span", "", line.t), H.make("small", "muted", line.s));
        return row;
      }),
    );
    if (H.byId("replay-map")) window.dash_clientside.set_props("replay-shapes", { data: frame.map });
    ticks();
  }

  function list(name, items) {
    const box = H.byId("replay-" + name);
    if (!box) return; // an incident without any has no such section
    const said = JSON.stringify(items);
    if (box.said === said) return; // a film that plays goes on playing
    box.said = said;
    if (!items.length) return box.replaceChildren(H.make("li", "muted none", H.word("replay.none." + name)));
    box.replaceChildren(
      ...items.map((item) => {
        const row = H.make("li", item.l ? "level-" + item.l : "");
        const title = item.h ? H.make("a", "title", item.t) : H.make("span", "title", item.t);
        if (item.h) Object.assign(title, { href: item.h, target: "_blank" });
        if (!item.o) row.append(title);
        if (item.m) row.append(item.l ? mark(item) : H.make("b", "", item.m));
        if (item.s) row.append(item.o ? unfolds(item) : H.make("small", "muted", item.s));
        if (item.n) row.append(edit(item));
        if (item.h && PLAYERS[item.f]) row.append(player(item));
        return row;
      }),
    );
  }

  function unfolds(item) {
    const node = H.make("details");
    node.append(H.make("summary", "", item.t), H.make("p", "pre", item.s));
    return node;
  }

  const PLAYERS = { film: "video", recording: "audio", picture: "img" };

  function player(item) {
    const node = H.make(PLAYERS[item.f], "replay-media");
    if (item.f === "picture") Object.assign(node, { alt: item.t, loading: "lazy" });
    else Object.assign(node, { controls: true, preload: "metadata" });
    node.src = item.h;
    return node;
  }

  function mark(item) {
    const node = H.make("b", "status " + item.l);
    node.append(H.make("i"), item.m);
    return node;
  }

  function edit(item) {
    const button = H.make("button", "replay-edit", H.word("incident_verb.change_remark"));
    button.type = "button";
    button.dataset.replayEdit = item.n;
    button.dataset.text = item.t;
    return button;
  }

  /* --- the slider --- */

  function furnish() {
    const slot = H.byId("replay-slot");
    if (!slot || slot.firstChild || !facts) return;
    const range = H.make("input");
    Object.assign(range, { id: "replay-range", type: "range", min: 0, step: 1 });
    range.max = Math.max(facts.end - facts.start, 1);
    range.setAttribute("aria-label", H.word("replay.slider"));
    slot.append(range);
    H.byId("replay-speed").value = "60";
  }

  function ticks() {
    const canvas = H.byId("replay-ticks");
    if (!canvas || !facts) return;
    const wide = (canvas.width = canvas.clientWidth || 1000);
    const pen = canvas.getContext("2d");
    const span = Math.max(facts.end - facts.start, 1);
    const place = (moment) => 8 + ((moment - facts.start) / span) * (wide - 16); // the knob's own width
    for (const [moment, loud, kind] of facts.events) {
      pen.fillStyle = moment <= at ? token("--accent") : token("--muted");
      const high = HEAVY[kind] ? 18 : loud ? 11 : 4;
      pen.fillRect(Math.round(place(moment)), 18 - high, HEAVY[kind] ? 2 : 1, high);
    }
  }

  const loud = () => facts.events.filter((event) => event[1]).map((event) => event[0]);
  const next = () => show(loud().find((moment) => moment > at + 0.001) ?? facts.end);
  const before = () => show(loud().filter((moment) => moment < at - 0.001).pop() ?? facts.start);

  function stop() {
    clearInterval(playing);
    playing = 0;
    const button = H.byId("replay-play");
    if (button) H.text(button, button.dataset.play);
    keep();
  }

  function play() {
    if (playing) return stop();
    const button = H.byId("replay-play");
    H.text(button, button.dataset.stop);
    if (at >= facts.end) show(facts.start);
    playing = setInterval(() => {
      if (!page() || at >= facts.end) return stop();
      if (busy) return; // the picture comes first, the pace second
      show(at + (Number(H.byId("replay-speed").value) * STEP_MS) / 1000);
    }, STEP_MS);
  }

  /* --- hands --- */

  document.addEventListener("input", (event) => {
    if (event.target.id === "replay-range") {
      if (playing) stop();
      show(facts.start + Number(event.target.value));
    }
  });

  document.addEventListener("click", (event) => {
    if (!page() || !event.target.closest) return;
    const target = event.target.closest("#replay-play, [data-replay], [data-replay-go], [data-replay-edit]");
    const file = event.target.closest("[data-replay-file]");
    if (file) file.setAttribute("href", `/api/command/replay/${facts.id}.xlsx?at=${at}`);
    if (!target) return;
    if (target.id === "replay-play") play();
    else if (target.dataset.replay === "next") next();
    else if (target.dataset.replay === "before") before();
    else if (target.dataset.replayGo) show(Number(target.dataset.replayGo));
    else {
      H.publish("replay-edit", Number(target.dataset.replayEdit));
      window.dash_clientside.set_props("replay-text", { value: target.dataset.text });
      H.byId("replay-text").focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (!page() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("textarea, select, input:not([type=range])")) return;
    const keys = {
      " ": play,
      ArrowLeft: () => (event.shiftKey ? before() : show(at - STEP_S)),
      ArrowRight: () => (event.shiftKey ? next() : show(at + STEP_S)),
      Home: () => show(facts.start),
      End: () => show(facts.end),
    };
    if (!keys[event.key] || (event.key === " " && event.target.closest("button, a"))) return;
    event.preventDefault();
    keys[event.key]();
  });

  window.addEventListener("resize", ticks);

  /* Another incident's page came: its slider is made, its moment asked for. */
  function begin() {
    const node = page();
    if (!node || node.dataset.begun || !H.byId("replay-slot")) return;
    node.dataset.begun = "1";
    clearInterval(playing);
    playing = 0;
    facts = JSON.parse(node.dataset.facts);
    furnish();
    show(facts.at);
  }

  new MutationObserver(begin).observe(document.body, { childList: true, subtree: true });

  function saved(when) {
    if (when) {
      H.publish("replay-edit", 0);
      show(at, true);
    }
    return window.dash_clientside.no_update;
  }

  /* --- the map --- */

  const AREAS = ["area", "circle", "sector"];

  function replayStyle(feature) {
    const { kind, stroke, fill, width, dash, effect } = feature.properties;
    const own = effect === "closes" ? token("--text") : token("--accent");
    return {
      color: stroke || own,
      weight: width || 2,
      dashArray: dash || effect === "plume" ? "6 5" : "",
      fillColor: fill || stroke || own,
      fillOpacity: AREAS.includes(kind) ? 0.16 : 0,
    };
  }

  function replayPoint(feature, latlng) {
    const { kind, label } = feature.properties;
    const box = H.make("div", "replay-sign " + kind);
    box.append(H.make("i"), H.make("span", "", label || ""));
    return L.marker(latlng, { icon: L.divIcon({ className: "", html: box.outerHTML, iconSize: [0, 0] }), keyboard: false });
  }

  Object.assign((H.maps = H.maps || {}), { replayStyle, replayPoint });
  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.replay = { saved };
})();
