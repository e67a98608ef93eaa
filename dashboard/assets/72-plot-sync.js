/* Plotting: what the server says is drawn, what was done here and is not there yet, undo, who stands over whom.

   An operation keeps what its author saw (`was`) and made (`body`). The queue is sent in order, one operation of a
   drawing at a time: the answer is what the next one is made on. What a server that went away did not answer is sent
   again under the same id, and changes nothing if it had arrived. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const P = H.plot;
  const BATCH = 40;
  const WAIT_MS = 10000;
  const RETRY_MS = [300, 700, 1500, 3000];
  const UNDO_MOST = 200;
  const CONFLICTS_MOST = 30;
  let state = fresh(0);

  function fresh(incident) {
    return { incident, server: {}, layers: {}, snapshots: {}, queue: [], undo: [], redo: [], conflicts: [], told: new Set(), began: false };
  }

  const ears = [];
  P.state = () => state;
  P.hear = (ear) => ears.push(ear);
  const say = (what, ids) => ears.forEach((ear) => ear(what, ids));
  const key = () => "plot:" + state.incident + ":" + P.root().dataset.actor;
  P.unsynced = () => state.queue.length;

  /* --- the picture: the server's, with what is not there yet on top --- */

  P.current = function (id) {
    const server = state.server[id];
    let body = server ? server.body : null;
    for (const op of state.queue) {
      if (op.drawing !== id || op.kind === "restore") continue;
      body = op.kind === "remove" ? null : P.join(op.was, body, op.body);
    }
    return body;
  };

  P.ids = () => new Set([...Object.keys(state.server), ...state.queue.map((op) => op.drawing)]);

  function take(id, drawn) {
    const known = state.server[id];
    if (known && known.rev > drawn.rev) return false;
    state.server[id] = drawn;
    return !known || known.rev !== drawn.rev;
  }

  function heard(drawings, keys, all) {
    if (!P.root()) return;
    const incident = H.command.sections.incident;
    const first = !state.began;
    if (!incident || !incident.id) return;
    state.began = true;
    const moved = (keys || []).filter((id) => drawings[id] && take(id, drawings[id]));
    for (const id of moved) if (!first) overridden(id, drawings[id]);
    if (moved.length || all) say("drawings", all ? null : moved);
    send();
  }

  /* --- doing --- */

  P.change = function (id, body, options) {
    const was = P.current(id);
    if (was === body || (was && body && !P.touched(was, body).length)) return;
    if (!options || !options.again) {
      state.undo.push({ id, was, body });
      if (state.undo.length > UNDO_MOST) state.undo.shift();
      state.redo = [];
    }
    const op = { op: P.newId(), kind: body ? "put" : "remove", drawing: id, was, body: body || undefined };
    if (options && options.simplify) op.simplify = true;
    push(op, id);
  };

  P.restore = function (id, rev, aspects) {
    push({ op: P.newId(), kind: "restore", drawing: id, rev, aspects }, id);
  };

  /* What the author had before his eyes: of a drawing that has more on its way, what the last of it comes to. */
  function push(op, id) {
    const known = state.server[id];
    if (!state.queue.some((each) => each.drawing === id)) op.base = known ? known.rev : 0;
    state.queue.push(op);
    keep();
    say("drawings", [id]);
    say("sync");
    send();
  }

  /* Undo takes one's own change back and leaves what others did meanwhile. */
  function turn(from, to, before, after) {
    const step = from.pop();
    if (!step) return;
    to.push(step);
    const now = P.current(step.id);
    const target = step[after] && step[before] && now ? P.join(step[after], now, step[before]) : step[before];
    P.change(step.id, target, { again: true });
    say("turned", [step.id]);
  }
  P.undo = () => turn(state.undo, state.redo, "was", "body");
  P.redo = () => turn(state.redo, state.undo, "body", "was");

  function keep() {
    try {
      if (state.queue.length) sessionStorage.setItem(key(), JSON.stringify(state.queue));
      else sessionStorage.removeItem(key());
    } catch {
      /* full: it is still in this page */
    }
  }

  /* --- sending --- */

  let sending = false;
  let failures = 0;
  let timer = 0;

  function batch() {
    const busy = new Set();
    const chosen = [];
    for (const op of state.queue) {
      if (busy.has(op.drawing)) continue;
      busy.add(op.drawing);
      chosen.push(op);
      if (chosen.length === BATCH) break;
    }
    return chosen;
  }

  function wire(op) {
    const known = state.server[op.drawing];
    if (op.base === undefined) {
      op.base = known ? known.rev : 0;
      if (known && op.body) [op.was, op.body] = [known.body, P.join(op.was, known.body, op.body)];
    }
    const { was, ...rest } = op;
    return rest;
  }

  async function send() {
    if (sending || !state.queue.length || !state.began) return;
    sending = true;
    clearTimeout(timer);
    const here = state;
    const ops = batch();
    const lost = new AbortController();
    const limit = setTimeout(() => lost.abort(), WAIT_MS);
    try {
      const answer = await fetch("/api/command/" + here.incident + "/drawings", {
        method: "POST", headers: { "content-type": "application/json" }, signal: lost.signal,
        body: JSON.stringify({ ops: ops.map(wire) }),
      });
      if (answer.status >= 500 || answer.status === 401) throw new Error(answer.status);
      const said = await answer.json();
      failures = 0;
      if (!answer.ok) ops.forEach((op) => done(here, op, { op: op.op, error: said.error, text: said.text }));
      else said.results.forEach((result, n) => done(here, ops[n], result));
    } catch {
      failures += 1;
    } finally {
      clearTimeout(limit);
      sending = false;
    }
    if (here === state) {
      keep();
      say("sync");
    }
    if (state.queue.length) timer = setTimeout(send, failures ? RETRY_MS[Math.min(failures, RETRY_MS.length) - 1] : 0);
  }

  function done(here, op, result) {
    here.queue = here.queue.filter((each) => each !== op);
    if (here !== state) return;
    if (result.error) refused(op, result);
    else settled(op, result);
    say("drawings", [op.drawing]);
  }

  function settled(op, result) {
    const me = P.root() ? P.root().dataset.actor : "";
    take(op.drawing, { rev: result.rev, body: result.body, by: "", actor: me, at: result.at, over: [] });
    // the next one was made on what this one looked like: it is made on what it came to
    const next = state.queue.find((each) => each.drawing === op.drawing && each.kind !== "restore");
    if (next && next.base === undefined) {
      if (next.body) next.body = P.join(next.was, result.body, next.body);
      next.was = result.body;
      next.base = result.rev;
    }
    if (result.over.length) conflict(op.drawing, result.rev, result.over, true);
  }

  function refused(op, result) {
    const known = state.server[op.drawing];
    if (result.offer && op.body) {
      say("offer", { id: op.drawing, body: op.body, text: result.text });
    } else H.toast(result.text || H.word("error." + result.error) || H.word("error.error"), true);
    state.undo = state.undo.filter((step) => step.id !== op.drawing || known);
  }

  /* --- who stands over whom --- */

  function overridden(id, drawn) {
    const me = P.root().dataset.actor;
    if (drawn.actor === me) return;
    const lost = (drawn.over || []).filter((over) => over.actor === me);
    if (lost.length) conflict(id, drawn.rev, lost, false, drawn.by);
  }

  function conflict(id, rev, over, mine, by) {
    const mark = id + ":" + rev;
    if (state.told.has(mark)) return;
    state.told.add(mark);
    for (const [whose, lost] of Object.entries(groups(over))) {
      const aspects = lost.map((each) => each.aspect);
      const named = aspects.map((each) => P.word("aspect." + each)).join(P.word("comma"));
      const text = P.word(mine ? "mine_stands" : "theirs_stands", { by: mine ? whose : by, aspects: named });
      state.conflicts.unshift({ id, text, rev: lost[lost.length - 1].rev, aspects, mine, at: Date.now() });
      H.toast(text, true);
    }
    state.conflicts.length = Math.min(state.conflicts.length, CONFLICTS_MOST);
    say("conflicts");
  }

  function groups(over) {
    const found = {};
    for (const each of over) (found[each.by + "\u0000" + each.rev] = found[each.by + "\u0000" + each.rev] || []).push(each);
    return Object.fromEntries(Object.entries(found).map(([name, lost]) => [name.split("\u0000")[0], lost]));
  }

  /* --- asking the server for something else --- */

  P.ask = async function (what, body) {
    try {
      const answer = await fetch("/api/command/" + what, {
        method: body ? "POST" : "GET", headers: { "content-type": "application/json" },
        body: body ? JSON.stringify(body) : undefined,
      });
      const said = answer.status === 204 ? {} : await answer.json();
      if (answer.ok) return said;
      H.toast(said.text || H.word("error." + said.error) || H.word("error.error"), true);
    } catch {
      H.toast(H.word("error.unavailable"), true);
    }
    return null;
  };

  /* --- the page came, went, or shows another incident --- */

  P.follow = function () {
    const root = P.root();
    const incident = root ? Number(root.dataset.incident) || 0 : 0;
    if (incident === state.incident) return;
    state = fresh(incident);
    if (incident) {
      try {
        state.queue = JSON.parse(sessionStorage.getItem(key())) || [];
      } catch {
        state.queue = [];
      }
      for (const op of state.queue) if (op.body) op.body = P.body(op.body);
      const sections = H.command.sections || {};
      if (sections.incident && sections.incident.id === incident && sections.drawings) {
        heard(sections.drawings, Object.keys(sections.drawings), true);
        Object.assign(state, { layers: sections.layers || {}, snapshots: sections.snapshots || {} });
      }
    }
    say("incident");
    say("sync");
  };

  window.addEventListener("beforeunload", (event) => {
    if (P.root() && state.queue.length) event.preventDefault();
  });
  window.addEventListener("online", send);

  const mine = (hear) => (section, keys, all) => {
    const incident = H.command.sections.incident;
    if (P.root() && incident && incident.id === state.incident) hear(section, keys, all);
  };
  H.command.on("drawings", mine(heard));
  // a snapshot tells the drawings before it tells whose they are
  H.command.on("incident", mine((_section, _keys, all) => {
    const drawings = H.command.sections.drawings || {};
    if (all) heard(drawings, Object.keys(drawings), true);
  }));
  H.command.on("layers", mine((layers) => {
    state.layers = layers;
    say("layers");
  }));
  H.command.on("snapshots", mine((snapshots) => {
    state.snapshots = snapshots;
    say("layers");
  }));
})();
