/* The shell: links that do not reload, keyboard, theme, language, toasts, the kiosk's turns. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});
  const PAGES = { w: "/wall", c: "/calls", t: "/tickets", h: "/hotspots", m: "/map", k: "/knowledge", d: "/duty", a: "/alarms", s: "/system" };
  const IDLE_MS = 3000;
  const BIG_PX = 2560; // from here on maps are drawn twice as large, or their names are too small to read
  let afterG = 0;

  /* --- theme and language --- */

  H.prefs = function () {
    try {
      return JSON.parse(localStorage.getItem("prefs")) || {};
    } catch {
      return {};
    }
  };

  function dress(prefs, path) {
    const wall = path === "/" || path.startsWith("/wall") || path.replace(/\/$/, "") === "/centre";
    const root = document.documentElement;
    root.dataset.theme = wall || prefs.theme === "dark" ? "dark" : "light";
    root.lang = prefs.lang === "en" ? "en" : "zh-CN";
    const look = root.dataset.theme === "dark" ? "wall" : "desk";
    const big = window.innerWidth >= BIG_PX ? "2" : "1";
    document.cookie = "map=" + look + big + ";path=/;max-age=31536000;samesite=lax";
    document.cookie = "lang=" + (prefs.lang === "en" ? "en" : "zh") + ";path=/;max-age=31536000;samesite=lax";
  }
  dress(H.prefs(), location.pathname);

  /* --- navigation --- */

  H.go = function (href) {
    if (href === location.pathname + location.search) return;
    history.pushState({}, "", href);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[data-nav]");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    H.go(link.getAttribute("href"));
  });

  /* A form that asks: its filled boxes become the address, the page is not loaded anew. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches || !form.matches("form[data-nav-form]")) return;
    event.preventDefault();
    const asked = new URLSearchParams();
    /* what it keeps of the address it stands on is not in its boxes */
    const here = new URLSearchParams(location.search);
    for (const name of (form.dataset.keep || "").split(" ")) if (here.get(name)) asked.set(name, here.get(name));
    for (const [name, value] of new FormData(form)) if (String(value).trim()) asked.set(name, String(value).trim());
    H.go(form.getAttribute("action") + "?" + asked);
  });

  function closeDrawer() {
    const drawer = H.byId("drawer");
    if (!drawer || !drawer.firstChild) return false;
    H.publish("drawer-close", Date.now());
    return true;
  }

  document.addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("[data-close]")) closeDrawer();
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      if (closeDrawer()) return;
      if (typing) typing.blur();
      else if (H.byId("wall") && location.search.includes("kiosk")) H.go("/wall");
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search] input, input[type=search]");
      if (search) {
        event.preventDefault();
        search.focus();
        search.select();
      }
      return;
    }
    if (event.key === "g") {
      afterG = Date.now();
      return;
    }
    if (Date.now() - afterG < 1500 && PAGES[event.key]) H.go(PAGES[event.key]);
    afterG = 0;
  });

  /* Open a drawer: the reader of the screen must land in it. */
  new MutationObserver(() => {
    const drawer = H.byId("drawer");
    const head = drawer && drawer.querySelector("h2");
    if (head && drawer.dataset.head !== head.textContent) {
      drawer.dataset.head = head.textContent;
      const close = drawer.querySelector("[data-close]");
      if (close) close.focus({ preventScroll: true });
    } else if (!head && drawer) drawer.dataset.head = "";
    document.querySelectorAll(".toast:not([data-timed])").forEach((toast) => {
      toast.dataset.timed = "1";
      setTimeout(() => toast.remove(), 5000);
    });
  }).observe(document.body, { childList: true, subtree: true });

  H.toast = function (text, bad) {
    const box = H.byId("toasts");
    if (!box || !text) return;
    const toast = H.make("div", bad ? "toast bad" : "toast", text);
    toast.setAttribute("role", "status");
    box.append(toast);
  };

  /* --- the kiosk: screens turn by themselves, the pointer hides --- */

  const SCREENS = ["seats", "queues", "alarms"];
  let turned = 0;
  let moved = Date.now();

  H.tickers.push((now) => {
    const wall = H.byId("wall");
    if (!wall) return;
    wall.classList.toggle("still", Date.now() - moved > IDLE_MS);
    const every = +wall.dataset.rotate;
    const screen = every ? SCREENS[Math.floor(now / every) % SCREENS.length] : "all";
    if (wall.dataset.screen === screen) return;
    wall.dataset.screen = screen;
    turned = now;
    H.repaint();
  });
  document.addEventListener("pointermove", () => (moved = Date.now()));

  /* Kept in the browser and, for the server's texts, in a cookie. */
  function choose(clicks, name, first, second) {
    if (!clicks || !clicks.some(Boolean)) return window.dash_clientside.no_update;
    const prefs = H.prefs();
    prefs[name] = prefs[name] === second ? first : second;
    localStorage.setItem("prefs", JSON.stringify(prefs));
    dress(prefs, location.pathname);
    if (name === "theme") H.maps.dress(document.documentElement.dataset.theme === "dark" ? "wall" : "desk");
    return name === "lang" ? { ...prefs } : window.dash_clientside.no_update;
  }

  /* --- clientside callbacks --- */

  window.dash_clientside = window.dash_clientside || {};
  const same = () => window.dash_clientside.no_update;
  window.dash_clientside.hotline = Object.assign(window.dash_clientside.hotline || {}, {
    dress: (path) => {
      dress(H.prefs(), path || location.pathname);
      requestAnimationFrame(() => requestAnimationFrame(H.repaint));
      return same();
    },
    language: (clicks) => choose(clicks, "lang", "zh", "en"),
    theme: (clicks) => choose(clicks, "theme", "light", "dark"),
    toast: (message) => {
      if (message && message.text) H.toast(message.text, message.bad);
      return same();
    },
  });
})();
