import type { ActionRequest } from '@countersign/approval';
import { digestOf, quote } from '@countersign/ledger';
import type { ActionTexts } from './action.js';

export interface AskedTexts extends ActionTexts {
  principal: string;
  justification: string;
  requestId: string;
  /** The authenticated caller, when it is not the subject. */
  submittedBy: string;
  /** The one place where the grant may be used. */
  audience: string;
  /** Thumbprint of the key whose holder alone may use it. */
  holderKey: string;
}

/** A ledger entry is at most 65,535 bytes; beyond this size, large parts of a request are recorded by their digest. */
const LARGE_REQUEST = 40_000;
const LARGE_PART = 8_000;

/** The canonical text of the request as it is recorded. */
export function requestText(asked: AskedTexts): string {
  const whole = wholeRequestText(asked);
  if (whole.length * 3 <= LARGE_REQUEST || Buffer.byteLength(whole) <= LARGE_REQUEST) return whole;
  return wholeRequestText({
    ...asked,
    action: shrink(asked.action),
    resource: shrink(asked.resource),
    subject: shrink(asked.subject),
    context: asked.context && Buffer.byteLength(asked.context) > LARGE_PART ? stub(asked.context) : asked.context,
  });
}

/** The request as it is recorded. */
export function recordedRequest(asked: AskedTexts): ActionRequest {
  return JSON.parse(requestText(asked)) as ActionRequest;
}

/** The canonical text of the whole request, however large. */
export function wholeRequestText({
  action,
  audience,
  context,
  holderKey,
  justification,
  principal,
  requestId,
  resource,
  subject,
  submittedBy,
}: AskedTexts): string {
  return (
    `{"action":${action}${audience && `,"audience":${quote(audience)}`}${context && `,"context":${context}`}` +
    `${holderKey && `,"holder_key":"${holderKey}"`}${justification && `,"justification":${quote(justification)}`}` +
    `${principal && `,"principal":${quote(principal)}`}${requestId && `,"request_id":${quote(requestId)}`},"resource":${resource},` +
    `"subject":${subject}${submittedBy && `,"submitted_by":${quote(submittedBy)}`}}`
  );
}

/** An entity whose properties are too large to record: they are replaced by their size and digest, which still bind. */
function shrink(entity: string): string {
  if (Buffer.byteLength(entity) <= LARGE_PART) return entity;
  const marker = '"properties":';
  const start = entity.indexOf(marker) + marker.length;
  const end = entity.startsWith('{"name"') ? entity.length - 1 : entity.lastIndexOf(',"type":');
  return entity.slice(0, start) + stub(entity.slice(start, end)) + entity.slice(end);
}

function stub(text: string): string {
  return `{"$bytes":${Buffer.byteLength(text)},"$sha256":"${digestOf(text)}"}`;
}
