/* The strip of the day's tickets: counts that open their lists, the newest told in turn. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const GROUPS = { kinds: ["kind", "kind"], states: ["ticket_status", "status"], results: ["result", "result"] };
  const TURN_S = 4;
  const GROUP_S = 8;
  const STALE_S = 30;
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
    turn = -1;
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

  /* Three ways to count the day share one place, in turn. */
  function show(root, now) {
    const names = Object.keys(GROUPS);
    const chosen = names[Math.floor(now / GROUP_S) % names.length];
    for (const name of names) part(root, name).hidden = name !== chosen;
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
  });
})();
