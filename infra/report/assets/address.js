/* What is looked at, kept in the address, so that a view can be shared: #gallery?operation=remove&page=2&t=ID */

function readAddress() {
  const [view, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  return view.startsWith("t=") ? { view: "", params: new URLSearchParams(view) } : { view, params: new URLSearchParams(query) };
}

function writeAddress(view, params) {
  const query = params.toString();
  history.replaceState(null, "", `#${view}${query && "?"}${query}`);
}
