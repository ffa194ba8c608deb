import type { Verb } from '../../verb.js';
import { policyActivate, policyRollback } from './activate.js';
import { policyBundles } from './bundles.js';
import { policyPush } from './push.js';
import { policyShadow } from './shadow.js';

/** The verbs that change which policy serves, in the order in which they are used. */
export const POLICY_CHANGE: readonly Verb[] = [policyPush, policyBundles, policyShadow, policyActivate, policyRollback];
