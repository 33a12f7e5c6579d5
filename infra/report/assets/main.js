/* Joins the parts: theme, tabs, two galleries, the sheet, the address and the keys. */

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const data = read("data");
const root = document.documentElement;
root.classList.add("js");
theme(root, document.getElementById("theme"));
const keySheet = help(document.getElementById("keys"), document.getElementById("help"));

const images = { of: (index) => (index === null ? null : data.base + data.images[index]) };
for (const item of [...data.triplets, ...data.rejected]) item.source = data.sources[item.source];
const byId = new Map([...data.triplets, ...data.rejected].map((item) => [item.id, item]));
let parsed = null;
const details = () => (parsed ??= read("details"));
let shared = null;

function sharing() {
  if (shared) return shared;
  shared = new Map();
  for (const item of data.triplets) for (const edit of details().triplets[item.id].edits) shared.set(edit.request, [...(shared.get(edit.request) || []), item]);
  return shared;
}

const views = new Map([...document.querySelectorAll(".view")].map((view) => [view.id, view]));
for (const view of views.values()) view.removeAttribute("id"); // a tab's name in the address must not make the browser jump
const tabs = [...document.querySelectorAll(".tabs a")];
const notice = document.getElementById("notice");
let current = "gallery";
let ready = false;

const campaign = ["campaign", "Every campaign", (item) => item.source.campaign, String];
const style = ["style", "Every style", (item) => item.source.style, String];
const operation = ["operation", "Every operation", (item) => item.operation];
const galleries = {
  gallery: gallery(
    views.get("gallery"), data.triplets,
    [operation, ["kind", "Every kind", (item) => item.kind], style, campaign, ["origin", "Every origin", (item) => item.source.origin]],
    (item) => tripletCard(images, item, (one) => opened.open(one)), moved,
  ),
  rejected: gallery(
    views.get("rejected"), data.rejected,
    [["stage", "Every stage", (item) => item.stage, (stage) => STAGES[stage] || stage], ["bar", "Every bar", (item) => item.bar, String], operation, ["kind", "Every kind", (item) => item.kind], style, campaign],
    (item) => rejectedCard(images, item, (one) => opened.open(one)), moved,
  ),
};
const opened = sheet(document.getElementById("detail"), images, {
  list: () => galleries[current]?.list() || [],
  more: (item) => details()[item.stage ? "rejected" : "triplets"][item.id],
  attempts: (request) => details().requests[request] || [],
  relatives: (item, more) => [...new Set(more.edits.flatMap((edit) => sharing().get(edit.request) || []))].filter((one) => one !== item),
  moved,
  closed: (item) => {
    galleries[current]?.reveal(item);
    moved();
  },
});

function moved() {
  if (!ready) return;
  const params = galleries[current]?.params() || new URLSearchParams();
  if (opened.item()) params.set("t", opened.item().id);
  writeAddress(current, params);
}

function turnTo(name) {
  current = views.has(name) ? name : "gallery";
  for (const [id, view] of views) view.hidden = id !== current;
  for (const tab of tabs) tab.hash === `#${current}` ? tab.setAttribute("aria-current", "page") : tab.removeAttribute("aria-current");
}

function follow() {
  const { view, params } = readAddress();
  const item = byId.get(params.get("t"));
  ready = false;
  turnTo(view || (item?.stage ? "rejected" : "gallery"));
  galleries[current]?.restore(params);
  ready = true;
  notice.hidden = !params.has("t") || Boolean(item);
  notice.textContent = `${params.get("t")} is not on this page; nhr show tells of every triplet.`;
  if (item) opened.open(item);
  else opened.dismiss();
}

for (const tab of tabs) {
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    turnTo(tab.hash.slice(1));
    galleries[current]?.wake();
    moved();
    toTop();
  });
}
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
  if (event.key === "?") keySheet.show();
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "/") galleries[current]?.search.focus();
  else if (event.key === "n" || event.key === "ArrowRight") galleries[current]?.turnBy(1);
  else if (event.key === "p" || event.key === "ArrowLeft") galleries[current]?.turnBy(-1);
  else return;
  event.preventDefault();
});
follow();
