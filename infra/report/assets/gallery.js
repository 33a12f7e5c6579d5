/* Cards in columns, the next one always under the shortest; one page of them at a time. */

const PAGE = 60;
const COLUMN = 300;

function gallery(section, items, choices, draw, moved) {
  const grid = section.querySelector(".grid");
  const matches = section.querySelector(".matches");
  const nothing = section.querySelector(".nothing");
  let left = items;
  let page = 1;
  let startAt = 1;
  let drawn = false;
  let columns = [];
  const pages = () => Math.max(1, Math.ceil(left.length / PAGE));
  const wanted = () => Math.max(1, Math.min(5, Math.floor((grid.clientWidth + 18) / COLUMN)));
  const layout = () => {
    drawn = true;
    columns = Array.from({ length: wanted() }, () => ({ element: make("div", { class: "column" }), height: 0 }));
    for (const item of left.slice((page - 1) * PAGE, page * PAGE)) {
      const shortest = columns.reduce((best, column) => (column.height < best.height ? column : best));
      shortest.element.append(draw(item));
      shortest.height += 1 / Math.max(NARROWEST, item.width / item.height) + 0.4;
    }
    grid.replaceChildren(...columns.map((column) => column.element));
    for (const pager of pagers) pager.show(page, pages());
    nothing.hidden = left.length > 0 || items.length === 0;
  };
  const turn = (to, scroll = true) => {
    const bounded = Math.min(pages(), Math.max(1, to));
    if (bounded === page) return;
    page = bounded;
    layout();
    moved();
    if (scroll) toTop();
  };
  const pagers = [...section.querySelectorAll(".pager")].map((place) => pager(place, (to) => turn(to), () => page));
  new ResizeObserver(() => drawn && grid.clientWidth && wanted() !== columns.length && layout()).observe(grid);
  const filter = filters(section.querySelector(".filters"), items, choices, (found) => {
    left = found;
    page = Math.min(pages(), Math.max(1, startAt));
    matches.textContent = found.length === items.length ? "" : `${count(found.length)} ${found.length === 1 ? "matches" : "match"}.`;
    layout();
    moved();
  });
  const restore = (params) => {
    startAt = Number.parseInt(params.get("page"), 10) || 1;
    filter.set(params);
    startAt = 1;
  };
  nothing.querySelector("button").addEventListener("click", () => filter.set(new URLSearchParams()));
  return {
    search: filter.search,
    list: () => left,
    turnBy: (by) => turn(page + by),
    reveal: (item) => left.includes(item) && turn(Math.floor(left.indexOf(item) / PAGE) + 1, false),
    params: () => {
      const params = filter.params();
      if (page > 1) params.set("page", String(page));
      return params;
    },
    restore,
    wake: () => drawn || restore(new URLSearchParams()),
  };
}

function pager(place, turn, current) {
  const number = make("input", { type: "number", min: 1, "aria-label": "Page" });
  const total = make("span", {});
  const back = button("←", () => turn(current() - 1), { "aria-label": "Previous page", title: "Previous page (p)" });
  const on = button("→", () => turn(current() + 1), { "aria-label": "Next page", title: "Next page (n)" });
  number.addEventListener("change", () => {
    turn(Number.parseInt(number.value, 10) || current());
    number.value = String(current());
  });
  place.append(back, make("label", {}, "page ", number, total), on);
  return {
    show: (page, pages) => {
      place.hidden = pages < 2;
      number.value = String(page);
      number.max = String(pages);
      total.textContent = ` of ${count(pages)}`;
      back.disabled = page <= 1;
      on.disabled = page >= pages;
    },
  };
}

function toTop() {
  scrollTo({ top: Math.min(scrollY, document.querySelector(".tabs").offsetTop) });
}
