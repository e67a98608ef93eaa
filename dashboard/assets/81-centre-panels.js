/* The centre's panels: events that scroll, the day's figures, seats, city, hot spots, duty, one incident, messages. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const centre = H.centre;
  const make = H.make;
  const ROLL_S = 4;
  const TURN_S = 8;
  const NEW_S = 60; // an incident this young asks for eyes
  const ORDER = { I: 0, II: 1, III: 2, IV: 3, "": 4 };
  const OPEN = new Set(["reported", "verified", "responding", "controlled"]);
  const LEVEL = { severe: "bad", warning: "warn", notice: "warn", "": "" };
  let rolled = 0;

  const body = (name) => document.querySelector('#centre [data-body="' + name + '"]');
  const part = (name) => document.querySelector('#centre [data-events="' + name + '"]');

  function fill(name, nodes) {
    const box = body(name);
    if (!box) return;
    if (nodes.length) box.replaceChildren(...nodes);
    else box.replaceChildren(make("p", "empty", box.dataset.empty));
  }

  /* The lamp of a state, as lists and the command page have it: red while nobody acts yet. */
  const LAMP = { reported: "bad", verified: "bad", responding: "warn", controlled: "ok" };
  const look = (centre.lamp = (status) => LAMP[status] || "off");

  function status(level, text) {
    const node = make("span", "status " + level);
    node.append(make("i"), text);
    return node;
  }

  /* --- events --- */

  function incidentRow(one) {
    const row = make("li", "event incident " + look(one.status));
    if (OPEN.has(one.status) && H.now() - one.reported < NEW_S) row.classList.add("fresh-event");
    row.append(make("b", "grade g-" + (one.grade || "none"), one.grade || "—"));
    const text = make("div", "what");
    const title = make("span", "title", one.title);
    if (one.exercise) title.prepend(make("em", "exercise", H.word("centre.exercise")));
    text.append(title, make("span", "more", [one.label, one.address, H.minuteOf(one.reported)].filter(Boolean).join(" · ")));
    row.append(text, status(look(one.status), H.word("incident_status." + one.status)));
    return row;
  }

  function ticketRow(one) {
    const row = make("li", "event ticket" + (one.emergency ? " urgent" : ""));
    row.append(make("b", "kind", H.word("centre.short." + one.kind) || "诉"));
    const text = make("div", "what");
    const more = [one.no, H.word("kind." + one.kind), one.unit, H.minuteOf(one.at)].filter(Boolean).join(" · ");
    text.append(make("span", "title", one.title || H.word("today.protected")), make("span", "more", more));
    const flag = one.emergency ? status("bad", H.word("centre.emergency")) : one.urgent ? status("warn", H.word("centre.urgent")) : "";
    const state = make("span", "state");
    state.append(flag || make("span", "muted", H.word("ticket_status." + one.status)));
    row.append(text, state);
    return row;
  }

  const draw = { incident: incidentRow, ticket: ticketRow };

  function events() {
    const pins = part("pinned");
    const rolling = part("rolling");
    if (!pins || !centre.sections.incidents) return;
    const pinned = centre.items("pinned");
    const gone = new Set([...pinned, ...centre.items("hidden")].map((item) => item.kind + ":" + item.ref));
    pins.replaceChildren(...pinned.map((item) => {
      const row = draw[item.kind](item.thing);
      row.classList.add("is-pinned");
      row.dataset.event = item.kind + ":" + item.ref;
      return row;
    }));
    const rows = [];
    const all = Object.values(centre.sections.incidents);
    const rank = (one) => (OPEN.has(one.status) ? 0 : 1);
    all.sort((a, b) => rank(a) - rank(b) || b.reported - a.reported);
    const notable = (centre.sections.notable || []).map((one) => ["ticket", one.no, one]);
    const listed = all.map((one) => ["incident", String(one.id), one]);
    const open = listed.filter(([, , one]) => OPEN.has(one.status));
    for (const [kind, ref, one] of [...open, ...notable, ...listed.slice(open.length)]) {
      if (gone.has(kind + ":" + ref)) continue;
      const row = draw[kind](one);
      row.dataset.event = kind + ":" + ref;
      rows.push(row);
    }
    if (rows.length || pinned.length) rolling.replaceChildren(...rows);
    else rolling.replaceChildren(make("li", "empty", rolling.dataset.empty));
  }

  /* One row further every few seconds, where they do not all fit; who asked for stillness sees it jump. */
  function roll(now) {
    const box = part("rolling");
    if (!box || box.closest("[hidden]")) return;
    const turn = Math.floor(now / ROLL_S);
    if (turn === rolled) return;
    rolled = turn;
    if (box.scrollHeight <= box.clientHeight + 2) return void (box.scrollTop = 0);
    const end = box.scrollTop + box.clientHeight >= box.scrollHeight - 2;
    const next = [...box.children].find((row) => row.offsetTop - box.offsetTop > box.scrollTop + 2);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = end || !next ? 0 : next.offsetTop - box.offsetTop;
    box.scrollTo({ top, behavior: still || end ? "auto" : "smooth" });
  }

  /* --- the day's figures --- */

  function headline(number, unit, note) {
    const node = make("div", "centre-figure");
    node.append(make("b", "", H.count(number)), make("small", "", unit));
    if (note) node.append(make("span", "muted", note));
    return node;
  }

  /* As many rows as there is room for; the rest stand together in the last, so that rows add up to the figure. */
  function bars(title, rows, name) {
    const box = make("div", "centre-bars");
    box.append(make("h3", "", title));
    const unit = innerHeight / 54;
    const high = (body(name) || {}).clientHeight || 5 * unit;
    const room = Math.max(2, Math.floor((high / unit - 1.5) / 1.36));
    if (rows.length > room) {
      const rest = rows.slice(room - 1).reduce((sum, [, number]) => sum + number, 0);
      rows = [...rows.slice(0, room - 1), [H.word("centre.others"), rest, "others"]];
    }
    const most = Math.max(1, ...rows.map(([, number]) => number));
    for (const [text, number, key] of rows) {
      const row = make("div", "bar-row");
      const bar = make("span", "bar");
      const inner = make("i");
      inner.style.transform = "scaleX(" + number / most + ")";
      bar.append(inner);
      const figure = make("b", "", H.count(number));
      figure.dataset.key = key;
      row.append(make("span", "name", text), bar, figure);
      box.append(row);
    }
    return box;
  }

  const statuses = (told) => Object.entries(told.statuses).map(([key, n]) => [H.word("incident_status." + key), n, "status:" + key]);

  function day(told) {
    if (!told || !body("incidents")) return;
    const note = told.exercises ? H.word("centre.exercises", { n: told.exercises }) : "";
    const parts = [headline(told.total, H.word("centre.count.incident"), note)];
    if (told.total) {
      parts.push(
        bars(H.word("centre.by_type"), told.types.map(([code, label, n]) => [label, n, "type:" + code]), "incidents"),
        bars(H.word("centre.by_status"), statuses(told), "incidents"),
      );
    } else parts.push(make("p", "empty", body("incidents").dataset.empty));
    fill("incidents", parts);
  }

  function tickets(told) {
    const rows = (name, family) => Object.entries(told[name]).map(([key, n]) => [H.word(family + "." + key), n, family + ":" + key]);
    const parts = [headline(told.opened, H.word("centre.count.ticket"), "")];
    if (told.opened) {
      parts.push(
        bars(H.word("centre.by_kind"), rows("kinds", "kind"), "tickets"),
        bars(H.word("centre.by_result"), rows("results", "result"), "tickets"),
      );
    } else parts.push(make("p", "empty", H.word("today.none")));
    fill("tickets", parts);
  }

  /* The room changed: another page, another size. */
  centre.refit = function () {
    day(centre.sections.day);
    if (H.live.board && H.live.board.tickets) tickets(H.live.board.tickets);
    city(H.now());
  };

  /* --- the city --- */

  const stale = (point, now) => point.until <= now;

  function reading(point) {
    const value = point.value === null ? "" : (Math.round(point.value * 100) / 100 + " " + point.unit).trim();
    return [value, point.level ? H.word("map.level." + point.level) : ""].filter(Boolean).join(" ");
  }

  function bureau(told, now, room) {
    const row = make("div", "centre-bureau");
    row.dataset.bureau = told.bureau;
    const old = told.points.filter((point) => stale(point, now)).length;
    const head = make("div", "head");
    head.append(make("b", "", H.word("bureau." + told.bureau)));
    const age = make("span", "age");
    const dead = told.total && old === told.points.length;
    if (!told.total) age.append(make("span", "muted", H.word("centre.no_reading")));
    else if (dead) age.append(status("off", H.word("centre.stale", { time: H.minuteOf(told.at) })));
    else {
      age.append(make("span", "", H.word("centre.ago", { age: H.duration(Math.max(0, now - told.at)) })));
      if (old) age.append(status("off", H.word("centre.some_stale", { n: old })));
    }
    head.append(age);
    row.append(head);
    row.classList.toggle("is-dead", Boolean(dead));
    const fresh = told.points.filter((point) => !stale(point, now));
    const shown = (fresh.length ? fresh : told.points).filter((point) => point.level || point.value !== null);
    const list = make("div", "readings");
    const first = shown.length > room ? (Math.floor(now / TURN_S) * room) % shown.length : 0;
    for (let n = 0; n < Math.min(room, shown.length); n++) {
      const point = shown[(first + n) % shown.length];
      const item = make("span", "reading");
      const text = reading(point);
      item.append(make("span", "name", point.label), point.level && !stale(point, now) ? status(LEVEL[point.level], text) : make("span", "value", text));
      list.append(item);
    }
    row.append(list);
    return row;
  }

  function city(now) {
    const told = centre.sections.city;
    const box = body("city");
    if (!told || !box || box.closest("[hidden]")) return;
    const unit = innerHeight / 54;
    const room = Math.max(1, Math.floor((box.clientHeight / told.length / unit - 2) / 1.55));
    fill("city", told.map((each) => bureau(each, now, room)));
  }

  /* --- hot spots --- */

  function hotspots(told) {
    const rows = told.places.slice(0, 6).map((place) => {
      const row = make("div", "centre-line");
      const rare = place.surging ? (place.ratio ? H.word("today.hot_ratio", { n: place.ratio }) : H.word("today.hot_rare")) : "";
      row.append(make("span", "name", place.name || H.word("centre.nameless")), make("b", "", H.word("hot.n", { n: place.tickets })), make("span", "muted", rare));
      return row;
    });
    if (told.city) rows.unshift(make("div", "centre-line", H.word("today.hot_city")));
    fill("hotspots", rows);
  }

  /* --- duty --- */

  function duty(told) {
    const levels = new Map();
    for (const one of told) levels.set(one.level, [...(levels.get(one.level) || []), one]);
    fill("duty", [...levels.values()].map((ones) => {
      const row = make("div", "centre-line");
      row.append(make("span", "name", ones[0].label), make("b", "", ones.map((one) => one.name).join("、")));
      row.append(make("span", "muted", ones[0].slot + " " + H.word("centre.until", { time: H.minuteOf(ones[0].end) })));
      return row;
    }));
  }

  /* --- one incident: static and dynamic data --- */

  function focused() {
    const all = Object.values(centre.sections.incidents || {});
    const screen = centre.screen();
    const chosen = screen && screen.focus && all.find((one) => one.id === screen.focus);
    if (chosen) return chosen;
    const hidden = centre.hidden("incident");
    const open = all.filter((one) => OPEN.has(one.status) && !hidden.has(String(one.id)));
    open.sort((a, b) => a.exercise - b.exercise || ORDER[a.grade || ""] - ORDER[b.grade || ""] || b.reported - a.reported);
    return open[0] || null;
  }
  centre.focused = focused;

  function step([at, what, of, text]) {
    const words = of ? H.word("centre.step." + what + "." + of) : "";
    const known = { level: of && H.word("level_field." + of) + " " + H.word(text), status: of && H.word("incident_status." + of) }[what];
    const said = known || H.word("centre.step." + what, { of: words || of, text });
    const row = make("li");
    row.append(make("time", "", H.minuteOf(at)), make("span", "", said));
    return row;
  }

  function focus() {
    const one = focused();
    if (!one) return fill("focus", []);
    const head = make("div", "focus-head " + look(one.status));
    head.append(make("b", "grade g-" + (one.grade || "none"), one.grade || "—"), make("span", "title", one.title));
    if (one.exercise) head.append(make("em", "exercise", H.word("centre.exercise")));
    const facts = make("dl");
    const fact = (key, value) => value && facts.append(make("dt", "", H.word("centre.fact." + key)), make("dd", "", value));
    fact("no", one.no);
    fact("type", one.label);
    fact("time", H.dateOf(one.happened || one.reported) + " " + H.minuteOf(one.happened || one.reported));
    fact("place", one.address || H.word("centre.no_place"));
    fact("position", one.xy.length ? one.lon.toFixed(4) + ", " + one.lat.toFixed(4) : "");
    const state = make("div", "focus-state");
    state.append(status(look(one.status), H.word("incident_status." + one.status)));
    for (const [key, number] of [["units", one.units], ["on_scene", one.on_scene], ["tasks", one.tasks], ["done", one.done], ["merged", one.merged]]) {
      const cell = make("span", "cell");
      cell.append(make("b", "", H.count(number)), make("small", "", H.word("centre.fact." + key)));
      state.append(cell);
    }
    const course = make("ol", "centre-course");
    course.append(...one.steps.map(step));
    fill("focus", [head, facts, state, make("h3", "", H.word("centre.course")), course]);
  }

  /* --- messages from the console --- */

  function thing(item) {
    if (item.kind === "incident") return [H.word("centre.item.incident"), item.thing.title, [item.thing.label, item.thing.address, H.word("incident_status." + item.thing.status)]];
    if (item.kind === "ticket") return [H.word("centre.item.ticket"), item.thing.title || H.word("today.protected"), [item.thing.no, item.thing.unit, H.word("ticket_status." + item.thing.status)]];
    if (item.kind === "state") return [H.word("bureau." + item.thing.bureau), item.thing.label, [reading(item.thing), H.word("centre.ago", { age: H.duration(Math.max(0, H.now() - item.thing.at)) })]];
    return [H.word("centre.item.text"), item.text, []];
  }

  let pushed = "";
  function pushes(now) {
    const box = H.byId("centre-push");
    if (!box) return;
    const all = centre.items("pushed");
    const item = all.length ? all[Math.floor(now / TURN_S) % all.length] : null;
    const key = item ? JSON.stringify([item, all.length, document.documentElement.lang]) : "";
    if (key === pushed && Boolean(item) === !box.hidden) return;
    pushed = key;
    box.hidden = !item;
    if (!item) return box.replaceChildren();
    const [kind, title, more] = thing(item);
    const text = make("div", "text");
    const line = [...more, item.kind === "text" ? "" : item.text].filter(Boolean).join(" · ");
    text.append(make("strong", "", title));
    if (line) text.append(make("span", "", line));
    const by = H.word("centre.pushed_by", { name: item.by, time: H.minuteOf(item.at), until: H.minuteOf(item.until) });
    const count = all.length > 1 ? " " + ((Math.floor(now / TURN_S) % all.length) + 1) + "/" + all.length : "";
    box.dataset.item = item.id;
    box.replaceChildren(make("b", "kind", kind), text, make("span", "by", by + count));
  }

  /* --- when --- */

  for (const section of ["incidents", "items", "notable", "screens"]) centre.on(section, events);
  for (const section of ["incidents", "items", "screens"]) centre.on(section, focus);
  centre.on("day", day);
  centre.on("duty", duty);
  centre.on("city", () => city(H.now()));
  for (const section of ["items", "screens"]) centre.on(section, () => pushes(H.now()));

  (H.painters = H.painters || []).push((live, changed, all) => {
    const root = H.byId("centre");
    if (!root || !live.board) return;
    const fresh = !root.dataset.painted;
    root.dataset.painted = "1";
    const moved = (name) => all || fresh || changed.has(name);
    if (moved("tickets") && live.board.tickets) tickets(live.board.tickets);
    if (moved("hotspots") && live.board.hotspots) hotspots(live.board.hotspots);
    if (moved("counts")) {
      for (const node of root.querySelectorAll("[data-centre-count]")) {
        const number = live.board.counts[node.dataset.centreCount] || 0;
        H.text(node, String(number));
        node.toggleAttribute("data-zero", !number);
      }
    }
    H.text(root.querySelector('[data-centre="city"]'), live.roster.city);
  });
  let itemsSeen = "";
  (H.tickers = H.tickers || []).push((now) => {
    if (!H.byId("centre")) return;
    roll(now);
    pushes(now);
    if (Math.floor(now) % 4 === 0) city(now);
    // what is pinned or hidden comes to its end by the clock, and a young incident grows old
    const seen = centre.items("pinned").concat(centre.items("hidden")).map((item) => item.id).join();
    if (seen !== itemsSeen || Math.floor(now) % 10 === 0) events();
    itemsSeen = seen;
  });
})();
