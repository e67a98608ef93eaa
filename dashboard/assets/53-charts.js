/* The two charts of the wall: built from the board and handed to plotly itself; the way through a
   Store and the Graph's properties costs five times as much and would be felt on a full wall. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const EVERY_MS = 15000; // the bars are minutes wide: more often shows nothing new
  const QUARTER_S = 900;
  const CONFIG = { displayModeBar: false, responsive: false };
  const PARTS = { "chart-hour": "hour", "chart-day": "quarters" };
  let sent = {};
  let waiting = 0;

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function style() {
    const unit = window.innerHeight / 54;
    return {
      unit, text: token("--muted"), line: token("--line"), accent: token("--accent"),
      talk: token("--st-talk"), lost: token("--st-hold"), surface: token("--raised"), ink: token("--text"),
      font: token("--sans"),
    };
  }

  function layout(s, x) {
    return {
      margin: { l: s.unit * 1.9, r: s.unit * 0.7, t: s.unit * 0.3, b: s.unit * 1.5 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: s.font, size: s.unit * 0.82, color: s.text },
      showlegend: false, hovermode: "x unified", dragmode: false,
      hoverlabel: { bgcolor: s.surface, bordercolor: s.line, font: { color: s.ink, size: s.unit * 0.85 } },
      xaxis: { ...x, fixedrange: true, showgrid: false, zeroline: false, linecolor: s.line, tickcolor: s.line },
      yaxis: {
        fixedrange: true, gridcolor: s.line, zeroline: false, rangemode: "tozero", nticks: 5,
        tickformat: ",d",
      },
    };
  }

  /* One stepped area a series: sixty bars would be sixty nodes, and cost the frame three times as much. */
  function steps(name, x, y, color) {
    const half = x.length > 1 ? (x[1] - x[0]) / 2 : 0.125;
    const last = x.length - 1; // the outer steps are as wide as the inner ones
    return {
      type: "scatter", mode: "lines", stackgroup: "calls", name, fillcolor: color,
      x: [x[0] - half, ...x, x[last] + half], y: [y[0], ...y, y[last]],
      line: { shape: "hvh", width: 0, color }, hovertemplate: "%{y}",
    };
  }

  function hour(points, s) {
    const x = points.map((p) => p[0]);
    const every = x.filter((at) => Math.round(at / 60) % 15 === 0);
    const axis = { tickvals: every, ticktext: every.map((at) => H.minuteOf(at)) };
    const data = [
      steps(H.word("chart.answered"), x, points.map((p) => p[2]), s.talk),
      steps(H.word("chart.abandoned"), x, points.map((p) => p[3]), s.lost),
    ];
    return { data, layout: layout(s, { ...axis, range: [x[0] - 40, x[x.length - 1] + 40] }) };
  }

  /* A quarter without a call is a nought, not the height of its neighbours. */
  function everyQuarter(points) {
    const known = new Map(points.map((p) => [p[0], p]));
    const out = [];
    for (let at = points[0][0]; at <= points[points.length - 1][0]; at += QUARTER_S) {
      out.push(known.get(at) || [at, 0, 0, 0, 0]);
    }
    return out;
  }

  function day(told, s) {
    const points = everyQuarter(told);
    const x = points.map((p) => H.secondOfDay(p[0]) / 3600 + 0.125);
    const before = H.yesterday || [];
    const ticks = [0, 4, 8, 12, 16, 20, 24];
    const axis = { tickvals: ticks, ticktext: ticks.map((h) => h + ":00"), range: [0, 24] };
    const data = [
      steps(H.word("chart.answered"), x, points.map((p) => p[2]), s.talk),
      steps(H.word("chart.abandoned"), x, points.map((p) => p[3]), s.lost),
    ];
    if (before.length) {
      data.push({
        type: "scatter", mode: "lines", name: H.word("chart.yesterday"),
        x: before.map((p) => H.secondOfDay(p[0]) / 3600 + 0.125), y: before.map((p) => p[1]),
        line: { color: s.text, width: s.unit * 0.11, dash: "dot" }, hovertemplate: "%{y}",
      });
    }
    return { data, layout: layout(s, axis) };
  }

  function legend(id, s) {
    const node = document.querySelector('[data-legend="' + id + '"]');
    if (!node) return;
    const keys = [["chart.answered", s.talk, ""], ["chart.abandoned", s.lost, ""]];
    if (id === "chart-day" && (H.yesterday || []).length) keys.push(["chart.yesterday", s.text, "dot"]);
    const text = keys.map((k) => H.word(k[0])).join();
    if (node.dataset.shown === text) return;
    node.dataset.shown = text;
    node.replaceChildren(
      ...keys.map(([key, color, css]) => {
        const item = H.make("span");
        const mark = H.make("i", css);
        mark.style.setProperty("--key", color);
        item.append(mark, H.word(key));
        return item;
      }),
    );
  }

  /* One chart a turn: two redraws in one task would be felt by the ticking ages. */
  function draw(id) {
    const board = H.live.board;
    const node = H.byId(id);
    if (!board || !node || !node.clientHeight || document.hidden) return;
    if (!window.Plotly) {
      setTimeout(() => draw(id), 200); // the library is still on its way
      return;
    }
    const points = board[PARTS[id]] || [];
    const unit = window.innerHeight / 54;
    const key = JSON.stringify(points) + unit + node.clientWidth + document.documentElement.lang +
      (H.yesterday || []).length;
    if (sent[id] && sent[id].key === key && sent[id].node === node) return;
    sent[id] = { key, node };
    const s = style();
    legend(id, s);
    if (!points.length) return;
    const figure = id === "chart-hour" ? hour(points, s) : day(points, s);
    figure.layout.width = node.clientWidth;
    figure.layout.height = node.clientHeight;
    window.Plotly.react(node, figure.data, figure.layout, CONFIG);
  }

  function drawAll() {
    waiting = 0;
    // Each in a quiet moment of its own, never in the frame that paints the floor.
    requestIdleCallback(() => draw("chart-hour"), { timeout: 1000 });
    setTimeout(() => requestIdleCallback(() => draw("chart-day"), { timeout: 1000 }), 250);
  }

  H.redraw = function () {
    sent = {};
    setTimeout(drawAll, 60);
  };

  let painted = null;
  let dayAsked = 0;
  H.painters.push((live, changed, all) => {
    const node = H.byId("chart-hour");
    if (!node || !live.board) return;
    const [day] = live.board.day || [];
    if (day && (dayAsked !== day || node !== painted)) {
      dayAsked = day;
      setTimeout(() => H.publish("day-request", day), 200); // seats first, charts after
    }
    if (node !== painted || all) {
      if (node !== painted) {
        room.disconnect();
        room.observe(node);
      }
      painted = node;
      return H.redraw();
    }
    if (!waiting && (changed.has("hour") || changed.has("quarters"))) {
      waiting = setTimeout(drawAll, EVERY_MS);
    }
  });

  /* A banner or a kiosk's turn changes the room; zero room means hidden, and is drawn when it shows. */
  let settling = 0;
  const room = new ResizeObserver(() => {
    clearTimeout(settling);
    settling = setTimeout(() => H.redraw(), 150);
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.hotline = Object.assign(window.dash_clientside.hotline || {}, {
    yesterday: (data) => {
      H.yesterday = data || [];
      H.repaint();
      return window.dash_clientside.no_update;
    },
  });
})();
