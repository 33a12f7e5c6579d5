/* One card for a triplet, one for a rejected attempt. */

const STAGES = {
  soft: "Soft filter", pixels: "Pixel check", hard: "Hard filter", inverse: "Inverse rejected", composite: "Composite rejected",
};

const UNCALIBRATED = "judge not calibrated";

function told(item, lead) {
  return {
    lead, instruction: item.instruction, style: item.source.style, ...scoreTexts(item.scores),
    operation: item.operation === item.kind ? "" : words(item.operation),
    credit: item.source.origin === "photo" && item.source.author ? `by ${item.source.author}` : "",
    missed: missed(item), reason: item.reason, uncalibrated: item.calibrated === false ? UNCALIBRATED : "",
  };
}

function missed(item) {
  if (!item.bar) return "";
  return item.value === null ? item.bar : `${item.bar} = ${item.value}`;
}

function card(template, images, item, open, values) {
  const drawn = filled(template, { ...values, pair: slider(images, item) });
  drawn.dataset.id = item.id;
  drawn.querySelector(".card-body").addEventListener("click", () => open(item));
  return drawn;
}

function tripletCard(images, item, open) {
  return card("triplet-card", images, item, open, { ...told(item, item.kind), short: item.id.slice(0, 10) });
}

function rejectedCard(images, item, open) {
  const attempt = item.kind === "forward" ? `attempt ${item.attempt}` : item.kind;
  const values = { ...told(item, STAGES[item.stage] || item.stage), attempt, unjudged: item.scores ? "" : "not judged" };
  return card("rejected-card", images, item, open, values);
}
