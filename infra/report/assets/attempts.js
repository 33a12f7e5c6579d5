/* Every attempt at a request side by side: picture, fate, scores, what was measured, and what was said. */

const FATES = { survived: "survived", waiting: "not judged", soft: "soft filter", pixels: "pixel check", hard: "hard filter", failed: "failed" };

function attempts(images, tries, mark, show) {
  const picked = [];
  const cells = tries.map((attempt) => {
    const picture = attemptPicture(images, attempt, (item) => {
      for (const other of picked) other.setAttribute("aria-pressed", String(other === picture));
      show(item);
    });
    if (picture.matches("button")) picked.push(picture);
    return attemptCell(attempt, mark(attempt), picture);
  });
  return make("ul", { class: "attempts" }, ...cells);
}

function attemptPicture(images, attempt, show) {
  const src = images.of(attempt.image);
  if (!src) return make("div", { class: "attempt-picture gone" }, "no picture kept");
  const still = make("img", { src, alt: `attempt ${attempt.number}`, loading: "lazy", decoding: "async" });
  const picture = make("button", { type: "button", class: "attempt-picture", "aria-pressed": "false", title: "Compare with the source", on: { click: () => show(attempt) } }, still);
  picture.style.setProperty("aspect-ratio", String(Math.max(NARROWEST, attempt.width / attempt.height)));
  return picture;
}

function attemptCell(attempt, mark, picture) {
  const good = attempt.fate === "survived";
  const cell = filled("attempt", {
    picture, ...scoreTexts(attempt.scores), number: String(attempt.number), reason: attempt.reason, missed: missed(attempt),
    told: mark === "won" ? "won" : FATES[attempt.fate] || attempt.fate, facts: measured(attempt),
  });
  cell.dataset.fate = attempt.fate;
  if (mark) cell.classList.add(mark);
  if (good) cell.classList.add("good");
  cell.querySelector(".fate").classList.toggle("good", good);
  return cell;
}

function measured(attempt) {
  const skipped = attempt.skipped.map((name) => [name, "not measured"]);
  return facts([...Object.entries(attempt.measures), ...skipped, ["seed", attempt.seed], ["editor", attempt.editor]]);
}
