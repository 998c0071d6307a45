// The browser's side of chipgap.widgets.explorer.Explorer. controls.js is put in front of this file.

const QUIET_MS = 350;

function details(summary, ...children) {
  return make("details", { class: "chipgap-details" }, make("summary", { text: summary }), ...children);
}

/** Name the drawing for those who cannot see it, and hide its loose words from screen readers. */
function nameDrawing(place, alt) {
  place.querySelectorAll(".main-svg").forEach((svg, index) => {
    if (index > 0) {
      svg.setAttribute("aria-hidden", "true");
    } else if (svg.getAttribute("aria-label") !== alt) {
      svg.setAttribute("role", "img");
      svg.setAttribute("aria-label", alt);
    }
  });
}

/** Wait until `place` is laid out: Plotly measures its place when it first draws. */
function laidOut(place, signal) {
  return new Promise((resolve) => {
    const observer = new ResizeObserver(() => {
      if (!place.clientWidth) return;
      observer.disconnect();
      resolve();
    });
    signal?.addEventListener("abort", () => observer.disconnect());
    observer.observe(place);
  });
}

/**
 * Keep the figure as wide as its place, and tell the kernel how wide that is, so that words can be broken to
 * fit. Plotly takes both sizes from the place, which is why `sync` sets the place's height.
 */
function followWidth(place, signal, tell) {
  let width = 0;
  let timer = null;
  // Plotly resizes 100 ms after it is asked, and not at all if another change to the figure comes between.
  const follow = (attempts) => {
    if (attempts === 0 || !place._fullLayout || place._fullLayout.width === width) {
      tell(20 * Math.round(width / 20));
      return;
    }
    delete place.layout.width; // what an earlier resize left would stop this one
    place._responsiveChartHandler?.();
    timer = setTimeout(() => follow(attempts - 1), 250);
  };
  const observer = new ResizeObserver(() => {
    if (!place.clientWidth || Math.abs(place.clientWidth - width) < 2) return;
    const first = width === 0;
    width = place.clientWidth;
    clearTimeout(timer);
    timer = setTimeout(() => follow(8), first ? 0 : 80);
  });
  observer.observe(place);
  signal?.addEventListener("abort", () => {
    observer.disconnect();
    clearTimeout(timer);
  });
}

/** Find the figure's widget. It is a large script: on a slow machine it may take more than one wait. */
async function findFigure(host, reference, signal, attempts = 6) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await host.getWidget(reference);
    } catch (error) {
      if (attempt === attempts || signal?.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/**
 * Wait until the figure's traces and settings are there, for Plotly reads them only once. FigureWidget opens without them
 * and sends them a moment later; a page that joins in between misses them, so we ask for them again.
 */
async function traces(host, model, signal) {
  const figure = await host.getModel(model.get("figure"));
  const complete = () => figure.get("_widget_data")?.length && figure.get("_config")?.responsive;
  for (let tick = 0; !complete() && !signal?.aborted; tick += 1) {
    if (tick % 50 === 10) model.send({ kind: "resend" });
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** Wait until Plotly says that the first drawing in `place` is done. */
function drawn(place) {
  return new Promise((resolve) => {
    const look = (event) => {
      if (event.detail?.element !== place) return;
      document.removeEventListener("plotlywidget-after-render", look);
      resolve();
    };
    document.addEventListener("plotlywidget-after-render", look);
  });
}

async function drawFigure({ host, model, place, signal, alt, failed }) {
  await laidOut(place, signal);
  try {
    const child = await findFigure(host, model.get("figure"), signal);
    await traces(host, model, signal);
    const done = drawn(place);
    await child.render({ el: place, signal });
    await done;
  } catch (error) {
    if (!signal?.aborted) failed(error);
    return;
  }
  const named = () => nameDrawing(place, alt());
  named();
  new MutationObserver(named).observe(place, { childList: true, subtree: true });
}

/** The saved view: a field that shows it, takes another, and a button each for copying and going there. */
function savedView(words, go) {
  const id = newId("state");
  const field = make("input", { id, type: "text", class: "chipgap-field", spellcheck: "false", autocomplete: "off" });
  const copy = make("button", { type: "button", class: "chipgap-button", text: words.copy });
  const there = make("button", { type: "button", class: "chipgap-button", text: words.go });
  const told = make("span", { role: "status", class: "chipgap-told" });
  copy.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    told.textContent = words.copied;
    setTimeout(() => (told.textContent = ""), 2500);
  });
  const submit = () => go(field.value);
  there.addEventListener("click", submit);
  field.addEventListener("keydown", (event) => event.key === "Enter" && submit());
  const label = make("label", { for: id, text: words.save_hint });
  const row = make("div", { class: "chipgap-row" }, field, copy, there, told);
  const node = details(words.save, make("div", { class: "chipgap-details-body" }, label, row));
  return { node, set: (state) => document.activeElement !== field && (field.value = state) };
}

function render({ model, el, host, signal }) {
  const { title, controls: specs, tries, words } = model.get("spec");
  const root = prepareRoot(el, title, signal);
  const alert = make("p", { role: "alert", class: "chipgap-error", hidden: true });
  const wait = make("p", { role: "status", class: "chipgap-wait" });
  const finding = make("p", { role: "status", "aria-live": "polite", "aria-atomic": "true", class: "chipgap-finding" });
  const place = make("div", { class: "chipgap-figure" });
  const tableId = newId("table");
  const tablePlace = make("div", { id: tableId, class: "chipgap-table-place", tabindex: "0", hidden: true });
  tablePlace.setAttribute("role", "region");
  tablePlace.setAttribute("aria-label", `${title}: ${words.show_table}`);

  const sender = makeSender(model, {
    acknowledged(message) {
      alert.textContent = message.error;
      alert.hidden = !message.error;
      if (!sender.busy()) sync();
    },
    waiting: (yes) => (wait.textContent = yes ? words.waiting : ""),
  });
  const controls = specs.map((spec) => buildControl(spec, (changes) => ask(() => sender.set(changes))));

  // While something is on its way the finding is "busy", so that a drag is announced once, at its end.
  let quiet = null;
  function ask(send) {
    finding.setAttribute("aria-busy", "true");
    send();
  }
  function settle() {
    clearTimeout(quiet);
    quiet = setTimeout(() => !sender.busy() && finding.setAttribute("aria-busy", "false"), QUIET_MS);
  }

  const tableButton = make("button", {
    type: "button", class: "chipgap-button", "aria-expanded": "false", "aria-controls": tableId, text: words.show_table,
  });
  let open = false;
  tableButton.addEventListener("click", () => {
    open = !open;
    tableButton.setAttribute("aria-expanded", String(open));
    tableButton.textContent = open ? words.hide_table : words.show_table;
    tablePlace.hidden = !open;
    sender.ask({ kind: "table", open });
  });
  const resetButton = make("button", { type: "button", class: "chipgap-button", text: words.reset });
  resetButton.addEventListener("click", () => ask(() => sender.ask({ kind: "reset" })));
  const saved = savedView(words, (state) => ask(() => sender.ask({ kind: "restore", state })));
  const tryList = make("ul", {}, ...tries.map((text) => make("li", { text })));

  function sync() {
    const view = model.get("view");
    if (finding.textContent !== view.finding) finding.textContent = view.finding;
    place.style.height = `${view.height}px`;
    nameDrawing(place, view.alt);
    saved.set(view.state);
    if (!sender.busy()) controls.forEach(({ names, set }) => names.forEach((name) => set(view.values[name])));
    settle();
  }
  function syncTable() {
    tablePlace.innerHTML = model.get("table");
  }

  root.append(
    make("div", { class: "chipgap-title", text: title }),
    make("div", { class: "chipgap-controls", role: "group", "aria-label": words.controls }, ...controls.map(({ node }) => node)),
    alert, wait, finding, place,
    make("div", { class: "chipgap-row chipgap-actions" }, tableButton, resetButton),
    tablePlace,
    ...(tries.length ? [details(words.what_to_try, tryList)] : []),
    saved.node,
  );
  model.on("change:view", sync);
  model.on("change:table", syncTable);
  sync();
  syncTable();
  sender.hold(true);
  drawFigure({
    host, model, place, signal,
    alt: () => model.get("view").alt,
    failed: (error) => {
      place.textContent = words.figure_failed;
      console.error(error);
    },
  }).then(() => {
    sender.hold(false);
    followWidth(place, signal, (px) => sender.ask({ kind: "width", px }));
  });
  return () => {
    sender.stop();
    model.off("change:view", sync);
    model.off("change:table", syncTable);
  };
}

export default { render };
