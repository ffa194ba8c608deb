import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { expect } from 'vitest';
import { ChromiumUnavailable, findChromium } from '../../tools/chromium.mjs';

// A real headless Chromium, and what every test of the inbox does with it.

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The browser, or undefined where there is none. Where everything has to be tested (CI=true), having none is an error. */
export async function openBrowser(): Promise<Browser | undefined> {
  try {
    const { path, env } = await findChromium();
    return await chromium.launch({
      executablePath: path,
      // A sandbox of its own is not to be had where tests run as root or in a container.
      args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
      env: { ...process.env, ...env } as Record<string, string>,
    });
  } catch (error) {
    if (!(error instanceof ChromiumUnavailable) || process.env.CI === 'true') throw error;
    process.stderr.write(`\nNOT TESTED: the inbox in a browser, because ${error.message}\n`);
    return undefined;
  }
}

export interface Look {
  scheme?: 'light' | 'dark';
  width?: number;
  height?: number;
}

/** A browser of a person of their own, in Berlin, signed in with a token as a person would. */
export async function signedIn(browser: Browser, url: string, token: string, look: Look = {}) {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: look.scheme ?? 'light',
    viewport: { width: look.width ?? 1280, height: look.height ?? 900 },
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  await page.goto('/inbox');
  await page.getByLabel('API token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('● live').waitFor();
  return { context, page };
}

/** Opens one request and waits until it is there. */
export async function openRequest(page: Page, id: string): Promise<void> {
  await page.goto(`/inbox/${id}`);
  await page.locator(`article[data-id="${id}"]`).waitFor();
}

/** No violation that keeps anybody from using it. */
export async function expectAccessible(page: Page): Promise<void> {
  const found = await violations(page);
  expect(found.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
}

interface Violation {
  id: string;
  impact: string;
  nodes: string[];
}

async function violations(page: Page): Promise<Violation[]> {
  // The page's own policy forbids what a test adds to it, so axe runs in a world of its own, which sees the same document.
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send('Page.getFrameTree');
  const { executionContextId: contextId } = await session.send('Page.createIsolatedWorld', {
    frameId: frameTree.frame.id,
  });
  const evaluate = async (expression: string): Promise<unknown> => {
    const options = { expression, contextId, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', options);
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  };
  await evaluate(AXE);
  const text = await evaluate(
    `axe.run(document).then(({ violations }) => JSON.stringify(violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, failureSummary }) => html.slice(0, 200) + failureSummary) }))))`,
  );
  await session.detach();
  return JSON.parse(text as string) as Violation[];
}

export type { Browser, BrowserContext, Page };
