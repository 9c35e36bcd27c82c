// Live moves on: each event brings all texts; charts are drawn again when a minute is over.
"use strict";
(() => {
  const page = document.getElementById("live");
  if (!page || !window.EventSource) return;
  const state = document.getElementById("live-state");
  const until = document.getElementById("live-until");
  const show = (name, isShown) => { document.getElementById(name).hidden = !isShown; };
  let drawn = until.getAttribute("datetime").slice(0, 16);

  const update = (figures) => {
    show("live-failure", Boolean(figures.failure));
    show("live-empty", figures.empty && !figures.failure);
    if (figures.failure) {
      document.querySelector("#live-failure p").textContent = figures.failure;
      state.dataset.state = "off";
      return;
    }
    state.dataset.state = "on";
    page.querySelectorAll("[data-text]").forEach((place) => {
      const text = figures.texts[place.dataset.text];
      if (text !== undefined && place.textContent !== text) place.textContent = text;
    });
    if (figures.until.slice(0, 16) === drawn) return;
    drawn = figures.until.slice(0, 16);
    until.setAttribute("datetime", figures.until);
    until.removeAttribute("title");
    until.textContent = drawn.slice(11);
    Object.entries(figures.charts).forEach(([name, data]) => {
      const chart = document.getElementById(`live-${name}`);
      if (!chart) return;
      chart.dataset.chart = JSON.stringify(data);
      if (window.console_chart) window.console_chart.draw(chart);
    });
  };

  let source = null;
  const listen = () => {
    source = new EventSource(page.dataset.events);
    source.addEventListener("figures", (event) => update(JSON.parse(event.data)));
    source.onerror = () => { state.dataset.state = "off"; };
  };
  const stop = () => { if (source) source.close(); source = null; };
  // A page that nobody looks at takes no place.
  document.addEventListener("visibilitychange", () => { if (document.hidden) stop(); else if (!source) listen(); });
  window.addEventListener("pagehide", stop);
  if (!document.hidden) listen();
})();
