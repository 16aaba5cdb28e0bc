// The explorer: its arithmetic against the package's, its controls, and addresses that mean harm.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, listFiles, open, SITE } from "./browser.mjs";

const TEMPLATES = path.join(path.dirname(fileURLToPath(import.meta.url)),
  "../../lib/metaworkbook/publishing/templates");
const text = (name) => fs.readFileSync(path.join(TEMPLATES, name), "utf8");
const Pooling = new Function(`${text("pooling.js")}; return Pooling`)();
const cases = JSON.parse(fs.readFileSync(process.env.CASES, "utf8"));
const LIMIT = { classical: 1e-8, censored: 1e-6 };

// Results files write what is not finite as words.
const read = (value) => ({ inf: Infinity, "-inf": -Infinity, null: NaN, nan: NaN })[value] ?? Number(value);
function compare(found, expected, limit, name) {
  const wanted = read(expected);
  if (Number.isFinite(wanted)) assert.ok(Math.abs(found - wanted) <= limit, `${name}: ${found}, ${wanted}`);
  else assert.ok(Object.is(found, wanted), `${name}: ${found}, ${wanted}`);
}

describe("arithmetic", () => {
  test("REML with Knapp-Hartung on every reference set", () => {
    assert.ok(cases.coefficients.length >= 20);
    for (const { name, yi, vi, expected } of cases.coefficients) {
      const found = Pooling.reml(yi, vi);
      for (const [ours, theirs] of [["estimate", "estimate"], ["se", "se"], ["tau2", "tau2"],
        ["ciLow", "ci_low"], ["ciHigh", "ci_high"]]) {
        compare(found[ours], expected[theirs], LIMIT.classical, `${name} ${theirs}`);
      }
    }
  });

  test("the censored model on drawn sets, ends without a bound among them", () => {
    const open = cases.mixed.filter(({ expected }) => !expected.bounded);
    assert.ok(cases.mixed.length >= 20 && open.length >= 5 && open.length < cases.mixed.length);
    cases.mixed.forEach(({ rows, rho, expected }, number) => {
      const found = Pooling.censored(rows, rho);
      assert.equal(found.bounded, expected.bounded, `set ${number}`);
      for (const [ours, theirs] of [["estimate", "estimate"], ["ciLow", "ci_low"],
        ["ciHigh", "ci_high"], ["logLikelihood", "log_likelihood"]]) {
        compare(found[ours], expected[theirs], LIMIT.censored, `set ${number} ${theirs}`);
      }
    });
  });

  test("the scripts are small", () => {
    assert.ok(text("pooling.js").length + text("explorer.js").length < 40 * 1024);
  });
});

describe("in the page", () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser.close());

  const address = (file) => `file://${path.join(SITE, file)}`;
  const explorers = listFiles(SITE).filter((file) => !file.includes("study/") &&
    fs.readFileSync(path.join(SITE, file), "utf8").includes('class="explorer"'));
  const PAGE = "avoidance-alliance.html";
  const ready = (page) => page.waitForSelector('.explorer[data-state="pooled"]');
  const values = (page, name) => page.evaluate((line) =>
    JSON.parse(document.querySelector(`[data-result=${line}]`)?.dataset.values ?? "null"), name);

  test("every pooled page starts with the package's own result", async () => {
    assert.ok(explorers.length > 10, explorers.join());
    let pooled = 0;
    for (const file of explorers) {
      const { page, seen, close } = await open(browser, address(file));
      await ready(page);
      const { results } = JSON.parse(fs.readFileSync(
        path.join(SITE, "data", `${path.basename(file, ".html")}.json`), "utf8"));
      for (const [line, result, limit] of [["censored", results.synthesis.main, LIMIT.censored],
        ["reml", results.synthesis.classical, LIMIT.classical]]) {
        const found = await values(page, line);
        assert.equal(found === null, result === null, `${file} ${line}`);
        if (!result) continue;
        pooled += 1;
        const expected = [result.estimate, result.ci_low, result.ci_high];
        expected.forEach((value, i) => compare(Number(found[i]), value, limit, `${file} ${line} ${i}`));
      }
      assert.deepEqual(seen.errors, [], file);
      await close();
    }
    assert.ok(pooled >= 6, String(pooled));
  });

  test("a filter and a tick pool anew, the address keeps them, and back leads back", async () => {
    const { page, seen, close } = await open(browser, address(PAGE));
    await ready(page);
    const first = await values(page, "censored");
    const shown = () => page.locator(".explorer li:visible").count();
    const before = await shown();
    await page.check("[name=tier][value=E]");
    await ready(page);
    assert.ok(await shown() > before);
    const wider = await values(page, "censored");
    assert.notDeepEqual(wider, first);
    await page.locator(".explorer li:visible input").first().focus();
    await page.keyboard.press("Space");
    await ready(page);
    const fewer = await values(page, "censored");
    assert.notDeepEqual(fewer, wider);
    const link = await page.getAttribute(".explorer a.button", "href");
    assert.match(link, /^#explorer:tiers=CE&flip=/);
    assert.ok((await page.url()).endsWith(link));
    const other = await open(browser, address(PAGE) + link);
    await ready(other.page);
    assert.deepEqual(await values(other.page, "censored"), fewer);
    await other.page.click(".language");
    await other.page.waitForURL(/nb\/.*#explorer:/);
    await ready(other.page);
    assert.deepEqual(await values(other.page, "censored"), fewer);
    assert.match(await other.page.textContent("[data-result=censored]"), /\d,\d/);
    await other.close();
    await page.click(".explorer button[type=reset]");
    await page.waitForFunction((start) =>
      document.querySelector("[data-result=censored]").dataset.values === start, JSON.stringify(first));
    assert.deepEqual(seen.errors, []);
    await close();
  });

  test("the evidence of a row keeps the selection, through reload, in a copy and in the other language", async () => {
    const { page, seen, close } = await open(browser, address(PAGE));
    await ready(page);
    await page.check("[name=tier][value=E]");
    await ready(page);
    const wider = await values(page, "censored");
    const row = page.locator(".explorer li:visible a").first();
    const goal = await row.getAttribute("href");
    const opened = () => page.waitForFunction((id) =>
      document.querySelector(id).closest("details").open, goal);
    await row.click();
    await opened();
    assert.ok(page.url().endsWith(`${goal}:explorer:tiers=CE`), page.url());
    const copy = await open(browser, page.url());
    await ready(copy.page);
    assert.deepEqual(await values(copy.page, "censored"), wider);
    await copy.page.click(".language");
    await copy.page.waitForURL(/nb\/.*:explorer:/);
    await ready(copy.page);
    assert.deepEqual(await values(copy.page, "censored"), wider);
    await copy.close();
    await page.reload();
    await opened();
    await ready(page);
    assert.deepEqual(await values(page, "censored"), wider);
    await page.goBack();
    await page.waitForFunction(() => location.hash.startsWith("#explorer:"));
    await ready(page);
    assert.deepEqual(await values(page, "censored"), wider);
    assert.deepEqual(seen.errors, []);
    await close();
  });

  test("without a selection the address of a row is its own", async () => {
    const { page, close } = await open(browser, address(PAGE));
    await ready(page);
    const row = page.locator(".explorer li:visible a").first();
    const goal = await row.getAttribute("href");
    await row.click();
    await page.waitForFunction((id) => document.querySelector(id).closest("details").open, goal);
    assert.ok(page.url().endsWith(goal), page.url());
    await close();
  });

  test("nothing left is said, not pooled", async () => {
    const { page, close } = await open(browser, `${address(PAGE)}#explorer:tiers=`);
    await ready(page);
    assert.equal(await values(page, "censored"), null);
    assert.match(await page.textContent(".pooled"), /fewer than three samples/);
    await close();
  });

  test("an address that means harm changes nothing", async () => {
    for (const state of ["tiers=<script>&rater=%22%3E%3Cimg src=x onerror=alert(1)%3E",
      "flip=__proto__,constructor&cited=javascript:alert(1)", "%E0%A4%A", "rater=%E0%A4%A&=&&tiers", "x".repeat(9000)]) {
      const { page, seen, close } = await open(browser, `${address(PAGE)}#explorer:${state}`);
      await ready(page);
      const plain = JSON.parse(fs.readFileSync(path.join(SITE, "data/avoidance-alliance.json"), "utf8"));
      compare(Number((await values(page, "censored"))[0]), plain.results.synthesis.main.estimate,
        LIMIT.censored, state.slice(0, 30));
      assert.equal(await page.locator("img").count(), 0);
      assert.deepEqual(seen.errors, []);
      await close();
    }
  });

  test("without JavaScript and on paper it is not there", async () => {
    const { page, close } = await open(browser, address(PAGE), { javaScriptEnabled: false });
    assert.equal(await page.locator(".explorer").isVisible(), false);
    assert.equal(await page.locator(".unscripted").isVisible(), true);
    await close();
    const paper = await open(browser, address(PAGE));
    await paper.page.emulateMedia({ media: "print" });
    for (const part of [".explorer", ".unscripted", "#try-it-yourself", "#try-it-yourself + p"]) {
      assert.equal(await paper.page.locator(part).isVisible(), false, part);
    }
    await paper.close();
  });
});
