import type { Verb } from './verb.js';
import { approvals } from './verbs/approvals.js';
import { auditEvidence, auditExport, auditVerify } from './verbs/audit.js';
import { breakGlass, reviewClose, reviews } from './verbs/break-glass.js';
import { decide } from './verbs/decide.js';
import { decisions } from './verbs/decisions.js';
import { delegate, delegateEnd, delegations } from './verbs/delegate.js';
import { doctor } from './verbs/doctor.js';
import { grantRedeem, grantVerify } from './verbs/grant.js';
import { keys, keysRemove, keysRotate } from './verbs/keys.js';
import { policyBuild } from './verbs/policy/build.js';
import { POLICY_CHANGE } from './verbs/policy/change.js';
import { policyCheck } from './verbs/policy/check.js';
import { policyDiff } from './verbs/policy/diff.js';
import { policyExplain } from './verbs/policy/explain.js';
import { policyReplay } from './verbs/policy/replay.js';
import { policyReport } from './verbs/policy/report.js';
import { policyTest } from './verbs/policy/test.js';
import { link, links, unlink } from './verbs/links.js';
import { tokensCreate, tokensList, tokensRevoke, whoami } from './verbs/tokens.js';
import { signals } from './verbs/signals.js';
import { approve, deny } from './verbs/vote.js';
import { revoke } from './verbs/revoke.js';
import { resume, stop, stops } from './verbs/stop.js';
import { watch } from './verbs/watch.js';

/** All verbs, in the order of the overview. */
export const VERBS: readonly Verb[] = [
  decide,
  decisions,
  approvals,
  approve,
  deny,
  revoke,
  watch,
  breakGlass,
  reviews,
  reviewClose,
  signals,
  delegate,
  delegations,
  delegateEnd,
  stop,
  resume,
  stops,
  grantRedeem,
  grantVerify,
  auditVerify,
  auditExport,
  auditEvidence,
  policyCheck,
  policyTest,
  policyBuild,
  policyExplain,
  policyDiff,
  policyReplay,
  policyReport,
  ...POLICY_CHANGE,
  whoami,
  tokensCreate,
  tokensList,
  tokensRevoke,
  link,
  links,
  unlink,
  keys,
  keysRotate,
  keysRemove,
  doctor,
];
