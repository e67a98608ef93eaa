/* Tables whose heads sort them: a press on a head, again for the other way; the order stays when rows are drawn anew. */
(function () {
  "use strict";
  function sort(table, at, down) {
    const key = (row) => row.cells[at].dataset.value || "";
    const number = (text) => (text !== "" && isFinite(text) ? Number(text) : null);
    const compare = (a, b) => {
      const [x, y] = [number(key(a)), number(key(b))];
      return x !== null && y !== null ? x - y : key(a).localeCompare(key(b), "zh");
    };
    const body = table.tBodies[0];
    const rows = [...body.rows].sort((a, b) => (down ? compare(b, a) : compare(a, b)));
    body.append(...rows);
    table.sorted = { at, down, body };
    for (const head of table.tHead.rows[0].cells) {
      if (head.cellIndex === at) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("table[data-sortable] [data-sort]");
    if (!button) return;
    const table = button.closest("table");
    const head = button.closest("th");
    const numbers = head.classList.contains("num");
    const sorted = head.getAttribute("aria-sort");
    sort(table, Number(button.dataset.sort), sorted ? sorted === "ascending" : numbers);
  });

  new MutationObserver(() => {
    for (const table of document.querySelectorAll("table[data-sortable]")) {
      const { at, down, body } = table.sorted || {};
      if (body && body !== table.tBodies[0]) sort(table, at, down);
    }
  }).observe(document.body, { childList: true, subtree: true });
})();
