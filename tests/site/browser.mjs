// What the browser tests share: the pages to open, and Chromium with nothing but an empty profile.
import { createRequire } from "node:module";
import fs from "node:fs";
import path from "node:path";

const require = createRequire(path.join(process.env.MODULES, "package.json"));
export const { chromium } = require("playwright-core");
export const AXE = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const { SITE, SAMPLES } = process.env;

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

// Playwright gives every launch an empty profile of its own and removes it again.
export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });

export function listFiles(folder, ending = ".html") {
  return fs.readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

const isStudy = (file) => file.includes("study/");

// Every page in both languages; of the many study pages, the heaviest and the lightest.
export function choosePages() {
  const pages = listFiles(SAMPLES).map((file) => ({ root: SAMPLES, file }));
  const files = listFiles(SITE);
  pages.push(...files.filter((file) => !isStudy(file)).map((file) => ({ root: SITE, file })));
  for (const language of ["study/", "nb/study/"]) {
    const studies = files.filter((file) => file.startsWith(language))
      .sort((a, b) => weigh(SITE, b) - weigh(SITE, a));
    pages.push(...[studies[0], studies.at(-1)].map((file) => ({ root: SITE, file })));
  }
  return pages.map((page) => ({
    ...page,
    name: `${page.root === SITE ? "site" : "samples"}/${page.file}`,
    url: `file://${path.join(page.root, page.file)}`,
  }));
}

export const weigh = (root, file) => fs.statSync(path.join(root, file)).size;

// A page that notes every console error, every script error and every request.
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const seen = { errors: [], requests: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.errors.push(message.text());
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("request", (request) => seen.requests.push(request.url()));
  if (options.before) await page.addInitScript(options.before);
  await page.goto(url);
  return { page, seen, close: () => context.close() };
}
