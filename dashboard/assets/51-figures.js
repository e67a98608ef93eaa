/* Key figures: each written only when it moved, with its parts, its target and yesterday's. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const mount = H.mounted("wall");
  const RARE = new Set(["direct", "learn"]);
  let slots = null;

  function collect(root) {
    const by = (name) => {
      const map = new Map();
      for (const node of root.querySelectorAll("[data-" + name + "]")) {
        const key = node.dataset[name];
        if (!map.has(key)) map.set(key, []);
        map.get(key).push(node);
      }
      return map;
    };
    slots = {
      figure: by("figure"), parts: by("parts"), count: by("count"), target: by("target"),
      before: by("before"), base: by("base"), trend: by("trend"),
    };
  }

  /* A figure as [number, unit] pairs; a ratio over nothing is "none yet", never 0. */
  function shown(figure, kind) {
    if (!figure || figure.v === null || figure.v === undefined) return null;
    if (kind === "percent") return [[H.percent(figure.v), "%"]];
    if (kind === "count") return [[H.count(figure.v), ""]];
    const second = H.word("unit.second");
    if (figure.v < 60) return [[figure.v.toFixed(1), second]];
    return [
      [Math.floor(figure.v / 60), H.word("unit.minute")],
      [String(Math.round(figure.v % 60)).padStart(2, "0"), second],
    ];
  }

  function put(node, figure) {
    const pairs = shown(figure, node.dataset.kind);
    const plain = pairs ? pairs.flat().join(" ") : "-";
    if (node.dataset.shown === plain) return;
    node.dataset.shown = plain;
    node.replaceChildren();
    if (!pairs) {
      node.append(H.make("span", "none", H.word("kpi.no_value")));
      return;
    }
    for (const [number, unit] of pairs) {
      node.append(H.make("span", "", number));
      if (unit) node.append(H.make("small", "", unit));
    }
  }

  function target(node, figure) {
    const goal = +node.dataset.goal;
    const none = !figure || figure.v === null;
    const level = none ? "off" : figure.v >= goal ? "ok" : "bad";
    const words = none ? "kpi.target_none" : level === "ok" ? "kpi.target_met" : "kpi.target_missed";
    if (node.dataset.level !== level || !node.firstChild) {
      node.dataset.level = level;
      const status = H.make("span", "status " + level);
      status.append(H.make("i"), H.word(words));
      node.replaceChildren(status, H.make("span", "", H.word("kpi.target", { target: goal * 100 })));
    }
  }

  function paint(kpi, key) {
    const figure = kpi[key];
    for (const node of slots.figure.get(key) || []) put(node, figure);
    for (const node of slots.target.get(key) || []) target(node, figure);
    for (const node of slots.parts.get(key) || []) {
      H.text(node, figure ? H.count(figure[node.dataset.part]) : "—");
    }
    for (const node of slots.base.get(key) || []) {
      H.text(node, figure && figure.d ? H.word("kpi.base", { n: H.count(figure.d) }) : "");
    }
  }

  /* --- the day so far, against yesterday by the same time --- */

  const RATIO = {
    connect_rate: (p) => (p[1] ? p[2] / p[1] : null),
    within_offered: (p) => (p[1] ? p[4] / p[1] : null),
    entered: (p) => p[1],
  };

  function spark(node, quarters) {
    const value = RATIO[node.dataset.trend];
    const points = value ? quarters.slice(-16).map(value) : [];
    const known = points.filter((v) => v !== null);
    if (known.length < 3) return node.replaceChildren();
    const low = Math.min(...known);
    const span = Math.max(...known) - low || 1;
    let path = "";
    points.forEach((v, i) => {
      if (v === null) return;
      const x = (i / (points.length - 1)) * 100;
      path += (path ? "L" : "M") + x.toFixed(1) + " " + (38 - ((v - low) / span) * 36).toFixed(1);
    });
    const draw = '<svg viewBox="0 0 100 40" preserveAspectRatio="none"><path d="' + path + '"/></svg>';
    if (node.dataset.path !== path) node.innerHTML = draw;
    node.dataset.path = path;
  }

  function sumUntil(quarters, second) {
    const sum = [0, 0, 0, 0];
    for (const point of quarters) {
      const part = Math.min(1, (second - H.secondOfDay(point[0])) / 900);
      if (part > 0) for (let i = 0; i < 4; i += 1) sum[i] += point[i + 1] * part;
    }
    return sum;
  }

  function yesterday(now) {
    const quarters = H.yesterday || [];
    const sum = sumUntil(quarters, H.secondOfDay(now));
    for (const [trend, nodes] of slots.before) {
      let text = "";
      if (sum[0] >= 1 && trend === "entered") {
        text = H.word("kpi.yesterday_entered", { value: H.count(sum[0]) });
      } else if (sum[0] >= 1 && trend === "within_offered") {
        text = H.word("kpi.yesterday", { value: H.percent(sum[3] / sum[0]) + " %" });
      }
      nodes.forEach((node) => H.text(node, text));
    }
  }

  /* --- gaps: what the day's figures cannot know --- */

  function gaps(board, now) {
    const node = H.byId("gaps");
    if (!node) return;
    const [start] = board.day || [0];
    const today = (board.gaps || []).filter((gap) => (gap[2] || now) > start);
    const total = today.reduce((sum, gap) => sum + (gap[2] || now) - Math.max(gap[1], start), 0);
    const unknown = board.kpi.unknown ? board.kpi.unknown.v : 0;
    node.hidden = !today.length || total < 1;
    if (node.hidden) return;
    const facts = { n: today.length, total: H.duration(total), unknown: H.count(unknown) };
    H.text(node, H.word("wall.gap_short", facts));
    const lines = today.map((gap) => {
      const end = gap[2] ? H.timeOf(gap[2]) : H.word("wall.gap_open");
      return gap[0] + " " + H.timeOf(gap[1]) + " – " + end;
    });
    node.title = H.word("wall.gap", facts) + "\n" + lines.join("\n");
  }

  H.painters.push((live, changed, all) => {
    const [root, fresh] = mount();
    if (!root || !live.board) return;
    if (fresh || !slots || all) collect(root);
    const whole = fresh || all;
    const board = live.board;
    const kpis = whole ? Object.keys(board.kpi) : changed.get("kpi") || [];
    for (const key of kpis) paint(board.kpi, key);
    const counts = whole ? Object.keys(board.counts) : changed.get("counts") || [];
    for (const name of counts) {
      for (const node of slots.count.get(name) || []) {
        H.text(node, String(board.counts[name]));
        node.toggleAttribute("data-zero", !board.counts[name]);
        // Rare states take no room while nobody is in them.
        if (RARE.has(name)) node.parentNode.hidden = !board.counts[name];
      }
    }
    for (const node of root.querySelectorAll("[data-roster]")) {
      H.text(node, "/" + Math.max(live.roster.seats.length, Object.keys(board.seats).length));
    }
    if (whole || changed.has("quarters")) {
      for (const nodes of slots.trend.values()) nodes.forEach((node) => spark(node, board.quarters));
      yesterday(H.now());
    }
    if (whole || changed.has("gaps") || changed.has("kpi")) gaps(board, H.now());
    if (whole) {
      const city = live.roster.city;
      root.querySelectorAll("[data-city]").forEach((node) => H.text(node, city));
    }
  });

  H.tickers.push((now) => {
    for (const node of document.querySelectorAll("[data-clock]")) H.text(node, H.timeOf(now));
    for (const node of document.querySelectorAll("[data-date]")) H.text(node, H.dateOf(now));
    if (slots && H.live.board && H.byId("wall") && Math.floor(now) % 10 === 0) {
      yesterday(now);
      gaps(H.live.board, now);
    }
  });

  /* A finger has no hover: the first press opens the why, the second follows the link. */
  document.addEventListener(
    "click",
    (event) => {
      const tile = event.target.closest && event.target.closest(".kpi");
      for (const open of document.querySelectorAll(".kpi.pressed")) {
        if (open !== tile) open.classList.remove("pressed");
      }
      if (!tile || event.pointerType !== "touch" || tile.classList.contains("pressed")) return;
      if (event.target.closest(".why")) return;
      tile.classList.add("pressed");
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
})();
