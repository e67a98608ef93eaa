/* The live floor: one stream, merged into one board; who is lost; when to paint. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const SILENT_S = 3;
  const WHOLE = new Set(["hour", "quarters", "gaps", "day", "links"]);
  const RETRY_S = [0.5, 1, 2, 4, 8];
  const HIDDEN_MS = 10000;

  const live = (H.live = {
    phase: "loading", // loading, open, broken, signed-out, none
    board: null,
    roster: null,
    sources: {},
    projector: 0,
    epoch: "",
    lastMessage: 0,
    brokenSince: 0,
  });
  const painters = (H.painters = H.painters || []);
  const tickers = (H.tickers = H.tickers || []);
  let stream = null;
  let retries = 0;
  let retryTimer = 0;
  let serverAt = 0; // the server's clock at the last message ...
  let measuredAt = 0; // ... and ours, which no one can set back
  let dirty = new Map();
  let full = true;
  let framed = false;

  const mono = () => performance.now() / 1000;
  H.now = () => (serverAt ? serverAt + mono() - measuredAt : Date.now() / 1000);

  /* --- merging --- */

  function touch(section, key) {
    let keys = dirty.get(section);
    if (!keys) dirty.set(section, (keys = new Set()));
    keys.add(key);
  }

  function apply(change) {
    const board = live.board;
    for (const name in change) {
      if (WHOLE.has(name)) {
        board[name] = change[name];
        touch(name, "*");
        continue;
      }
      const section = board[name] || (board[name] = {});
      for (const key in change[name]) {
        const value = change[name][key];
        if (value === null) delete section[key];
        else section[key] = value;
        touch(name, key);
      }
    }
  }

  function onMessage(event) {
    const message = JSON.parse(event.data);
    if (message.kind === "prompts") return H.hearPrompts(message);
    serverAt = message.now;
    measuredAt = mono();
    live.lastMessage = measuredAt;
    live.phase = "open";
    retries = 0;
    if (message.sources) live.sources = message.sources;
    if (message.projector !== undefined) live.projector = message.projector;
    if (message.places !== undefined && message.places !== live.places) {
      if (H.byId("city")) H.publish("city-tick", message.places);
      if (H.byId("command")) H.publish("command-roads-tick", message.places);
      live.places = message.places;
    }
    if (message.kind === "snapshot") {
      live.board = message.board;
      live.roster = message.roster;
      live.epoch = message.epoch;
      live.projector = message.projector ?? message.now;
      full = true;
      dirty = new Map();
      H.publish("roster", {
        zone: message.roster.zone, city: message.roster.city, queues: message.roster.queues,
      });
    } else if (message.kind === "delta" && live.board) {
      apply(message.board);
    }
    H.schedule();
  }

  /* --- the stream --- */

  function open() {
    clearTimeout(retryTimer);
    if (stream) stream.close();
    stream = new EventSource("/live/floor");
    stream.onmessage = onMessage;
    stream.onopen = () => (retries = 0);
    stream.onerror = () => {
      if (live.phase === "open") {
        live.phase = "broken";
        live.brokenSince = H.now();
      }
      // Connecting: the browser resumes by itself with Last-Event-ID. Closed: it has given up.
      if (stream.readyState === EventSource.CLOSED) askWhy();
      else hurry();
      H.schedule();
    };
    stream.addEventListener("signed_out", () => {
      stream.close();
      live.phase = "signed-out";
      H.schedule();
    });
  }

  /* EventSource hides the status; only a session that ended must stop the retries. */
  function askWhy() {
    const abort = new AbortController();
    fetch("/live/floor", { headers: { Accept: "text/event-stream" }, signal: abort.signal })
      .then((answer) => {
        abort.abort();
        const gone = answer.status === 401 || answer.status === 403;
        if (gone || (answer.redirected && answer.url.includes("/login"))) {
          live.phase = "signed-out";
          H.schedule();
        } else if (answer.ok) open();
        else later();
      })
      .catch(later);
  }

  /* A browser may wait three seconds before it resumes; a wall should not. */
  function hurry() {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => stream.readyState === EventSource.OPEN || askWhy(), 1000);
  }

  function later() {
    if (live.phase === "signed-out") return;
    const wait = RETRY_S[Math.min(retries, RETRY_S.length - 1)];
    retries += 1;
    clearTimeout(retryTimer);
    retryTimer = setTimeout(open, wait * 1000);
  }

  /* A page that nobody looks at gives its streams back, for without HTTP/2 all tabs of a browser share six connections.
     Once it is looked at it begins with a snapshot. */
  let asleep = false;
  const sleepers = [];
  H.whileSeen = (shut, begin) => sleepers.push({ shut, begin });

  let hidden = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hidden);
    if (document.hidden) {
      hidden = setTimeout(() => {
        asleep = true;
        for (const each of sleepers) each.shut();
      }, HIDDEN_MS);
    } else if (asleep) {
      asleep = false;
      for (const each of sleepers) each.begin();
    }
  });

  live.listening = () => Boolean(stream) && stream.readyState !== EventSource.CLOSED;

  function rest() {
    clearTimeout(retryTimer);
    if (stream) stream.close();
  }

  /* After sleep or a long time hidden the old stream may be a dead socket: take a fresh snapshot. */
  function wake() {
    if (live.phase === "signed-out" || live.phase === "none" || !stream || asleep) return;
    if (mono() - live.lastMessage > SILENT_S) open();
    full = true;
    H.schedule();
  }

  /* --- freshness --- */

  /* Returns [{name, reason, since, heard}] of everything that does not answer; [] = all is fresh. */
  H.lost = function () {
    const now = H.now();
    const out = [];
    if (live.phase === "loading" || live.phase === "none" || !live.board) return out;
    const quiet = mono() - live.lastMessage;
    if (quiet > SILENT_S) {
      out.push({ key: "*", name: H.word("fresh.server"), reason: "stream", heard: now - quiet });
      return out;
    }
    if (live.projector && now - live.projector > SILENT_S) {
      out.push({ key: "*", name: H.word("fresh.projector"), reason: "projector", heard: live.projector });
    }
    for (const key in live.sources) {
      const source = live.sources[key];
      if (source.state !== "up" || now - source.heard > SILENT_S) {
        const reason = source.state === "up" ? "silent" : source.reason;
        const name = H.word("fresh.exchange", { name: source.name || key });
        out.push({ key, name, reason, heard: source.heard });
      }
    }
    return out;
  };

  /* The age of the oldest truth on the screen. */
  H.dataAge = function () {
    let oldest = mono() - live.lastMessage;
    const now = H.now();
    for (const key in live.sources) oldest = Math.max(oldest, now - live.sources[key].heard);
    return oldest;
  };

  H.reason = function (code) {
    if (!code) return H.word("reason.unknown");
    return H.word("reason." + code) || H.word("reason.other", { reason: code });
  };

  /* --- painting: at most once a frame, and only what changed --- */

  H.schedule = function () {
    if (framed) return;
    framed = true;
    requestAnimationFrame(frame);
  };

  H.repaint = function () {
    full = true;
    H.schedule();
  };

  function frame() {
    framed = false;
    const changed = dirty;
    const all = full;
    dirty = new Map();
    full = false;
    for (const paint of painters) paint(live, changed, all);
  }

  function tick() {
    const now = H.now();
    for (const each of tickers) each(now);
    setTimeout(tick, 1000 - ((now * 1000) % 1000) + 5);
  }

  /* A node of the page may be new (another page, another language): its painter starts over. */
  H.mounted = function (id) {
    let known = null;
    return function () {
      const node = H.byId(id);
      const fresh = node !== known;
      known = node;
      return [node, fresh];
    };
  };

  /* Hand data to Dash; before the renderer is up there is nobody to take it, so ask again. */
  H.publish = function (id, data) {
    if (window.dash_clientside && window.dash_clientside.set_props && H.byId("page")) {
      window.dash_clientside.set_props(id, { data });
    } else setTimeout(() => H.publish(id, data), 100);
  };

  let lastWall = Date.now();
  setInterval(() => {
    const wall = Date.now();
    if (wall - lastWall > 15000) wake(); // timers stood still: the machine slept
    lastWall = wall;
  }, 1000);
  document.addEventListener("visibilitychange", () => document.hidden || wake());
  H.whileSeen(rest, () => stream && live.phase !== "signed-out" && open());
  window.addEventListener("online", wake);
  window.addEventListener("pageshow", (event) => event.persisted && wake());
  window.addEventListener("pagehide", () => stream && stream.close());

  /* Who may not see the floor has no stream to ask for; the server says so when one signs in. */
  if (/(^|; )live=0(;|$)/.test(document.cookie)) {
    live.phase = "none";
    document.documentElement.dataset.live = "none";
  } else open();
  tick();
})();
