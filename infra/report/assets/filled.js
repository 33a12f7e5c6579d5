/* The parts that the page's <template> elements hold (templates/parts.html), filled by name; what is empty is left out. */

function filled(template, values) {
  const part = document.getElementById(template).content.firstElementChild.cloneNode(true);
  const empty = (name) => values[name] === undefined || values[name] === null || values[name] === "";
  for (const place of part.querySelectorAll("[data-when]")) {
    if (place.dataset.when.split(" ").every(empty)) place.remove();
    else place.removeAttribute("data-when");
  }
  for (const place of part.querySelectorAll("[data-fill]")) {
    const value = values[place.dataset.fill];
    if (empty(place.dataset.fill)) place.remove();
    else if (value instanceof Element) place.replaceWith(value);
    else place.append(value);
    place.removeAttribute("data-fill");
  }
  return part;
}

function scoreTexts(scores) {
  const texts = {};
  if (scores) for (const name of ["adherence", "aesthetics", "preservation", "overall"]) texts[name] = scores[name] === null ? "" : score(scores[name]);
  return texts;
}
