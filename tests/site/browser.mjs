// What the browser tests share: the pages to open, and Chromium with nothing but an empty profile.
import { createRequire } from "node:module";
import fs from "node:fs";
import http from "node:http";
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

// Kept by a page from its first moment on: what moved without being asked to, and from where to where.
export const watchShifts = () => {
  window.shifts = [];
  const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      window.shifts.push([value, ...sources.map(({ node, previousRect, currentRect }) =>
        `${(node?.outerHTML ?? node?.textContent ?? "").slice(0, 80)}: ` +
        `${place(previousRect)} -> ${place(currentRect)}`)]);
    }
  }).observe({ type: "layout-shift", buffered: true });
};

// A server on this machine that sends a file in small pieces, as a slow line or a busy machine does.
export async function serveSlowly(root, piece = 4096, pause = 15) {
  const server = http.createServer(async (request, response) => {
    const text = fs.readFileSync(path.join(root, new URL(request.url, "http://local").pathname));
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
    for (let start = 0; start < text.length; start += piece) {
      response.write(text.subarray(start, start + piece));
      await new Promise((done) => setTimeout(done, pause));
    }
    response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { address: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() };
}
