/* The centre's screens: their stream, which page stands now, where its panels go, how fresh each of them is.

   hotline.centre.on(section, hear) hears a section change: `screens`, `items`, `incidents`, `day`, `notable`, `city`,
   `duty`, `units`, `where`, `depots`. hotline.centre.screen() is the arrangement this page shows. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const SILENT_S = 3;
  const OLD_READ_S = 15; // the rows are read every five seconds
  const OLD_TICKETS_S = 30;
  const OLD_HOT_S = 120;
  const WIDE = 2.6; // from this aspect on there are two columns on each side
  const ROWS = 60;
  const WEIGHT = { events: 3.2, incidents: 2, tickets: 2.1, seats: 1.7, city: 3, hotspots: 1.7, duty: 1.7, alarms: 1.6, focus: 5, map: 4 };
  const MAP_ONLY = new Set(["units", "where", "depots"]); // nothing on the console rests on these
  const LONE = 7; // side panels as heavy as this together share one column
  const centre = (H.centre = { phase: "loading", sections: {}, read: 0, heard: 0, lost: 0 });
  const ears = {};
  let stream = null;
  let retry = 0;
  let laid = "";

  centre.on = function (section, hear) {
    (ears[section] = ears[section] || []).push(hear);
    if (centre.sections[section]) hear(centre.sections[section]);
  };

  /* Everything anew: the page is new, or speaks another language. */
  centre.repaint = function () {
    laid = "";
    for (const name in centre.sections) for (const hear of ears[name] || []) hear(centre.sections[name]);
    layout();
  };

  /* --- the stream --- */

  const mono = () => performance.now() / 1000;
  const wanted = () => H.byId("centre") || H.byId("centre-console");

  function hear(event) {
    const message = JSON.parse(event.data);
    centre.heard = mono();
    centre.read = message.read;
    phase("open");
    const names = Object.keys(message.sections);
    Object.assign(centre.sections, message.sections);
    for (const name of names) for (const each of ears[name] || []) each(message.sections[name]);
    if (!names.length) return;
    layout();
    if (H.byId("centre-console") && names.some((name) => !MAP_ONLY.has(name))) H.publish("centre-tick", Date.now());
  }

  function phase(name) {
    if (centre.phase === name) return;
    if (name === "broken") centre.lost = H.now() - (mono() - centre.heard);
    centre.phase = name;
    banner();
  }

  function open() {
    shut();
    stream = new EventSource("/live/centre");
    stream.onmessage = hear;
    stream.onerror = () => {
      phase("broken");
      if (stream && stream.readyState === EventSource.CLOSED) {
        clearTimeout(retry);
        retry = setTimeout(() => wanted() && open(), 1000);
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

  function shut() {
    rest();
    stream = null;
  }

  H.whileSeen(rest, () => stream && centre.phase !== "signed-out" && open());

  function banner() {
    const node = H.byId("centre-banner");
    const root = H.byId("centre");
    if (!node || !root) return;
    const lost = centre.phase === "broken" || centre.phase === "signed-out";
    root.dataset.live = centre.phase;
    node.hidden = !lost;
    if (!lost) return;
    const key = centre.phase === "broken" ? "centre.lost" : "centre.signed_out";
    H.text(node, H.word(key, { time: H.timeOf(centre.lost || H.now()), age: H.duration(H.now() - (centre.lost || H.now())) }));
  }

  /* --- which page stands --- */

  function pagesOf(root) {
    return Object.fromEntries(root.dataset.pages.split(";").map((each) => {
      const [name, panels] = each.split("=");
      return [name, panels.split(" ")];
    }));
  }

  /* The arrangement of this page: its own, or the first; a code nobody knows says so. */
  centre.screen = function () {
    const root = H.byId("centre");
    const known = centre.sections.screens;
    if (!root || !known) return null;
    const code = root.dataset.screen;
    if (code) return known[code] ? { code, ...known[code] } : { code, unknown: true };
    const first = Object.entries(known).sort(([, a], [, b]) => a.position - b.position)[0];
    return first ? { code: first[0], ...first[1] } : { code: "" };
  };

  centre.page = function () {
    const root = H.byId("centre");
    const screen = centre.screen();
    if (!root || !screen) return null;
    const known = pagesOf(root);
    const pages = (screen.pages || []).filter((name) => known[name]);
    if (!pages.length) return { name: "whole", panels: known.whole, screen };
    const turn = screen.rotation ? Math.floor(H.now() / screen.rotation) % pages.length : 0;
    const name = pages[turn];
    return { name, panels: name === "whole" ? screen.panels : known[name], screen };
  };

  /* What an item of the console means here: a screen's own word goes before that for all. */
  centre.items = function (state) {
    const screen = centre.screen();
    const now = H.now();
    const mine = (centre.sections.items || []).filter(
      (item) => (!item.screen || item.screen === (screen || {}).code) && (!item.until || item.until > now),
    );
    if (state === "pushed") return mine.filter((item) => item.state === "pushed");
    const last = new Map();
    for (const item of mine) {
      const key = item.kind + ":" + item.ref;
      if (item.state !== "pushed" && (item.screen || !last.has(key))) last.set(key, item);
    }
    return [...last.values()].filter((item) => item.state === state);
  };

  /* The numbers of what the console hides here, of one kind. */
  centre.hidden = (kind) => new Set(centre.items("hidden").filter((item) => item.kind === kind).map((item) => item.ref));

  /* --- where its panels go --- */

  const weight = (name) => WEIGHT[name] || 1;

  function columns(names, count) {
    const total = names.reduce((sum, name) => sum + weight(name), 0);
    const out = Array.from({ length: count }, () => []);
    let filled = 0;
    names.forEach((name, n) => {
      const left = names.length - n;
      let at = Math.min(count - 1, Math.floor((filled + weight(name) / 2) / (total / count)));
      if (left <= count) at = Math.max(at, count - left); // no column stays empty
      out[at].push(name);
      filled += weight(name);
    });
    return out.filter((column) => column.length);
  }

  function plan(panels, wide) {
    const sides = panels.filter((name) => name !== "map");
    const load = sides.reduce((sum, name) => sum + weight(name), 0);
    if (!panels.includes("map")) return { columns: columns(sides, Math.min(sides.length, wide ? 4 : 3)), map: -1, big: false };
    if (!sides.length) return { columns: [], map: 0, big: false };
    const few = load <= LONE;
    const count = Math.min(sides.length, few ? 1 : wide ? 4 : 2);
    const made = columns(sides, count);
    const before = few ? 0 : Math.ceil(made.length / 2);
    return { columns: made, map: before, big: few };
  }

  function layout() {
    const root = H.byId("centre");
    const page = centre.page();
    if (!root || !page) return;
    where(root, page);
    const wide = innerWidth / innerHeight > WIDE;
    const key = JSON.stringify([page.name, page.panels, innerWidth, innerHeight, page.screen.code]);
    if (key === laid) return;
    laid = key;
    root.dataset.page = page.name;
    const grid = root.querySelector(".centre-grid");
    const made = plan(page.panels, wide);
    const widths = made.columns.map(() => (made.map < 0 ? "minmax(0, 1fr)" : "calc(var(--u) * " + (made.big ? 33 : 24) + ")"));
    if (made.map >= 0) widths.splice(made.map, 0, "minmax(0, 1fr)");
    grid.style.gridTemplate = "repeat(" + ROWS + ", minmax(0, 1fr)) / " + widths.join(" ");
    for (const node of grid.querySelectorAll("[data-panel]")) node.hidden = !page.panels.includes(node.dataset.panel);
    made.columns.forEach((names, n) => {
      const column = n + 1 + (made.map >= 0 && n >= made.map ? 1 : 0);
      const total = names.reduce((sum, name) => sum + weight(name), 0);
      let row = 0;
      let sum = 0;
      for (const name of names) {
        sum += weight(name);
        const end = Math.round((sum / total) * ROWS);
        place(grid, name, column, row, end);
        row = end;
      }
    });
    if (made.map >= 0) place(grid, "map", made.map + 1, 0, ROWS);
    if (centre.fit) centre.fit();
    if (centre.refit) centre.refit();
  }

  function place(grid, name, column, from, to) {
    const node = grid.querySelector('[data-panel="' + name + '"]');
    node.style.gridColumn = String(column);
    node.style.gridRow = from + 1 + " / " + (to + 1);
  }

  function where(root, page) {
    const node = root.querySelector('[data-centre="where"]');
    const screen = page.screen;
    if (screen.unknown) return H.text(node, H.word("centre.unknown_screen", { code: screen.code }));
    const name = H.word("centre.page." + page.name);
    H.text(node, screen.label ? screen.label + " · " + name : name);
  }

  /* --- how fresh each panel is --- */

  const LIVE = new Set(["seats", "alarms"]);

  /* Returns [age in seconds, stale, instant of the last truth] of what a panel rests on; null = nothing yet. */
  function freshness(name, now) {
    const board = H.live.board;
    if (LIVE.has(name)) {
      if (!board) return null;
      const lost = H.lost();
      return lost.length ? [0, true, Math.min(...lost.map((one) => one.heard || now))] : [H.dataAge(), false, now];
    }
    if (name === "tickets" || name === "hotspots") {
      const section = board && board[name];
      if (!section) return null;
      const age = now - section.at;
      const cut = H.lost().some((one) => one.key === "*");
      return [age, cut || age > (name === "tickets" ? OLD_TICKETS_S : OLD_HOT_S), section.at];
    }
    if (!centre.read) return null;
    const age = now - centre.read;
    return [age, centre.phase !== "open" || age > OLD_READ_S, centre.read];
  }

  function ages(root, now) {
    for (const node of root.querySelectorAll("[data-panel]:not([hidden])")) {
      const name = node.dataset.panel;
      const found = freshness(name, now);
      const mark = node.querySelector("[data-centre-age]");
      const stale = Boolean(found && found[1]);
      node.classList.toggle("is-old", stale);
      H.text(mark, !found ? "" : stale ? H.word("fresh.stopped", { time: H.timeOf(found[2]) }) : H.age(Math.max(0, found[0])));
    }
  }

  /* --- the console's words that scroll, and the clock that moves it all --- */

  function notice(now) {
    const node = H.byId("centre-notice");
    const told = H.live.board && H.live.board.tickets && H.live.board.tickets.notice;
    const on = Boolean(told && told.text && now < told.until);
    node.hidden = !on;
    if (on && node.textContent !== told.text) node.replaceChildren(H.make("span", "", told.text));
  }

  let known = null;
  (H.tickers = H.tickers || []).push((now) => {
    const root = H.byId("centre");
    if (!root) return;
    if (centre.phase === "open" && mono() - centre.heard > SILENT_S) phase("broken");
    banner();
    layout();
    ages(root, now);
    notice(now);
  });

  /* The page came, went, or speaks another language. */
  function follow() {
    const node = wanted();
    if (node === known) return;
    known = node;
    if (!node) return shut();
    if (!stream) open();
    centre.repaint();
    banner();
  }

  new MutationObserver(follow).observe(document.body, { childList: true, subtree: true });
  window.addEventListener("resize", () => layout());
  window.addEventListener("pagehide", shut);
  window.addEventListener("pageshow", (event) => event.persisted && wanted() && open());
})();
