/* Files: chosen by the button or dropped, sent one after another with their progress. */
(function () {
  "use strict";
  const H = (window.hotline = window.hotline || {});

  function changed(key) {
    window.dash_clientside.set_props({ files: key, part: "changed" }, { data: Date.now() });
  }

  function row(key, file) {
    const item = H.make("li");
    const bar = H.make("progress");
    bar.max = 100;
    bar.value = 0;
    const state = H.make("span", "muted", H.word("files.sending", { done: 0 }));
    item.append(H.make("span", "file-name", file.name), bar, state);
    document.querySelector('[data-file-queue="' + key + '"]').append(item);
    return { item, bar, state };
  }

  function refuse(line, text) {
    line.bar.remove();
    line.item.className = "refused";
    line.item.setAttribute("role", "alert");
    H.text(line.state, text);
    const close = H.make("button", "button", "×");
    close.type = "button";
    close.setAttribute("aria-label", H.word("files.dismiss"));
    close.addEventListener("click", () => line.item.remove());
    line.item.append(close);
  }

  /* A proxy in front may refuse in its own words, a lost session in one of ours. */
  function answer(request, most) {
    if (request.status === 401) return H.word("fresh.signed_out");
    if (request.status === 413) return H.word("files.limit.size", { most: Math.floor(most / 1048576) });
    try {
      return JSON.parse(request.responseText).text || H.word("files.lost");
    } catch {
      return H.word("files.lost");
    }
  }

  function send(key, file, most) {
    const line = row(key, file);
    if (file.size > most) {
      refuse(line, H.word("files.limit.size", { most: Math.floor(most / 1048576) }));
      return Promise.resolve();
    }
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/files/" + key.replace(":", "/"));
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.addEventListener("progress", (event) => {
        if (!event.lengthComputable) return;
        const part = Math.floor((100 * event.loaded) / event.total);
        line.bar.value = part;
        H.text(line.state, part < 100 ? H.word("files.sending", { done: part }) : H.word("files.keeping"));
      });
      request.addEventListener("load", () => {
        if (request.status === 201) {
          line.item.remove();
          H.toast(H.word("files.added", { name: file.name }));
          changed(key);
        } else refuse(line, answer(request, most));
        done();
      });
      request.addEventListener("error", () => {
        refuse(line, H.word("files.lost"));
        done();
      });
      request.send(file);
    });
  }

  async function sendAll(key, files, most) {
    for (const file of files) await send(key, file, most);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("[data-file-add]");
    if (!button) return;
    const box = H.make("input");
    box.type = "file";
    box.multiple = true;
    box.addEventListener("change", () => sendAll(button.dataset.fileAdd, [...box.files], +button.dataset.most));
    box.click();
  });

  /* Dropped elsewhere a file would replace the page, and with it whatever was typed. */
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
      event.preventDefault();
      const place = event.target.closest && event.target.closest(".files-panel, [data-files]");
      const button = place && place.querySelector("[data-file-add]");
      event.dataTransfer.dropEffect = button ? "copy" : "none";
      if (name === "drop" && button) {
        sendAll(button.dataset.fileAdd, [...event.dataTransfer.files], +button.dataset.most);
      }
    });
  }
})();
