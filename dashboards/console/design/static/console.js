// What all pages share: theme, dialogs, keys, rows, times, search. No page needs it to be read.
"use strict";
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const dialog = (name) => document.getElementById(name);

  // ---- theme: what the system says, until a person chooses ----
  const isDark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const switchTheme = () => {
    const chosen = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = chosen;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${chosen}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    document.dispatchEvent(new CustomEvent("console:theme"));
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new CustomEvent("console:theme")));

  // ---- dialogs ----
  const shut = (shown) => {
    const focused = document.activeElement;
    shown.close();
    if (focused && shown.contains(focused)) focused.blur(); // else keys go to a field that nobody sees, until it is drawn
  };
  all("dialog").forEach((each) => each.addEventListener("cancel", (event) => { if (event.target === each) { event.preventDefault(); shut(each); } }));
  const open = (name) => {
    const shown = dialog(name);
    if (!shown || shown.open) return;
    all("dialog[open]").forEach(shut);
    shown.showModal();
    const input = find("input", shown);
    if (input) input.select();
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) return open(opener.dataset.open);
    const copier = event.target.closest("[data-copy]");
    if (copier) return navigator.clipboard.writeText(copier.dataset.copy).then(() => notice("Copied.", "good"), () => notice("The browser does not let pages copy here: mark the text and copy it.", "warning"));
    if (event.target.closest("[data-theme-switch]")) return switchTheme();
    if (event.target.closest("[data-close]")) return event.target.closest("dialog, .notice").tagName === "DIALOG" ? shut(event.target.closest("dialog")) : event.target.closest(".notice").remove();
    if (event.target.tagName === "DIALOG") return shut(event.target);
    all("details.menu[open]").forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, select, label, summary") && !String(getSelection())) follow(row, event);
  });

  // ---- rows: j, k, Enter ----
  const follow = (row, event) => {
    const link = find(`a[href="${CSS.escape(row.dataset.href)}"]`, row);
    if (event && (event.ctrlKey || event.metaKey)) window.open(row.dataset.href, "_blank", "noopener");
    else if (link) link.click();
    else location.assign(row.dataset.href);
  };
  const rows = () => all("[data-rows] tbody tr, [data-row]").filter((row) => row.offsetParent);
  const step = (by) => {
    const list = rows();
    if (!list.length) return;
    const at = list.findIndex((row) => row.getAttribute("aria-selected") === "true");
    const next = list[Math.max(0, Math.min(list.length - 1, at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by))];
    list.forEach((row) => row.removeAttribute("aria-selected"));
    next.setAttribute("aria-selected", "true");
    next.scrollIntoView({ block: "nearest" });
    document.dispatchEvent(new CustomEvent("console:row", { detail: next }));
  };
  const selectedRow = () => rows().find((row) => row.getAttribute("aria-selected") === "true");

  // ---- keys ----
  let isGoing = 0;
  const press = (key) => {
    const target = all("[data-key]").find((each) => each.dataset.key === key && each.offsetParent && !each.disabled);
    if (target) target.click();
    return Boolean(target);
  };
  const handlers = {
    "?": () => open("help"),
    "/": () => { const field = find("[data-filter], .filters input"); if (field) field.focus(); else open("search"); },
    j: () => step(1),
    k: () => step(-1),
    g: () => { isGoing = Date.now(); },
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && dialog("search")) {
      event.preventDefault();
      return open("search");
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      if (event.target.matches("input, textarea, select")) event.target.blur(); // keys are keys of the page again
      return all("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
    }
    if (event.target.closest("input, textarea, select, [contenteditable], .editor-host, dialog")) return;
    if (event.key === "Enter") {
      const row = selectedRow();
      if (row && row.dataset.href && !event.target.closest("a, button, summary")) { event.preventDefault(); follow(row); }
      return;
    }
    if (Date.now() - isGoing < 1200) {
      isGoing = 0;
      const page = find(`[data-go="${CSS.escape(event.key)}"]`);
      if (page) { event.preventDefault(); location.assign(page.href); }
      return;
    }
    if (press(event.key)) return event.preventDefault();
    const handler = handlers[event.key];
    if (handler) { event.preventDefault(); handler(); }
  });

  // ---- search: arrows choose, Enter opens ----
  const search = dialog("search");
  if (search) search.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.preventDefault(); return shut(search); } // a search field would only be emptied
    const found = all("[role=option]", search);
    const at = found.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!found.length) return;
      const next = found[(at + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length];
      found.forEach((each) => each.setAttribute("aria-selected", String(each === next)));
      find("input", search).setAttribute("aria-activedescendant", next.id);
      next.scrollIntoView({ block: "nearest" });
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      found[at].click();
    }
  });

  // ---- times: UTC on the page, a person's own on hover ----
  document.addEventListener("mouseover", (event) => {
    const time = event.target.closest && event.target.closest("time[datetime]");
    if (!time || time.title) return;
    const moment = new Date(time.getAttribute("datetime"));
    if (!Number.isNaN(moment.valueOf())) time.title = `${moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" })} · ${moment.toISOString().replace("T", " ").slice(0, 19)} UTC`;
  });

  // ---- what a person is told in passing ----
  const notice = (text, tone = "neutral") => {
    const box = dialog("notices");
    if (!box) return;
    const made = document.createElement("div");
    made.className = `notice notice-${tone}`;
    made.append(text);
    box.append(made);
    while (box.children.length > 3) box.firstChild.remove();
    setTimeout(() => made.remove(), 6000);
  };
  document.addEventListener("htmx:sendError", () => notice("The console does not answer. Check that it is running, then try again.", "bad"));
  document.addEventListener("console:notice", (event) => notice(event.detail.text || event.detail.value || "", event.detail.tone));
  document.addEventListener("change", (event) => { if (event.target.matches("[data-submit]")) event.target.form.requestSubmit(); });

  window.console_page = { open, notice, isDark, selectedRow };
})();
