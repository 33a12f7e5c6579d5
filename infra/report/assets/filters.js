/* A row of choices over a list of items: search, one of each kind, a range of scores, an order. */

const ORDERS = {
  best: ["Best overall first", (a, b) => overall(b) - overall(a)],
  worst: ["Lowest overall first", (a, b) => overall(a) - overall(b)],
  adherence: ["Best adherence first", (a, b) => overall(b, "adherence") - overall(a, "adherence")],
  aesthetics: ["Best aesthetics first", (a, b) => overall(b, "aesthetics") - overall(a, "aesthetics")],
  newest: ["Newest first", (a, b) => b.at - a.at],
  operation: ["By operation", (a, b) => order(a.operation, b.operation)],
  id: ["By id", (a, b) => order(a.id, b.id)],
};

function overall(item, name = "overall") {
  return item.scores ? item.scores[name] : 0;
}

function order(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function filters(form, items, choices, changed) {
  const search = make("input", { type: "search", name: "q", placeholder: "Search instructions, prompts, ids", "aria-label": "Search", autocomplete: "off" });
  const picks = choices.map(([name, title, of, label]) => ({ name, of, select: choice(items, name, title, of, label) })).filter((pick) => pick.select);
  const range = items.some((item) => item.scores) ? scoreRange() : null;
  const sort = sorting(items);
  const controls = [search, ...picks.map((pick) => pick.select), ...(range ? [range.measure, range.from, range.to] : []), sort];
  const reset = button("Clear", () => set(new URLSearchParams()), { hidden: true });
  const more = button("Filters", () => more.setAttribute("aria-expanded", String(form.classList.toggle("open"))), { class: "more", "aria-expanded": "false" });
  form.append(search, more, ...picks.map((pick) => pick.select), range ? range.element : "", sort, reset);
  const texts = new Map();
  const matches = (item, text) => {
    if (!texts.has(item)) texts.set(item, searchable(item));
    return texts.get(item).includes(text);
  };
  const apply = () => {
    const text = search.value.trim().toLowerCase();
    const wanted = picks.filter((pick) => pick.select.value !== "");
    const within = range ? range.test() : null;
    for (const control of controls) control.classList.toggle("set", control.value !== "" && control !== range?.measure);
    reset.hidden = params().size === 0;
    const left = items.filter((item) => wanted.every((pick) => pick.of(item) === pick.select.value) && (!within || within(item)) && (!text || matches(item, text)));
    if (ORDERS[sort.value]) left.sort(ORDERS[sort.value][1]);
    changed(left);
  };
  const params = () => {
    const said = controls.filter((control) => control.value !== "").map((control) => [control.name, control.value]);
    return new URLSearchParams(range?.used() ? said : said.filter(([name]) => name !== "score"));
  };
  const set = (wanted) => {
    for (const control of controls) {
      control.value = wanted.get(control.name) ?? "";
      if (control.selectedIndex === -1) control.selectedIndex = 0;
    }
    apply();
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const control of controls) control.addEventListener(control.tagName === "SELECT" ? "change" : "input", apply);
  return { search, params, set };
}

function searchable(item) {
  const texts = item.texts ? Object.values(item.texts) : [];
  return [item.instruction, ...texts, item.source.prompt, item.id, item.source.id, item.reason || "", item.bar || "", words(item.operation)].join("\n").toLowerCase();
}

function choice(items, name, title, of, label = words) {
  const counts = new Map();
  for (const item of items) counts.set(of(item), (counts.get(of(item)) || 0) + 1);
  counts.delete("");
  if (counts.size < 2) return null;
  const select = make("select", { name, "aria-label": title }, make("option", { value: "" }, title));
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || order(a[0], b[0]));
  for (const [value, number] of sorted) select.append(make("option", { value }, `${label(value)} (${count(number)})`));
  return select;
}

function scoreRange() {
  const number = (name, label) => make("input", { type: "number", name, min: 1, max: 5, step: 0.1, placeholder: label, "aria-label": `Score ${label}` });
  const from = number("min", "from");
  const to = number("max", "to");
  const measure = make("select", { name: "score", "aria-label": "Which score" }, make("option", { value: "" }, "overall"), make("option", {}, "adherence"), make("option", {}, "aesthetics"));
  const used = () => from.value !== "" || to.value !== "";
  const test = () => {
    if (!used()) return null;
    const [least, most, name] = [Number(from.value || 1), Number(to.value || 5), measure.value || "overall"];
    return (item) => item.scores !== null && item.scores[name] >= least && item.scores[name] <= most;
  };
  return { measure, from, to, used, test, element: make("span", { class: "range" }, measure, from, make("span", {}, "–"), to) };
}

function sorting(items) {
  const known = Object.entries(ORDERS).filter(([name]) => name !== "newest" || items.some((item) => item.at));
  return make("select", { name: "sort", "aria-label": "Order" }, make("option", { value: "" }, "Varied order"), ...known.map(([name, [title]]) => make("option", { value: name }, title)));
}
