// A visit to a page behind the gate by a tool that drives Chromium: as the tool is when nobody changes anything.
//
//     node visit.js TOOL URL CHROMIUM
//
// Prints "arrived" once the page's own form is there, and ends the browser in any case.

import { chromium } from "playwright-core";
import puppeteer from "puppeteer-core";
import { addExtra } from "puppeteer-extra";
import stealth from "puppeteer-extra-plugin-stealth";

/** Without a sandbox, which containers rarely allow, and without anything that asks the network. */
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
/** What the origin's page has, and the challenge page has not. */
const FORM = "input[type=password]";
/** Generous: tests share a machine. */
const LIMIT = 90_000;

/** @typedef {(url: string, executablePath: string) => Promise<void>} Visit */

/** @type {Visit} */
async function byPlaywright(url, executablePath) {
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS, timeout: LIMIT });
  try {
    const page = await browser.newPage();
    await page.goto(url, { timeout: LIMIT });
    await page.waitForSelector(FORM, { timeout: LIMIT });
  } finally {
    await browser.close();
  }
}

/**
 * @param {import("puppeteer-extra").VanillaPuppeteer} tool
 * @returns {Visit}
 */
function byPuppeteer(tool) {
  return async (url, executablePath) => {
    // Over a pipe the browser ends with the process at the other end.
    const browser = await tool.launch({ executablePath, args: ARGUMENTS, pipe: true, timeout: LIMIT });
    try {
      const page = await browser.newPage();
      await page.goto(url, { timeout: LIMIT });
      await page.waitForSelector(FORM, { timeout: LIMIT });
    } finally {
      await browser.close();
    }
  };
}

/** @type {Record<string, Visit>} */
const TOOLS = {
  "playwright-core": byPlaywright,
  "puppeteer-core": byPuppeteer(puppeteer),
  "puppeteer-extra-plugin-stealth": byPuppeteer(addExtra(puppeteer).use(stealth())),
};

const [tool = "", url = "", executablePath = ""] = process.argv.slice(2);
const visit = TOOLS[tool];
if (visit === undefined) {
  throw new Error(`unknown tool ${tool}: choose one of ${Object.keys(TOOLS).join(", ")}`);
}
await visit(url, executablePath);
console.log("arrived");
