/* The seat grid: one node a seat, kept by key; only a seat that changed is written to. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const CHIPS_FROM = 300;
  const TILE = { width: 4.2, height: 3.55, least: 0.98, max: 1.9, chips: 0.78 };
  const SHORT = { width: 4.45, height: 2.95 }; // the state's mark stands beside the name
  const WRITES = 70; // seats a frame: a thousand at once would hold up the clock and the keys
  const mount = H.mounted("seats");
  let tiles = new Map(); // seat key -> {node, parts, seat}
  let teams = []; // {id, label, keys, box, note}
  let mode = "";
  let signature = "";
  let queueNames = new Map();
  const due = new Set(); // seats that changed and are not written yet
  const room = { width: 0, height: 0, gap: 0 };

  /* --- who sits where --- */

  function rosterTeams(live) {
    const byTeam = new Map(live.roster.teams.map((team) => [team.id, { ...team, keys: [] }]));
    const known = new Set();
    for (const seat of live.roster.seats) {
      known.add(seat.key);
      const team = byTeam.get(seat.team);
      if (team) team.keys.push(seat.key);
    }
    const strangers = Object.keys(live.board.seats).filter((key) => !known.has(key)).sort();
    const out = [...byTeam.values()].filter((team) => team.keys.length);
    if (strangers.length) out.push({ id: "", label: H.word("wall.no_team"), keys: strangers });
    return out;
  }

  /* --- how large a tile can be: the columns that leave the largest readable one --- */

  function best(sizes, score) {
    let found = { score: 0, cols: 10, w: 4, h: 3 };
    const total = sizes.reduce((sum, n) => sum + n, 0);
    for (let cols = 2; cols <= Math.min(90, total); cols += 1) {
      const rows = sizes.reduce((sum, n) => sum + Math.ceil(n / cols), 0);
      const w = room.width / cols - room.gap;
      const h = (room.height - (rows - sizes.length) * room.gap) / rows;
      if (score(w, h) > found.score) found = { score: score(w, h), cols, w, h };
    }
    return found;
  }

  function fit(root) {
    const unit = parseFloat(getComputedStyle(root).fontSize);
    const sizes = teams.map((team) => team.keys.length);
    const total = sizes.reduce((sum, n) => sum + n, 0);
    room.width = root.clientWidth / unit - 1.2 - 2.1;
    room.height = root.clientHeight / unit - 0.6 - (teams.length - 1) * 0.36;
    room.gap = 0.24;
    let size = best(sizes, (w, h) => Math.min(w / TILE.width, h / TILE.height));
    mode = "tiles";
    if (size.score < TILE.least) {
      mode = "short";
      size = best(sizes, (w, h) => Math.min(w / SHORT.width, h / SHORT.height));
    }
    if (total >= CHIPS_FROM || size.score < TILE.chips) {
      mode = "chips";
      room.gap = 0.16;
      size = best(sizes, Math.min);
    }
    const height = mode === "chips" ? Math.min(size.h, size.w) : Math.min(size.h, TILE.height * TILE.max);
    root.dataset.mode = mode;
    root.dataset.rows = sizes.every((n) => n <= size.cols) ? "one" : "many";
    if (mode === "chips") H.drawChips(root, height * unit);
    root.style.setProperty("--cols", size.cols);
    root.style.setProperty("--tile-gap", room.gap + "em");
    root.style.setProperty("--tile", height.toFixed(3) + "em");
    root.style.setProperty("--fit", Math.min(TILE.max, Math.max(0.98, size.score)).toFixed(3));
  }

  /* --- building --- */

  function build(root, live) {
    tiles = new Map();
    due.clear();
    queueNames = new Map(live.roster.queues.map((queue) => [queue.name, queue.label]));
    H.queueLabel = (name) => queueNames.get(name) || name;
    teams = rosterTeams(live);
    root.replaceChildren();
    if (!teams.length) {
      root.append(H.make("p", "empty", root.dataset.empty));
      return;
    }
    fit(root);
    const people = new Map(live.roster.seats.map((seat) => [seat.key, seat]));
    for (const team of teams) {
      const section = H.make("section", "team");
      const head = H.make("header");
      team.note = H.make("p");
      head.append(H.make("h3", "", team.label), team.note);
      team.box = H.make("div", "tiles");
      for (const key of team.keys) team.box.append(tile(key, people.get(key)));
      section.append(head, team.box);
      root.append(section);
    }
    for (const key of tiles.keys()) write(key, live.board.seats[key]);
    teams.forEach((team) => note(team, live));
  }

  function tile(key, person) {
    const node = H.make("button", "");
    node.type = "button";
    node.dataset.seat = key;
    const parts = { name: (person && person.name) || "", ext: (person && person.extension) || "" };
    if (mode !== "chips") {
      parts.extNode = H.make("span", "ext", parts.ext);
      parts.who = H.make("span", "who", parts.name);
      parts.word = H.make("span");
      parts.age = H.make("time", "age");
      parts.why = H.make("span", "why-state");
      const now = H.make("span", "now");
      now.append(parts.word, parts.age);
      node.append(parts.extNode, H.make("i", "icon"), parts.who, now, parts.why);
    }
    tiles.set(key, { node, parts, seat: null });
    return node;
  }

  function why(seat) {
    if (seat.reason) return seat.reason;
    return seat.queue ? H.queueLabel(seat.queue) : "";
  }

  function write(key, seat) {
    const held = tiles.get(key);
    if (!held) return;
    const { node, parts } = held;
    const state = seat ? seat.state : "offline";
    held.seat = seat || null;
    const css = (mode === "chips" ? "chip" : "seat") + " st st-" + state;
    if (node.className !== css) node.className = css;
    const ext = parts.ext || key.slice(key.lastIndexOf("/") + 1);
    const name = parts.name || (seat && seat.name) || "";
    const detail = seat ? why(seat) : "";
    node.setAttribute("aria-label", [ext, name, H.state(state), detail].filter(Boolean).join(" "));
    if (mode === "chips") return;
    H.text(parts.extNode, ext);
    H.text(parts.who, name);
    H.text(parts.word, H.state(state));
    H.text(parts.why, detail);
    age(held, H.now());
  }

  function age({ parts, seat }, now) {
    H.text(parts.age, seat && seat.since && seat.state !== "offline" ? H.shortTimer(now - seat.since) : "");
  }

  function note(team, live) {
    let here = 0;
    for (const key of team.keys) {
      const seat = live.board.seats[key];
      if (seat && seat.state !== "offline") here += 1;
    }
    H.text(team.note, here + "\n/" + team.keys.length);
  }

  /* What changed is written in the order it came; what is left over waits for the next frame. */
  function writeDue(live) {
    const moved = new Set();
    for (const key of due) {
      if (moved.size === WRITES) break;
      due.delete(key);
      write(key, live.board.seats[key]);
      moved.add(key);
    }
    if (due.size) H.schedule();
    staleWas = "-"; // class names were rewritten
    for (const team of teams) if (team.keys.some((key) => moved.has(key))) note(team, live);
  }

  /* --- staleness: a seat greys with its own exchange --- */

  let staleWas = "";
  function lostNow(key) {
    const gone = H.staleSources;
    return gone === "*" || Boolean(gone && gone.has(key.slice(0, key.indexOf(":"))));
  }

  function stale() {
    const gone = H.staleSources;
    const now = gone === "*" ? "*" : gone ? [...gone].sort().join() : "";
    if (now === staleWas) return;
    staleWas = now;
    for (const [key, { node }] of tiles) {
      node.classList.toggle("is-stale", lostNow(key));
    }
  }

  function who(live) {
    const strangers = Object.keys(live.board.seats).length;
    return live.roster.seats.length + "/" + strangers + "/" + document.documentElement.lang;
  }

  (H.painters = H.painters || []).push((live, changed, all) => {
    const [root, fresh] = mount();
    if (!root || !live.board) return;
    if (fresh) {
      observer.disconnect();
      observer.observe(root);
      watched = root;
    }
    const keys = changed.get("seats");
    const membership = keys || all ? who(live) : signature;
    if (fresh || all || membership !== signature) {
      signature = membership;
      staleWas = "";
      build(root, live);
      stale();
      return;
    }
    for (const key of keys || []) due.add(key);
    if (due.size) writeDue(live);
    stale();
  });

  (H.tickers = H.tickers || []).push((now) => {
    const root = H.byId("seats");
    if (!root || mode === "chips" || !H.live.board || !root.clientWidth || document.hidden) {
      if (root) stale();
      return;
    }
    stale();
    // What is no longer known does not grow older on the screen.
    for (const [key, held] of tiles) if (held.seat && !lostNow(key)) age(held, now);
  });

  /* A banner, another screen size, a kiosk's turn: the grid fits itself to the room it has. */
  let watched = null;
  let resizing = 0;
  const observer = new ResizeObserver(() => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      if (!watched || !watched.clientWidth || !teams.length) return;
      const before = mode;
      fit(watched);
      if ((before === "chips") !== (mode === "chips")) H.repaint();
    }, 60);
  });

  /* --- a chip's name on demand --- */

  let tip = null;
  function showTip(event) {
    const node = event.target.closest && event.target.closest(".chip");
    if (!node) {
      if (tip) tip.hidden = true;
      return;
    }
    if (!tip || !tip.isConnected) {
      tip = H.make("div", "tip");
      document.body.append(tip);
    }
    const held = tiles.get(node.dataset.seat);
    const since = held && held.seat ? " " + H.timer(H.now() - held.seat.since) : "";
    tip.textContent = node.getAttribute("aria-label") + since;
    tip.hidden = false;
    const box = node.getBoundingClientRect();
    tip.style.left = Math.min(box.left, innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.max(4, box.top - tip.offsetHeight - 6) + "px";
  }
  document.addEventListener("pointerover", showTip);
  document.addEventListener("focusin", showTip);

  document.addEventListener("click", (event) => {
    const node = event.target.closest && event.target.closest("[data-seat]");
    if (node) H.publish("seat-request", { key: node.dataset.seat, at: Date.now() });
  });
})();
