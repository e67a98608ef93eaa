/* The list of reports: those that are ticked are laid side by side. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});

  document.addEventListener("click", (event) => {
    if (!event.target.closest || !event.target.closest("[data-reviews-compare]")) return;
    const chosen = [...document.querySelectorAll(".reviews-pick input:checked")].map((box) => {
      const link = box.closest("tr").querySelector("a[href^='/command/review?id=']");
      return link.getAttribute("href").split("id=")[1];
    });
    const parts = new URLSearchParams(location.search);
    for (const name of ["page", "t", "state"]) parts.delete(name);
    parts.set("tab", "compare");
    parts.set("id", chosen.join(","));
    H.go("/command/reviews?" + parts);
  });
})();
