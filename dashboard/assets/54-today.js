/* The strip of the day's tickets: counts that open their lists, the newest told in turn. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const GROUPS = { kinds: ["kind", "kind"], states: ["ticket_status", "status"], results: ["result", "result"] };
  const TURN_S = 4;
  const GROUP_S = 8;
  const STALE_S = 30;
  const HOT_STALE_S = 120;
  const AREAS = 5;
  const mount = H.mounted("today");
  let turn = -1;

  const part = (root, name) => root.querySelector('[data-today="' + name + '"]');

  function figure(root, text, criterion) {
    if (root.dataset.links !== "1") return H.make("span", "figure", text);
    const day = H.dateOf(H.live.board.tickets.day[0]).slice(0, 10);
    const link = H.make("a", "figure", text);
    link.href = "/tickets?desk=all&since=" + day + "&until=" + day + criterion;
    link.dataset.nav = "";
    return link;
  }

  function write(root, tickets) {
    part(root, "opened").replaceChildren(figure(root, H.count(tickets.opened), ""));
    for (const [name, [family, criterion]] of Object.entries(GROUPS)) {
      const nodes = Object.entries(tickets[name]).map(([key, count]) => {
        const node = H.make("span", "item", H.word(family + "." + key) + " ");
        node.append(figure(root, H.count(count), "&" + criterion + "=" + key));
        return node;
      });
      part(root, name).replaceChildren(...nodes);
    }
    const areas = (tickets.areas || []).slice(0, AREAS).map(([code, label, count]) => {
      const node = H.make("span", "item", label + " ");
      node.append(figure(root, H.count(count), "&district=" + code));
      return node;
    });
    part(root, "areas").replaceChildren(...areas);
    turn = -1;
  }

  /* Places raised by test, in turn; a link to the map. What is old says since when. */
  function hot(root, told, now) {
    const box = part(root, "hot");
    box.hidden = false;
    const old = now - told.at > HOT_STALE_S;
    box.classList.toggle("stale", old);
    const links = root.dataset.links === "1";
    const head = H.make(links ? "a" : "b", "figure", H.word("today.hot", { n: told.places.length }));
    if (links) {
      head.href = "/hotspots?span=today";
      head.dataset.nav = "";
    }
    const parts = [head];
    if (old) parts.push(H.make("span", "muted", H.word("today.hot_stale", { time: H.timeOf(told.at) })));
    else if (told.city) parts.push(H.make("b", "", H.word("today.hot_city")));
    const place = !old && told.places.length && told.places[Math.floor(now / GROUP_S) % told.places.length];
    if (place) {
      const rare = place.surging ? " " + H.word("today.hot_rare") : "";
      const ratio = place.ratio ? " " + H.word("today.hot_ratio", { n: place.ratio }) : rare;
      parts.push(H.make("span", "", place.name + " " + H.word("hot.n", { n: place.tickets }) + ratio));
    }
    box.replaceChildren(...parts);
  }

  function tell(root, tickets, now) {
    const box = part(root, "newest");
    const next = Math.floor(now / TURN_S);
    if (next === turn) return;
    turn = next;
    if (!tickets.newest.length) return H.text(box, H.word("today.none"));
    const ticket = tickets.newest[next % tickets.newest.length];
    const words = [H.word("kind." + ticket.kind), ticket.title || H.word("today.protected")];
    if (ticket.unit) words.push(ticket.unit);
    words.push(H.word("ticket_status." + ticket.status));
    const line = H.make("span", ticket.emergency || ticket.urgent ? "line urgent" : "line");
    const number = root.dataset.links === "1" ? H.make("a", "num", ticket.no) : H.make("span", "num", ticket.no);
    if (number.tagName === "A") {
      number.href = "/ticket?no=" + ticket.no;
      number.dataset.nav = "";
    }
    line.append(number, H.make("span", "", words.join(" · ")));
    box.replaceChildren(line);
  }

  /* A line from the console scrolls in the place of the newest until its end. */
  function notice(root, told, now) {
    const box = part(root, "notice");
    const on = Boolean(told && told.text && now < told.until);
    box.hidden = !on;
    part(root, "newest").hidden = on;
    if (on && box.textContent !== told.text) box.replaceChildren(H.make("span", "", told.text));
  }

  /* The ways to count the day share one place, in turn. */
  function show(root, now) {
    const names = [...Object.keys(GROUPS), "areas"].filter((name) => part(root, name).firstChild);
    const chosen = names[Math.floor(now / GROUP_S) % names.length];
    for (const name of [...Object.keys(GROUPS), "areas"]) part(root, name).hidden = name !== chosen;
  }

  function age(root, tickets, now) {
    const old = now - tickets.at;
    root.classList.toggle("stale", old > STALE_S);
    H.text(part(root, "age"), old > STALE_S ? H.word("today.stale", { time: H.timeOf(tickets.at) }) : "");
  }

  (H.painters = H.painters || []).push((live, changed, all) => {
    const [root, fresh] = mount();
    if (!root || !live.board) return;
    if (!live.board.tickets) return H.text(part(root, "newest"), H.word("today.waiting"));
    if (all || fresh || changed.has("tickets")) write(root, live.board.tickets);
  });
  (H.tickers = H.tickers || []).push((now) => {
    const root = H.byId("today");
    const tickets = H.live.board && H.live.board.tickets;
    if (!root || !tickets) return;
    show(root, now);
    tell(root, tickets, now);
    age(root, tickets, now);
    notice(root, tickets.notice, now);
    if (H.live.board.hotspots) hot(root, H.live.board.hotspots, now);
  });
})();
