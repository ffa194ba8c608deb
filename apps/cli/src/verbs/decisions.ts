import { create } from '@bufbuild/protobuf';
import { timestampDate, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { ListDecisionsResponseSchema, nearest, SERVICES, State, type Decision } from '@countersign/contract';
import { stateText } from '../decision-text.js';
import { EXIT, UsageError } from '../exit.js';
import { asJson } from '../json.js';
import { parseWhole } from '../number.js';
import { joinTexts, say, type Text } from '../terminal.js';
import { verb } from '../verb.js';
import { clock, parseTime } from '../when.js';

const MOST_A_PAGE = 200;
const USUAL = 50;
const STATES = Object.keys(State).filter((name) => Number.isNaN(Number(name)) && name !== 'UNSPECIFIED');

export const decisions = verb({
  name: 'decisions',
  summary: 'list what was asked and how it was answered',
  about:
    'Newest first, also what needed nobody: an agent sees its own, a gateway what it submitted, a person what concerns them, an ' +
    'auditor everything. Filters are all to be met.',
  options: {
    state: { type: 'string', value: '<state>', help: STATES.map((name) => name.toLowerCase()).join(', ') },
    subject: { type: 'string', value: '<id>', help: 'those of this agent' },
    principal: { type: 'string', value: '<id>', help: 'those on behalf of this person' },
    action: { type: 'string', value: '<name>', help: 'those for this action: db.delete' },
    area: { type: 'string', value: '<area>', help: 'those of this area: db' },
    session: { type: 'string', value: '<id>', help: 'those of this session' },
    since: {
      type: 'string',
      value: '<time>',
      help: 'those asked at this time or later: 24h (ago), or 2026-11-21T08:00:00Z',
    },
    until: { type: 'string', value: '<time>', help: 'those asked before this time' },
    limit: { type: 'string', value: '<n>', help: `at most this many (${USUAL})` },
    page: { type: 'string', value: '<token>', help: 'go on where an answer ended' },
  },
  examples: [
    'countersign decisions --since 24h --state denied',
    'countersign decisions --subject release-bot --area db --json',
  ],
  exits: [0, 1, 2, 3],
  async run({ values, client, terminal, now }) {
    const limit = values.limit === undefined ? USUAL : parseWhole(values.limit, '--limit', 999_999);
    const timeOf = (text: string, option: string) => timestampFromMs(parseTime(text, option, { before: now() }));
    const wanted = {
      state: stateIn(values.state),
      subject: values.subject ?? '',
      principal: values.principal ?? '',
      action: values.action ?? '',
      area: values.area ?? '',
      sessionId: values.session ?? '',
      ...(values.since === undefined ? {} : { since: timeOf(values.since, '--since') }),
      ...(values.until === undefined ? {} : { until: timeOf(values.until, '--until') }),
    };
    const found: Decision[] = [];
    let pageToken = values.page ?? '';
    do {
      // A page may be empty and not the last: what is rare is looked for in steps.
      const pageSize = Math.min(MOST_A_PAGE, limit - found.length);
      const page = await client().unary(SERVICES.DecisionService.method.listDecisions, {
        ...wanted,
        pageSize,
        pageToken,
      });
      found.push(...page.decisions);
      pageToken = page.nextPageToken;
    } while (pageToken && found.length < limit);
    if (terminal.json) {
      const all = create(ListDecisionsResponseSchema, { decisions: found, nextPageToken: pageToken });
      terminal.value(asJson(ListDecisionsResponseSchema, all));
      return EXIT.ok;
    }
    if (found.length === 0) terminal.print(say`there is none`);
    else
      terminal.print(
        joinTexts(
          found.map((one) => line(one, now())),
          '\n',
        ),
      );
    if (pageToken) terminal.warn(say`there may be more: the same with --page ${pageToken}`);
    return EXIT.ok;
  },
});

function line({ id, state, createdAt, action, resource, subject, principal, reasons }: Decision, now: Date): Text {
  const at = createdAt ? clock(timestampDate(createdAt), now) : '';
  const what = `${action?.name ?? ''} ${resource?.type ?? ''} ${resource?.id ?? ''}`;
  const whose = `${subject?.id ?? ''}${principal ? ` for ${principal}` : ''}`;
  const why = say`${`${whose}: ${reasons[0]?.text ?? ''}`}`.styled('dim');
  return say`${id}  ${stateText(state)}  ${at}  ${what}  ${why}`;
}

function stateIn(text: string | undefined): State {
  if (text === undefined) return State.UNSPECIFIED;
  const name = text.toUpperCase().replace(/^STATE_/, '');
  if (STATES.includes(name)) return State[name as keyof typeof State];
  const guess = nearest(name, STATES)?.toLowerCase();
  throw new UsageError(
    `--state is "${text}": ${guess ? `did you mean ${guess}?` : `write one of ${STATES.join(', ').toLowerCase()}`}`,
  );
}
