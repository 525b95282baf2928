// What a case gets: pages that are watched, and helpers to judge them.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

import axe from "axe-core";

const READY_MS = 20_000;

/** Whether an address matches a pattern in which `*` stands for anything. */
function matches(pattern, url) {
  const parts = pattern.split("*").map((part) => part.replace(/[.?+^$()|[\]{}\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(url);
}

/** An answer as the browser's protocol wants it. */
function reply({ status = 200, contentType = "application/json", body = "" }) {
  const headers = { "access-control-allow-origin": "*", "content-type": contentType };
  return {
    responseCode: status,
    responseHeaders: Object.entries(headers).map(([name, value]) => ({ name, value })),
    body: Buffer.from(body).toString("base64"),
  };
}

export class Context {
  assert = assert;
  /** What went wrong on the pages of the case; the case fails unless this stays empty. */
  problems = [];
  #expected = [];

  constructor({ url, dist, asked, session, out, name }) {
    this.url = url;
    this.origin = new URL(url).origin;
    this.session = session;
    this.out = out;
    this.name = name;
    /** The folder that is served, and the paths that its server was asked for. */
    this.dist = dist;
    this.asked = asked;
  }

  /**
   * Opens the site in a new page and waits until the application has replaced the fallback.
   * - fragment: "" or "#..."
   * - width, height, scale, dark: the screen
   * - ready: false to get the page without waiting for the application
   * - mock: { "https://host/path": { status, contentType, body } }, answered without the network
   * - kept: true to let the site keep a copy of itself, which would answer in the server's place
   * - at: an address to open instead, of a page of somebody else
   * - allow: beginnings of addresses that this page may ask beside its own
   * - block: a pattern of the addresses that are refused, as if the network failed
   */
  async open(fragment = "", options = {}) {
    const { width = 1280, height = 900, scale = 1, dark = false, ready = true } = options;
    const page = await this.session.newPage();
    await page.setViewport({ width, height, deviceScaleFactor: scale });
    const scheme = dark ? "dark" : "light";
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    const { at, allow = [] } = options;
    this.#watch(page, options.mock ?? {}, at ? [at, ...allow] : allow);
    await this.answer(page, options.mock ?? {}, options.block);
    if (!options.kept) {
      await page.evaluateOnNewDocument(() => delete Navigator.prototype.serviceWorker);
    }
    await options.prepare?.(page);
    await page.goto(at ?? this.url + fragment, { waitUntil: "load" });
    if (ready) {
      await page.waitForFunction(() => !document.getElementById("fallback"), { timeout: READY_MS });
    }
    return page;
  }

  /** Says that a problem whose text matches is what the case is about. */
  expectProblem(pattern) {
    this.#expected.push(pattern);
  }

  unexpectedProblems() {
    return this.problems.filter((text) => !this.#expected.some((pattern) => pattern.test(text)));
  }

  /** Fails when axe finds a violation in a page or a frame; `options` are those of axe.run. */
  async axe(page, options = {}) {
    // Evaluated rather than added as a script, which the policy of the page forbids.
    await page.evaluate(axe.source);
    const { violations, passes } = await page.evaluate((given) => window.axe.run(given), options);
    const text = violations.map(
      ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map(({ html }) => html).join("\n  ")}`,
    );
    assert.equal(violations.length, 0, `axe:\n${text.join("\n")}`);
    assert.ok(passes.length > 0, "axe looked at nothing");
  }

  /** Saves a picture of the page and tells where. */
  async shot(page, name = this.name, options = {}) {
    await mkdir(this.out, { recursive: true });
    const path = join(this.out, `${name}.png`);
    await page.screenshot({ path, ...options });
    return path;
  }

  /**
   * Answers what is asked of the addresses of `mock` (patterns may hold `*`) and refuses those that match `block`.
   * Holds no other request: a worker's own get lost while all of a page are held.
   */
  async answer(page, mock, block) {
    const patterns = [...Object.keys(mock), ...(block ? [block] : [])];
    if (patterns.length === 0) return;
    const client = await page.createCDPSession();
    client.on("Fetch.requestPaused", ({ requestId, request }) => {
      const known = Object.keys(mock).find((pattern) => matches(pattern, request.url));
      // As of a server that never answers.
      if (mock[known]?.hold) return;
      const sent =
        known === undefined
          ? client.send("Fetch.failRequest", { requestId, errorReason: "Failed" })
          : client.send("Fetch.fulfillRequest", { requestId, ...reply(mock[known]) });
      // The page may have gone, or want it no longer.
      sent.catch(() => {});
    });
    await client.send("Fetch.enable", {
      patterns: patterns.map((urlPattern) => ({ urlPattern })),
    });
  }

  #watch(page, mock, allow) {
    const note = (text) => this.problems.push(text);
    page.on("console", (message) => {
      if (message.type() === "error") note(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => note(`exception: ${error.message}`));
    page.on("request", (request) => {
      const url = request.url();
      const known = [this.url, ...allow].some((start) => url.startsWith(start));
      const own = known || /^(data|blob|about):/.test(url);
      if (!own && !(url in mock)) note(`foreign request: ${url}`);
    });
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "";
      // An answer that the page itself no longer wants is no failure.
      if (reason !== "net::ERR_ABORTED") note(`request failed: ${request.url()} ${reason}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) note(`status ${response.status()}: ${response.url()}`);
    });
  }
}
