/* Before and after under one handle: drag with mouse, pen or finger, or use the keys; press and hold to see only before. */

const NARROWEST = 0.62;
const HOLD_MS = 350;
const SLACK_PX = 4;

function slider(images, item, full = false) {
  const before = images.of(item.before);
  const after = images.of(item.after);
  if (!before && !after) return make("div", { class: "pair gone" }, "The pictures are no longer kept.");
  const single = !before || !after;
  const frame = make("div", { class: single ? "pair single" : "pair" });
  shape(frame, item.width / item.height, full);
  const picture = (kind, src) => make("img", { class: kind, src, alt: kind === "only" ? "" : kind, loading: "lazy", decoding: "async", draggable: "false" });
  if (before) frame.append(picture(single ? "only" : "before", before));
  if (after) frame.append(picture(single ? "only" : "after", after));
  if (!single) drag(frame, item.instruction);
  return frame;
}

function shape(frame, aspect, full) {
  frame.style.setProperty("aspect-ratio", String(full ? aspect : Math.max(NARROWEST, aspect)));
  if (full) frame.style.setProperty("max-width", `min(100%, calc(46vh * ${aspect}))`);
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
  frame.flip = (on) => frame.classList.toggle("flipped", on);
  pointer(frame, follow);
  keys(frame, () => at, move);
  move(50);
}

function pointer(frame, follow) {
  let press = null;
  const end = () => {
    clearTimeout(press?.timer);
    frame.flip(false);
    press = null;
  };
  frame.addEventListener("pointerdown", (event) => {
    if (event.button || press) return;
    frame.setPointerCapture(event.pointerId);
    press = { x: event.clientX, y: event.clientY, moved: false, timer: setTimeout(() => frame.flip(true), HOLD_MS) };
  });
  frame.addEventListener("pointermove", (event) => {
    if (!press) return;
    const [across, along] = [Math.abs(event.clientX - press.x), Math.abs(event.clientY - press.y)];
    if (!press.moved && (Math.max(across, along) < SLACK_PX || (event.pointerType === "touch" && along > across))) return; // a finger may be about to scroll
    clearTimeout(press.timer);
    frame.flip(false);
    press.moved = true;
    follow(event);
  });
  frame.addEventListener("pointerup", (event) => {
    if (press && !press.moved && !frame.classList.contains("flipped")) follow(event);
    end();
  });
  for (const lost of ["pointercancel", "lostpointercapture"]) frame.addEventListener(lost, end);
  frame.addEventListener("contextmenu", (event) => event.pointerType === "touch" && event.preventDefault());
}

function keys(frame, at, move) {
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowLeft: at() - 5, ArrowDown: at() - 5, ArrowRight: at() + 5, ArrowUp: at() + 5, PageDown: at() - 25, PageUp: at() + 25, Home: 0, End: 100 }[event.key];
    if (to === undefined && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === " ") frame.flip(true);
    else move(to);
  });
  frame.addEventListener("keyup", (event) => event.key === " " && frame.flip(false));
  frame.addEventListener("blur", () => frame.flip(false));
}
