/* One card for a triplet, one for a rejected attempt. */

const STAGES = {
  soft: "Soft filter", pixels: "Pixel check", hard: "Hard filter", inverse: "Inverse rejected", composite: "Composite rejected",
};

function meta(item, lead) {
  const operation = item.operation === item.kind ? "" : words(item.operation);
  const credit = item.source.origin === "photo" && item.source.author ? `by ${item.source.author}` : "";
  const parts = [operation, item.source.style, credit];
  return make("span", { class: "meta" }, lead, ...parts.filter(Boolean).map((part) => make("span", {}, part)));
}

function scorePair(scores) {
  return make("span", { class: "scores", title: "adherence / aesthetics" }, make("b", {}, score(scores.adherence)), " / ", make("b", {}, score(scores.aesthetics)));
}

function missed(item) {
  return item.bar ? make("code", {}, item.value === null ? item.bar : `${item.bar} = ${item.value}`) : null;
}

function why(item) {
  const bar = missed(item);
  if (!bar && !item.reason) return null;
  return make("span", { class: "reason" }, bar, bar && item.reason ? " " : null, item.reason || null);
}

function card(images, item, open, ...body) {
  const text = make("button", { class: "card-body", type: "button", "aria-haspopup": "dialog", on: { click: () => open(item) } }, make("span", { class: "instruction" }, item.instruction), ...body);
  return make("article", { class: "card", "data-id": item.id }, slider(images, item), text);
}

function tripletCard(images, item, open) {
  const id = make("code", { title: `nhr show ${item.id}` }, item.id.slice(0, 10));
  return card(images, item, open, meta(item, make("span", { class: "kind" }, item.kind)), make("span", { class: "foot" }, scorePair(item.scores), id));
}

function rejectedCard(images, item, open) {
  const judged = item.scores ? scorePair(item.scores) : make("span", {}, "not judged");
  const attempt = make("span", {}, item.kind === "forward" ? `attempt ${item.attempt}` : item.kind);
  return card(images, item, open, meta(item, make("span", { class: "stage" }, STAGES[item.stage] || item.stage)), why(item), make("span", { class: "foot" }, judged, attempt));
}
