/* Before and after under one handle: drag with mouse, pen or finger, or use the arrow keys. */

const NARROWEST = 0.62;

function slider(images, item, full = false) {
  const before = item.before === null ? null : images[item.before];
  const after = item.after === null ? null : images[item.after];
  if (!before && !after) return make("div", { class: "pair gone" }, "The pictures are no longer kept.");
  const single = !before || !after;
  const frame = make("div", { class: single ? "pair single" : "pair" });
  const aspect = item.width / item.height;
  frame.style.setProperty("aspect-ratio", String(full ? aspect : Math.max(NARROWEST, aspect)));
  if (full) frame.style.setProperty("max-width", `min(100%, calc(56vh * ${aspect}))`);
  if (before) frame.append(make("img", { class: "before", src: before, alt: "before", loading: "lazy", draggable: "false" }));
  if (after) frame.append(make("img", { class: single ? "only" : "after", src: after, alt: "after", loading: "lazy", draggable: "false" }));
  if (!single) drag(frame, item.instruction);
  return frame;
}

function drag(frame, label) {
  frame.append(make("i", { class: "handle" }), make("span", { class: "tag" }, "before"), make("span", { class: "tag" }, "after"));
  const attributes = { role: "slider", tabindex: 0, "aria-label": `Before and after: ${label}`, "aria-valuemin": 0, "aria-valuemax": 100 };
  for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
  let at = 50;
  const move = (percent) => {
    at = Math.min(100, Math.max(0, percent));
    frame.style.setProperty("--x", `${at}%`);
    frame.setAttribute("aria-valuenow", String(Math.round(at)));
    frame.setAttribute("aria-valuetext", `${Math.round(at)} % before, ${Math.round(100 - at)} % after`);
  };
  const follow = (event) => {
    const box = frame.getBoundingClientRect();
    move((100 * (event.clientX - box.left)) / box.width);
  };
  frame.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    frame.setPointerCapture(event.pointerId);
    follow(event);
  });
  frame.addEventListener("pointermove", (event) => {
    if (frame.hasPointerCapture(event.pointerId)) follow(event);
  });
  frame.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: at - 5, ArrowDown: at - 5, ArrowRight: at + 5, ArrowUp: at + 5, PageDown: at - 25, PageUp: at + 25, Home: 0, End: 100 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    move(to);
  });
  move(50);
}
