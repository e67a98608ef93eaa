/* Choosing a place: suggestions below an address while one types, a press on the map, a search on every map. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const ASK_MS = 120;
  const AT_MS = 350;
  const SLOW_MS = 700; // the first search after a start waits for the gazetteer: say so
  let items = [];
  let active = -1;
  let asked = 0;
  let timer = 0;
  let slow = 0;
  let chosen = null; // what the point stands for: a text of the address, or null when it was set by hand
  let begun = null; // the form as it was met

  const set = (id, props) => window.dash_clientside.set_props(id, props);
  const root = () => document.querySelector("[data-picker], [data-finder]");
  const sorted = (id) => JSON.stringify(Object.fromEntries(Object.entries(id).sort()));
  const dom = (id) => id && H.byId(typeof id === "string" ? id : sorted(id));

  /* The page's form: ids of its fields, and of the map they belong to. */
  function form() {
    const node = root();
    if (!node) return null;
    if (node.dataset.finder) return { node, ids: { address: "place-find" }, map: node.dataset.finder };
    return { node, ids: JSON.parse(node.dataset.picker), map: "place-map" };
  }
  const field = (f, name) => dom(f.ids[name]);
  const value = (f, name) => (field(f, name) ? field(f, name).value.trim() : "");
  function put(f, name, text) {
    if (field(f, name)) set(f.ids[name], { value: text });
  }

  /* --- what a place looks like on the page --- */

  function mark(f, spot, stay) {
    if (H.byId(f.map)) {
      set(f.map + "-pin", { position: spot.at, opacity: 1 });
      if (!stay) set(f.map, { viewport: { center: spot.at, zoom: spot.zoom, transition: "flyTo" } });
    }
    say(spot.said);
  }

  function say(text, bad) {
    const line = H.byId("place-where");
    if (!line) return;
    set("place-where", { children: text || "", className: bad ? "place-where bad" : "place-where" });
  }

  function forget(f) {
    chosen = null;
    put(f, "point", "");
    put(f, "precision", "");
    unmark(f);
  }

  function unmark(f) {
    if (H.byId(f.map)) set(f.map + "-pin", { opacity: 0 });
    say("");
    offer(null);
  }

  /* --- the list --- */

  const list = () => H.byId("place-list");
  const isOpen = () => Boolean(list()) && !list().hidden;

  function ask(f, first) {
    const text = value(f, "address");
    clearTimeout(timer);
    clearTimeout(slow);
    if (!text) return close(f);
    asked = Date.now();
    H.publish("place-ask", { text, asked, first: Boolean(first) });
    slow = setTimeout(() => note(f, H.word("place.loading")), SLOW_MS);
  }

  function note(f, text) {
    if (!list()) return;
    items = [];
    active = -1;
    list().replaceChildren(H.make("li", "muted", text));
    open(f);
  }

  function open(f) {
    list().hidden = false;
    field(f, "address").setAttribute("aria-expanded", "true");
  }

  function close(f) {
    clearTimeout(slow);
    asked = 0; // an answer on its way comes too late
    if (!list()) return;
    list().hidden = true;
    items = [];
    active = -1;
    const box = f && field(f, "address");
    if (!box) return;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function row(item, index) {
    const node = H.make("li");
    node.id = "place-option-" + index;
    node.setAttribute("role", "option");
    node.dataset.placeOption = index;
    const how = [item.how, item.near].filter(Boolean).join(" · ");
    node.append(H.make("b", "", item.text), H.make("span", "chip-note", how), H.make("span", "muted", item.note));
    return node;
  }

  function point(f, index) {
    active = index;
    for (const [number, node] of [...list().children].entries()) {
      node.setAttribute("aria-selected", number === index ? "true" : "false");
      if (number === index) node.scrollIntoView({ block: "nearest" });
    }
    field(f, "address").setAttribute("aria-activedescendant", "place-option-" + index);
    if (f.node.dataset.fast !== undefined) mark(f, items[index]);
  }

  function listed(found) {
    const f = form();
    if (!f || !found || found.asked !== asked) return window.dash_clientside.no_update;
    clearTimeout(slow);
    const box = field(f, "address");
    if (document.activeElement !== box) return window.dash_clientside.no_update;
    if (!found.items.length) note(f, found.note);
    else {
      items = found.items;
      active = -1;
      list().replaceChildren(...items.map(row));
      open(f);
      // a ticket whose area is known gains nothing from its middle
      if (items[0].sure && !(f.node.dataset.about && items[0].area)) point(f, 0);
    }
    return window.dash_clientside.no_update;
  }

  function choose(f, index) {
    const item = items[index];
    const had = value(f, "address");
    // what was typed may say more than the name does: 3号楼2单元
    if (!had.includes(item.text)) put(f, "address", item.text);
    chosen = { text: item.text, district: item.district };
    put(f, "point", item.point);
    put(f, "precision", item.precision);
    put(f, "district", item.district);
    mark(f, item);
    offer(null);
    close(f);
  }

  /* --- typing --- */

  function typed(f) {
    if (chosen && !value(f, "address").includes(chosen.text)) {
      // the point stood for another address: it must not stay under this one
      if (chosen.district && f.ids.district) put(f, "district", null);
      forget(f);
    }
    clearTimeout(timer);
    timer = setTimeout(() => ask(f), ASK_MS);
  }

  function typedPoint(f) {
    chosen = null;
    const text = value(f, "point");
    clearTimeout(timer);
    put(f, "precision", text ? "point" : "");
    if (!text) return unmark(f);
    timer = setTimeout(() => H.publish("place-at", { point: text, asked: Date.now() }), AT_MS);
  }

  document.addEventListener("input", (event) => {
    const f = form();
    if (!f || event.isComposing) return;
    if (event.target === field(f, "address")) typed(f);
    else if (event.target === field(f, "point")) typedPoint(f);
  });
  document.addEventListener("compositionend", (event) => {
    const f = form();
    if (f && event.target === field(f, "address")) typed(f);
  });

  document.addEventListener(
    "keydown",
    (event) => {
      const f = form();
      if (!f || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
      const fast = f.node.dataset.fast !== undefined;
      if (fast && event.key === "PageDown") return take(event, () => press("#spot-skip"));
      if (event.target !== field(f, "address")) return;
      const ready = isOpen() && items.length;
      if (event.key === "ArrowDown" && !isOpen()) return take(event, () => ask(f));
      if (event.key === "ArrowDown" && ready) return take(event, () => point(f, (active + 1) % items.length));
      if (event.key === "ArrowUp" && ready) {
        return take(event, () => point(f, (active <= 0 ? items.length : active) - 1));
      }
      if (event.key === "Escape" && isOpen()) return take(event, () => close(f));
      if (event.key !== "Enter") return;
      const picked = ready && (active >= 0 || f.node.dataset.finder);
      if (picked) take(event, () => choose(f, Math.max(active, 0)));
      if (fast && (picked || value(f, "point"))) take(event, () => press("#spot-place"));
    },
    true // before the page's own keys: Escape here closes the list and nothing else
  );

  function take(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  function press(selector) {
    const button = document.querySelector(selector);
    if (button) button.click();
  }

  /* --- the pointer --- */

  document.addEventListener("mousedown", (event) => {
    if (event.target.closest && event.target.closest("#place-list")) event.preventDefault(); // keeps the cursor
  });
  document.addEventListener("click", (event) => {
    const f = form();
    const target = f && event.target.closest && event.target.closest("[data-place-option], [data-place-clear], [data-place-offer]");
    if (!target) return;
    if (target.dataset.placeOption) choose(f, Number(target.dataset.placeOption));
    else if (target.dataset.placeOffer) {
      put(f, "address", target.dataset.placeOffer);
      offer(null);
    } else {
      forget(f);
      field(f, "address").focus();
    }
  });
  document.addEventListener("focusout", (event) => {
    const f = form();
    if (!f || event.target !== field(f, "address")) return;
    // what the map shows already is what the button beside it places
    if (f.node.dataset.fast !== undefined && active >= 0) choose(f, active);
    else close(f);
  });

  /* The nearest address to where the map was pressed: offered, never written over what was typed. */
  function offer(text) {
    const box = H.byId("place-offer");
    if (!box) return;
    box.hidden = !text;
    if (!text) return box.replaceChildren();
    const button = H.make("button", "as-link", H.word("place.offer", { text }));
    button.type = "button";
    button.dataset.placeOffer = text;
    box.replaceChildren(button);
  }

  /* What the server says of a point that was typed, or pressed on the map. */
  function here(spot) {
    const f = form();
    const same = window.dash_clientside.no_update;
    if (!f || !spot || f.node.dataset.finder) return same;
    if (spot.error) {
      say(spot.error, true);
      return same;
    }
    put(f, "district", spot.district);
    mark(f, spot, spot.pressed);
    if (!spot.pressed) return same;
    chosen = null;
    put(f, "point", spot.point);
    put(f, "precision", spot.precision);
    offer(spot.near !== value(f, "address") ? spot.near : null);
    const move = f.node.closest("details");
    if (move) move.open = true;
    return same;
  }

  /* --- a form that appears --- */

  function meet() {
    const f = form();
    const box = f && field(f, "address");
    if (!box) {
      begun = null;
      return;
    }
    const mine = f.node.dataset.bench || f.node;
    if (begun === mine) return;
    begun = mine;
    items = [];
    const how = value(f, "precision");
    chosen = how && how !== "point" ? { text: value(f, "address"), district: "" } : null;
    for (const [name, text] of Object.entries({ role: "combobox", "aria-expanded": "false", "aria-controls": "place-list", "aria-autocomplete": "list" })) {
      box.setAttribute(name, text);
    }
    if (f.node.dataset.fast === undefined) return;
    unmark(f);
    box.focus();
    const about = f.node.dataset.about && JSON.parse(f.node.dataset.about);
    if (about) set(f.map, { viewport: { center: about.at, zoom: about.zoom, transition: "setView" } });
    ask(f, true);
  }
  new MutationObserver(meet).observe(document.body, { childList: true, subtree: true });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.places = { listed, here };
})();
