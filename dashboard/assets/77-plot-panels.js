/* Plotting: the panels beside the tools: symbols, layers, who stands over whom, how a drawing looks, what it holds. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const P = H.plot;
  let pane = "";
  P.library = [];

  const panel = () => H.byId("plot-panel");
  const styles = () => H.byId("plot-style");

  function make(tag, css, text, facts) {
    const node = H.make(tag, css, text);
    for (const name in facts || {}) {
      if (name in node && typeof facts[name] !== "string") node[name] = facts[name];
      else node.setAttribute(name, facts[name]);
    }
    return node;
  }

  function button(text, press, css) {
    const node = make("button", css || "button small", text, { type: "button" });
    node.addEventListener("click", press);
    return node;
  }

  function head(text, close) {
    const top = make("header");
    top.append(make("h3", "", text), button("×", close, "plot-x"));
    top.lastChild.setAttribute("aria-label", P.word("closed_panel"));
    return top;
  }

  function field(label, input) {
    const box = make("label", "plot-field");
    box.append(make("span", "", label), input);
    return box;
  }

  /* --- panes --- */

  P.openPane = function (name) {
    pane = name;
    const root = P.root();
    if (!root) return;
    for (const node of root.querySelectorAll("[data-plot-pane]")) node.setAttribute("aria-pressed", String(node.dataset.plotPane === name));
    panel().hidden = !name;
    if (name) PANES[name]();
  };

  const shut = () => P.openPane("");
  const fill = (...parts) => panel().replaceChildren(...parts.filter(Boolean));

  async function fetchLibrary() {
    const found = await P.ask("symbols.json");
    if (found) P.library = found;
    P.paint();
  }

  function symbols() {
    const list = make("div", "plot-symbols");
    let category = "";
    for (const sign of P.library.filter((each) => each.active)) {
      if (sign.category !== category) {
        category = sign.category;
        list.append(make("h4", "", H.word("symbol_category." + category)));
      }
      const node = button("", () => {
        P.symbol = sign.code;
        P.use("point");
      }, "plot-symbol");
      node.title = sign.label;
      node.setAttribute("aria-pressed", String(P.symbol === sign.code));
      const image = make("img", "", undefined, { src: P.symbolSrc(sign.code), alt: "" });
      image.loading = "lazy";
      node.append(image, make("span", "", sign.label));
      list.append(node);
    }
    const manage = P.root().dataset.edit && make("a", "", P.word("manage"), { href: "/command/symbols", target: "_blank" });
    fill(head(P.word("symbols"), shut), list, manage);
  }

  /* --- layers --- */

  const owner = (layer) => layer.actor === P.root().dataset.actor;
  P.locked = function (code) {
    const layer = P.state().layers[code];
    return Boolean(layer && layer.locked && !owner(layer) && !P.root().dataset.approve);
  };

  function layerRow(code, layer) {
    const row = make("div", "plot-layer");
    const eye = make("input", "", undefined, { type: "checkbox", checked: !P.hidden.has(code), title: P.word("show") });
    eye.addEventListener("change", () => {
      if (eye.checked) P.hidden.delete(code);
      else P.hidden.add(code);
      P.paint();
    });
    const name = make("b", "", layer ? layer.title : P.word("common"));
    row.append(eye, name);
    if (layer && layer.team) row.append(make("small", "", layer.team));
    if (layer && layer.locked) row.append(make("span", "chip", P.word("locked")));
    if (!P.root().dataset.draw) return row;
    const on = make("input", "", undefined, { type: "radio", name: "plot-on", checked: P.layer === code, title: P.word("draw_on"), disabled: P.locked(code) });
    on.addEventListener("change", () => (P.layer = code));
    row.prepend(on);
    if (layer && (owner(layer) || P.root().dataset.approve)) {
      row.append(button(P.word(layer.locked ? "unlock" : "lock"), () =>
        P.ask(P.state().incident + "/layers", { layer: code, title: layer.title, team: layer.team, locked: !layer.locked })));
    }
    return row;
  }

  function form(names, press, text) {
    const box = make("form", "plot-form");
    const inputs = names.map((name) => make("input", "", undefined, { placeholder: P.word(name), maxLength: 40, "aria-label": P.word(name) }));
    box.append(...inputs, make("button", "button small", text, { type: "submit" }));
    box.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (await press(...inputs.map((input) => input.value.trim()))) inputs.forEach((input) => (input.value = ""));
    });
    return box;
  }

  function layers() {
    const { layers: known, snapshots, incident } = P.state();
    const draws = P.root().dataset.draw;
    const shots = make("ul", "plot-shots");
    for (const shot of Object.values(snapshots).sort((a, b) => b.at - a.at)) {
      const row = make("li");
      const to = make("a", "", shot.title, { href: `/command/replay?id=${incident}&at=${shot.at}` });
      to.dataset.nav = "";
      row.append(to, " · " + P.word("by", { by: shot.by, at: H.minuteOf(shot.at) }));
      shots.append(row);
    }
    fill(
      head(P.word("layers"), shut),
      layerRow("", null),
      ...Object.keys(known).sort().map((code) => layerRow(code, known[code])),
      draws && form(["layer_title", "layer_team"], (title, team) => P.ask(incident + "/layers", { title, team }), P.word("layer_new")),
      make("h4", "", P.word("snapshots")),
      shots,
      draws && form(["snapshot_title"], (title) => P.ask(incident + "/snapshots", { title }), P.word("snapshot")),
    );
  }

  /* --- together --- */

  function log() {
    const people = make("ul", "plot-people");
    for (const person of P.peopleNow()) {
      const doing = P.word("doing." + person.doing) || P.word(person.doing || "select");
      people.append(make("li", "", P.word("drawing_now", { by: person.by, doing })));
    }
    const list = make("ul", "plot-conflicts");
    for (const each of P.state().conflicts) {
      const row = make("li", "", each.text);
      row.append(make("small", "", H.minuteOf(each.at / 1000)));
      row.append(button(P.word(each.mine ? "give_back" : "take_back"), () => P.restore(each.id, each.rev, each.aspects)));
      row.addEventListener("mouseenter", () => P.current(each.id) && P.mode() === "select" && P.select(each.id));
      list.append(row);
    }
    fill(
      head(P.word("people"), shut),
      people.children.length ? people : make("p", "muted", P.word("nobody")),
      make("h4", "", P.word("conflicts")),
      list.children.length ? list : make("p", "muted", P.word("no_conflicts")),
    );
  }

  const PANES = { symbols, layers, log, impact: () => {}, offer: () => {} };
  P.people = () => pane === "log" && log();

  /* --- how a drawing looks --- */

  let styledId = "";

  P.styled = function (id, again) {
    const box = styles();
    const body = id && P.current(id);
    styledId = id;
    if (!box) return;
    box.hidden = !body || !P.root().dataset.draw;
    // what one is typing into stays as it is
    if (box.hidden || (again && box.contains(document.activeElement))) return;
    const put = (change) => {
      const now = P.current(styledId);
      if (now) P.change(styledId, { ...now, ...change });
    };
    const round = body.shape === "circle" || body.shape === "sector";
    const flat = body.shape !== "point" && body.shape !== "text";
    const parts = [words(body, put)];
    if (flat || body.shape === "text") parts.push(inks(body, put));
    if (flat) parts.push(number("width", body.width, 1, 12, (width) => put({ width })));
    if (flat) parts.push(check("dash", body.dash, (dash) => put({ dash })));
    if (round || body.shape === "area") parts.push(check("fill", body.fill !== "none", (on) => put({ fill: on ? "" : "none" })));
    if (round) parts.push(number("radius", body.metres, 1, 100000, (metres) => put({ metres })));
    if (body.shape === "sector") {
      parts.push(number("bearing", body.bearing, 0, 359, (bearing) => put({ bearing })));
      parts.push(number("spread", body.spread, 1, 360, (spread) => put({ spread })));
    }
    const closable = P.root().dataset.close && body.shape !== "text" && body.shape !== "arrow";
    if (closable && (!body.effect || body.effect === "closes")) {
      parts.push(check("closes", body.effect === "closes", (on) => put({ effect: on ? "closes" : "" })));
    }
    if (Object.keys(P.state().layers).length) parts.push(onLayer(body, put));
    const acts = make("div", "buttons");
    if (body.effect === "buffer" || body.effect === "plume") acts.append(button(P.word("impact"), () => P.assess(styledId)));
    if (body.points.length > 20) acts.append(button(P.word("simplify"), () => put({ points: P.simpler(body.points, 10) })));
    acts.append(button(P.word("remove"), P.removeSelected, "button small danger"));
    const drawn = P.state().server[id];
    const whose = drawn && drawn.by ? make("small", "muted", P.word("by", { by: drawn.by, at: H.minuteOf(drawn.at) })) : null;
    box.replaceChildren(...[...parts, acts, whose].filter(Boolean));
  };

  function words(body, put) {
    const input = make("input", "", undefined, { maxLength: 200 });
    input.value = body.text;
    input.addEventListener("change", () => (input.value.trim() || body.shape !== "text") && put({ text: input.value.trim() }));
    return field(P.word("words"), input);
  }

  function inks(body, put) {
    const box = make("div", "plot-inks");
    for (const ink of P.inks) {
      const node = button("", () => put({ stroke: ink }), "plot-ink " + ink);
      node.title = P.word("ink." + ink);
      node.setAttribute("aria-label", node.title);
      node.setAttribute("aria-pressed", String(body.stroke === ink));
      box.append(node);
    }
    return field(P.word("stroke"), box);
  }

  function number(name, value, least, most, put) {
    const input = make("input", "num", undefined, { type: "number", min: least, max: most });
    input.value = Math.round(value);
    input.addEventListener("change", () => {
      const said = Number(input.value);
      if (said >= least && said <= most) put(said);
      else input.value = Math.round(value);
    });
    return field(P.word(name), input);
  }

  function check(name, on, put) {
    const input = make("input", "", undefined, { type: "checkbox", checked: on });
    input.addEventListener("change", () => put(input.checked));
    return field(P.word(name), input);
  }

  function onLayer(body, put) {
    const input = make("select");
    const known = P.state().layers;
    for (const code of ["", ...Object.keys(known).sort()]) {
      input.append(make("option", "", code ? known[code].title : P.word("common"), { value: code, disabled: P.locked(code) }));
    }
    input.value = body.layer;
    input.addEventListener("change", () => put({ layer: input.value }));
    return field(P.word("layer"), input);
  }

  /* --- what a buffer or plume holds --- */

  /* It is assessed as the server has it: what is still on its way comes first. */
  P.assess = async function (id) {
    P.openPane("impact");
    fill(head(P.word("impact"), shut), make("p", "muted", H.word("map.working")));
    for (let wait = 0; wait < 50 && P.state().queue.some((op) => op.drawing === id); wait++) await new Promise((go) => setTimeout(go, 100));
    const found = await P.ask(P.state().incident + "/assess", { drawing: id });
    if (pane !== "impact") return;
    if (!found) return shut();
    const figures = make("div", "plot-figures");
    figures.append(make("b", "", P.word("impact_people", { n: H.count(found.people) })));
    if (found.unknown) figures.append(make("span", "muted", P.word("impact_unknown", { n: found.unknown })));
    figures.append(make("span", "", P.word("impact_protected", { n: found.protected })));
    const tickets = make("a", "", P.word("impact_tickets", { n: H.count(found.tickets) + (found.more ? "+" : "") }), { href: found.href, target: "_blank" });
    figures.append(tickets);
    const kinds = found.kinds.map((kind) => {
      const row = make("details", kind.risk ? "risk" : "");
      const top = make("summary", "", kind.name + " " + P.word("impact_places", { n: kind.total }));
      if (kind.people !== null) top.append(make("small", "", P.word("kind_people", { n: H.count(kind.people) })));
      const list = make("ul");
      for (const place of kind.places) list.append(make("li", "", place));
      if (kind.more) list.append(make("li", "muted", P.word("impact_more", { n: kind.more })));
      row.append(top, list);
      return row;
    });
    const none = kinds.length ? null : make("p", "muted", P.word("impact_none"));
    fill(head(P.word("impact"), shut), figures, none, ...kinds, button(P.word("impact_again"), () => P.assess(id)));
    beside(P.current(id));
  };

  /* What the panel tells of stays in sight: the map moves where the panel lies over it, unless a hand is at work. */
  function beside(body) {
    const map = P.map();
    if (!body || !map || P.mode() !== "select" || P.held) return;
    const left = panel().getBoundingClientRect().right - map.getContainer().getBoundingClientRect().left;
    map.panInside(P.shown(body.points[0]), { paddingTopLeft: [left + 60, 40], paddingBottomRight: [40, 40], animate: false });
  }

  P.changed = (id, body) => (body.effect === "buffer" || body.effect === "plume") && P.assess(id);

  P.askWind = function (body, go) {
    P.openPane("offer");
    const input = make("input", "num", undefined, { type: "number", min: 0, max: 359 });
    input.value = Math.round((body.bearing + 180) % 360);
    const box = make("form", "plot-form");
    box.append(field(P.word("wind_from"), input), make("button", "button small primary", P.word("apply"), { type: "submit" }));
    box.addEventListener("submit", (event) => {
      event.preventDefault();
      shut();
      go({ ...body, bearing: (Number(input.value) + 180) % 360 });
    });
    fill(head(P.word("plume"), shut), make("p", "", P.word("wind_ask")), box);
    input.focus();
  };

  /* --- what the rest says --- */

  function offer({ id, body, text }) {
    P.openPane("offer");
    fill(head(P.word("simplify"), shut), make("p", "", text), button(P.word("simplify"), () => {
      shut();
      P.change(id, body, { simplify: true });
    }, "button small primary"));
  }

  function sync() {
    const node = H.byId("plot-sync");
    if (!node) return;
    const left = P.unsynced();
    const late = left && H.command.phase !== "open" ? " · " + P.word("unsynced_help") : "";
    node.hidden = !left;
    H.text(node, left ? P.word("unsynced", { n: left }) + late : "");
    P.root().dataset.unsynced = left;
  }

  P.hear((what, about) => {
    if (what === "sync" || what === "drawings") sync();
    if (what === "offer") offer(about);
    else if (what === "layers" && pane === "layers") layers();
    else if (what === "conflicts" && pane === "log") log();
    else if (what === "incident" && P.root()) {
      P.hidden.clear();
      P.layer = "";
      fetchLibrary();
      sync();
    }
  });
  H.command.on("phase", sync);

  document.addEventListener("click", (event) => {
    const at = event.target.closest && P.root() && event.target.closest("[data-plot-tool], [data-plot-act], [data-plot-pane]");
    if (!at) return;
    const facts = at.dataset;
    if (facts.plotTool === "point" && P.mode() !== "point") {
      P.use("point");
      P.openPane("symbols");
    } else if (facts.plotTool) P.use(P.mode() === facts.plotTool ? "select" : facts.plotTool);
    else if (facts.plotPane) P.openPane(pane === facts.plotPane ? "" : facts.plotPane);
    else ({ undo: P.undo, redo: P.redo, remove: P.removeSelected })[facts.plotAct]();
    at.blur();
  });
})();
