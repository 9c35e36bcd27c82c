// Draws every [data-chart] by uPlot, in the colours of the theme.
//
// {"x": [seconds or numbers], "series": [{"name": "declined", "tone": "decline", "values": [..], "fill": true, "dash": true}],
//  "kind": "line" | "bars", "unit": "EUR" | "%" | "ms" | "", "time": true, "min": 0, "max": null,
//  "span": whether lines go on over what has no value}
"use strict";
(() => {
  const charts = new Map();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const tones = ["accent", "review", "approve", "decline", "challenge", "muted"];
  const tone = (series, i) => colour(series.tone || tones[i % tones.length]);
  const number = (value, unit) => {
    if (value == null) return "–";
    if (unit === "%") return `${(value * 100).toFixed(Math.abs(value) < 0.01 ? 2 : 1)} %`;
    const size = Math.abs(value);
    const text = size >= 1e6 ? `${+(value / 1e6).toFixed(1)}M` : size >= 1e4 ? `${+(value / 1e3).toFixed(1)}k` : `${+value.toFixed(size < 10 ? 2 : 0)}`;
    return unit ? `${text} ${unit}` : text;
  };
  // Increment in seconds, text of a tick, text below it where the year or the day changes.
  const moments = [
    [31536000, "{YYYY}", null, null, null, null, null, null, 1],
    [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
    [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
    [1, "{HH}:{mm}:{ss}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
  ];
  // As wide as the widest label, so that none is cut at the edge.
  const room = (plot, labels) => {
    plot.ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    const widths = (labels || []).map((label) => plot.ctx.measureText(label).width / devicePixelRatio);
    return Math.max(40, Math.ceil(Math.max(0, ...widths)) + 12);
  };
  // One point, or none, has no width of its own: it stands in the middle of three days (or of one of another unit).
  // Without this uPlot makes an axis of years around it.
  const span = (isTime) => (_, low) => {
    const half = isTime ? 1.5 * 86400 : 0.5;
    const middle = low ?? (isTime ? Math.floor(Date.now() / 86400e3) * 86400 : 0.5);
    return [middle - half, middle + half];
  };
  // What a reader sees who points at nothing: the newest figures, never a row of dashes.
  const newest = (plot) => plot.data[0].length && plot.setLegend({ idx: plot.data[0].length - 1 });
  // No line leads to a value without a neighbour: it is drawn as a point. A line that spans gaps leads to all but one.
  const lone = (values, spans) => {
    const there = [...values.keys()].filter((i) => values[i] != null);
    if (spans) return there.length === 1 ? there : [];
    return there.filter((i) => values[i - 1] == null && values[i + 1] == null);
  };
  const options = (element, data) => {
    const isTime = data.time !== false;
    const face = "11px system-ui, sans-serif";
    const axis = { stroke: colour("faint"), font: face, grid: { stroke: colour("line"), width: 1 }, ticks: { show: false } };
    return {
      width: Math.max(element.clientWidth, 160),
      height: Number(element.dataset.height || 220),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      cursor: { y: false, drag: { x: false, y: false } },
      legend: { live: data.series.length < 7 },
      hooks: data.series.length < 7 ? { ready: [newest], setCursor: [(plot) => { if (plot.cursor.idx == null) newest(plot); }] } : {},
      scales: { x: { time: isTime, ...(data.x.length < 2 ? { range: span(isTime) } : {}) }, y: { range: (_, low, high) => [data.min ?? Math.min(0, low ?? 0), data.max ?? ((high ?? 0) > 0 ? high * 1.08 : 1)] } },
      axes: [{ ...axis, grid: { show: false }, space: 64, ...(isTime ? { values: moments } : {}) }, { ...axis, size: room, space: 36, values: (_, ticks) => ticks.map((value) => number(value, data.unit)) }],
      series: [
        { label: isTime ? "UTC" : data.x_name || "", value: isTime ? "{YYYY}-{MM}-{DD} {HH}:{mm}" : undefined },
        ...data.series.map((series, i) => ({
          label: series.name,
          stroke: tone(series, i),
          width: 1.5,
          dash: series.dash ? [4, 4] : undefined,
          fill: data.kind === "bars" || series.fill ? tone(series, i) + (data.kind === "bars" ? "cc" : "26") : undefined,
          paths: data.kind === "bars" ? uPlot.paths.bars({ size: [0.7, 48] }) : undefined,
          points: { show: data.x.length < 3, filter: (_, __, all) => (all || data.kind === "bars" ? null : lone(series.values, data.span)) },
          value: (_, value) => number(value, data.unit),
          spanGaps: data.span === true,
        })),
      ],
    };
  };
  // On a page whose [data-plot] says where uPlot is, it is loaded with the first chart: the page opens sooner.
  let plot;
  const loaded = () => plot ||= new Promise((done, failed) => {
    const script = Object.assign(document.createElement("script"), { src: document.querySelector("[data-plot]").dataset.plot, onload: done, onerror: failed });
    document.head.append(script);
  });
  const draw = (element) => {
    if (!window.uPlot) return loaded().then(() => { if (element.isConnected) draw(element); });
    const data = JSON.parse(element.dataset.chart);
    const known = charts.get(element);
    if (known) known.destroy();
    charts.set(element, new uPlot(options(element, data), [data.x, ...data.series.map((series) => series.values)], element));
  };
  const sizes = new ResizeObserver((entries) => entries.forEach(({ target, contentRect }) => {
    const chart = charts.get(target);
    if (chart && Math.abs(chart.width - contentRect.width) > 1) chart.setSize({ width: contentRect.width, height: chart.height });
  }));
  const drawAll = (within = document) => within.querySelectorAll("[data-chart]").forEach((element) => {
    if (!charts.has(element)) sizes.observe(element);
    draw(element);
  });
  const forget = () => charts.forEach((chart, element) => { if (!element.isConnected) { chart.destroy(); charts.delete(element); sizes.unobserve(element); } });
  document.addEventListener("console:theme", () => drawAll());
  document.addEventListener("htmx:afterSettle", (event) => { forget(); const target = event.detail.elt; if (target.matches("[data-chart]")) draw(target); drawAll(target); });
  drawAll();
  window.console_chart = { draw, drawAll };
})();
