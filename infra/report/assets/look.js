/* Light or dark, remembered; and the sheet that tells the keys. */

function theme(root, toggle) {
  const remembered = {
    get: () => { try { return localStorage.getItem("nhr-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("nhr-theme", value); } catch { /* private windows keep nothing */ } },
  };
  if (["light", "dark"].includes(remembered.get())) root.dataset.theme = remembered.get();
  toggle.addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    remembered.set(root.dataset.theme);
  });
}

function help(dialog, toggle) {
  const show = () => !dialog.open && dialog.showModal();
  toggle.addEventListener("click", show);
  dialog.addEventListener("click", (event) => (event.target === dialog || event.target.matches("button")) && dialog.close());
  return { show };
}
