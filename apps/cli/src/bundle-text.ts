import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Bundle, PackageChange } from '@countersign/contract';
import { joinTexts, say, type Style, type Text } from './terminal.js';
import { clock } from './when.js';

const ROLES: Record<string, Style> = { serving: 'green', previous: 'cyan', candidate: 'yellow' };
const MARKS: Record<string, Text> = {
  added: say`+`.styled('green'),
  removed: say`-`.styled('red'),
  changed: say`~`.styled('yellow'),
};

/** The beginning of a revision, which the policy verbs take for the whole. */
export function shortRevision(revision: string): string {
  return revision.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1');
}

/** One line for a list: what it is here, which one, who brought it and what it changes. */
export function bundleLine(bundle: Bundle, now: Date): Text {
  const { revision, role, author, uploadedAt, changes, source, warning } = bundle;
  const when = uploadedAt ? clock(timestampDate(uploadedAt), now) : source;
  const mark = say`${(role || 'kept').padEnd(9)}`;
  const style = ROLES[role];
  const lines = [
    say`${style ? mark.styled(style) : mark.styled('dim')}  ${shortRevision(revision)}  ${when.padEnd(12)}  ${author || '-'}`,
    ...(changes?.summary ? [say`           ${changes.summary}`.styled('dim')] : []),
    ...(warning ? [say`           ${warning}`.styled('red')] : []),
  ];
  return joinTexts(lines, '\n');
}

/** All there is to know about one. */
export function bundleText(bundle: Bundle, now: Date): Text {
  const { role, author, note, uploadedAt, activatedAt, activatedBy, decisionId, areas, changes, source } = bundle;
  const fields: [string, string][] = [
    ['is', role || 'kept'],
    ['from', author ? `${author}${uploadedAt ? `, ${clock(timestampDate(uploadedAt), now)}` : ''}` : source],
    ['note', note],
    ['served', activatedAt ? `${clock(timestampDate(activatedAt), now)}, by ${activatedBy}, as ${decisionId}` : ''],
    ['areas', areas.join(', ')],
    ['against', changes ? `${shortRevision(changes.from)}: ${changes.summary}` : ''],
  ];
  const lines = fields.flatMap(([name, value]) =>
    value ? [say`  ${say`${name.padEnd(8)}`.styled('dim')} ${value}`] : [],
  );
  return joinTexts(
    [say`${bundle.revision}`.styled('bold'), ...lines, ...(changes?.packages ?? []).map(packageText)],
    '\n',
  );
}

function packageText({ package: name, change, rules }: PackageChange): Text {
  const lines = rules.map((rule) => say`    ${markOf(rule.change)} ${rule.rule}`);
  return joinTexts([say`  ${markOf(change)} ${say`${name}`.styled('bold')}`, ...lines], '\n');
}

function markOf(change: string): Text {
  return MARKS[change] ?? say`${change}`;
}
