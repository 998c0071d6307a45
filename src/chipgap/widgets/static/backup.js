// Download and restore: the zip travels in pieces, each asked for when the last has come.

const NO_ANSWER_MS = 8000;
const TRIES = 4;
const PIECE_BYTES = 2 ** 20;
// JupyterLab's single-key commands must leave these elements their keys; see ledger_form.js.
const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };
let backupCount = 0;

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function build(words, id) {
  return make(
    "section", { class: "chipgap-backup", "aria-labelledby": `${id}-title` },
    make("p", { class: "cg-title", id: `${id}-title` }, words.title),
    make("p", {}, words.why),
    make("p", { class: "cg-first" }, words.save_first),
    make("div", { class: "cg-ways" },
      make("div", {}, make("button", { type: "button", ...OWN_KEYS }, words.download)),
      make("div", { class: "cg-restore" },
        make("label", { for: `${id}-file` }, words.restore),
        make("input", {
          type: "file", id: `${id}-file`, accept: ".zip,application/zip", "aria-describedby": `${id}-hint`, ...OWN_KEYS,
        }),
        make("p", { class: "cg-hint", id: `${id}-hint` }, words.restore_hint))),
    make("p", { class: "cg-status", role: "status" }),
  );
}

/** Send a request and wait for the answer; ask again where it got lost, as pieces may. */
async function ask(model, content, kinds, { buffers = [], tries = 1 } = {}) {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const answer = await new Promise((resolve) => {
      const stop = (value) => { clearTimeout(timer); model.off("msg:custom", listen); resolve(value); };
      const listen = (message, views) => { if (kinds(message)) stop([message, views]); };
      const timer = setTimeout(() => stop(null), NO_ANSWER_MS * (tries === 1 ? 4 : 1));
      model.on("msg:custom", listen);
      model.send(content, undefined, buffers);
    });
    if (answer) return answer;
  }
  throw new Error(model.get("words").no_kernel);
}

const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (_, name) => fields[name]);

async function download(model, say) {
  const words = model.get("words");
  say(words.packing);
  const [packed] = await ask(model, { do: "pack" }, (m) => m.kind === "packed" || m.kind === "failed");
  if (packed.kind === "failed") return null;
  const pieces = [];
  for (let at = 0; at < packed.bytes;) {
    const wanted = at;
    const isPiece = (m) => (m.kind === "chunk" && m.at === wanted) || m.kind === "failed";
    const [, views] = await ask(model, { do: "chunk", at }, isPiece, { tries: TRIES });
    pieces.push(views[0]);
    at += views[0].byteLength;
    say(fill(words.sending, { percent: Math.floor((100 * at) / packed.bytes) }));
  }
  const address = URL.createObjectURL(new Blob(pieces, { type: "application/zip" }));
  const link = make("a", { href: address, download: packed.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
  return packed.said;
}

async function upload(model, say, file) {
  const words = model.get("words");
  const data = await file.arrayBuffer();
  let at = 0;
  for (;;) {
    const piece = data.slice(at, at + PIECE_BYTES);
    say(fill(words.reading, { name: file.name, percent: Math.floor((100 * at) / Math.max(1, data.byteLength)) }));
    const done = (m) => m.kind === "restored" || m.kind === "failed" || (m.kind === "got" && m.bytes > at);
    const [answer] = await ask(model, { do: "put", at, bytes: data.byteLength }, done, { buffers: [piece] });
    if (answer.kind !== "got") return;
    at = answer.bytes;
  }
}

function render({ model, el }) {
  const root = build(model.get("words"), `chipgap-backup-${(backupCount += 1)}`);
  const [button, input, status] = ["button", "input", ".cg-status"].map((name) => root.querySelector(name));
  const say = (text, failed = false) => {
    status.textContent = text;
    root.classList.toggle("cg-failed", failed);
  };
  const showStatus = () => say(model.get("status"), model.get("failed"));

  // One thing at a time; aria-disabled rather than disabled keeps the keyboard where it is.
  let busy = false;
  const run = async (work) => {
    if (busy) return;
    busy = true;
    button.setAttribute("aria-disabled", "true");
    try {
      const said = await work();
      if (said) say(said);
      else showStatus();
    } catch (error) {
      say(error.message, true);
    } finally {
      busy = false;
      button.removeAttribute("aria-disabled");
      input.value = "";
    }
  };

  button.addEventListener("click", () => run(() => download(model, say)));
  input.addEventListener("change", () => {
    const [file] = input.files;
    if (file) run(() => upload(model, say, file));
  });
  const changed = () => { if (!busy) showStatus(); };
  model.on("change:status", changed);
  el.append(root);
  setTimeout(showStatus);
  return () => model.off("change:status", changed);
}

export default { render };
