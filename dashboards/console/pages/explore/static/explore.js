// Explore: the editor in place of the textarea, completion from the schema, charts of the result, links.
"use strict";
(() => {
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const form = find("#explore");
  if (!form) return;
  const area = find("[data-editor]", form);
  const run = () => { form.requestSubmit(); };
  const editor = window.TollgateEditor && TollgateEditor.mount(area, { language: "sql", label: "SQL statement", placeholder: "SELECT … (Ctrl Space suggests names)", onRun: run });
  const text = () => (editor ? editor.text() : area.value);
  const replace = (sql) => (editor ? editor.replace(sql) : (area.value = sql));
  if (editor && matchMedia("(min-width: 1001px)").matches) editor.focus();

  // ---- what other forms send along: the statement and how it is drawn ----
  const chosen = () => Object.fromEntries(["chart", "across", "up", "by"].map((name) => [name, find(`select[name="${name}"]`)?.value || ""]));
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-with-sql]")) return;
    find('input[name="sql"]', event.target).value = text();
    all("input[data-chosen]", event.target).forEach((each) => each.remove());
    Object.entries(chosen()).forEach(([name, value]) => {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      field.dataset.chosen = "";
      event.target.append(field);
    });
  });

  // ---- running: a clock, then problems and the chart ----
  const clock = find("[data-clock]");
  let ticking = 0;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== form) return;
    const began = performance.now();
    clearInterval(ticking);
    ticking = setInterval(() => { clock.textContent = `${((performance.now() - began) / 1000).toFixed(1)} s`; }, 100);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form) return;
    clearInterval(ticking);
    clock.textContent = "";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "schema") readSchema();
    if (event.detail.elt.id === "result") shown();
  });
  const shown = () => {
    const problem = find("#result [data-problem]");
    if (editor) editor.problems(problem && problem.dataset.line ? [{ line: +problem.dataset.line, column: +problem.dataset.column, message: problem.dataset.message }] : []);
    draw();
  };

  // ---- charts, of what the table shows ----
  const COLOURS = ["accent", "review", "approve", "decline", "challenge", "muted"];
  const rows = (table) => all("tbody tr", table).map((row) => [...row.cells].map((cell) => {
    if (find(".explore-null", cell)) return null;
    const time = find("time", cell);
    return time ? time.getAttribute("datetime") : cell.textContent;
  }));
  const number = (value) => (value === null ? null : Number(value));
  const series = (values, columns, picked) => {
    const at = (name) => columns.findIndex((column) => column.name === name);
    // Where nothing is chosen: along the time if there is one, a line for each text if several share a time.
    const time = columns.findIndex((column) => column.kind === "time");
    const across = at(picked.across) >= 0 ? at(picked.across) : Math.max(0, time);
    const isShared = new Set(values.map((row) => row[across])).size < values.length;
    const by = picked.by ? at(picked.by) : isShared ? columns.findIndex((column, index) => column.kind === "text" && index !== across) : -1;
    const ups = columns.map((column, index) => ({ ...column, index })).filter((column) => column.kind === "number" && column.index !== across && (!picked.up || column.name === picked.up));
    const lines = new Map();
    values.forEach((row) => ups.forEach((up) => {
      const name = by < 0 ? up.name : ups.length > 1 ? `${row[by]} ${up.name}` : `${row[by]}`;
      if (!lines.has(name)) lines.set(name, new Map());
      lines.get(name).set(row[across], number(row[up.index]));
    }));
    return { across, lines: [...lines.entries()].slice(0, 8), isCut: lines.size > 8 };
  };
  const TONES = { approve: "approve", challenge: "challenge", review: "review", decline: "decline" };
  const plotted = (place, kind, columns, { across, lines }) => {
    const isTime = columns[across].kind === "time";
    const x = (value) => (isTime ? Date.parse(value) / 1000 : Number(value));
    const keys = [...new Set(lines.flatMap(([, line]) => [...line.keys()]))].filter((key) => key !== null).sort((a, b) => x(a) - x(b));
    const data = { x: keys.map(x), kind: kind === "bar" && lines.length === 1 ? "bars" : "line", time: isTime, x_name: columns[across].name, min: null, span: true,
      series: lines.map(([name, line], i) => ({ name, tone: TONES[name] || COLOURS[i % COLOURS.length], values: keys.map((key) => line.get(key) ?? null) })) };
    place.className = "explore-chart chart";
    place.dataset.height = "280";
    place.setAttribute("role", "img");
    place.setAttribute("aria-label", `${kind === "bar" ? "Bars" : "Lines"} of ${lines.map(([name]) => name).join(", ")} by ${columns[across].name}; the table below has the figures`);
    place.dataset.chart = JSON.stringify(data);
    window.console_chart.draw(place);
  };
  const NS = "http://www.w3.org/2000/svg";
  const bars = (place, lines) => {
    const [name, line] = lines[0];
    const list = document.createElement("dl");
    list.className = "explore-bars";
    const values = [...line.entries()].slice(0, 40);
    const most = Math.max(...values.map(([, value]) => Math.abs(value ?? 0)), 1e-12);
    values.forEach(([key, value]) => {
      const term = document.createElement("dt"), drawn = document.createElement("dd"), figure = document.createElement("dd");
      term.textContent = key === null ? "null" : key; term.title = term.textContent;
      const svg = document.createElementNS(NS, "svg");
      svg.setAttribute("viewBox", "0 0 100 14"); svg.setAttribute("preserveAspectRatio", "none"); svg.setAttribute("aria-hidden", "true");
      if (TONES[key]) svg.setAttribute("class", `share-${TONES[key]}`);
      ["share-ground", "share-part"].forEach((part) => {
        const rect = document.createElementNS(NS, "rect");
        rect.setAttribute("class", part); rect.setAttribute("height", "14"); rect.setAttribute("width", part === "share-ground" ? "100" : `${(Math.abs(value ?? 0) / most) * 100}`);
        svg.append(rect);
      });
      drawn.append(svg);
      figure.textContent = value === null ? "null" : value.toLocaleString("en", { maximumFractionDigits: 4 });
      list.append(term, drawn, figure);
    });
    place.className = "explore-chart";
    place.removeAttribute("data-chart");
    place.setAttribute("role", "group");
    place.setAttribute("aria-label", `Bars of ${name}`);
    place.replaceChildren(list);
  };
  const note = (place, words) => { place.className = "explore-chart faint"; place.removeAttribute("data-chart"); place.textContent = words; };
  const draw = () => {
    const table = find("[data-result]"), place = find("[data-chart-place]"), picked = chosen();
    if (!table || !place) return;
    const hasChart = picked.chart === "line" || picked.chart === "bar";
    all("[data-charted]").forEach((each) => { each.hidden = !hasChart; });
    place.hidden = !hasChart;
    const fresh = place.cloneNode(false);  // a chart that was drawn here goes with its element
    fresh.removeAttribute("data-chart");
    place.replaceWith(fresh);
    if (!hasChart) return;
    const columns = all("th", table).map((head) => ({ name: head.dataset.name, kind: head.dataset.kind }));
    const made = series(rows(table), columns, picked);
    if (!made.lines.length) return note(fresh, "Nothing to draw: choose a column of numbers that is not the one across.");
    const kind = columns[made.across].kind;
    if (kind !== "text") plotted(fresh, picked.chart, columns, made);
    else if (picked.chart === "bar") bars(fresh, made.lines);
    else note(fresh, "Lines need a time or a number across: choose another column, or bars.");
    if (made.isCut) fresh.append(Object.assign(document.createElement("p"), { className: "faint small", textContent: "The first eight are drawn." }));
  };
  document.addEventListener("change", (event) => { if (event.target.closest("[data-picker]")) draw(); });

  // ---- schema: completion, filter, what a click inserts ----
  const readSchema = () => {
    if (!editor) return;
    const tables = {};
    all("[data-table]").forEach((table) => {
      tables[table.dataset.table] = all("[data-column]", table).map((column) => ({ label: column.dataset.column, type: "property", detail: column.dataset.type, info: find(".explore-comment", column)?.textContent || undefined }));
    });
    editor.schema(tables);
  };
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-schema-filter]")) return;
    const words = event.target.value.trim().toLowerCase();
    let shownTables = 0;
    all("[data-table]").forEach((table) => {
      const isTable = table.dataset.table.includes(words);
      const columns = all("[data-column]", table);
      const found = words && !isTable ? columns.filter((column) => column.dataset.column.includes(words)) : columns;
      columns.forEach((column) => { column.hidden = !found.includes(column); });
      table.hidden = Boolean(words) && !isTable && !found.length;
      find("details", table).open = Boolean(words) && !isTable && found.length > 0 && words.length > 2;
      shownTables += table.hidden ? 0 : 1;
    });
    const nothing = find("[data-nothing]");
    if (nothing) nothing.hidden = shownTables > 0;
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-insert], [data-look], [data-example], [data-copy-link], [data-go-to-line]");
    if (!target) return;
    if (target.dataset.insert) { if (editor) { editor.insert(target.dataset.insert); editor.focus(); } else area.value += ` ${target.dataset.insert}`; }
    else if (target.dataset.look) { replace(`SELECT *\nFROM ${target.dataset.look}\nLIMIT 100`); run(); }
    else if (target.dataset.example) { replace(target.dataset.example); run(); }
    else if ("copyLink" in target.dataset) copyLink();
    else if (editor) editor.focus();
  });
  const copyLink = async () => {
    const picked = chosen();
    const fields = new URLSearchParams({ sql: text() });
    if (picked.chart && picked.chart !== "none") Object.entries(picked).forEach(([name, value]) => value && fields.set(name, value));
    const address = `${location.origin}/explore?${fields}`;
    if (address.length > 6000) return console_page.notice("This statement is too long for a link: save it, and link to the saved query.", "bad");
    history.replaceState(null, "", address);
    try { await navigator.clipboard.writeText(address); console_page.notice("The link is copied. It shows the statement; whoever opens it runs it themselves.", "good"); }
    catch { console_page.notice("The link is in the address bar: copy it from there."); }
  };

  // A chart of the console leads here with its query: it is run at once. An address from elsewhere waits for a person.
  const isFromHere = document.referrer && new URL(document.referrer).origin === location.origin;
  if (isFromHere && new URLSearchParams(location.search).has("sql") && text().trim() && !find("[data-result]")) run();
  shown();
})();
