/* Theme, code switch, contents marker and the opening of evidence. Everything reads without it. */
(function () {
  "use strict";
  var root = document.documentElement, themes = ["auto", "light", "dark"], kept = "auto";
  root.classList.remove("no-script");

  function keep(theme) {
    if (themes.indexOf(theme) < 0) theme = "auto";
    if (theme === "auto") root.removeAttribute("data-theme");
    else root.setAttribute("data-theme", theme);
    return theme;
  }
  /* Storage may be refused, or hold anything: then the reader's system decides. */
  try { kept = keep(localStorage.getItem("metaworkbook-theme")); } catch (error) { keep("auto"); }

  function reveal(focus) {
    var id = "";
    /* Behind a row the explorer keeps its selection. */
    try { id = decodeURIComponent(location.hash.slice(1).replace(/:explorer:.*$/, "")); } catch (error) { return false; }
    var place = id && document.getElementById(id), node, first = null;
    if (!place) return false;
    for (node = place; node; node = node.parentElement)
      if (node.tagName === "DETAILS") { node.open = true; first = first || node; }
    if (!first) return false;
    place.scrollIntoView({ block: "center" });
    var summary = first.querySelector("summary");
    if (focus && summary) summary.focus({ preventScroll: true });
    return true;
  }

  document.addEventListener("DOMContentLoaded", function () {
    var select = document.getElementById("theme"), menu = document.querySelector(".menu"),
      codes = document.querySelectorAll("details.code"), button = document.getElementById("code-switch"),
      other = document.querySelector(".language");

    select.value = kept;
    select.addEventListener("change", function () {
      var theme = keep(select.value);
      try { localStorage.setItem("metaworkbook-theme", theme); } catch (error) { /* not kept */ }
    });

    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && menu.open) { menu.open = false; menu.querySelector("summary").focus(); }
    });
    document.addEventListener("click", function (event) {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
      var link = event.target.closest ? event.target.closest("a") : null;
      var goal = link && (link.getAttribute("href") || link.getAttribute("xlink:href"));
      /* The address does not change: reveal here, or the browser would take the focus away. */
      if (goal && goal.charAt(0) === "#" && goal === location.hash && reveal(true)) event.preventDefault();
    });
    window.addEventListener("hashchange", function () { reveal(true); });
    reveal(false);

    if (other) other.addEventListener("click", function () {
      other.href = other.href.split("#")[0] + location.hash;
    });

    if (button) button.addEventListener("click", function () {
      var open = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(open));
      codes.forEach(function (code) { code.open = open; });
    });

    var links = {}, marked = null;
    document.querySelectorAll(".contents a").forEach(function (link) {
      links[link.getAttribute("href").slice(1)] = link;
    });
    if ("IntersectionObserver" in window) {
      var watch = new IntersectionObserver(function (entries) {
        entries.forEach(function (entry) {
          var link = links[entry.target.id];
          if (!entry.isIntersecting || !link) return;
          if (marked) marked.removeAttribute("aria-current");
          marked = link;
          link.setAttribute("aria-current", "true");
        });
      }, { rootMargin: "0px 0px -70% 0px" });
      Object.keys(links).forEach(function (id) {
        var heading = document.getElementById(id);
        if (heading) watch.observe(heading);
      });
    }
  });
})();
