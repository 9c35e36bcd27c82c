// The editor of a ruleset: suggestions, problems marked where they are. Where it is not loaded the text area stays.
"use strict";
(() => {
  const frame = document.querySelector("[data-editor]");
  if (!frame) return;
  const area = frame.querySelector("textarea");
  const lines = frame.querySelector(".editor-lines");

  // ---- the editor: the text area under it stays the form's field, and asks for checks as it did ----
  const told = () => area.dispatchEvent(new Event("input", { bubbles: true }));
  const withEditor = () => {
    lines.remove();
    const editor = TollgateEditor.mount(area, { language: "plain", label: "Ruleset (YAML)", onChange: told });
    fetch(frame.dataset.words, { headers: { accept: "application/json" } })
      .then((answer) => (answer.ok ? answer.json() : []))
      .then((words) => editor.words(words))
      .catch(() => {}); // without suggestions the editor works all the same
    const mark = () => editor.problems([...document.querySelectorAll("#checked .problem")].map((each) => ({
      line: Number(each.dataset.line), column: Number(each.dataset.column), message: each.querySelector("[data-message]").textContent,
    })));
    document.addEventListener("htmx:afterSettle", (event) => { if (event.detail.elt.id === "checked") mark(); });
    mark();
    return editor.lead;
  };

  // ---- the text area alone: line numbers beside it, the tab key indents ----
  const withoutEditor = () => {
    const number = () => {
      const count = area.value.split("\n").length;
      if (lines.dataset.count !== String(count)) {
        lines.dataset.count = String(count);
        lines.textContent = Array.from({ length: count }, (_, i) => i + 1).join("\n");
      }
      lines.scrollTop = area.scrollTop;
    };
    area.addEventListener("input", number);
    area.addEventListener("scroll", () => { lines.scrollTop = area.scrollTop; });
    area.addEventListener("keydown", (event) => {
      if (event.key === "Escape") area.blur();  // leaves the editor: Tab goes on to the next control from there
      if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey) return;
      event.preventDefault();
      area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
      told();
    });
    number();
    return (line, column) => {
      const before = area.value.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
      area.focus();
      area.setSelectionRange(before + column - 1, before + column);
      area.scrollTop = Math.max(0, (line - 8) * 20);
    };
  };

  // ---- a backtest is of one text: where the text has changed since, it says so and can be run again ----
  const stale = document.getElementById("backtest-stale");
  const backtest = document.getElementById("backtest");
  const compare = () => {
    const tried = backtest.querySelector("[data-backtest-of]");
    const checked = document.querySelector("#checked [data-checked-version]");
    const differs = Boolean(tried && checked && tried.dataset.backtestOf !== checked.dataset.checkedVersion);
    stale.hidden = !differs;
    backtest.classList.toggle("is-stale", differs);
  };
  document.addEventListener("htmx:afterSettle", compare);
  compare();

  const lead = window.TollgateEditor ? withEditor() : withoutEditor();
  if (frame.dataset.lead) lead(Number(frame.dataset.lead), 1);
  document.addEventListener("click", (event) => {
    const problem = event.target.closest("[data-line]");
    if (problem) lead(Number(problem.dataset.line), Number(problem.dataset.column));
  });
})();
