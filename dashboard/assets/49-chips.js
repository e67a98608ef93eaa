/* Pictures for the chips: every state drawn once into one strip. A thousand masks, letters or
   vector images would cost the wall its frame; a thousand cuts from one bitmap do not. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const STATES = ["idle", "ring", "talk", "hold", "direct", "wrap", "busy", "rest", "learn", "offline"];
  const BOX = 16; // the icons' view box
  let drawn = "";
  let url = "";

  /* The shape and the hue are those of the style sheet, so that tile, legend and chip agree. */
  function looks(state) {
    const probe = document.body.appendChild(H.make("i", "st st-" + state));
    const style = getComputedStyle(probe);
    const shape = /d='([^']+)'/.exec(style.getPropertyValue("--icon"));
    const hue = style.getPropertyValue("--hue").trim();
    probe.remove();
    return { shape: shape ? new Path2D(shape[1]) : null, hue };
  }

  function ground(pen, size, state, hue) {
    pen.globalAlpha = state === "offline" ? 0.16 : 0.26;
    pen.fillStyle = hue;
    pen.fillRect(0, 0, size, size);
    pen.globalAlpha = state === "offline" ? 0.7 : 1;
  }

  H.drawChips = function (root, side) {
    const size = Math.max(8, Math.ceil(side * (window.devicePixelRatio || 1)));
    const key = size + document.documentElement.dataset.theme;
    if (key === drawn) return root.style.setProperty("--chips", url);
    const canvas = document.createElement("canvas");
    canvas.width = size * STATES.length;
    canvas.height = size;
    const pen = canvas.getContext("2d");
    STATES.forEach((state, i) => {
      const { shape, hue } = looks(state);
      pen.setTransform(1, 0, 0, 1, i * size, 0);
      ground(pen, size, state, hue);
      const scale = (size * 0.62) / BOX;
      pen.setTransform(scale, 0, 0, scale, i * size + size * 0.19, size * 0.19);
      if (shape) pen.fill(shape);
      pen.globalAlpha = 1;
    });
    drawn = key;
    url = "url(" + canvas.toDataURL() + ")";
    return root.style.setProperty("--chips", url);
  };
})();
