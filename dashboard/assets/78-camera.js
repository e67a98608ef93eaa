/* A camera's picture on the map: HLS as the browser itself plays it. Loading, stalled and failed look different, and
   a stalled one says how old its last picture is. hotline.camera.open({label, url}) shows it, close() ends it. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const STALLED_MS = 4000;
  const TYPE = "application/vnd.apple.mpegurl";
  let video = null;
  let moved = 0;
  let timer = 0;
  let shown = null;

  const box = () => H.byId("plot-camera");

  function say(state, text) {
    const node = box();
    if (!node) return;
    node.dataset.state = state;
    H.text(node.querySelector(".said span"), text);
    node.querySelector(".said button").hidden = state !== "failed" && state !== "stalled";
  }

  function watch() {
    if (!video || !box() || !document.contains(video)) return close();
    if (video.error) return say("failed", H.word("camera.failed"));
    if (!moved) return;
    const still = Date.now() - moved;
    if (still > STALLED_MS) say("stalled", H.word("camera.stalled", { age: H.word("unit.ago", { age: H.duration(still / 1000) }) }));
    else say("playing", H.word("camera.playing"));
  }

  function play() {
    const node = box();
    moved = 0;
    if (video) video.remove();
    video = H.make("video");
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, controls: true });
    node.querySelector("header").after(video);
    if (!video.canPlayType(TYPE)) return say("failed", H.word("camera.unplayable"));
    say("loading", H.word("camera.loading"));
    video.addEventListener("timeupdate", () => (moved = Date.now()));
    video.addEventListener("error", watch);
    video.src = shown.url;
    video.play().catch(() => {}); // `error` says why
  }

  function open(camera) {
    const node = box();
    if (!node) return;
    shown = camera;
    const head = H.make("header");
    const end = H.make("button", "plot-x", "×");
    end.setAttribute("aria-label", H.word("plot.closed_panel"));
    end.addEventListener("click", close);
    head.append(H.make("b", "", camera.label), end);
    const said = H.make("div", "said");
    const again = H.make("button", "button small", H.word("camera.again"));
    again.addEventListener("click", play);
    said.append(H.make("span"), again);
    node.replaceChildren(head, said);
    node.hidden = false;
    play();
    clearInterval(timer);
    timer = setInterval(watch, 1000);
  }

  function close() {
    clearInterval(timer);
    if (video) {
      video.removeAttribute("src");
      video.load();
    }
    video = null;
    const node = box();
    if (node) {
      node.replaceChildren();
      node.hidden = true;
    }
  }

  H.camera = { open, close };

  /* A mark on the map with `camera` in its facts opens its picture. */
  const maps = (H.maps = H.maps || {});
  maps.camera = function (feature, at) {
    const facts = feature.properties;
    const icon = L.divIcon({ html: H.make("i"), className: "city-sign camera", iconSize: null });
    const mark = L.marker(at, { icon, title: facts.label, keyboard: true });
    mark.on("click", () => open({ label: facts.label, url: facts.camera }));
    return mark;
  };
})();
