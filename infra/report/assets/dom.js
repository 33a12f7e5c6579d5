/* Elements from data: text is only ever set as text, so nothing that was mined can become markup. */

function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function button(label, action, options = {}) {
  return make("button", { type: "button", ...options, on: { click: action } }, label);
}

function facts(rows) {
  const list = make("dl", { class: "facts" });
  for (const [name, value] of rows) {
    if (value === "" || value === null || value === undefined) continue;
    list.append(make("dt", {}, name), make("dd", {}, value instanceof Node ? value : String(value)));
  }
  return list.childElementCount ? list : null;
}

function score(value) {
  return value === null || value === undefined ? "–" : value.toFixed(2);
}

function words(name) {
  return name.replaceAll("_", " ");
}

function count(number) {
  return number.toLocaleString("en");
}
