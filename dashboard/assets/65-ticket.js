/* The moves of a ticket: one open at a time, the cursor in its first field, Ctrl+Enter does it. */
(function () {
  "use strict";

  document.addEventListener(
    "toggle",
    (event) => {
      const move = event.target;
      if (!move.matches || !move.matches(".moves .move[open]")) return;
      for (const other of move.parentNode.querySelectorAll(".move[open]")) if (other !== move) other.open = false;
      const field = move.querySelector("textarea, input, .dash-dropdown, button");
      if (field) field.focus();
    },
    true // a toggle does not bubble
  );
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const move = event.target.closest && event.target.closest(".moves .move[open]");
    const press = move && move.querySelector(".form > button.primary");
    if (!press) return;
    event.preventDefault();
    press.click();
  });
})();
