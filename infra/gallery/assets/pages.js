/* What the pages do beyond links and forms: sliders, keys, light and dark, filters at once, progress. */

const root = document.documentElement;
root.classList.add("js");
for (const id of ["theme", "help"]) document.getElementById(id).hidden = false;
theme(root, document.getElementById("theme"));
const keySheet = help(document.getElementById("keys"), document.getElementById("help"));

for (const pair of document.querySelectorAll(".pair:not(.single, .gone)")) {
  const image = pair.querySelector("img");
  if (pair.classList.contains("large")) shape(pair, image.getAttribute("width") / image.getAttribute("height"), true);
  drag(pair, pair.dataset.label);
}

/* An attempt is put under the slider, beside the source; with a modifier key its link does what links do. */

function compare(sheet, pair) {
  const [before, after] = pair.querySelectorAll("img");
  const own = [before.src, after.src];
  const hints = [...sheet.querySelectorAll(".sheet-picture .hint")];
  const compared = document.getElementById("compared");
  const show = (sources, number, link) => {
    [before.src, after.src] = sources;
    compared.querySelector("b").textContent = number;
    for (const hint of hints) hint.hidden = (hint === compared) === (number === "");
    for (const other of sheet.querySelectorAll("a.attempt-picture[aria-current]")) other.removeAttribute("aria-current");
    link?.setAttribute("aria-current", "true");
  };
  compared.querySelector("button").addEventListener("click", () => show(own, ""));
  for (const link of sheet.querySelectorAll(".attempt[data-fate] a.attempt-picture")) {
    link.title = "Compare with the source";
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      show([sheet.dataset.source, link.href], link.closest(".attempt").querySelector(".attempt-head b").textContent, link);
      pair.scrollIntoView({ block: "nearest" });
    });
  }
}

const sheet = document.querySelector(".sheet[data-source]");
const large = sheet?.querySelector(".pair.large:not(.single, .gone)");
if (large) compare(sheet, large);

const form = document.querySelector(".filters");
for (const select of form?.querySelectorAll("select") || []) select.addEventListener("change", () => form.requestSubmit());
for (const input of form?.querySelectorAll("input[type=number]") || []) input.addEventListener("change", () => form.requestSubmit());
form?.addEventListener("submit", () => {
  for (const control of form.elements) if (control.value === "") control.disabled = true; // a short address
});
addEventListener("pageshow", () => {
  for (const control of form?.elements || []) control.disabled = false;
});

const follow = (relation) => document.querySelector(`a[rel=${relation}]`)?.click();
const cards = [...document.querySelectorAll(".tiles .card")];

function pick(by) {
  const at = cards.indexOf(document.activeElement?.closest(".card"));
  const next = cards[at < 0 ? (by > 0 ? 0 : cards.length - 1) : at + by];
  if (!next) return follow(by > 0 ? "next" : "prev");
  next.querySelector(".card-body").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const KEYS = {
  "/": () => form?.querySelector("input[type=search]").focus(),
  "?": () => keySheet.show(),
  j: () => (cards.length ? pick(1) : follow("next")),
  k: () => (cards.length ? pick(-1) : follow("prev")),
  n: () => follow("next"),
  p: () => follow("prev"),
  ArrowRight: () => follow("next"),
  ArrowLeft: () => follow("prev"),
  u: () => follow("up"),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (document.querySelector("dialog[open]") || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

/* Parts that change by themselves: asked for again while somebody looks, and put in place of what was there. */

function renew(part) {
  const again = async () => {
    if (!document.hidden && !part.contains(document.activeElement) && !part.querySelector("details[open]")) {
      try {
        const answer = await fetch(part.dataset.from, { credentials: "same-origin" });
        if (answer.ok) part.replaceChildren(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
        part.classList.toggle("stale", !answer.ok);
      } catch {
        part.classList.add("stale"); // the server has gone; it may come again
      }
    }
    setTimeout(again, part.dataset.every * 1000);
  };
  setTimeout(again, part.dataset.every * 1000);
}

for (const part of document.querySelectorAll("[data-from]")) renew(part);
