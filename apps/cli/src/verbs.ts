import type { Verb } from './verb.js';
import { approvals } from './verbs/approvals.js';
import { auditEvidence, auditExport, auditVerify } from './verbs/audit.js';
import { decide } from './verbs/decide.js';
import { doctor } from './verbs/doctor.js';
import { grantRedeem, grantVerify } from './verbs/grant.js';
import { keys } from './verbs/keys.js';
import { POLICY_VERBS } from './verbs/policy.js';
import { approve, deny } from './verbs/vote.js';
import { watch } from './verbs/watch.js';

/** All verbs, in the order of the overview. */
export const VERBS: readonly Verb[] = [
  decide,
  approvals,
  approve,
  deny,
  watch,
  grantRedeem,
  grantVerify,
  auditVerify,
  auditExport,
  auditEvidence,
  ...POLICY_VERBS,
  keys,
  doctor,
];
