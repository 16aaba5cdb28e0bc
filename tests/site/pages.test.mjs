// What must hold of every page: silence on the network, a working policy, access, weight, reflow.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AXE, choosePages, launch, open, serveSlowly, SITE, watchShifts, weigh } from "./browser.mjs";

const KILOBYTE = 1024;
const WEIGHT = { page: 400 * KILOBYTE, index: 150 * KILOBYTE };
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const pages = choosePages();

test("there are pages of every type in both languages", () => {
  for (const file of ["index.html", "nb/index.html", "avoidance-alliance.html", "study/hostile.html",
    "nb/study/hostile.html"]) {
    assert.ok(pages.some((page) => page.name === `samples/${file}`), file);
  }
  assert.ok(pages.some((page) => page.name === "site/index.html"));
});

// The size of targets is of WCAG 2.2, and axe leaves it out unless it is asked.
const RUN = "axe.run({ rules: { 'target-size': { enabled: true } } })";

// What reaches beyond the window without lying in something that scrolls by itself.
const findWide = () => {
  const limit = document.documentElement.clientWidth;
  const scrolls = (node) => node &&
    (getComputedStyle(node).overflowX !== "visible" || scrolls(node.parentElement));
  return {
    over: Math.max(0, document.documentElement.scrollWidth - limit),
    nodes: [...document.querySelectorAll("main *, header *, footer *")]
      .filter((node) => node.checkVisibility() && !scrolls(node.parentElement) &&
        node.getBoundingClientRect().right > limit + 1)
      .slice(0, 3).map((node) => node.outerHTML.slice(0, 120)),
  };
};

for (const { name, root, file, url } of pages) {
  describe(name, () => {
    let view;
    before(async () => {
      view = await open(browser, url, { before: watchShifts, colorScheme: "light" });
    });
    after(() => view.close());

    test("loads without an error, a request or a shift", async () => {
      await view.page.evaluate(() => new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.deepEqual(view.seen.errors, []);
      assert.deepEqual(view.seen.requests, [url]);
      const loaded = () => performance.getEntriesByType("resource").length;
      assert.equal(await view.page.evaluate(loaded), 0);
      assert.deepEqual(await view.page.evaluate(() => window.shifts), []);
    });

    test("weighs little", () => {
      const limit = file.endsWith("index.html") ? WEIGHT.index : WEIGHT.page;
      assert.ok(weigh(root, file) <= limit, `${weigh(root, file)} bytes`);
    });

    test("has no accessibility violation, everything unfolded, in light and dark", async () => {
      await view.page.evaluate(() => {
        for (const details of document.querySelectorAll("details:not(.menu)")) details.open = true;
        // No contrast can be told before a shade; it lies at the edge alone.
        for (const region of document.querySelectorAll(".scroll")) region.style.background = "none";
      });
      await view.page.evaluate(AXE);
      for (const colorScheme of ["light", "dark"]) {
        await view.page.emulateMedia({ colorScheme });
        const { violations, passes, incomplete } = await view.page.evaluate(RUN);
        const told = violations.flatMap((violation) => violation.nodes.slice(0, 3)
          .map((node) => `${colorScheme}, ${violation.id}: ${node.html.slice(0, 160)}`));
        assert.deepEqual(told, []);
        assert.ok(passes.some((rule) => rule.id === "color-contrast"));
        assert.ok(passes.some((rule) => rule.id === "target-size"));
        assert.equal(JSON.stringify(incomplete).includes("bgGradient"), false);
      }
    });

    // Samples hold words that no screen is wide enough for.
    test("shows every table and figure whole at 1280 px", { skip: root !== SITE }, async () => {
      assert.deepEqual(await view.page.evaluate(() => [...document.querySelectorAll(".scroll")]
        .filter((region) => region.scrollWidth > region.clientWidth + 1)
        .map((region) => region.getAttribute("aria-label"))), []);
    });

    test("shows figures on a phone whole with text apart, or lets them scroll", async () => {
      await view.page.setViewportSize({ width: 360, height: 640 });
      const figures = await view.page.evaluate(() => [...document.querySelectorAll(".chart .scroll")]
        .filter((region) => region.querySelector("svg text")).map((region) => {
          const texts = [...region.querySelectorAll("text")];
          const scale = region.querySelector("svg").getScreenCTM().a;
          const boxes = texts.map((node) => node.getBoundingClientRect());
          const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
          return {
            name: region.getAttribute("aria-label"), whole: region.classList.contains("whole"),
            scrolls: region.scrollWidth > region.clientWidth,
            least: Math.min(...texts.map((node) => parseFloat(getComputedStyle(node).fontSize) * scale)),
            met: boxes.some((box, i) => boxes.slice(i + 1).some((other) => meet(box, other))),
          };
        }));
      for (const { name, whole, scrolls, least, met } of figures) {
        assert.equal(scrolls, !whole, name);
        assert.equal(met, false, name);
        // Of a phone's 360 px a scroll bar takes none.
        assert.ok(least > 8.5, `${name}: ${least} px`);
      }
    });

    test("fits every figure on a sheet of paper", async () => {
      await view.page.emulateMedia({ media: "print" });
      await view.page.setViewportSize({ width: 672, height: 980 });
      const heights = await view.page.evaluate(() => [...document.querySelectorAll(".chart svg")]
        .map((figure) => figure.getBoundingClientRect().height));
      assert.ok(heights.every((height) => height <= 215 / 25.4 * 96 + 1), heights.join());
      await view.page.emulateMedia({ media: "screen" });
    });

    test("needs no sideways scrolling at 360 px, 200 % and 400 % zoom", async () => {
      for (const width of [360, 1280 / 2, 1280 / 4]) {
        await view.page.setViewportSize({ width, height: 640 });
        assert.deepEqual(await view.page.evaluate(findWide), { over: 0, nodes: [] }, `${width} px`);
      }
    });
  });
}

test("nothing moves while a page arrives slowly, on a narrow and a wide screen", async () => {
  const line = await serveSlowly(SITE);
  for (const file of ["index.html", "propositions.html", "nb/propositions.html", "nb/evidence.html",
    "study/byrd2010.html", "avoidance-alliance.html#explorer:tiers=CE"]) {
    for (const width of [360, 1280]) {
      const { page, close } = await open(browser, line.address + file,
        { before: watchShifts, viewport: { width, height: 900 } });
      if (file.includes("#explorer")) await page.waitForSelector('.explorer[data-state="pooled"]');
      await page.evaluate(() => new Promise((done) =>
        requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.deepEqual(await page.evaluate(() => window.shifts), [], `${file} at ${width} px`);
      await close();
    }
  }
  line.stop();
});
