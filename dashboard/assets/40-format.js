/* Words, figures, times and ages, as the reader of the page wants them. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  let source = null;
  let words = {};

  /* The page carries its texts; a change of language replaces the node. */
  H.words = function () {
    const node = document.getElementById("words");
    if (node && node.dataset.words !== source) {
      source = node.dataset.words;
      words = JSON.parse(source);
    }
    return words;
  };

  H.word = function (key, facts) {
    const text = H.words()[key];
    if (text === undefined) return "";
    return facts ? text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "") : text;
  };

  H.byId = (id) => document.getElementById(id);

  /* Writing the same text again would still cost layout. */
  H.text = function (node, text) {
    if (node && node.textContent !== text) node.textContent = text;
  };

  H.make = function (tag, className, text) {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const two = (n) => (n < 10 ? "0" + n : "" + n);

  /* 02:31, or 1:02:31 from an hour on. */
  H.timer = function (seconds) {
    const s = Math.max(0, Math.floor(seconds));
    const rest = two(Math.floor((s % 3600) / 60)) + ":" + two(s % 60);
    return s < 3600 ? rest : Math.floor(s / 3600) + ":" + rest;
  };

  /* What a narrow tile has room for: 59:59, then 1时02. */
  H.shortTimer = (seconds) =>
    seconds < 3600
      ? H.timer(seconds)
      : Math.floor(seconds / 3600) + H.word("unit.hour") + two(Math.floor((seconds % 3600) / 60));

  /* "3 分 12 秒": at most two parts. */
  H.duration = function (seconds) {
    const s = Math.max(0, Math.round(seconds));
    const parts = [
      [Math.floor(s / 86400), "unit.day"],
      [Math.floor((s % 86400) / 3600), "unit.hour"],
      [Math.floor((s % 3600) / 60), "unit.minute"],
      [s % 60, "unit.second"],
    ].filter(([n]) => n > 0);
    if (!parts.length) return "0 " + H.word("unit.second");
    return parts
      .slice(0, 2)
      .map(([n, unit]) => n + " " + H.word(unit))
      .join(" ");
  };

  /* An age under ten seconds shows its tenths: 0.2 s. */
  H.age = (seconds) =>
    seconds < 9.95 ? Math.max(0, seconds).toFixed(1) + " " + H.word("unit.second") : H.duration(seconds);

  H.count = (n) => Math.round(n).toLocaleString("en-US");
  /* 99.96 is not yet a hundred; a true hundred needs no decimal. */
  H.percent = (ratio) => (ratio >= 1 ? "100" : Math.min(99.9, ratio * 100).toFixed(1));

  const clocks = new Map();
  function parts(at, zone) {
    let clock = clocks.get(zone);
    if (!clock) {
      clock = new Intl.DateTimeFormat("en-GB", {
        timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
        hour: "2-digit", minute: "2-digit", second: "2-digit", weekday: "short",
      });
      clocks.set(zone, clock);
    }
    const out = {};
    for (const part of clock.formatToParts(at * 1000)) out[part.type] = part.value;
    return out;
  }

  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  H.zone = () => (H.live && H.live.roster && H.live.roster.zone) || "Asia/Shanghai";

  H.timeOf = function (at) {
    const p = parts(at, H.zone());
    return p.hour + ":" + p.minute + ":" + p.second;
  };

  H.minuteOf = function (at) {
    const p = parts(at, H.zone());
    return p.hour + ":" + p.minute;
  };

  H.dateOf = function (at) {
    const p = parts(at, H.zone());
    return p.year + "-" + p.month + "-" + p.day + " " + H.word("week." + DAYS.indexOf(p.weekday));
  };

  /* Seconds from midnight of the zone to `at`: the chart's axis is the day, not UTC. */
  H.secondOfDay = function (at) {
    const p = parts(at, H.zone());
    return +p.hour * 3600 + +p.minute * 60 + +p.second;
  };

  H.outcome = (name) => H.word("outcome." + name) || name;
  H.state = (name) => H.word("state." + name) || name;
})();
