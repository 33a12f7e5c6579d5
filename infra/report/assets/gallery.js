/* Cards in columns, the next one always under the shortest; a page at a time. */

const PAGE = 36;
const COLUMN = 300;

function gallery(section, items, fields, card) {
  const grid = section.querySelector(".grid");
  const more = section.querySelector(".more button");
  const matches = section.querySelector(".matches");
  let left = [];
  let shown = 0;
  let columns = [];
  const wanted = () => Math.max(1, Math.min(5, Math.floor((grid.clientWidth + 18) / COLUMN)));
  const append = (upTo) => {
    for (; shown < Math.min(upTo, left.length); shown += 1) {
      const item = left[shown];
      const shortest = columns.reduce((best, column) => (column.height < best.height ? column : best));
      shortest.element.append(card(item));
      shortest.height += 1 / Math.max(NARROWEST, item.width / item.height) + 0.4;
    }
    more.hidden = shown >= left.length;
    more.textContent = `Show more (${left.length - shown} left)`;
  };
  const layout = (count) => {
    columns = Array.from({ length: wanted() }, () => ({ element: make("div", { class: "column" }), height: 0 }));
    grid.replaceChildren(...columns.map((column) => column.element));
    shown = 0;
    append(count);
  };
  more.addEventListener("click", () => append(shown + PAGE));
  new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting) && shown) append(shown + PAGE);
  }, { rootMargin: "600px" }).observe(more);
  new ResizeObserver(() => {
    if (grid.clientWidth && wanted() !== columns.length) layout(Math.max(shown, PAGE));
  }).observe(grid);
  const search = filters(section.querySelector(".filters"), items, fields, (found) => {
    left = found;
    matches.textContent = found.length === items.length ? "" : `${found.length} match.`;
    layout(PAGE);
  });
  return { search, shownItems: () => left };
}
