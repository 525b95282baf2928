// Builds documentation sites with their real tools, and looks at the plans in them with Chromium.
// node run.mjs PACKAGE_FOLDER WORK_FOLDER TOOL...
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { launch } from "../e2e/lib/browser.mjs";
import { serve } from "../e2e/lib/server.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [packed, work, ...wanted] = process.argv.slice(2);
const windows = process.platform === "win32";

const run = (program, args, cwd) => execFileSync(program, args, { cwd, stdio: ["ignore", "inherit", "inherit"] });

/** Installs something once, and again when what says which version changes. */
function once(folder, text, install) {
  const stamp = join(folder, "installed.txt");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === text) return;
  rmSync(folder, { recursive: true, force: true });
  install();
  writeFileSync(stamp, text);
}

/** A Python tool of a site's requirements.txt, in an environment of its own. */
function python(site, name, tool) {
  const folder = join(work, "tools", name);
  const wantedVersions = readFileSync(join(site, "requirements.txt"), "utf8");
  const bin = join(folder, windows ? "Scripts" : "bin");
  once(folder, wantedVersions, () => {
    run("python3", ["-m", "venv", folder], site);
    const quiet = ["--quiet", "--disable-pip-version-check"];
    run(join(bin, "pip"), ["install", ...quiet, "--requirement", join(site, "requirements.txt")], site);
  });
  return join(bin, tool);
}

/** How each tool builds a site: where it serves files as they are, and where its output is. */
const TOOLS = {
  mkdocs: {
    files: "docs/autoparallel",
    build(site) {
      run(python(site, "mkdocs", "mkdocs"), ["build", "--quiet", "--strict", "--site-dir", "out"], site);
    },
    pages: ["", "deeper/memory/"],
  },
  sphinx: {
    files: "_static/autoparallel",
    build(site) {
      run(python(site, "sphinx", "sphinx-build"), ["-q", "-W", "-b", "html", ".", "out"], site);
    },
    pages: ["", "deeper/memory.html"],
  },
  mdbook: {
    files: "src/autoparallel",
    build(site) {
      const root = join(work, "tools/mdbook");
      const version = "0.5.4";
      once(root, version, () => {
        const flags = ["--quiet", "--locked", "--root", root];
        run(process.env.CARGO ?? "cargo", ["install", "mdbook", "--version", version, ...flags], site);
      });
      run(join(root, "bin/mdbook"), ["build", "--dest-dir", "out"], site);
    },
    pages: ["", "deeper/memory.html"],
  },
  docusaurus: {
    files: "static/autoparallel",
    build(site) {
      const folder = join(work, "tools/docusaurus");
      const text = readFileSync(join(site, "package.json"), "utf8");
      const npm = windows ? "npm.cmd" : "npm";
      once(folder, text, () => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, "package.json"), text);
        run(npm, ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"], folder);
      });
      symlinkSync(join(folder, "node_modules"), join(site, "node_modules"), "junction");
      run(join(site, "node_modules/.bin/docusaurus"), ["build", "--out-dir", "out"], site);
    },
    base: "/",
    pages: ["", "deeper/memory/"],
  },
};

/** The site as a reader of the example would have it, built. */
function built(name) {
  const tool = TOOLS[name];
  const site = join(work, "sites", name);
  rmSync(site, { recursive: true, force: true });
  cpSync(join(here, "../../examples/docs-sites", name), site, { recursive: true });
  cpSync(packed, join(site, tool.files), { recursive: true });
  tool.build(site);
  return join(site, "out");
}

async function look(browser, name, out) {
  const tool = TOOLS[name];
  const server = await serve(out, tool.base ?? "/docs/");
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(error.message));
  // These sites have no icon.
  const missing = (url) => !url.endsWith("/favicon.ico");
  page.on("response", (answer) => {
    if (answer.status() >= 400 && missing(answer.url())) problems.push(`${answer.status()} ${answer.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" && missing(message.location().url ?? "")) problems.push(message.text());
  });
  try {
    for (const path of tool.pages) {
      await page.goto(server.url + path, { waitUntil: "load" });
      await page.$eval("auto-parallel", (element) => element.scrollIntoView());
      const drawn = () => document.querySelector("auto-parallel")?.shadowRoot?.querySelector(".title");
      await page.waitForFunction(drawn, { timeout: 30_000 });
      const text = await page.$eval("auto-parallel", ({ shadowRoot }) => shadowRoot.querySelector(".body").innerText);
      assert.match(text, /Qwen3-30B-A3B.* 64.*H100/s);
      assert.match(text, path === "" ? /Step time\s+\d.*\d+(\.\d+)?\s*days/s : /Optimizer state/);
      await page.screenshot({ path: join(work, `${name}${path ? "-memory" : ""}.png`) });
    }
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    server.close();
  }
}

mkdirSync(resolve(work), { recursive: true });
const browser = await launch();
let failed = 0;
try {
  for (const name of wanted) {
    const start = performance.now();
    try {
      await look(browser, name, built(name));
      console.log(`passed ${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s  ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED         ${name}\n  ${error.stack.replaceAll("\n", "\n  ")}`);
    }
  }
} finally {
  await browser.close();
}
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 && wanted.length > 0 ? 0 : 1;
