// The browser's side of chipgap.widgets.predict.Predict. controls.js is put in front of this file.

function render({ model, el, signal }) {
  const { question, control, words } = model.get("spec");
  const root = prepareRoot(el, question, signal);
  const lock = make("button", { type: "button", class: "chipgap-button chipgap-button-main", text: words.lock });
  const told = make("p", { role: "status", class: "chipgap-told" });
  const wait = make("p", { role: "status", class: "chipgap-wait" });
  const alert = make("p", { role: "alert", class: "chipgap-error", hidden: true });

  const sender = makeSender(model, {
    acknowledged(message) {
      alert.textContent = message.error;
      alert.hidden = !message.error;
      if (!sender.busy()) sync();
    },
    waiting: (yes) => (wait.textContent = yes ? words.waiting : ""),
  });
  const slider = buildControl(control, (changes) => sender.set(changes));
  lock.addEventListener("click", () => sender.ask({ kind: "lock" }));

  function sync() {
    const { value, locked, told: text } = model.get("view");
    if (!sender.busy()) slider.set(value);
    slider.node.querySelector("input").disabled = locked;
    lock.disabled = locked;
    lock.textContent = locked ? words.locked : words.lock;
    if (told.textContent !== text) told.textContent = text;
  }

  const card = make("div", { class: "chipgap-controls" }, slider.node, make("div", { class: "chipgap-row" }, lock));
  root.append(make("div", { class: "chipgap-title", text: question }), card, alert, wait, told);
  root.classList.add("chipgap-predict");
  model.on("change:view", sync);
  sync();
  return () => {
    sender.stop();
    model.off("change:view", sync);
  };
}

export default { render };
