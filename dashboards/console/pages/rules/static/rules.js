// The editor: line numbers beside the text, the tab key indents, a problem leads to its place.
"use strict";
(() => {
  const text = document.querySelector("[data-editor] textarea");
  if (!text) return;
  const lines = document.querySelector(".editor-lines");
  const number = () => {
    const count = text.value.split("\n").length;
    if (lines.dataset.count !== String(count)) {
      lines.dataset.count = String(count);
      lines.textContent = Array.from({ length: count }, (_, i) => i + 1).join("\n");
    }
    lines.scrollTop = text.scrollTop;
  };
  const lead = (line, column) => {
    const before = text.value.split("\n").slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    text.focus();
    text.setSelectionRange(before + column - 1, before + column);
    text.scrollTop = Math.max(0, (line - 8) * 20);
  };
  text.addEventListener("input", number);
  text.addEventListener("scroll", () => { lines.scrollTop = text.scrollTop; });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Escape") text.blur();  // leaves the editor: Tab goes on to the next control from there
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    text.setRangeText("  ", text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("click", (event) => {
    const problem = event.target.closest("[data-line]");
    if (problem) lead(Number(problem.dataset.line), Number(problem.dataset.column));
  });
  number();
})();
