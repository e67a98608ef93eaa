/* Cameras' pictures on the map, up to four side by side: HLS as the browser itself plays it. Loading, stalled and
   failed look different, and a stalled one says how old its last picture is. hotline.camera.open({label, url}) shows
   one beside those that play (of five, the one that was opened first goes), close() ends them all. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const MOST = 4;
  const STALLED_MS = 4000;
  const TYPE = "application/vnd.apple.mpegurl";
  let eyes = []; // the first opened first: {label, url, node, video, moved}
  let timer = 0;

  const box = () => H.byId("plot-camera");

  function say(eye, state, text) {
    eye.node.dataset.state = state;
    H.text(eye.node.querySelector(".said span"), text);
    eye.node.querySelector(".said button").hidden = state !== "failed" && state !== "stalled";
  }

  function watch() {
    if (eyes.some((eye) => !document.contains(eye.node))) return close(); // the page went
    eyes.forEach(look);
  }

  function look(eye) {
    if (eye.video.error) return say(eye, "failed", H.word("camera.failed"));
    if (!eye.moved) return;
    const still = Date.now() - eye.moved;
    if (still > STALLED_MS) say(eye, "stalled", H.word("camera.stalled", { age: H.word("unit.ago", { age: H.duration(still / 1000) }) }));
    else say(eye, "playing", H.word("camera.playing"));
  }

  function play(eye) {
    eye.moved = 0;
    if (eye.video) stop(eye);
    const video = (eye.video = H.make("video"));
    Object.assign(video, { muted: true, autoplay: true, playsInline: true, controls: true });
    eye.node.querySelector("header").after(video);
    if (!video.canPlayType(TYPE)) return say(eye, "failed", H.word("camera.unplayable"));
    say(eye, "loading", H.word("camera.loading"));
    video.addEventListener("timeupdate", () => (eye.moved = Date.now()));
    video.addEventListener("error", () => eye.video === video && look(eye));
    video.src = eye.url;
    video.play().catch(() => {}); // `error` says why
  }

  function stop(eye) {
    eye.video.removeAttribute("src");
    eye.video.load();
    eye.video.remove();
  }

  function cell(eye) {
    const node = H.make("section", "eye");
    node.setAttribute("aria-label", eye.label);
    const head = H.make("header");
    const name = H.make("b", "", eye.label);
    name.title = eye.label;
    const end = H.make("button", "plot-x", "×");
    end.type = "button";
    end.setAttribute("aria-label", `${H.word("plot.closed_panel")} ${eye.label}`);
    end.addEventListener("click", () => remove(eye));
    head.append(name, end);
    const said = H.make("div", "said");
    const again = H.make("button", "button small", H.word("camera.again"));
    again.type = "button";
    again.addEventListener("click", () => play(eye));
    said.append(H.make("span"), again);
    node.append(head, said);
    return node;
  }

  function open(camera) {
    const node = box();
    if (!node) return;
    watch();
    const known = eyes.find((eye) => eye.url === camera.url);
    if (known) return look(known);
    if (eyes.length >= MOST) remove(eyes[0]);
    const eye = { label: camera.label, url: camera.url, node: null, video: null, moved: 0 };
    eye.node = cell(eye);
    eyes.push(eye);
    node.append(eye.node);
    shown();
    play(eye);
    clearInterval(timer);
    timer = setInterval(watch, 1000);
  }

  function remove(eye) {
    stop(eye);
    eye.node.remove();
    eyes = eyes.filter((each) => each !== eye);
    if (!eyes.length) clearInterval(timer);
    shown();
  }

  function shown() {
    const node = box();
    if (!node) return;
    node.hidden = !eyes.length;
    node.dataset.count = eyes.length;
  }

  function close() {
    for (const eye of [...eyes]) remove(eye);
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
