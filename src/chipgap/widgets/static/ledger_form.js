// The ledger form: native, labelled HTML; every word comes from the model.

const NO_ANSWER_MS = 8000;
let formCount = 0;

// JupyterLab's single-key commands (arrows change cells, Enter edits one) must not take the keys that radios,
// buttons and text live on. It looks for this mark from the focused element upwards, and for its commands on
// the way: the mark must be on the element itself.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** A labelled radio or checkbox with its explanation. */
function option(type, group, choice) {
  const input = make("input", { type, name: group, value: choice.value, ...OWN_KEYS });
  const about = choice.about ? [make("span", { class: "cg-about" }, choice.about)] : [];
  const note = choice.note ? [make("span", { class: "cg-note" }, choice.note)] : [];
  const words = make("span", {}, make("span", { class: "cg-word" }, choice.label), ...about, ...note);
  return make("label", { class: "cg-option" }, input, words);
}

/** A group of choices with legend, hint and place for an error. */
function group(id, name, type, legend, hint, choices) {
  const error = make("p", { class: "cg-error", id: `${id}-${name}-error`, hidden: true });
  const hintNode = hint ? [make("p", { class: "cg-hint", id: `${id}-${name}-hint` }, hint)] : [];
  const options = make("div", { class: `cg-options cg-${name}` }, ...choices.map((c) => option(type, `${id}-${name}`, c)));
  const described = [hint ? `${id}-${name}-hint` : "", `${id}-${name}-error`].join(" ").trim();
  const role = type === "radio" ? { role: "radiogroup", "aria-required": "true" } : {};
  const legendNode = make("legend", {}, legend);
  return make(
    "fieldset",
    { ...role, "aria-describedby": described, "data-field": name },
    legendNode, ...hintNode, options, error,
  );
}

function evidenceField(id, words) {
  const area = make("textarea", {
    id: `${id}-evidence`, rows: 5, required: true, ...OWN_KEYS,
    "aria-describedby": `${id}-evidence-hint ${id}-evidence-error`,
  });
  return make(
    "div", { class: "cg-field", "data-field": "evidence" },
    make("label", { for: `${id}-evidence`, class: "cg-legend" }, words.evidence),
    make("p", { class: "cg-hint", id: `${id}-evidence-hint` }, words.evidence_hint),
    area,
    make("p", { class: "cg-error", id: `${id}-evidence-error`, hidden: true }),
  );
}

function build(model, id) {
  const [words, claim, choices] = ["words", "claim", "choices"].map((name) => model.get(name));
  const quotation = claim.quotation
    ? [make("p", { class: "cg-quotation" }, make("span", { class: "cg-hint" }, words.quotation + " "),
        make("q", { lang: "id" }, claim.quotation))]
    : [];
  const sources = group(id, "sources", "checkbox", words.sources, words.sources_hint, choices.sources);
  if (choices.more.length) {
    const list = make("div", { class: "cg-options cg-more" }, ...choices.more.map((c) => option("checkbox", `${id}-sources`, c)));
    sources.querySelector(".cg-error").before(make("details", {}, make("summary", OWN_KEYS, words.more_sources), list));
  }
  return make(
    "section", { class: "chipgap-form", "aria-labelledby": `${id}-title` },
    make("p", { class: "cg-title", id: `${id}-title` }, claim.title),
    make("p", { class: "cg-claim" }, claim.paraphrase), ...quotation,
    group(id, "verdict", "radio", words.verdict, "", choices.verdict),
    group(id, "confidence", "radio", words.confidence, "", choices.confidence),
    evidenceField(id, words),
    sources,
    make("div", { class: "cg-actions" },
      make("button", { type: "button", ...OWN_KEYS }, words.save),
      make("p", { class: "cg-status", role: "status" })),
  );
}

/** Show the model in the form; a text being typed is left alone where it is the same. */
function show(model, root) {
  const area = root.querySelector("textarea");
  if (area.value !== model.get("evidence")) area.value = model.get("evidence");
  const held = { verdict: [model.get("verdict")], confidence: [model.get("confidence")], sources: model.get("sources") };
  for (const [name, values] of Object.entries(held)) {
    for (const input of root.querySelectorAll(`[data-field=${name}] input`)) input.checked = values.includes(input.value);
  }
  const ticked = root.querySelector(".cg-more input:checked");
  if (ticked) ticked.closest("details").open = true;
}

function showErrors(model, root) {
  const errors = model.get("errors");
  for (const field of root.querySelectorAll("[data-field]")) {
    const text = errors[field.dataset.field] ?? "";
    const error = field.querySelector(".cg-error");
    error.textContent = text;
    error.hidden = !text;
    field.classList.toggle("cg-invalid", Boolean(text));
    const bearer = field.querySelector("textarea") ?? field;
    // A group of checkboxes has no invalid state of its own: its text, tied to it, says it.
    if (bearer.tagName === "TEXTAREA" || bearer.getAttribute("role") === "radiogroup") {
      bearer.setAttribute("aria-invalid", String(Boolean(text)));
    }
  }
}

function showStatus(model, root) {
  const status = root.querySelector(".cg-status");
  status.textContent = model.get("status");
  root.dataset.state = model.get("state");
}

function read(model, root) {
  const checked = (name) => [...root.querySelectorAll(`[data-field=${name}] input:checked`)].map((input) => input.value);
  model.set({
    verdict: checked("verdict")[0] ?? "",
    confidence: checked("confidence")[0] ?? "",
    sources: checked("sources"),
    evidence: root.querySelector("textarea").value,
  });
}

function render({ model, el }) {
  const root = build(model, `chipgap-form-${(formCount += 1)}`);
  const status = root.querySelector(".cg-status");
  let waiting = 0;
  let pressed = false;

  const save = () => {
    pressed = true;
    status.textContent = model.get("words").saving;
    clearTimeout(waiting);
    waiting = setTimeout(() => { status.textContent = model.get("words").no_kernel; }, NO_ANSWER_MS);
    read(model, root);
    // A counter, not a message: it cannot overtake the text it is about.
    model.set("save_requested", model.get("save_requested") + 1);
    model.save_changes();
  };
  const answered = () => {
    clearTimeout(waiting);
    showStatus(model, root);
    if (pressed) root.querySelector(".cg-invalid :is(textarea, input:checked, input)")?.focus();
    pressed = false;
  };

  root.addEventListener("input", () => { read(model, root); model.save_changes(); });
  root.querySelector("button").addEventListener("click", save);
  root.addEventListener("keydown", (event) => {
    const saving = event.key.toLowerCase() === "s" && (event.ctrlKey || event.metaKey);
    if (!saving) return;
    event.preventDefault(); // JupyterLab does not see these keys, and the browser would offer to save the page
    save();
  });

  // JupyterLab 4.6 listens on whatever has the focus and refuses line breaks anywhere in a cell but its editors.
  // Captured here, the event does not reach that listener.
  const lineBreak = (event) => { if (event.inputType === "insertLineBreak") event.stopPropagation(); };
  root.addEventListener("beforeinput", lineBreak, true);

  const listeners = {
    "change:verdict change:confidence change:evidence change:sources": () => show(model, root),
    "change:errors": () => showErrors(model, root),
    "change:status change:state": () => showStatus(model, root),
    "change:save_answered": answered,
  };
  for (const [events, listener] of Object.entries(listeners)) {
    for (const name of events.split(" ")) model.on(name, listener);
  }
  show(model, root);
  showErrors(model, root);
  el.append(root);
  // A live region speaks only of changes made after it is there.
  setTimeout(() => showStatus(model, root));
  return () => {
    clearTimeout(waiting);
    for (const [events, listener] of Object.entries(listeners)) {
      for (const name of events.split(" ")) model.off(name, listener);
    }
  };
}

export default { render };
