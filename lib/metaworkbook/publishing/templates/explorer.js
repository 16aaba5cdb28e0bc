/* The explorer: reads the rows from the form, pools those that are ticked and pass the filters. */
document.addEventListener("DOMContentLoaded", function () {
  "use strict";
  var form = document.querySelector("form.explorer");
  if (!form) return;
  var SPACE = "http://www.w3.org/2000/svg", PREFIX = "#explorer", FILTERS = ["rater", "phase", "confidence", "cited"];
  var rho = Number(form.dataset.rho), pooled = form.querySelector(".pooled"), link = form.querySelector("a.button");
  var norwegian = document.documentElement.lang === "nb", waiting = 0;
  var tiers = Array.from(form.querySelectorAll("[name=tier]"));
  var rows = Array.from(form.querySelectorAll("li")).map(function (item) {
    var data = item.dataset;
    return {
      item: item, box: item.querySelector("input"), lower: Number(data.lower), upper: Number(data.upper),
      n: Number(data.n), outside: data.outside === "yes", sample: data.sample
    };
  });

  function say(name, values) {
    return form.getAttribute("data-say-" + name).replace(/\{(\w+)\}/g, function (whole, key) { return values[key]; });
  }
  function show(value, digits) {
    var text = Math.abs(value).toFixed(digits), zero = Number(text) === 0;
    return (value < 0 && !zero ? "\u2212" : "") + (norwegian ? text.replace(".", ",") : text);
  }
  function showInterval(low, high) {
    return say("interval", {
      low: low === -Infinity ? say("low", {}) : show(Math.tanh(low), 2),
      high: high === Infinity ? say("high", {}) : show(Math.tanh(high), 2)
    });
  }
  function add(parent, name, attributes, text) {
    var svg = /^(svg|line|rect|title)$/.test(name), node = svg ? document.createElementNS(SPACE, name) : document.createElement(name);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    if (text) node.textContent = text;
    parent.appendChild(node);
    return node;
  }
  /* One line of the forest on the scale of r; marks keep their size as the line stretches. */
  function track(parent, spans, dot, band, kind, label) {
    var svg = add(parent, "svg", { viewBox: "-1 0 2 1", preserveAspectRatio: "none", role: "img", "aria-label": label, "class": "track " + kind });
    if (band) add(svg, "rect", { x: band[0], y: 0, width: band[1] - band[0], height: 1, "class": "reach" });
    add(svg, "line", { x1: 0, x2: 0, y1: 0, y2: 1, "class": "zero" });
    spans.forEach(function (span) {
      if (kind === "range" || kind === "pale") add(svg, "rect", { x: span[0], y: 0.28, width: span[1] - span[0], height: 0.44, "class": "open" });
      else add(svg, "line", { x1: span[0], x2: span[1], y1: 0.5, y2: 0.5, "class": "span" });
    });
    if (dot !== null) add(svg, "line", { x1: dot, x2: dot, y1: 0.2, y2: 0.8, "class": "dot" });
  }
  function trackRow(row, band) {
    var old = row.item.querySelector("svg"), z = Math.atanh(row.lower), half = 1.959963984540054 / Math.sqrt(row.n - 3);
    var spans = row.outside ? [[-1, row.lower], [row.upper, 1]] : [[row.lower, row.upper]], dot = null, kind = "range";
    if (row.lower === row.upper) { spans = [[Math.tanh(z - half), Math.tanh(z + half)]]; dot = row.lower; kind = "exact"; }
    else if (!row.outside && row.lower * row.upper === 0 && row.upper - row.lower === 1) kind = "pale";
    if (old) old.remove();
    track(row.item, spans, dot, band, kind, say("range", {
      low: show(spans[0][0], 2), high: show(spans[spans.length - 1][1], 2)
    }));
  }

  function passes(row) {
    var data = row.item.dataset;
    return tiers.some(function (box) { return box.checked && box.value === data.tier; }) &&
      FILTERS.every(function (name) { return !form[name].value || form[name].value === data[name]; });
  }
  function report(name, text, result) {
    var line = add(pooled, "div", { "class": "result", "data-result": name });
    add(line, "strong", {}, say(name, {}));
    add(line, "span", {}, text);
    if (!result) return;
    line.setAttribute("data-values", JSON.stringify(result.values.map(String)));
    var ends = result.values.slice(1).map(Math.tanh), estimate = result.values[0];
    track(line, [ends], isNaN(estimate) ? null : Math.tanh(estimate), null, "sum", text);
  }
  function pool() {
    var chosen = rows.filter(function (row) { return passes(row) && row.box.checked; }), persons = {}, band = null, found;
    chosen.forEach(function (row) { persons[row.sample] = Math.max(persons[row.sample] || 0, row.n); });
    var samples = Object.keys(persons), n = samples.reduce(function (sum, name) { return sum + persons[name]; }, 0);
    pooled.textContent = "";
    add(pooled, "p", { "class": "quiet" }, say("counts", { k: samples.length, rows: chosen.length, n: Math.round(n) }));
    if (samples.length < 3) report("censored", say("few", {}));
    else {
      found = Pooling.censored(chosen, rho);
      band = [Math.tanh(found.ciLow), Math.tanh(found.ciHigh)];
      report("censored", (found.bounded ? "r = " + show(Math.tanh(found.estimate), 2) + " (" : "(") +
        showInterval(found.ciLow, found.ciHigh) + ")", { values: [found.estimate, found.ciLow, found.ciHigh] });
    }
    var points = Pooling.composites(chosen, rho);
    if (points.yi.length < 3) report("reml", say("few", {}));
    else {
      found = Pooling.reml(points.yi, points.vi);
      report("reml", "r = " + show(Math.tanh(found.estimate), 2) + " (" + showInterval(found.wideLow, found.wideHigh) + ")",
        { values: [found.estimate, found.wideLow, found.wideHigh] });
    }
    rows.forEach(function (row) {
      row.item.hidden = !passes(row);
      row.item.classList.toggle("off", !row.box.checked);
      trackRow(row, band);
    });
    form.setAttribute("data-state", "pooled");
  }

  function describe() {
    var parts = [], flipped = rows.filter(function (row) { return row.box.checked !== row.box.defaultChecked; });
    if (tiers.some(function (box) { return box.checked !== box.defaultChecked; }))
      parts.push("tiers=" + tiers.filter(function (box) { return box.checked; }).map(function (box) { return box.value; }).join(""));
    FILTERS.forEach(function (name) { if (form[name].value) parts.push(name + "=" + form[name].value); });
    if (flipped.length) parts.push("flip=" + flipped.map(function (row) { return encodeURIComponent(row.box.value); }).join(","));
    return PREFIX + (parts.length ? ":" + parts.join("&") : "");
  }
  /* A link may hold anything: what is no value of a control is passed over. */
  function restore() {
    var told = location.hash.match(/^#(?:row-[^:]*:)?explorer:(.*)$/);
    if (!told) return false;
    form.reset();
    told[1].split("&").forEach(function (part) {
      var at = part.indexOf("="), name = part.slice(0, at), value = part.slice(at + 1);
      try { value = decodeURIComponent(value); } catch (error) { return; }
      if (name === "tiers" && /^[A-F]*$/.test(value)) tiers.forEach(function (box) { box.checked = value.indexOf(box.value) >= 0; });
      if (name === "flip") rows.forEach(function (row) {
        if (value.split(",").indexOf(row.box.value) >= 0) row.box.checked = !row.box.defaultChecked;
      });
      if (FILTERS.indexOf(name) >= 0 && Array.from(form[name].options).some(function (option) { return option.value === value; }))
        form[name].value = value;
    });
    return true;
  }
  function later() {
    form.setAttribute("data-state", "waiting");
    clearTimeout(waiting);
    waiting = setTimeout(pool, 30);
  }
  function changed() {
    link.href = describe();
    try { history.replaceState(null, "", link.href); } catch (error) { /* the link remains */ }
    later();
  }
  form.addEventListener("change", changed);
  /* The button alone: an address that is restored resets the form too, and stays as it is. */
  form.querySelector("[type=reset]").addEventListener("click", function () { setTimeout(changed, 0); });
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  /* The evidence of a row takes the address; the selection stays behind it. */
  function keep() {
    if (!/^#row-[^:]*$/.test(location.hash) || describe() === PREFIX) return;
    try { history.replaceState(null, "", location.hash + describe().replace("#", ":")); } catch (error) { /* the link remains */ }
  }
  function lead() {
    link.href = describe();
    if (location.hash.indexOf(PREFIX) === 0) form.scrollIntoView();
  }
  function restoreNow() {
    if (!restore()) { keep(); return; }
    lead();
    later();
  }
  window.addEventListener("hashchange", restoreNow);

  /* Nothing of the page moves while it is read: the form takes its place before the first paint. */
  form.hidden = false;
  link.href = describe();
  rows.forEach(function (row) { row.item.hidden = !passes(row); trackRow(row, null); });
  if (restore()) lead();
  later();
});
