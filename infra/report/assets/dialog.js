/* The sheet of one triplet or rejected attempt: large slider, texts, scores, every attempt side by side, relatives. */

function sheet(dialog, images, page) {
  let current = null;
  const step = (by) => {
    const list = page.list();
    const at = list.indexOf(current);
    if (list.length) open(list[(at + by + list.length) % list.length]);
  };
  const open = (item) => {
    current = item;
    dialog.replaceChildren(contents(item));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    page.moved();
    (dialog.querySelector(".pair[tabindex]") || dialog.querySelector(".sheet-bar button"))?.focus({ preventScroll: true });
  };
  const close = () => dialog.open && dialog.close();
  const dismiss = () => {
    current = null;
    close();
  };
  const contents = (item) => {
    const more = page.more(item);
    const place = make("div", { class: "sheet-picture" }, slider(images, item, true), hint(images, item));
    const show = (attempt) => {
      const frame = slider(images, { ...attempt, before: item.source.image, after: attempt.image, instruction: item.instruction }, true);
      place.replaceChildren(frame, make("p", { class: "hint" }, `The source and attempt ${attempt.number}. `, button("Back to this one", () => place.replaceChildren(slider(images, item, true), hint(images, item)), { class: "link" })));
      place.scrollIntoView({ block: "nearest" });
    };
    const text = item.stage ? rejectedText(item) : tripletText(item, more, page, open);
    const wide = [...tries(images, item, more, page, show), ...origin(item, more)];
    return make("div", { class: "sheet" }, bar(item), place, make("div", { class: "sheet-text" }, ...text), make("div", { class: "sheet-wide" }, ...wide));
  };
  const bar = (item) =>
    make(
      "div",
      { class: "sheet-bar" },
      copier(item.id, "Copy id"),
      button("←", () => step(-1), { "aria-label": "Previous", title: "Previous (p)" }),
      button("→", () => step(1), { "aria-label": "Next", title: "Next (n)" }),
      button("✕", close, { "aria-label": "Close", title: "Close (Esc)" }),
    );
  dialog.addEventListener("close", () => {
    const seen = current;
    current = null;
    page.closed(seen);
  });
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  dialog.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowLeft: -1, p: -1, ArrowRight: 1, n: 1 }[event.key];
    if (by) step(by);
    if (by) event.preventDefault();
  });
  return { open, dismiss, item: () => current };
}

function hint(images, item) {
  const both = images.of(item.before) && images.of(item.after);
  return both && make("p", { class: "hint" }, "Drag, or use the arrow keys; hold (or hold Space) to see only the picture before.");
}

function scoreRow(item) {
  return filled("score-row", told(item, ""));
}

function tripletText(item, more, page, open) {
  const checked = more.checked === "inverse" ? "checked by its inverse" : "has no inverse to check it by";
  const texts = facts(Object.entries(item.texts));
  return [
    make("h3", {}, item.instruction),
    filled("triplet-meta", told(item, `${item.kind}, ${checked}`)),
    scoreRow(item),
    ...(texts ? [make("h4", {}, "Other texts"), texts] : []),
    ...family(item, more, page, open),
  ];
}

function rejectedText(item) {
  return [
    make("h3", {}, item.instruction),
    filled("rejected-meta", told(item, STAGES[item.stage] || item.stage)),
    missed(item) || item.reason ? filled("why", { missed: missed(item), reason: item.reason }) : null,
    item.scores ? scoreRow(item) : null,
  ];
}

function tries(images, item, more, page, show) {
  const edits = more.edits || more.requests.map((request) => ({ request, instruction: more.requests.length > 1 ? "" : item.instruction, attempt: null }));
  return edits.flatMap((edit, index) => {
    const list = page.attempts(edit.request);
    if (!list.length) return [];
    const mark = (attempt) => {
      if (attempt.number === edit.attempt) return "won";
      return item.kind === "forward" && item.stage && attempt.number === item.attempt ? "this" : "";
    };
    const title = edits.length > 1 ? `Attempts at edit ${index + 1}` : list.length > 1 ? `All ${list.length} attempts` : "The only attempt";
    return [make("h4", {}, title, edit.instruction && make("span", {}, ` ${edit.instruction}`)), attempts(images, list, mark, show)];
  });
}

function family(item, more, page, open) {
  const here = page.relatives(item, more);
  const known = new Set(here.map((one) => one.id));
  const elsewhere = more.relatives.filter((one) => !known.has(one.id));
  if (!here.length && !elsewhere.length) return [];
  const said = (one, rest) => `${one.instruction} (${score(one.scores.adherence)} / ${score(one.scores.aesthetics)}${rest})`;
  const rows = [
    ...here.map((one) => [one.kind, button(said(one, ""), () => open(one), { class: "link" })]),
    ...elsewhere.map((one) => [one.kind, make("span", { title: one.reason }, said(one, one.accepted ? "" : ", rejected"))]),
  ];
  return [make("h4", {}, "Built on the same edits"), facts(rows)];
}

function origin(item, more) {
  const source = item.source;
  const when = item.at ? `${new Date(item.at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC` : "";
  const from = [
    ["prompt", source.prompt], ["style", source.style], ["campaign", source.campaign], ["size", `${item.width} × ${item.height}`],
    ["seed", source.origin === "generated" ? source.seed : ""], ["made by", source.madeBy], ["licence", source.licence], ["author", source.author],
  ];
  const judged = [["judge", more.judge], ["writer", more.writer], ["answered by", more.by], ["judged", when], ["policy", more.policy], ...Object.entries(more.measures)];
  const command = item.stage ? null : make("div", { class: "command" }, make("code", {}, `nhr show ${item.id}`), copier(`nhr show ${item.id}`, "Copy"));
  return [make("div", { class: "columns" }, make("div", {}, make("h4", {}, "Source"), facts(from)), make("div", {}, make("h4", {}, "Verdict"), facts(judged), command))];
}

function copier(text, label) {
  const copy = button(label, async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = text;
      getSelection().selectAllChildren(copy);
    }
  }, { class: "copy" });
  return copy;
}
