/* Plotting: taking hold of what is drawn: select, move, reshape, nudge, remove. What is in the hand is not painted
   over by others' changes; they are joined with it when it is let go. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const P = H.plot;
  const STARTED_PX = 4;
  const HANDLES_MOST = 120;
  const NUDGE_MS = 400;
  let grip = null;
  let handles = [];
  let nudging = null;
  P.selected = "";

  let quiet = false;

  /* What was let go is followed by a press of its own, which means nothing. */
  P.released = () => (quiet = true);

  const may = () => P.root() && P.root().dataset.draw;

  P.select = function (id) {
    if (P.selected === id) return;
    letNudgeGo();
    const before = P.selected;
    P.selected = id;
    if (before) P.paint([before]);
    if (id) P.paint([id]);
    showHandles();
    if (P.styled) P.styled(id);
    P.hint(id ? P.word("selected") : "");
    const body = id && P.current(id);
    if (body) P.beSeen(body.points[0], "select", id, true);
  };

  P.press = function (id, event) {
    if (P.mode() !== "select") return; // a tool draws over it
    L.DomEvent.stop(event);
    P.select(id);
  };

  /* --- moving --- */

  P.grip = function (id, event) {
    if (!may() || P.mode() !== "select" || event.originalEvent.button) return;
    const body = P.current(id);
    if (!body || (P.locked && P.locked(body.layer))) return;
    P.map().dragging.disable();
    grip = { id, body, from: event.latlng, at: event.containerPoint || P.map().mouseEventToContainerPoint(event.originalEvent), layers: null };
  };

  function carry(body) {
    if (grip.layers) grip.layers.remove();
    grip.layers = L.featureGroup(P.layersOf(body)).addTo(P.map());
    grip.shown = body;
  }

  function dragged(event) {
    if (!grip) return;
    if (!grip.layers && Math.hypot(event.containerPoint.x - grip.at.x, event.containerPoint.y - grip.at.y) < STARTED_PX) return;
    if (!grip.layers) {
      P.select(grip.id);
      P.held = grip.id;
      P.paint([grip.id]);
      hideHandles();
    }
    const at = P.meant(event.latlng);
    carry(P.moved(grip.body, P.meant(grip.from), at));
    P.beSeen(at, "move", grip.id);
  }

  /* Leaflet hears moves over a canvas at most every 32 ms: where the hand let go is where it came to. */
  function letGo(event) {
    if (!grip) return;
    if (event && !grip.handle) dragged(event);
    const { id, shown, layers } = grip;
    grip = null;
    P.map().dragging.enable();
    P.held = null;
    if (!layers) return;
    P.released();
    layers.remove();
    made(id, shown);
  }

  /* `made` is what the hand made of what it took: joined with what came meanwhile. */
  function made(id, body) {
    P.change(id, body);
    P.paint([id]);
    showHandles();
    if (P.changed) P.changed(id, body);
  }

  P.drop = function () {
    if (!grip) return;
    if (grip.layers) grip.layers.remove();
    P.held = null;
    P.map().dragging.enable();
    P.paint([grip.id]);
    grip = null;
  };

  /* --- corners --- */

  function hideHandles() {
    for (const handle of handles) handle.remove();
    handles = [];
  }

  function knob(at, css) {
    const icon = L.divIcon({ className: "plot-knob " + css, iconSize: [12, 12] });
    return L.marker(P.shown(at), { icon, draggable: true, keyboard: false, zIndexOffset: 1500, bubblingMouseEvents: false });
  }

  function showHandles() {
    hideHandles();
    const id = P.selected;
    const body = id && P.map() && may() && P.current(id);
    if (!body || P.hidden.has(body.layer) || (P.locked && P.locked(body.layer))) return;
    if (body.points.length > HANDLES_MOST) {
      P.hint(P.word("many_corners", { n: body.points.length }));
      return;
    }
    if (body.shape === "point" || body.shape === "text") return;
    if (body.shape === "circle" || body.shape === "sector") roundHandles(id, body);
    else cornerHandles(id, body);
    for (const handle of handles) handle.addTo(P.map());
  }

  function drag(handle, id, body, change) {
    let shown = body;
    handle.on("dragstart", () => {
      P.held = id;
      P.paint([id]);
      grip = { id, body, layers: null, handle: true };
    });
    handle.on("drag", () => {
      if (!grip) return; // it was dropped by Esc
      shown = change(P.meant(handle.getLatLng()));
      carry(shown);
      P.beSeen(P.meant(handle.getLatLng()), "move", id);
    });
    handle.on("dragend", () => {
      if (!grip) return showHandles();
      if (grip.layers) grip.layers.remove();
      grip = null;
      P.held = null;
      made(id, shown);
    });
    handles.push(handle);
  }

  function cornerHandles(id, body) {
    const closed = body.shape === "area";
    body.points.forEach((at, n) => {
      const corner = knob(at, "corner");
      drag(corner, id, body, (to) => ({ ...body, points: body.points.map((each, m) => (m === n ? to : each)) }));
      corner.on("contextmenu", () => {
        const fewest = closed ? 3 : 2;
        if (body.points.length > fewest) made(id, { ...body, points: body.points.filter((_, m) => m !== n) });
      });
      const next = body.points[n + 1] || (closed ? body.points[0] : null);
      if (!next) return;
      const between = knob([(at[0] + next[0]) / 2, (at[1] + next[1]) / 2], "between");
      drag(between, id, body, (to) => ({ ...body, points: [...body.points.slice(0, n + 1), to, ...body.points.slice(n + 1)] }));
    });
  }

  function roundHandles(id, body) {
    const along = body.shape === "sector" ? body.bearing : 90;
    const edge = knob(P.reach(body.points[0], along, body.metres), "corner");
    drag(edge, id, body, (to) => {
      const metres = Math.max(1, Math.round(P.metres(body.points[0], to)));
      const bearing = Math.round(P.bearing(body.points[0], to));
      return body.shape === "sector" ? { ...body, metres, bearing } : { ...body, metres };
    });
    if (body.shape !== "sector" || body.spread >= 360) return;
    const side = knob(P.reach(body.points[0], body.bearing + body.spread / 2, body.metres), "between");
    drag(side, id, body, (to) => {
      const off = Math.abs(((P.bearing(body.points[0], to) - body.bearing + 540) % 360) - 180);
      return { ...body, spread: Math.min(350, Math.max(4, Math.round(off * 2))) };
    });
  }

  P.hear((what, ids) => {
    if (!P.selected || grip) return;
    if (what === "incident") {
      P.selected = "";
      hideHandles();
      if (P.styled) P.styled("");
      return;
    }
    if (what !== "drawings" || (ids && !ids.includes(P.selected))) return;
    if (!P.current(P.selected)) P.select("");
    else {
      showHandles();
      if (P.styled) P.styled(P.selected, true);
    }
  });

  /* --- keys --- */

  const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  /* A row of nudges is one change. */
  function nudge(step, far) {
    const id = P.selected;
    const body = nudging ? nudging.body : P.current(id);
    if (!body || (P.locked && P.locked(body.layer))) return;
    const here = P.map().latLngToContainerPoint(P.shown(body.points[0]));
    const to = P.map().containerPointToLatLng(here.add([step[0] * far, step[1] * far]));
    const moved = P.moved(body, body.points[0], P.meant(to));
    if (nudging) {
      clearTimeout(nudging.timer);
      nudging.layers.remove();
    }
    P.held = id;
    P.paint([id]);
    hideHandles();
    nudging = { id, body: moved, layers: L.featureGroup(P.layersOf(moved)).addTo(P.map()), timer: setTimeout(letNudgeGo, NUDGE_MS) };
  }

  function letNudgeGo() {
    if (!nudging) return;
    const { id, body, layers, timer } = nudging;
    nudging = null;
    clearTimeout(timer);
    layers.remove();
    P.held = null;
    made(id, body);
  }

  P.removeSelected = function () {
    const id = P.selected;
    const body = id && P.current(id);
    if (!body || (P.locked && P.locked(body.layer))) return;
    P.select("");
    P.change(id, null);
  };

  document.addEventListener("keydown", (event) => {
    if (!P.root() || !P.map() || !may()) return;
    if (event.target.closest && event.target.closest("input, textarea, select, [contenteditable]")) return;
    const turn = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (turn && key === "z" && !event.shiftKey) P.undo();
    else if (turn && (key === "y" || (key === "z" && event.shiftKey))) P.redo();
    else if (turn || event.altKey) return;
    else if ((event.key === "Delete" || event.key === "Backspace") && P.selected && P.mode() === "select") P.removeSelected();
    else if (STEPS[event.key] && P.selected && P.mode() === "select") nudge(STEPS[event.key], event.shiftKey ? 25 : 5);
    else if (event.key === "Escape" && P.mode() === "select" && (grip || P.selected)) {
      P.drop();
      P.select("");
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  P.handsOn = function (map) {
    map.on("mousemove", dragged);
    map.on("mouseup", letGo);
    document.addEventListener("mouseup", () => grip && !grip.handle && setTimeout(() => letGo()));
    map.on("mousedown", () => (quiet = false));
    map.on("click", () => P.mode() === "select" && !quiet && P.select(""));
    map.on("zoomend", () => P.selected && !grip && showHandles());
  };
})();
