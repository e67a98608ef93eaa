/* Queues, alarms and events: rows kept by key, waits that tick here and not on the server. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const LONG_WAIT_S = 60;
  const FEED_ROWS = 40;
  const queues = { mount: H.mounted("queues"), rows: new Map() };
  const alarms = { mount: H.mounted("alarms"), rows: new Map() };
  const feed = { mount: H.mounted("feed"), rows: new Map() };
  let mayAck = false;
  let seen = null; // alarms known at the first snapshot do not blink

  const label = (name) => (name ? (H.queueLabel ? H.queueLabel(name) : name) : H.word("queue.none"));

  function sentence(root, text) {
    if (root.tagName !== "TBODY") return root.replaceChildren(H.make("li", "empty", text));
    const row = H.make("tr");
    const cell = H.make("td", "empty", text);
    cell.colSpan = 6;
    row.append(cell);
    root.replaceChildren(row);
  }

  /* --- queues --- */

  function queueRow(name) {
    const node = H.make("tr");
    const cell = (css) => node.appendChild(H.make("td", css));
    const row = {
      node, name: cell("q-name"), waiting: cell("q-waiting"), oldest: cell("q-oldest"),
      level: H.make("div", "level"), ewt: null, seats: null, bar: H.make("i"),
      value: H.make("span", "value"),
    };
    cell("q-level").append(row.level);
    row.ewt = cell("q-ewt");
    row.seats = cell("q-seats");
    const bar = H.make("span", "bar");
    bar.append(row.bar);
    row.level.append(bar, row.value);
    H.text(row.name, label(name));
    return row;
  }

  function levelOf(value) {
    if (value === null || value === undefined) return "off";
    return value >= 0.95 ? "ok" : value >= 0.8 ? "warn" : "bad";
  }

  function writeQueue(row, queue) {
    row.data = queue;
    H.text(row.waiting, String(queue.waiting));
    row.waiting.toggleAttribute("data-none", !queue.waiting);
    const level = queue.service_level;
    const known = level.v !== null;
    row.level.dataset.level = levelOf(level.v);
    row.bar.style.transform = "scaleX(" + (known ? level.v : 0) + ")";
    H.text(row.value, known ? Math.floor(level.v * 100 + 1e-9) + "%" : "—");
    row.level.title = H.word("queue.detail", {
      target: queue.target, n: H.count(level.n), d: H.count(level.d),
    });
    const wait = queue.ewt;
    H.text(
      row.ewt,
      wait === null ? H.word("queue.unknown_wait") : wait === 0 ? H.word("queue.no_wait") : H.timer(wait),
    );
    row.ewt.toggleAttribute("data-none", wait === null);
    const seats = queue.idle + "/" + queue.working;
    H.text(row.seats, seats);
    row.seats.toggleAttribute("data-long", seats.length > 5);
    tickQueue(row, H.now());
  }

  function tickQueue(row, now) {
    const oldest = row.data.oldest;
    const wait = oldest ? now - oldest : 0;
    H.text(row.oldest, oldest ? H.timer(wait) : "—");
    row.oldest.toggleAttribute("data-none", !oldest);
    row.oldest.classList.toggle("long-wait", wait >= LONG_WAIT_S);
  }

  function paintQueues(live, keys, all) {
    const [root, fresh] = queues.mount();
    if (!root) return;
    if (fresh || all) {
      queues.rows.clear();
      root.replaceChildren();
      const known = live.roster.queues.map((queue) => queue.name);
      const names = [...new Set([...known, ...Object.keys(live.board.queues)])];
      if (!names.length) return sentence(root, root.dataset.empty);
      keys = names.filter((name) => live.board.queues[name]);
    }
    for (const name of keys || []) {
      let row = queues.rows.get(name);
      if (!row) {
        row = queueRow(name);
        queues.rows.set(name, row);
        root.append(row.node);
      }
      writeQueue(row, live.board.queues[name]);
    }
  }

  /* --- alarms --- */

  function alarmText(alarm) {
    const rule = H.word("alarm.rule." + alarm.rule) || alarm.rule;
    return alarm.subject ? label(alarm.subject) + " " + rule : rule;
  }

  function amount(alarm, value) {
    if (alarm.rule === "connect_rate") return H.percent(value) + " %";
    const seconds = ["longest_wait", "source_silent", "feed_silent"].includes(alarm.rule);
    return seconds ? H.duration(value) : H.count(value);
  }

  function alarmRow(key) {
    const node = H.make("li", "alarm");
    const row = {
      node, what: H.make("span", "what"), much: H.make("span", "much"), act: H.make("div", "act"),
      age: H.make("time"), by: H.make("span"),
    };
    row.button = H.make("button", "button", H.word("alarm.ack"));
    row.button.type = "button";
    row.button.dataset.ack = key;
    row.act.append(row.button, row.by, row.age);
    node.append(H.make("i", "sign"), row.what, row.act, row.much);
    return row;
  }

  function writeAlarm(row, alarm) {
    row.data = alarm;
    H.text(row.what, alarmText(alarm));
    const facts = { value: amount(alarm, alarm.value), threshold: amount(alarm, alarm.threshold) };
    H.text(row.much, H.word("alarm.value", facts));
    row.node.classList.toggle("taken", Boolean(alarm.ack_name));
    row.button.hidden = Boolean(alarm.ack_name) || !mayAck;
    H.text(row.by, alarm.ack_name ? H.word("alarm.acked", { name: alarm.ack_name }) : "");
    H.text(row.age, H.duration(H.now() - alarm.since));
  }

  function paintAlarms(live, changed, all) {
    const entries = Object.entries(live.board.alarms);
    const open = entries.filter(([, alarm]) => !alarm.ack_name).length;
    for (const node of document.querySelectorAll("[data-alarm-count]")) {
      H.text(node, open ? String(open) : "");
      node.classList.toggle("badge", open > 0);
    }
    const first = seen === null;
    if (first) seen = new Set(entries.map(([key]) => key));
    const [root, fresh] = alarms.mount();
    if (!root) return;
    if (fresh || all) alarms.rows.clear();
    mayAck = root.dataset.may === "1";
    for (const [key, row] of alarms.rows) {
      if (live.board.alarms[key]) continue;
      row.node.remove();
      alarms.rows.delete(key);
    }
    // Nobody's first, then the newest.
    entries.sort(([, a], [, b]) => !!a.ack_name - !!b.ack_name || b.since - a.since);
    if (!entries.length) return sentence(root, root.dataset.empty);
    const nodes = entries.map(([key, alarm]) => {
      let row = alarms.rows.get(key);
      if (!row) alarms.rows.set(key, (row = alarmRow(key)));
      if (!seen.has(key)) {
        row.node.classList.add("new");
        seen.add(key);
      }
      writeAlarm(row, alarm);
      return row.node;
    });
    const same = nodes.length === root.children.length && nodes.every((n, i) => n === root.children[i]);
    if (!same) root.replaceChildren(...nodes);
  }

  /* --- events --- */

  function lostRow(call) {
    const node = H.make("li", "lost");
    const wait = call.wait >= 0 ? H.timer(call.wait) : "";
    node.append(
      H.make("time", "", H.minuteOf(call.at)),
      H.make("span", "how", H.outcome(call.outcome)),
      H.make("span", "where", label(call.queue)),
      H.make("span", "from", call.caller || ""),
      H.make("span", "wait", wait),
    );
    return node;
  }

  function paintFeed(live, keys, all) {
    const [root, fresh] = feed.mount();
    if (!root) return;
    if (fresh || all) {
      feed.rows.clear();
      root.replaceChildren();
      keys = Object.keys(live.board.feed);
    }
    const ordered = [...(keys || [])].sort(
      (a, b) => ((live.board.feed[a] || {}).at || 0) - ((live.board.feed[b] || {}).at || 0),
    );
    for (const key of ordered) {
      const was = feed.rows.get(key);
      if (was) was.remove();
      feed.rows.delete(key);
      const call = live.board.feed[key];
      if (!call) continue;
      if (!feed.rows.size) root.replaceChildren();
      const node = lostRow(call);
      feed.rows.set(key, node);
      root.prepend(node);
    }
    for (const [key, node] of feed.rows) {
      if (feed.rows.size <= FEED_ROWS) break;
      node.remove();
      feed.rows.delete(key);
    }
    if (!feed.rows.size) sentence(root, root.dataset.empty);
  }

  H.painters.push((live, changed, all) => {
    if (!live.board) return;
    const at = document.documentElement;
    const whole = all || at.dataset.painted !== at.lang;
    at.dataset.painted = at.lang;
    paintQueues(live, changed.get("queues"), whole);
    paintAlarms(live, changed, whole);
    paintFeed(live, changed.get("feed"), whole);
  });

  H.tickers.push((now) => {
    if (document.hidden || !H.live.board || H.anyLost) return;
    for (const row of queues.rows.values()) tickQueue(row, now);
    for (const row of alarms.rows.values()) H.text(row.age, H.duration(now - row.data.since));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-ack]");
    if (!button) return;
    button.disabled = true;
    setTimeout(() => (button.disabled = false), 3000);
    H.publish("ack-request", { key: button.dataset.ack, at: Date.now() });
  });
})();
