/* Knowledge: the list follows the typing, the address follows the list; an answer is copied by a press. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const PAUSE_MS = 180;
  let waiting = 0;

  function ask(box) {
    clearTimeout(waiting);
    const query = new URLSearchParams(location.search);
    const words = box.value.trim();
    if (words === (query.get("q") || "")) return;
    if (words) query.set("q", words);
    else query.delete("q");
    query.delete("page");
    const text = query.toString();
    history.replaceState({}, "", location.pathname + (text ? "?" + text : ""));
    // The tabs lead to the same words on another shelf.
    document.querySelectorAll(".knowledge .tabs a").forEach((link) => {
      const there = new URL(link.href);
      if (words) there.searchParams.set("q", words);
      else there.searchParams.delete("q");
      if (!there.searchParams.has("desk")) link.setAttribute("href", there.pathname + there.search);
    });
    H.publish("knowledge-words", words);
  }

  const boxOf = (event) =>
    event.target.closest && event.target.closest("[data-knowledge]") && event.target.closest("input");

  document.addEventListener("input", (event) => {
    const box = boxOf(event);
    if (!box || event.isComposing) return; // half a word of the input method is nothing to look for
    clearTimeout(waiting);
    waiting = setTimeout(() => box.isConnected && ask(box), PAUSE_MS);
  });
  document.addEventListener("compositionend", (event) => {
    const box = boxOf(event);
    if (box) ask(box);
  });
  document.addEventListener("keydown", (event) => {
    const box = event.key === "Enter" && !event.isComposing && boxOf(event);
    if (box) ask(box);
  });

  /* --- copying --- */

  /* Without https the browser keeps its clipboard to itself; the old way still works there. */
  function copyOld(text) {
    const box = H.make("textarea");
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest && event.target.closest("[data-copy]");
    const source = button && H.byId(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      copyOld(source.textContent);
      button.focus();
    }
    H.toast(H.word("know.copied"));
  });
})();
