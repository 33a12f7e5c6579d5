/* One card for a triplet, one for a rejected attempt. */

const STAGES = {
  soft: "Soft filter", pixels: "Pixel check", hard: "Hard filter", inverse: "Inverse rejected", composite: "Composite rejected",
};

function words(name) {
  return name.replaceAll("_", " ");
}

function meta(item, lead) {
  const operation = item.operation === item.kind ? "" : words(item.operation);
  const credit = item.origin === "photo" && item.author ? `by ${item.author}` : "";
  const parts = [operation, item.style, credit];
  return make("span", { class: "meta" }, lead, ...parts.filter(Boolean).map((part) => make("span", {}, part)));
}

function scorePair(scores) {
  return make("span", { class: "scores", title: "adherence / aesthetics" }, make("b", {}, score(scores.adherence)), " / ", make("b", {}, score(scores.aesthetics)));
}

function tripletCard(images, item, open) {
  const body = make(
    "button",
    { class: "card-body", type: "button", "aria-haspopup": "dialog", on: { click: () => open(item) } },
    make("span", { class: "instruction" }, item.instruction),
    meta(item, make("span", { class: "kind" }, item.kind)),
    make("span", { class: "foot" }, scorePair(item.scores), make("code", { title: `nhr show ${item.id}` }, item.id.slice(0, 10))),
  );
  return make("article", { class: "card", id: `t-${item.id}` }, slider(images, item), body);
}

function why(item) {
  const bar = item.bar ? make("code", {}, item.value === null ? item.bar : `${item.bar} = ${item.value}`) : null;
  if (!bar && !item.reason) return null;
  return make("span", { class: "reason" }, bar, bar && item.reason ? " " : null, item.reason || null);
}

function rejectedCard(images, item) {
  const body = make(
    "div",
    { class: "card-body" },
    make("span", { class: "instruction" }, item.instruction),
    meta(item, make("span", { class: "stage" }, STAGES[item.stage] || item.stage)),
    why(item),
    make("span", { class: "foot" }, item.scores ? scorePair(item.scores) : make("span", {}, "not judged"), make("span", {}, item.kind === "forward" ? `attempt ${item.attempt}` : item.kind)),
  );
  return make("article", { class: "card" }, slider(images, item), body);
}
