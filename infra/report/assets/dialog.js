/* The sheet of one triplet: large slider, texts, scores, lineage with every attempt. */

const FATES = { survived: "survived", waiting: "not judged", soft: "soft filter", pixels: "pixel check", hard: "hard filter", failed: "failed" };

function sheet(dialog, images, items, visible) {
  const byId = new Map(items.map((item) => [item.id, item]));
  let current = null;
  const step = (by) => {
    const list = visible();
    const at = list.indexOf(current);
    if (list.length) open(list[(at + by + list.length) % list.length]);
  };
  const open = (item) => {
    current = item;
    dialog.replaceChildren(contents(item));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    history.replaceState(null, "", `#t=${item.id}`);
    dialog.querySelector(".pair")?.focus({ preventScroll: true });
  };
  const contents = (item) =>
    make(
      "div",
      { class: "sheet" },
      bar(),
      make("div", { class: "sheet-picture" }, slider(images, item, true), stills(images, item)),
      make("div", { class: "sheet-text" }, ...summary(item), ...texts(item), ...item.edits.flatMap((edit, index) => lineage(item, edit, index)), ...family(item, byId, open), ...origin(item), command(item)),
    );
  const bar = () =>
    make(
      "div",
      { class: "sheet-bar" },
      make("button", { type: "button", "aria-label": "Previous", title: "Previous", on: { click: () => step(-1) } }, "←"),
      make("button", { type: "button", "aria-label": "Next", title: "Next", on: { click: () => step(1) } }, "→"),
      make("button", { type: "button", "aria-label": "Close", title: "Close", on: { click: () => dialog.close() } }, "✕"),
    );
  dialog.addEventListener("close", () => history.replaceState(null, "", "#gallery"));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") step(-1);
    if (event.key === "ArrowRight") step(1);
  });
  return { open, byId };
}

function summary(item) {
  const checked = item.checked === "inverse" ? "checked by its inverse" : "has no inverse to check it by";
  const scores = [["adherence", item.scores.adherence], ["aesthetics", item.scores.aesthetics], ["preservation", item.scores.preservation], ["overall", item.scores.overall]];
  return [
    make("h3", {}, item.instruction),
    meta(item, make("span", { class: "kind" }, `${item.kind}, ${checked}`)),
    make("div", { class: "score-row" }, ...scores.filter(([, value]) => value !== null).map(([name, value]) => make("div", {}, make("b", {}, score(value)), name))),
  ];
}

function stills(images, item) {
  if (item.before === null || item.after === null) return null;
  const still = (name, index) => make("figure", {}, make("img", { src: images[index], alt: "" }), make("figcaption", {}, name));
  return make("div", { class: "stills" }, still("before", item.before), still("after", item.after));
}

function texts(item) {
  const list = facts(Object.entries(item.texts));
  return list ? [make("h4", {}, "Other texts"), list] : [];
}

function lineage(item, edit, index) {
  const title = item.edits.length > 1 ? `Edit ${index + 1} of ${item.edits.length}` : "Edit";
  const rows = [["instruction", edit.instruction], ["winner", `attempt ${edit.attempt}, seed ${edit.seed}`], ["editor", edit.editor], ...Object.entries(edit.measures)];
  const tries = edit.attempts.map((attempt) => tried(attempt, attempt.number === edit.attempt));
  return [make("h4", {}, title), facts(rows), tries.length ? make("ul", { class: "tries" }, ...tries) : null];
}

function tried(attempt, won) {
  const scores = attempt.scores ? `${score(attempt.scores.adherence)} / ${score(attempt.scores.aesthetics)}` : "";
  const missed = attempt.bar ? (attempt.value === null ? attempt.bar : `${attempt.bar} = ${attempt.value}`) : "";
  return make(
    "li",
    { class: "try" },
    make("span", {}, String(attempt.number)),
    make("span", { class: won || attempt.fate === "survived" ? "fate good" : "fate" }, won ? "won" : FATES[attempt.fate] || attempt.fate),
    make("span", { class: "why" }, [scores, missed, attempt.reason].filter(Boolean).join("  ")),
  );
}

function family(item, byId, open) {
  if (!item.relatives.length) return [];
  const rows = item.relatives.map((one) => {
    const there = byId.get(one.id);
    const label = `${one.instruction} (${score(one.scores.adherence)} / ${score(one.scores.aesthetics)}${one.accepted ? "" : ", rejected"})`;
    return [one.kind, there ? make("button", { class: "link", type: "button", on: { click: () => open(there) } }, label) : label];
  });
  return [make("h4", {}, "Built on the same edits"), facts(rows)];
}

function origin(item) {
  const seed = item.origin === "generated" ? item.seed : "";
  const rows = [
    ["prompt", item.prompt], ["style", item.style], ["campaign", item.campaign], ["size", `${item.width} × ${item.height}`], ["seed", seed],
    ["made by", item.madeBy], ["licence", item.licence], ["author", item.author], ["judge", item.judge], ["writer", item.writer], ["policy", item.policy],
  ];
  return [make("h4", {}, "Source"), facts(rows), facts(Object.entries(item.measures))];
}

function command(item) {
  const text = `nhr show ${item.id}`;
  const code = make("code", {}, text);
  const copy = make("button", { type: "button" }, "Copy");
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
    }
  });
  return make("div", { class: "command" }, code, copy);
}
