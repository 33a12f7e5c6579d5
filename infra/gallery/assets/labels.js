/* Labelling by keys alone: digits score, Enter sends, the pictures in two views. Without it the form works all the same. */

function rating(form, look) {
  const scales = [...form.querySelectorAll(".scale")];
  const slider = look.querySelector(".pair.large");
  const given = look.querySelector(".given");
  const note = form.elements.note;
  let next = 0;
  let last = null;

  const value = (scale) => form.elements[scale.dataset.scale].value;
  const told = () => {
    scales.forEach((scale, number) => scale.classList.toggle("next", number === next && !scales.every(value)));
    given.textContent = scales.map((scale) => `${scale.dataset.scale} ${value(scale) || "–"}`).join(" · ");
  };
  const set = (scale, score) => {
    form.elements[scale.dataset.scale].value = score.toFixed(1);
    scale.classList.remove("missing");
    last = scale;
    next = (scales.indexOf(scale) + 1) % scales.length;
    told();
  };
  const half = () => {
    if (!last || !value(last)) return;
    const now = Number(value(last));
    set(last, now % 1 ? now - 0.5 : Math.min(5, now + 0.5));
  };
  const send = () => {
    for (const scale of scales) scale.classList.toggle("missing", !value(scale));
    if (scales.every(value)) form.requestSubmit();
    else scales.find((scale) => !value(scale)).scrollIntoView({ block: "nearest" });
  };
  form.addEventListener("change", (event) => event.target.matches(".steps input") && set(event.target.closest(".scale"), Number(event.target.value)));
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault(); // one press too many
    sent = true;
  });
  addEventListener("pageshow", () => { sent = false; });

  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector("dialog[open]")) return;
    if (event.target === note) return event.key === "Escape" && slider.focus();
    const digit = /^(?:Digit|Numpad)([1-5])$/.exec(event.code)?.[1] || /^[1-5]$/.exec(event.key)?.[0];
    const acts = {
      ".": half, ",": half, Enter: send, s: view, i: full, t: () => note.focus(), u: () => follow("prev"),
      Escape: () => look.classList.contains("full") && full(),
    };
    if (digit) set(scales[next], Math.min(5, Number(digit) + (event.shiftKey ? 0.5 : 0)));
    else if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
    else if (event.target.matches(".steps input") && event.key === "n") follow("next");
    else if (acts[event.key]) acts[event.key]();
    else return;
    event.preventDefault();
  });

  const buttons = Object.fromEntries([...look.querySelectorAll("[data-act]")].map((button) => [button.dataset.act, button]));
  const fit = () => {
    const image = slider.querySelector("img");
    slider.style.setProperty("max-width", `min(100%, calc(var(--tall) * ${image.getAttribute("width") / image.getAttribute("height")}))`);
  };
  function view() {
    const beside = look.dataset.view === "slider";
    look.dataset.view = beside ? "beside" : "slider";
    remember("nhr-label-view", look.dataset.view);
    buttons.view.setAttribute("aria-pressed", String(beside));
    if (!beside) slider.focus({ preventScroll: true });
  }
  function full() {
    const on = look.classList.toggle("full");
    buttons.full.setAttribute("aria-pressed", String(on));
  }
  buttons.view.addEventListener("click", view);
  buttons.full.addEventListener("click", full);
  fit();
  if (remembered("nhr-label-view") === "beside") view();
  else slider.focus({ preventScroll: true });
  told();
}

function remembered(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

function remember(name, value) {
  try { localStorage.setItem(name, value); } catch { /* private windows keep nothing */ }
}

if (document.querySelector(".rating")) rating(document.querySelector(".rating"), document.querySelector(".look"));
