/* A row of choices over a list of items; calls back with those that are left. */

function filters(form, items, fields, changed) {
  const state = { text: "" };
  const haystack = new Map(items.map((item) => [item, searchable(item)]));
  const search = make("input", { type: "search", placeholder: "Search instructions, prompts, ids", "aria-label": "Search" });
  const selects = fields.map(([name, title, label]) => choice(items, name, title, label)).filter(Boolean);
  const reset = make("button", { type: "button", hidden: true }, "Clear");
  form.append(search, ...selects, reset);
  const apply = () => {
    state.text = search.value.trim().toLowerCase();
    const wanted = selects.filter((select) => select.value !== "").map((select) => [select.name, select.value]);
    for (const select of selects) select.classList.toggle("set", select.value !== "");
    reset.hidden = !state.text && !wanted.length;
    const left = items.filter(
      (item) => wanted.every(([name, value]) => String(item[name]) === value) && (!state.text || haystack.get(item).includes(state.text)),
    );
    changed(left);
  };
  form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", apply);
  for (const select of selects) select.addEventListener("change", apply);
  reset.addEventListener("click", () => {
    search.value = "";
    for (const select of selects) select.value = "";
    apply();
  });
  apply();
  return search;
}

function searchable(item) {
  const texts = item.texts ? Object.values(item.texts) : [];
  return [item.instruction, ...texts, item.prompt, item.id, item.source, item.reason || "", item.bar || "", words(item.operation)].join("\n").toLowerCase();
}

function choice(items, name, title, label = words) {
  const counts = new Map();
  for (const item of items) counts.set(item[name], (counts.get(item[name]) || 0) + 1);
  if (counts.size < 2) return null;
  const select = make("select", { name, "aria-label": title }, make("option", { value: "" }, title));
  const sorted = [...counts].sort((a, b) => b[1] - a[1] || String(a[0]).localeCompare(String(b[0])));
  for (const [value, count] of sorted) select.append(make("option", { value }, `${label(String(value)) || "none"} (${count})`));
  return select;
}
