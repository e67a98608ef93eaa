/* Buttons that say into a store what was pressed, see views.kit.press.

   Live news draws them anew at any moment. A button of the same words for the same store is the same button: what was
   pressed down on the one and let go on the other counts, and so does the focus of the keyboard. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  let down = null;
  let focused = null;

  const button = (node) => node && node.closest && node.closest("button[data-press]");
  const same = (one, other) => one.dataset.press === other.dataset.press && one.dataset.to === other.dataset.to;

  function say(node) {
    if (node.disabled || node.closest(".busy")) return; // what was pressed before is being done
    H.publish(node.dataset.to, { ...JSON.parse(node.dataset.press), at: Date.now() });
  }

  document.addEventListener("click", (event) => {
    const node = button(event.target);
    if (node) say(node);
  });

  document.addEventListener("pointerdown", (event) => (down = button(event.target)));
  document.addEventListener("pointerup", (event) => {
    const was = down;
    down = null;
    if (!was || was.isConnected) return; // then a click follows
    const now = button(document.elementFromPoint(event.clientX, event.clientY));
    if (now && same(was, now)) say(now);
  });

  document.addEventListener("focusin", (event) => (focused = button(event.target)));
  new MutationObserver(() => {
    if (!focused || focused.isConnected || document.activeElement !== document.body) return;
    const again = [...document.querySelectorAll("button[data-press]")].find((node) => same(focused, node));
    focused = null;
    if (again) again.focus({ preventScroll: true });
  }).observe(document.body, { childList: true, subtree: true });
})();
