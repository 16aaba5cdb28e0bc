// What a reader does: by keyboard, in the other language, in the dark, on paper, without JavaScript.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { SAMPLES, launch, listFiles, open, SITE } from "./browser.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const PAGE = `file://${path.join(SAMPLES, "avoidance-alliance.html")}`;
const INDEX = `file://${path.join(SAMPLES, "index.html")}`;
const ROWS = `file://${path.join(SAMPLES, "hostile-rows.html")}`;
const HOSTILE = `file://${path.join(SAMPLES, "study/hostile.html")}`;
const focused = (page) => page.evaluate(() => document.activeElement.textContent.trim());
const ground = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);

test("the policy stops scripts, styles, pictures, requests and frames that are not the page's", async () => {
  const { page, close } = await open(browser, PAGE);
  await page.evaluate(() => {
    window.violations = new Set();
    document.addEventListener("securitypolicyviolation", (event) =>
      window.violations.add(event.effectiveDirective));
    const add = (name, attributes) => {
      const node = Object.assign(document.createElement(name), attributes);
      document.body.append(node);
      return node;
    };
    add("script", { textContent: "window.broken = 1" });
    add("style", { textContent: "body { color: rgb(1, 2, 3) }" });
    add("p", {}).setAttribute("style", "color: rgb(1, 2, 3)");
    add("p", {}).setAttribute("onclick", "window.broken = 2");
    document.body.lastChild.click();
    add("img", { src: "http://127.0.0.1:9/a.png" });
    add("iframe", { src: "http://127.0.0.1:9/" });
    fetch("http://127.0.0.1:9/").catch(() => {});
  });
  const governed = ["connect-src", "frame-src", "img-src", "script-src-attr", "script-src-elem",
    "style-src-attr", "style-src-elem"];
  await page.waitForFunction((count) => window.violations.size >= count, governed.length);
  assert.deepEqual(await page.evaluate(() => [...window.violations].sort()), governed);
  assert.equal(await page.evaluate(() => window.broken), undefined);
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(1, 2, 3)");
  await close();
});

test("hostile evidence stays text, on the page of a study and where rows are pooled", async () => {
  for (const address of [HOSTILE, ROWS, ROWS.replace("hostile-rows", "nb/hostile-rows")]) {
    const { page, seen, close } = await open(browser, address);
    let asked = 0;
    page.on("dialog", (dialog) => { asked += 1; dialog.dismiss(); });
    await page.reload();
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
      document.querySelectorAll("form input").forEach((input) => input.click());
    });
    assert.equal(asked, 0);
    assert.deepEqual(seen.errors, []);
    assert.equal(await page.locator("main :is(img, script, iframe, style)").count(), 0);
    assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
    assert.match(await page.locator("main").textContent(), /<script>alert\(1\)<\/script>[^]*\{\{ 7\*7 \}\}/);
    await close();
  }
});

test("the first key leads to the content", async () => {
  const { page, close } = await open(browser, PAGE);
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  const box = await page.locator(".skip").boundingBox();
  assert.ok(box.x >= 0 && box.y >= 0, JSON.stringify(box));
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await close();
});

test("a study in a figure opens its evidence by keyboard", async () => {
  const { page, seen, close } = await open(browser, PAGE);
  const evidence = page.locator("details:has(#row-a-1)");
  assert.equal(await evidence.evaluate((node) => node.open), false);
  await page.locator('svg a[href="#row-a-1"]').focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("details:has(#row-a-1)").open &&
    document.activeElement.tagName === "SUMMARY");
  assert.equal(await focused(page), "Study A (2001)");
  await page.keyboard.press("Enter");
  assert.equal(await evidence.evaluate((node) => node.open), false);
  // The same link again, though the address does not change.
  await page.locator('svg a[href="#row-a-1"]').focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector("details:has(#row-a-1)").open &&
    document.activeElement.tagName === "SUMMARY");
  assert.equal(await focused(page), "Study A (2001)");
  assert.deepEqual(seen.errors, []);
  await close();
});

test("an address with an anchor opens the evidence at once", async () => {
  const { page, seen, close } = await open(browser, `${PAGE}#row-a-1`);
  assert.equal(await page.evaluate(() => document.querySelector("details:has(#row-a-1)").open), true);
  await page.goto(`${PAGE}#%E0%A4%A`);
  await page.reload();
  assert.deepEqual(seen.errors, []);
  await close();
});

test("an address with parameters and anchors that nobody knows shows the page itself", async () => {
  for (const rest of ["?utm_source=x&lang=nb#nowhere", "?<script>alert(1)</script>#explorer:x=1", "#%00"]) {
    const { page, seen, close } = await open(browser, PAGE + rest);
    assert.equal(await page.getAttribute("html", "lang"), "en");
    assert.equal(await page.locator("details.evidence[open]").count(), 0);
    assert.deepEqual(seen.errors, []);
    await close();
  }
});

test("every focus is seen at 200 % zoom and nothing traps it", async () => {
  for (const address of [PAGE, `file://${path.join(SITE, "index.html")}`,
    `file://${path.join(SITE, "nb/avoidance-alliance.html")}`]) {
    // A smooth scroll would still be on its way when the focus is looked at.
    const { page, close } = await open(browser, address,
      { viewport: { width: 640, height: 450 }, reducedMotion: "reduce" });
    const seen = new Set();
    for (let step = 0; ; step += 1) {
      assert.ok(step < 300, "the focus never leaves the page");
      await page.keyboard.press("Tab");
      const state = await page.evaluate(() => {
        const node = document.activeElement, style = getComputedStyle(node);
        const box = node.getBoundingClientRect();
        return { key: node === document.body ? "" : node.outerHTML.slice(0, 200),
          outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
          within: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth };
      });
      if (!state.key) break;
      seen.add(state.key);
      assert.ok(state.outlined && state.within, JSON.stringify(state));
    }
    assert.ok(seen.size > 12, `${seen.size} stops`);
    await close();
  }
});

test("the menu opens by key, closes by Escape and gives the focus back", async () => {
  const { page, close } = await open(browser, PAGE);
  await page.locator(".menu summary").focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".menu nav").isVisible(), true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".menu nav").isVisible(), false);
  assert.equal(await focused(page), "Pages");
  await close();
});

test("the theme switches and is kept", async () => {
  const { page, seen, close } = await open(browser, PAGE, { colorScheme: "light" });
  const light = await ground(page);
  await page.selectOption("#theme", "dark");
  const dark = await ground(page);
  assert.notEqual(dark, light);
  // Chromium stores in the background; a second page sees it when it is done.
  const second = await page.context().newPage();
  await second.goto(INDEX);
  await second.waitForFunction(() => localStorage.getItem("metaworkbook-theme") === "dark");
  await page.reload();
  assert.equal(await ground(page), dark);
  assert.equal(await page.inputValue("#theme"), "dark");
  await page.emulateMedia({ media: "print" });
  assert.equal(await ground(page), "rgb(255, 255, 255)");
  await page.emulateMedia({ media: "screen", colorScheme: "dark" });
  await page.selectOption("#theme", "light");
  assert.equal(await ground(page), light);
  await page.selectOption("#theme", "auto");
  assert.equal(await ground(page), dark);
  assert.deepEqual(seen.errors, []);
  await close();
});

test("a kept theme that is no theme is ignored", async () => {
  const { page, close } = await open(browser, PAGE, {
    before: () => localStorage.setItem("metaworkbook-theme", '"><script>alert(1)</script>'),
  });
  assert.equal(await page.evaluate(() => document.documentElement.hasAttribute("data-theme")), false);
  assert.equal(await page.inputValue("#theme"), "auto");
  await close();
});

test("without storage the theme still switches", async () => {
  const { page, seen, close } = await open(browser, PAGE, {
    before: () => Object.defineProperty(window, "localStorage", {
      get() { throw new DOMException("refused", "SecurityError"); },
    }),
  });
  await page.selectOption("#theme", "dark");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.deepEqual(seen.errors, []);
  await close();
});

test("the language switches on every kind of page, keeps the place, and leads back", async () => {
  for (const file of ["index.html", "avoidance-alliance.html", "study/hostile.html"]) {
    const { page, close } = await open(browser, `file://${path.join(SAMPLES, file)}`);
    assert.equal(await page.getAttribute("html", "lang"), "en");
    await page.click(".language");
    await page.waitForURL(`file://${path.join(SAMPLES, "nb", file)}`);
    assert.equal(await page.getAttribute("html", "lang"), "nb");
    await page.click(".language");
    await page.waitForURL(`file://${path.join(SAMPLES, file)}`);
    await close();
  }
  const { page, close } = await open(browser, `${PAGE}#the-answer`);
  await page.click(".language");
  await page.waitForURL(/nb\/avoidance-alliance\.html#the-answer$/);
  assert.equal(await page.locator("#the-answer").count(), 1);
  await close();
});

test("one switch folds and unfolds all code", async () => {
  const { page, close } = await open(browser, PAGE);
  const count = () => page.locator("details.code[open]").count();
  const all = await page.locator("details.code").count();
  assert.ok(all > 1);
  assert.equal(await count(), 0);
  await page.click("#code-switch");
  assert.deepEqual([await count(), await page.getAttribute("#code-switch", "aria-pressed")], [all, "true"]);
  await page.click("#code-switch");
  assert.equal(await count(), 0);
  await close();
});

test("a page prints, without its controls and without colour of the dark theme", async () => {
  for (const address of [PAGE, INDEX, HOSTILE]) {
    const { page, close } = await open(browser, address, { colorScheme: "dark" });
    const paper = await page.pdf({ format: "A4" });
    assert.equal(paper.subarray(0, 5).toString(), "%PDF-");
    assert.ok(paper.length > 10_000, `${paper.length} bytes`);
    await page.emulateMedia({ media: "print" });
    for (const control of [".menu", ".language", ".skip", "#theme", ".tools button", ".downloads",
      ".contents"]) {
      for (const node of await page.locator(control).all()) assert.equal(await node.isVisible(), false, control);
    }
    assert.equal(await page.locator("h1").isVisible(), true);
    assert.equal(await ground(page), "rgb(255, 255, 255)");
    await close();
  }
});

test("without JavaScript everything reads and unfolds", async () => {
  const { page, close } = await open(browser, PAGE, { javaScriptEnabled: false });
  assert.equal(await page.locator("#theme").isVisible(), false);
  assert.equal(await page.locator("#code-switch").isVisible(), false);
  assert.equal(await page.locator("h1").isVisible(), true);
  assert.equal(await page.locator("math").first().isVisible(), true);
  const evidence = page.locator("#row-a-1");
  assert.equal(await evidence.isVisible(), false);
  await page.locator('svg a[href="#row-a-1"]').click();
  assert.equal(await evidence.isVisible(), true);
  await page.locator(".menu summary").click();
  assert.equal(await page.locator(".menu nav").isVisible(), true);
  await page.locator(".language").click();
  await page.waitForURL(/nb\/avoidance-alliance\.html/);
  await close();
});

test("formulas are drawn as formulas", async () => {
  const { page, close } = await open(browser, PAGE);
  const heights = await page.locator("mfrac").evaluateAll((nodes) =>
    nodes.map((node) => node.getBoundingClientRect().height));
  assert.ok(heights.length >= 2 && heights.every((height) => height > 20), String(heights));
  await close();
});

for (const [name, root] of [["samples", SAMPLES], ["site", SITE]]) {
  test(`every link of the ${name} leads somewhere`, () => {
    const texts = new Map(listFiles(root).map((file) => [file, fs.readFileSync(path.join(root, file), "utf8")]));
    const anchors = new Map([...texts].map(([file, text]) =>
      [file, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map((found) => found[1]))]));
    const dead = [];
    for (const [file, text] of texts) {
      assert.equal([...text.matchAll(/\sid="/g)].length, anchors.get(file).size, `${file}: an id twice`);
      for (const [, address] of text.matchAll(/<(?:a|link)\b[^>]*?\shref="([^"]*)"/g)) {
        if (/^https?:/.test(address)) continue;
        const [target, anchor] = address.split("#");
        const goal = target ? path.join(path.dirname(file), target) : file;
        const known = texts.has(goal);
        if (!known && !fs.existsSync(path.join(root, goal))) dead.push(`${file}: ${address}`);
        if (known && anchor && !anchors.get(goal).has(anchor)) dead.push(`${file}: ${address}`);
      }
    }
    assert.deepEqual(dead.slice(0, 10), []);
    assert.ok(texts.size > 4);
  });
}

test("links that leave the site are safe ones", () => {
  for (const root of [SAMPLES, SITE]) {
    for (const file of listFiles(root)) {
      const text = fs.readFileSync(path.join(root, file), "utf8");
      for (const [link] of text.matchAll(/<a\b[^>]*\shref="[a-z]+:[^>]*>/gi)) {
        assert.match(link, /href="https?:\/\//, `${file}: ${link}`);
        assert.match(link, /rel="[^"]*noopener/, `${file}: ${link}`);
      }
    }
  }
});
