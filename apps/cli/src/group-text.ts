import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { ApprovalGroup, ListApprovalGroupsResponse } from '@countersign/contract';
import { joinTexts, say, Text } from './terminal.js';
import { clock } from './when.js';

// Requests like each other as a table: what all of them have above it, and a column for each thing that differs.

const WIDEST = 40;

export function renderGroups({ groups, incomplete }: ListApprovalGroupsResponse, now: Date): Text {
  if (groups.length === 0) return say`nothing waits for you`;
  const texts = groups.map((group) => renderGroup(group, now));
  if (incomplete)
    texts.push(say`More wait than were looked at: those whose time ends first are here.`.styled('yellow'));
  return joinTexts(texts, '\n\n');
}

export function renderGroup(group: ApprovalGroup, now: Date): Text {
  const n = group.approvals.length;
  const head = say`${`${n} × ${group.action} on a ${group.resourceType}`}`.styled('bold');
  const common = group.common.map(({ pointer, text }) => say`  ${pointer} ${text}`.styled('dim'));
  return joinTexts(
    [
      say`${head} by ${group.subject?.id ?? ''}`,
      ...(n > 1 ? [say`All of them have:`, ...common, ...leftOut(group.commonLeftOut, 'member')] : common),
      ...(n > 1 ? [say`They differ in:`] : []),
      ...table(group, now),
      ...leftOut(group.differLeftOut, 'difference'),
      ...leftOut(group.approvalsLeftOut, 'request'),
    ],
    '\n',
  );
}

function leftOut(count: number, what: string): Text[] {
  return count > 0 ? [say`  … ${count} more ${what}${count === 1 ? '' : 's'} not shown …`.styled('yellow')] : [];
}

/** No value can begin a line, or push the columns behind it out of sight. */
function table({ differ, approvals }: ApprovalGroup, now: Date): Text[] {
  const rows = [
    ['id', 'risk', ...differ, 'expires'],
    ...approvals.map(({ id, risk, values, expiresAt }) => [
      id,
      risk,
      ...values,
      expiresAt ? clock(timestampDate(expiresAt), now) : '',
    ]),
  ].map((row, i) => row.map((cell, column) => (column === 0 || i === 0 ? cell : fit(cell))));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row, i) => {
    const cells = row.map((cell, column) => {
      const isLast = column === row.length - 1;
      return say`${cell}`.concat(blanks(isLast ? 0 : widths[column]! - cell.length + 2));
    });
    const line = cells.reduce((before, cell) => before.concat(cell), say`  `);
    return i === 0 ? line.styled('dim') : line;
  });
}

/** Spaces of our own: a run of them in somebody's value is shown as what it is. */
function blanks(count: number): Text {
  return new Text([{ text: ' '.repeat(Math.max(0, count)) }]);
}

/** Keeps both ends: what was told apart by its end must not look alike. */
function fit(cell: string): string {
  const line = cell.replace(/\s+/g, ' ');
  return line.length <= WIDEST ? line : `${line.slice(0, 22)} … ${line.slice(-15)}`;
}
