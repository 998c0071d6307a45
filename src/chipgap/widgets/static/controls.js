// Shared by the course's widgets: small DOM helpers and native, labelled controls built from specs.

let chipgapCount = 0;

/** Return an id that no other element of the page has. */
function newId(word) {
  chipgapCount += 1;
  return `chipgap-${word}-${chipgapCount}-${Math.random().toString(36).slice(2, 8)}`;
}

const FOCUSABLE = ["button", "input", "select", "summary"];
const OWN_KEYS = "data-lm-suppress-shortcuts";

/**
 * Make an element: attributes by name ("text" sets its text), then children.
 *
 * JupyterLab's single-key commands ("x" cuts the cell, arrows leave it) must not act on keys meant for our
 * controls. It looks for the mark from the focused element upwards, but for its own commands first: so the
 * mark must be on every element that can have the focus.
 */
function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  if (FOCUSABLE.includes(tag) || "tabindex" in attributes) node.setAttribute(OWN_KEYS, "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") node.textContent = value;
    else if (value !== null && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/** Say a slider's value as the reader should see and hear it: in words, or as a number with its unit. */
function say(spec, value) {
  if (spec.words && spec.words[String(value)] !== undefined) return spec.words[String(value)];
  const decimals = (String(spec.step).split(".")[1] || "").length;
  const digits = { minimumFractionDigits: decimals, maximumFractionDigits: Math.max(decimals, 2) };
  const number = Number(value).toLocaleString("en", digits);
  if (!spec.unit) return number;
  return spec.unit === "%" ? `${number}%` : `${number} ${spec.unit}`;
}

const builders = {
  select(spec, change) {
    const id = newId("select");
    const input = make("select", { id, class: "chipgap-select", "data-name": spec.name });
    for (const [value, text] of spec.options) input.append(make("option", { value, text }));
    input.addEventListener("change", () => change({ [spec.name]: input.value }));
    const label = make("label", { for: id, class: "chipgap-label", text: spec.label });
    return { node: make("div", { class: "chipgap-control" }, label, input), set: (value) => (input.value = value) };
  },

  range(spec, change) {
    const id = newId("range");
    const input = make("input", {
      id, type: "range", min: spec.low, max: spec.high, step: spec.step, class: "chipgap-range", "data-name": spec.name,
    });
    const shown = make("output", { for: id, class: "chipgap-value", "aria-live": "off" });
    const tell = () => {
      shown.textContent = say(spec, input.valueAsNumber);
      input.setAttribute("aria-valuetext", shown.textContent);
      const share = (input.valueAsNumber - spec.low) / (spec.high - spec.low || 1);
      input.style.setProperty("--chipgap-share", `${100 * share}%`);
    };
    input.addEventListener("input", () => {
      tell();
      change({ [spec.name]: input.valueAsNumber });
    });
    const label = make("label", { for: id, class: "chipgap-label", text: spec.label });
    const head = make("div", { class: "chipgap-control-head" }, label, shown);
    const set = (value) => {
      input.value = value;
      tell();
    };
    return { node: make("div", { class: "chipgap-control" }, head, input), set };
  },

  checkbox(spec, change) {
    const id = newId("checkbox");
    const input = make("input", { id, type: "checkbox", class: "chipgap-checkbox", "data-name": spec.name });
    input.addEventListener("change", () => change({ [spec.name]: input.checked }));
    const label = make("label", { for: id, text: spec.label });
    const node = make("div", { class: "chipgap-control chipgap-control-check" }, input, label);
    return { node, set: (value) => (input.checked = value) };
  },

  radio(spec, change) {
    const group = newId("radio");
    const node = make("fieldset", { class: "chipgap-control chipgap-fieldset" });
    node.append(make("legend", { class: "chipgap-label", text: spec.label }));
    const inputs = spec.options.map(([value, text]) => {
      const id = newId("option");
      const input = make("input", { id, type: "radio", name: group, value, "data-name": spec.name });
      input.addEventListener("change", () => change({ [spec.name]: value }));
      node.append(make("div", { class: "chipgap-option" }, input, make("label", { for: id, text })));
      return input;
    });
    return { node, set: (value) => inputs.forEach((input) => (input.checked = input.value === String(value))) };
  },

  presets(spec, change) {
    const node = make("div", { class: "chipgap-control chipgap-presets", role: "group", "aria-label": spec.label });
    node.append(make("span", { class: "chipgap-label", text: spec.label }));
    const row = make("div", { class: "chipgap-row" });
    for (const [text, values] of spec.choices) {
      const button = make("button", { type: "button", class: "chipgap-button", text });
      button.addEventListener("click", () => change(values));
      row.append(button);
    }
    node.append(row);
    return { node, set: () => {} };
  },
};

/** Build one control; `change` is called with the values it wants set. */
function buildControl(spec, change) {
  return { ...builders[spec.kind](spec, change), names: spec.name ? [spec.name] : [] };
}

/** Prepare a widget's root. Keys with Ctrl or Cmd stay JupyterLab's, so that saving works from everywhere. */
function prepareRoot(el, label, signal) {
  const root = make("div", { class: "chipgap", role: "group", "aria-label": label });
  el.append(root);
  const pass = (event) => {
    const node = event.target;
    if (!root.contains(node) || !(FOCUSABLE.includes(node.localName) || node.hasAttribute("tabindex"))) return;
    if (event.ctrlKey || event.metaKey) node.removeAttribute(OWN_KEYS);
    else node.setAttribute(OWN_KEYS, "true");
  };
  window.addEventListener("keydown", pass, { capture: true, signal });
  return root;
}

/**
 * Send requests to the kernel one at a time: the next only after the last was acknowledged, and of
 * values that piled up meanwhile only the latest. So dragging leaves no backlog, however slow the redraw.
 */
function makeSender(model, { acknowledged, waiting }) {
  const view = newId("view");
  let seq = 0;
  let inFlight = 0;
  let values = null;
  let others = [];
  let timer = null;
  let held = false;

  function pump() {
    if (inFlight || held) return;
    let message = null;
    if (values) {
      message = { kind: "set", values };
      values = null;
    } else if (others.length) {
      message = others.shift();
    }
    if (!message) return;
    seq += 1;
    inFlight = seq;
    model.send({ ...message, view, seq });
    timer = setTimeout(() => waiting(true), 4000);
  }

  function receive(message) {
    if (message.kind !== "ack" || message.view !== view || message.seq !== inFlight) return;
    clearTimeout(timer);
    waiting(false);
    inFlight = 0;
    pump();
    acknowledged(message);
  }

  model.on("msg:custom", receive);
  return {
    set(changes) {
      values = { ...values, ...changes };
      pump();
    },
    ask(message) {
      others.push(message);
      pump();
    },
    /** Keep everything back (true) or let it go (false), while the figure is not yet there to be changed. */
    hold(yes) {
      held = yes;
      pump();
    },
    busy: () => Boolean(inFlight || values || others.length),
    stop() {
      clearTimeout(timer);
      model.off("msg:custom", receive);
    },
  };
}
