// A headless Chromium that asks nothing of the outside.
import puppeteer from "puppeteer-core";

const FLAGS = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-gpu",
  "--disable-quic",
  "--disable-sync",
  "--no-default-browser-check",
  "--no-first-run",
  "--no-sandbox",
];

export function launch() {
  const executablePath = process.env.CHROME;
  if (!executablePath) {
    throw new Error("CHROME must hold the path of a Chromium; `cargo xtask test e2e` sets it");
  }
  // The profile is a new empty folder that puppeteer removes at the end.
  return puppeteer.launch({ executablePath, headless: true, args: FLAGS });
}
