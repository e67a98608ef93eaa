/* Maps: what shapes say when they are pointed at. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const maps = (H.maps = H.maps || {});

  /* What a shape says: texts come ready from the server, as text; a page may have more to say of the moment. */
  function say(feature, layer) {
    const lines = () => [...(feature.properties.say || []), ...(maps.more ? maps.more(feature.properties) : [])];
    if (!lines().length) return;
    layer.bindTooltip(
      () => {
        const box = document.createElement("div");
        for (const line of lines()) box.append(H.make("div", "", line));
        return box;
      },
      { sticky: true, className: "map-say" },
    );
  }

  Object.assign(maps, { say });
})();
