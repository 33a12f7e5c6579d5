/* Every attempt at a request side by side: picture, fate, scores, what was measured, and what was said. */

const FATES = { survived: "survived", waiting: "not judged", soft: "soft filter", pixels: "pixel check", hard: "hard filter", failed: "failed" };

function attempts(images, tries, mark, show) {
  const picked = [];
  const cells = tries.map((attempt) => {
    const [cell, picture] = attemptCell(images, attempt, mark(attempt), (item) => {
      for (const other of picked) other.setAttribute("aria-pressed", String(other === picture));
      show(item);
    });
    if (picture) picked.push(picture);
    return cell;
  });
  return make("ul", { class: "attempts" }, ...cells);
}

function attemptCell(images, attempt, mark, show) {
  const src = images.of(attempt.image);
  const still = src && make("img", { src, alt: `attempt ${attempt.number}`, loading: "lazy", decoding: "async" });
  const picture = still
    ? make("button", { type: "button", class: "attempt-picture", "aria-pressed": "false", title: "Compare with the source", on: { click: () => show(attempt) } }, still)
    : null;
  (picture || still)?.style.setProperty("aspect-ratio", String(Math.max(NARROWEST, attempt.width / attempt.height)));
  const good = attempt.fate === "survived";
  const cell = make(
    "li",
    { class: ["attempt", mark, good ? "good" : ""].filter(Boolean).join(" "), "data-fate": attempt.fate },
    picture || make("div", { class: "attempt-picture gone" }, "no picture kept"),
    make("div", { class: "attempt-head" }, make("b", {}, String(attempt.number)), make("span", { class: good ? "fate good" : "fate" }, mark === "won" ? "won" : FATES[attempt.fate] || attempt.fate)),
    attempt.scores ? make("div", { class: "attempt-scores" }, scorePair(attempt.scores), make("span", {}, ` overall ${score(attempt.scores.overall)}`)) : null,
    missed(attempt) && make("div", { class: "attempt-missed" }, "missed ", missed(attempt)),
    attempt.reason ? make("p", { class: "attempt-reason" }, attempt.reason) : null,
    measured(attempt),
  );
  return [cell, picture];
}

function measured(attempt) {
  const skipped = attempt.skipped.map((name) => [name, "not measured"]);
  const rows = facts([...Object.entries(attempt.measures), ...skipped, ["seed", attempt.seed], ["editor", attempt.editor]]);
  return rows && make("details", {}, make("summary", {}, "measures"), rows);
}
