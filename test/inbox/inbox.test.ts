import { State, Vote } from '@countersign/contract';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import {
  ANA,
  answered,
  ANYTHING,
  approvals,
  BOT,
  bulkDelete,
  DANA,
  decisions,
  eventsOf,
  HOLD,
  LEE,
  newPlace,
  startGate,
  type Gate,
} from '../gate.js';
import { CLIENT, startIdentityProvider, type IdentityProvider } from '../identity-provider.js';
import { freePorts } from '../../tools/services/ports.mjs';
import { expectAccessible, openBrowser, openRequest, signedIn, type Browser, type Page } from './browser.js';

let place: Awaited<ReturnType<typeof newPlace>>;
/** With the shipped policies, and with the policy that answers what it is told. */
let gate: Gate;
let told: Gate;
let provider: IdentityProvider;
let browser: Browser | undefined;
let dana: Page;

beforeAll(async () => {
  browser = await openBrowser();
  place = await newPlace();
  gate = await startGate(place);
  const [grpcPort, httpPort, providerPort] = (await freePorts(3)) as [number, number, number];
  const home = `http://127.0.0.1:${httpPort}`;
  provider = await startIdentityProvider(providerPort, [`${home}/sign-in/callback`]);
  const env = {
    COUNTERSIGN_PUBLIC_URL: home,
    COUNTERSIGN_OIDC_ISSUER: provider.issuer,
    COUNTERSIGN_OIDC_CLIENT_ID: CLIENT.id,
    COUNTERSIGN_OIDC_CLIENT_SECRET: CLIENT.secret,
  };
  told = await startGate({ ...place, policies: ANYTHING, env, ports: [grpcPort, httpPort] });
  if (browser) dana = (await signedIn(browser, urlOf(gate), DANA)).page;
});
afterAll(async () => {
  await browser?.close();
  await gate.stop();
  await told.stop();
  await provider.stop();
  await place.remove();
});

const urlOf = ({ httpPort }: Gate) => `http://127.0.0.1:${httpPort}`;
const hold = async (request: object = bulkDelete()) => (await gate.grpc.call(BOT, decisions.decide, request)).id;
const ask = async (request: object) => (await told.grpc.call(BOT, decisions.decide, request)).id;
const cast = async (id: string) => (await eventsOf(place.admin, id)).find(({ type }) => type === 'vote.cast')?.data;
const trim = (value: object) => ({
  ...answered(HOLD, 'prod.orders'),
  action: { name: 'db.trim' },
  ...args(value),
});
const stateOf = async (id: string) => (await told.grpc.call(BOT, decisions.getDecision, { id })).state;
const seen = (page: Page) => page.locator('#request');
const needsBrowser = ({ skip }: TestContext) => skip(!browser, 'there is no browser');
const args = (value: object) => ({
  argumentsForm: { case: 'argumentsJson' as const, value: JSON.stringify(value) },
});

describe('in the inbox a person', () => {
  it('sees a request come in, reads it, and approves it with one click', async (context) => {
    needsBrowser(context);
    await dana.goto('/inbox');
    const id = await hold();
    await dana.locator(`a[data-id="${id}"]`).click();
    await dana.getByRole('heading', { level: 1, name: /Delete 12,480 rows from prod\.orders/ }).waitFor();
    const text = await seen(dana).innerText();
    for (const part of [
      '▲ HIGH RISK',
      'needs 1 dba',
      'release-bot',
      'Why it was held',
      'rows: 12480',
      'The agent says (not verified)',
      'cleaning up',
      'Approving lets this exact call run once.',
      id,
    ])
      expect(text).toContain(part);
    expect(text.indexOf('rows: 12480')).toBeLessThan(text.indexOf('The agent says'));
    await dana.getByRole('button', { name: 'Approve', exact: true }).click();
    await dana
      .getByText(/Approved by Dana Ito in the inbox, \d\d:\d\d, after/)
      .first()
      .waitFor();
    expect(await dana.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    expect(await cast(id)).toMatchObject({
      voter: 'dana@acme.example',
      vote: 'approve',
      channel: 'inbox',
      opened_details: false,
      considered_s: expect.any(Number) as number,
      seen_digest: expect.stringMatching(/^[\w-]{43}$/) as string,
      card_digest: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
  });

  it('denies only with a reason, which the agent gets', async (context) => {
    needsBrowser(context);
    const id = await hold();
    await openRequest(dana, id);
    await dana.getByRole('button', { name: 'Deny' }).click();
    await dana.getByRole('alert').getByText('Say why: the agent gets your reason.').waitFor();
    expect(await dana.evaluate('document.activeElement?.id')).toBe('reason');
    await dana.keyboard.type('not before the backup');
    await dana.getByRole('button', { name: 'Deny' }).click();
    await dana.getByText('Denied by Dana Ito: not before the backup').first().waitFor();
    const { reasons } = await gate.grpc.call(BOT, decisions.getDecision, { id });
    expect(reasons[0]?.text).toBe('Dana Ito denied this: not before the backup');
  });

  it('sees at once what another has decided elsewhere, and cannot vote any more', async (context) => {
    needsBrowser(context);
    const id = await hold();
    await openRequest(dana, id);
    await dana.getByRole('button', { name: 'Approve', exact: true }).waitFor();
    await gate.grpc.call(ANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'not today' });
    await dana.getByText('Denied by Ana Roy: not today').first().waitFor({ timeout: 5_000 });
    expect(await dana.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await dana.locator(`a[data-id="${id}"]`).waitFor({ state: 'detached' });
  });

  it('who is too late is told what has happened, and nothing else happens', async (context) => {
    needsBrowser(context);
    const id = await hold();
    await openRequest(dana, id);
    // Nothing of what happens reaches this page before the click does.
    await dana.route('**/v1/approvals/**', (route) =>
      route.request().method() === 'GET' ? route.abort() : route.continue(),
    );
    await gate.grpc.call(ANA, approvals.castVote, { id, vote: Vote.APPROVE });
    const click = dana.waitForResponse((response) => response.url().endsWith('/votes'));
    await dana.evaluate("document.getElementById('approve').click()");
    expect((await click).status()).toBe(400);
    await dana.unroute('**/v1/approvals/**');
    await openRequest(dana, id);
    await dana
      .getByText(/Approved by Ana Roy in api/)
      .first()
      .waitFor();
    expect((await eventsOf(place.admin, id)).filter(({ type }) => type === 'vote.cast')).toHaveLength(1);
  });

  it('does all of it with the keyboard, and can turn single keys off', async (context) => {
    needsBrowser(context);
    const [first, second] = [await hold(), await hold()];
    await dana.goto('/inbox');
    for (const id of [first, second]) await dana.locator(`a[data-id="${id}"]`).waitFor();
    const focused = () => dana.evaluate('document.activeElement?.dataset.id ?? document.activeElement?.id');
    await dana.keyboard.press('/');
    expect(await focused()).toBe('find');
    await dana.keyboard.type(second);
    await dana.locator(`a[data-id="${first}"]`).waitFor({ state: 'detached' });
    await dana.keyboard.press('Escape');
    await dana.keyboard.press('j');
    while ((await focused()) !== second) {
      const before = await focused();
      await dana.keyboard.press('j');
      if ((await focused()) === before) break;
    }
    expect(await focused()).toBe(second);
    await dana.keyboard.press('Enter');
    await dana.locator(`article[data-id="${second}"]`).waitFor();
    await expect.poll(focused).toBe('effect');
    await dana.keyboard.press('d');
    expect(await focused()).toBe('reason');
    await dana.keyboard.type('ask again on Monday, d and a are letters here');
    await dana.keyboard.press('Control+Enter');
    await dana.getByText('Denied by Dana Ito: ask again on Monday').first().waitFor();
    await dana.keyboard.press('Escape');
    await dana.keyboard.press('?');
    await dana.getByRole('dialog', { name: 'Keys' }).waitFor();
    await dana.getByLabel('Single keys work').uncheck();
    await dana.keyboard.press('Escape');
    await openRequest(dana, first);
    await dana.keyboard.press('d');
    expect(await focused()).not.toBe('reason');
    await dana.getByRole('button', { name: 'Keys' }).click();
    await dana.getByLabel('Single keys work').check();
    await dana.getByRole('button', { name: 'Close' }).click();
    await dana.keyboard.press('a');
    expect(await focused()).toBe('approve');
    await dana.keyboard.press('Enter');
    await dana
      .getByText(/Approved by Dana Ito in the inbox/)
      .first()
      .waitFor();
  });

  it('reads the whole of what is cut before it can be approved, and that is recorded', async (context) => {
    needsBrowser(context);
    const id = await hold({
      ...bulkDelete(),
      ...args({ rows: 12480, note: `DELETE ${'x'.repeat(9_000)} -- the end` }),
    });
    await openRequest(dana, id);
    expect(await dana.locator('#payload').innerText()).toMatch(/characters not shown …[^]*-- the end/);
    await dana.getByRole('button', { name: 'Approve', exact: true }).click();
    await dana.getByRole('alert').getByText('The payload was cut.').waitFor();
    expect(await dana.locator('#payload').innerText()).toContain('x'.repeat(9_000));
    expect((await gate.grpc.call(BOT, decisions.getDecision, { id })).approval?.votes).toEqual([]);
    await dana.getByRole('button', { name: 'Approve', exact: true }).click();
    await dana
      .getByText(/Approved by Dana Ito in the inbox/)
      .first()
      .waitFor();
    expect(await cast(id)).toMatchObject({ opened_details: true });
  });

  it('changes a vote or takes it back while others are still asked', async (context) => {
    needsBrowser(context);
    const { page } = await signedIn(browser!, urlOf(told), DANA);
    const seats = [
      { group: 'dba', count: 1 },
      { group: 'finance', count: 1 },
    ];
    const id = await ask(answered({ ...HOLD, approval: { seats, expires_in: '1h', deny_quorum: 2 } }));
    await openRequest(page, id);
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByText('You have approved this.').waitFor();
    await page.getByText('Answers: 1 of 2 · finance still open').waitFor();
    await page.getByRole('button', { name: 'Take back my vote' }).click();
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page.getByLabel(/^Reason/).fill('on second thoughts');
    await page.getByRole('button', { name: 'Deny instead' }).click();
    await page.getByText('You have denied this.').waitFor();
    expect((await eventsOf(place.admin, id)).map(({ type }) => type)).toEqual([
      'decision.held',
      'vote.cast',
      'vote.retracted',
      'vote.cast',
      'vote.cast',
    ]);
    await page.context().close();
  });

  it('lets the agent do more of the same in its session only by ticking it', async (context) => {
    needsBrowser(context);
    const { page } = await signedIn(browser!, urlOf(told), DANA);
    const session = { count: 3, expires_in: '30m', vary: ['/resource/id'], limits: [] };
    const answer = { ...HOLD, approval: { ...HOLD.approval, session } };
    const within = { case: 'contextJson' as const, value: JSON.stringify({ answer, session_id: 'run-78' }) };
    for (const ticked of [false, true]) {
      const id = await ask({ ...answered(answer), contextForm: within });
      await openRequest(page, id);
      const box = page.getByLabel('Approve up to 3 more like this one in its session, for 30 min');
      expect(await box.isChecked()).toBe(false);
      if (ticked) await box.check();
      await page.getByRole('button', { name: 'Approve', exact: true }).click();
      await page
        .getByText(/Approved by Dana Ito/)
        .first()
        .waitFor();
      expect(Object.hasOwn((await cast(id)) as object, 'session')).toBe(ticked);
    }
    await page.context().close();
  });

  it('reads requests like each other side by side, and votes on one after the other', async (context) => {
    needsBrowser(context);
    const sizes = [40, 4_000, 300];
    const ids = [];
    for (const rows of sizes) ids.push(await ask(trim({ rows, sql: '<b>same</b>' })));
    const [few, many, some] = ids as [string, string, string];
    const { page } = await signedIn(browser!, urlOf(told), DANA);
    await page.keyboard.press('s');
    const group = page.getByRole('region', { name: '3 × db.trim (table), by release-bot' });
    const table = group.getByRole('table', { name: /^What differs/ });
    await expect.poll(() => table.getByRole('rowheader').count()).toBe(3);
    // What is the same is said once, and what is written in it stays letters.
    expect(await group.innerText()).toMatch(/\/arguments\/sql\s+<b>same<\/b>/);
    expect(await table.getByRole('columnheader').allInnerTexts()).toEqual([
      'Request',
      '/arguments/rows',
      'Risk',
      'Expires',
    ]);
    const cells = (await table.getByRole('row').allInnerTexts()).slice(1).map((row) => row.split('\t')[1]);
    expect(cells).toEqual(['4,000', '300', '40']);
    expect(await group.getByRole('button').count()).toBe(0);
    await expectAccessible(page);
    const approve = async (id: string) => {
      await page.locator(`article[data-id="${id}"]`).waitFor();
      await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('effect');
      await page.keyboard.press('a');
      await page.keyboard.press('Enter');
      await page.locator('article.settled').waitFor();
    };
    await table.getByRole('link').first().focus();
    await page.keyboard.press('Enter');
    await page.getByText('2 more like this one.').waitFor();
    await expectAccessible(page);
    await approve(many);
    expect(await Promise.all([few, some].map(stateOf))).toEqual([State.PENDING, State.PENDING]);
    await page.getByRole('link', { name: 'Next like it' }).focus();
    await page.keyboard.press('Enter');
    await approve(some);
    // The link leads there also from the list of what waits.
    await page.getByRole('button', { name: /^Waiting/ }).click();
    await page.getByRole('link', { name: 'All side by side' }).click();
    await page.getByRole('heading', { name: 'Requests like each other' }).waitFor();
    await group.waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe('/inbox/alike');
    await page.goBack();
    await page.locator(`article[data-id="${some}"]`).waitFor();
    await told.grpc.call(DANA, approvals.castVote, { id: few, vote: Vote.DENY, reason: 'no' });
    for (const id of [many, some])
      expect((await eventsOf(place.admin, id)).filter(({ type }) => type === 'vote.cast')).toHaveLength(1);
    await page.context().close();
  });

  it('keeps the place in the table while other requests come in', async (context) => {
    needsBrowser(context);
    const ids = [];
    for (const rows of [1, 2]) ids.push(await ask(trim({ rows })));
    const { page } = await signedIn(browser!, urlOf(told), DANA);
    await page.goto('/inbox/alike');
    const link = page.locator(`table a[data-open="${ids[0]!}"]`);
    await page.getByText('● live').waitFor();
    await link.focus();
    let reads = 0;
    let goOn = () => {};
    const held = new Promise<void>((resolve) => (goOn = resolve));
    await page.route('**/v1/approval-groups', async (route) => {
      reads++;
      await held;
      await route.continue();
    });
    expect(await link.evaluate((element) => element.matches(':focus'))).toBe(true);
    const before = Number(await page.locator('#count').innerText());
    for (const rows of [3, 4, 5]) ids.push(await ask(trim({ rows })));
    await expect.poll(() => page.locator('#count').innerText()).toBe(String(before + 3));
    expect(reads).toBe(1);
    goOn();
    await page.locator(`table a[data-open="${ids[4]!}"]`).waitFor();
    // However many come at once, they are read once more.
    expect(reads).toBe(2);
    expect(await link.evaluate((element) => element.matches(':focus'))).toBe(true);
    for (const id of ids) await told.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'no' });
    await link.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it('signs in once more where policy asks for it, for that request alone, and only then does the vote count', async (context) => {
    needsBrowser(context);
    const own = await browser!.newContext({ baseURL: urlOf(told), locale: 'en-GB' });
    own.setDefaultTimeout(10_000);
    // The provider's own page would have a typeface from elsewhere.
    await own.route(/^https:/, (route) => route.abort());
    const page = await own.newPage();
    const proveWhoOneIs = async () => {
      await page.waitForURL(`${provider.issuer}/interaction/**`);
      await page.locator('input[name=login]').fill('dana@acme.example');
      await page.locator('input[name=password]').fill('any');
      await page.locator('button[type=submit]').click();
    };
    await page.goto('/inbox');
    await page.getByRole('link', { name: 'Sign in with your organisation' }).click();
    await proveWhoOneIs();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('● live').waitFor();
    const asking = answered({ ...HOLD, approval: { ...HOLD.approval, step_up: true } });
    const [id, other] = [await ask(asking), await ask({ ...asking, resource: { type: 'table', id: 'another' } })];
    const refused = async (which: string) => {
      await openRequest(page, which);
      await page.getByRole('button', { name: 'Approve', exact: true }).click();
      await page
        .getByRole('alert')
        .getByText(/sign in again/i)
        .waitFor();
      expect((await eventsOf(place.admin, which)).map(({ type }) => type)).toEqual(['decision.held', 'vote.refused']);
    };
    await refused(id);
    await expectAccessible(page);
    // Being signed in at the provider is not enough: it asks.
    await page.getByRole('link', { name: 'Sign in again' }).click();
    await proveWhoOneIs();
    await page.waitForURL(`${urlOf(told)}/inbox/${id}`);
    await page.getByRole('button', { name: 'Approve', exact: true }).click();
    await page
      .getByText(/Approved by Dana Ito in the inbox/)
      .first()
      .waitFor();
    expect(await cast(id)).toMatchObject({ voter: 'dana@acme.example', vote: 'approve', channel: 'inbox' });
    await refused(other);
    await own.close();
  });

  it('sees that somebody broke the glass and nobody has looked at it in time', async (context) => {
    needsBrowser(context);
    const { page } = await signedIn(browser!, urlOf(told), DANA);
    const overdue_reviews = [{ id: 'dec_00000000000000000000000001', by_name: 'Sam <b>Ortiz</b>' }, {}];
    await page.route('**/v1/approvals?*', async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...((await answer.json()) as object), overdue_reviews } });
    });
    await page.goto('/inbox');
    await page.getByText(/Nobody has reviewed in time .*Sam <b>Ortiz<\/b>.*and 1 more/).waitFor();
    await expectAccessible(page);
    await page.context().close();
  });

  it('sees why somebody else has to decide, and what has been decided', async (context) => {
    needsBrowser(context);
    const id = await ask({ ...answered(HOLD), principal: 'lee@acme.example' });
    const { page } = await signedIn(browser!, urlOf(told), LEE);
    await openRequest(page, id);
    await page.getByText(/You cannot vote on this\. .*on your behalf/).waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await told.grpc.call(DANA, approvals.castVote, { id, vote: Vote.DENY, reason: 'no' });
    await page.getByRole('button', { name: 'History' }).click();
    await page.locator(`.list a[data-id="${id}"]`).getByText('Denied').waitFor();
    await page.context().close();
  });

  it('is shown by another process what was decided through this one', async (context) => {
    needsBrowser(context);
    const { page } = await signedIn(browser!, urlOf(told), ANA);
    const id = await hold();
    await page.locator(`a[data-id="${id}"]`).click();
    await gate.grpc.call(DANA, approvals.castVote, { id, vote: Vote.APPROVE });
    await page
      .getByText(/Approved by Dana Ito in api/)
      .first()
      .waitFor({ timeout: 8_000 });
    await page.context().close();
  });
});

const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>\u202Egnp.exe\u200B javascript:alert(1) ${'A'.repeat(150_000)} THE END`;

describe('what an agent writes', () => {
  it('is inert wherever it stands, whole or cut', async (context) => {
    needsBrowser(context);
    const page = dana;
    const asked = { loud: false };
    page.on('dialog', (dialog) => ((asked.loud = true), void dialog.dismiss()));
    const id = await hold({
      ...bulkDelete('<b>prod</b>.orders"><script>1</script>'),
      ...args({ rows: 12480, note: HOSTILE.slice(0, 30_000), '<i>name</i>': '</pre><h1>Approved</h1>' }),
      justification: HOSTILE.slice(0, 1_500),
      contextForm: {
        case: 'contextJson',
        value: JSON.stringify({ session_id: '<b>s</b>', activity: ['<u>x</u>\u2066'] }),
      },
    });
    await openRequest(page, id);
    await page.getByRole('button', { name: 'Open the whole request' }).click();
    await page.getByText(/The whole request, [\d,]+ characters/).waitFor();
    const text = await seen(page).innerText();
    for (const part of ['<img src=x', '⟨U+202E⟩', '⟨U+200B⟩', '</pre><h1>Approved</h1>', '<u>x</u>⟨U+2066⟩'])
      expect(text).toContain(part);
    expect(text).not.toMatch(/[\u202E\u200B\u2066]/);
    expect(await page.locator('#request :is(img, script, b, i, u, h1 + h1)').count()).toBe(0);
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
    expect(await page.title()).toContain('Countersign inbox');
    expect(asked.loud).toBe(false);
    await expectAccessible(page);
  });

  it('of 200 KB is not put before people at all, since nobody could see the whole of it', async (context) => {
    needsBrowser(context);
    const { id, reasons } = await told.grpc.call(BOT, decisions.decide, {
      ...answered(HOLD),
      ...args({ rows: 12480, note: 'y'.repeat(200_000) }),
    });
    expect(reasons[0]?.rule).toBe('too-large-to-show');
    await dana.goto(`/inbox/${id}`);
    await dana.getByRole('alert').getByText(`you have no part in ${id}`).waitFor();
  });
});

describe('every screen can be used by everybody', () => {
  it.each(['light', 'dark'] as const)(
    'in %s',
    async (scheme) => {
      if (!browser) return;
      const { page, context } = await signedIn(browser, urlOf(gate), DANA, { scheme });
      const waits = await hold();
      const long = await hold({ ...bulkDelete(), ...args({ rows: 12480, note: 'x'.repeat(9_000) }) });
      for (const id of [waits, long]) {
        await openRequest(page, id);
        await expectAccessible(page);
      }
      await page.getByRole('button', { name: 'Deny' }).click();
      await page.getByRole('alert').waitFor();
      await expectAccessible(page);
      await gate.grpc.call(ANA, approvals.castVote, { id: waits, vote: Vote.APPROVE, reason: 'yes' });
      await openRequest(page, waits);
      await page.getByRole('button', { name: 'History' }).click();
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Side by side' }).click();
      await page.getByRole('heading', { name: 'Requests like each other' }).waitFor();
      await expectAccessible(page);
      await openRequest(page, long);
      await page.keyboard.press('?');
      await expectAccessible(page);
      await page.keyboard.press('Escape');
      await page.setViewportSize({ width: 360, height: 740 });
      await expectAccessible(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await page.getByRole('button', { name: /All requests/ }).click();
      await expectAccessible(page);
      await context.clearCookies();
      await page.goto('/inbox');
      await page.getByLabel('API token').waitFor();
      await expectAccessible(page);
      await context.close();
    },
    90_000,
  );
});
