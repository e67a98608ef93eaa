/* The duty: who a wall names in its head, and a roster that goes to the printer. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});

  function name(box, told) {
    const key = JSON.stringify(told);
    if (box.dataset.shown === key) return;
    box.dataset.shown = key;
    box.hidden = !told.length;
    box.replaceChildren(
      ...told.map((level) => {
        const node = H.make("span", level.names.length ? "" : "nobody", level.label + " ");
        node.append(H.make("b", "", level.names.join("、") || H.word("wall.duty_none")));
        return node;
      })
    );
  }

  (H.painters = H.painters || []).push((live) => {
    const box = document.querySelector("[data-on-duty]");
    const day = live.board && live.board.tickets;
    if (box && day) name(box, day.duty || []);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("[data-print]")) window.print();
  });
})();
