/* Joins the parts: theme, tabs, two galleries and the sheet. */

const data = JSON.parse(document.getElementById("data").textContent);
const root = document.documentElement;
root.classList.add("js");

const remembered = {
  get: () => { try { return localStorage.getItem("nhr-theme"); } catch { return null; } },
  set: (value) => { try { localStorage.setItem("nhr-theme", value); } catch { /* private windows keep nothing */ } },
};
if (remembered.get()) root.dataset.theme = remembered.get();
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  remembered.set(root.dataset.theme);
});

const views = new Map([...document.querySelectorAll(".view")].map((view) => [view.id, view]));
for (const view of views.values()) view.removeAttribute("id"); // a tab's name in the address must not make the browser jump
const tabs = [...document.querySelectorAll(".tabs a")];
function turnTo(name) {
  const known = views.has(name) ? name : "gallery";
  for (const [id, view] of views) view.hidden = id !== known;
  for (const tab of tabs) tab.hash === `#${known}` ? tab.setAttribute("aria-current", "page") : tab.removeAttribute("aria-current");
}
for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    history.replaceState(null, "", tab.hash);
    turnTo(tab.hash.slice(1));
    scrollTo({ top: Math.min(scrollY, document.querySelector(".tabs").offsetTop) });
  });
}

const details = sheet(document.getElementById("detail"), data.images, data.triplets, () => accepted.shownItems());
const accepted = gallery(
  views.get("gallery"), data.triplets,
  [["operation", "Every operation"], ["style", "Every style", String], ["kind", "Every kind"], ["campaign", "Every campaign", String], ["origin", "Every origin"]],
  (item) => tripletCard(data.images, item, details.open),
);
const rejected = gallery(
  views.get("rejected"), data.rejected,
  [["stage", "Every stage", (stage) => STAGES[stage] || stage], ["bar", "Every bar", String], ["operation", "Every operation"], ["style", "Every style", String], ["campaign", "Every campaign", String]],
  (item) => rejectedCard(data.images, item),
);

function follow() {
  const wanted = location.hash.slice(1);
  turnTo(wanted);
  const item = wanted.startsWith("t=") ? details.byId.get(wanted.slice(2)) : null;
  if (item) details.open(item);
}
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.matches("input, select, textarea")) return;
  event.preventDefault();
  (views.get("rejected").hidden ? accepted : rejected).search.focus();
});
follow();
