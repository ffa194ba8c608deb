// An office large enough for a crowd: 64 people in two groups, some of them in both, an owner who may not vote, and the
// agent whose requests they answer. The tokens are of this run alone.
import { createHash, randomBytes } from 'node:crypto';

export const CROWD = 64;
const RUN = randomBytes(12).toString('hex');

export const AGENT = { id: 'release-bot', token: `${RUN}-agent` };
export const OWNER = { id: 'owner@acme.example', token: `${RUN}-owner`, groups: ['dba'] };

/** The first 48 are in dba, the last 32 in finance: sixteen fit both. */
export const PEOPLE = Array.from({ length: CROWD }, (_, i) => ({
  id: `p${i}@acme.example`,
  token: `${RUN}-p${i}`,
  groups: [...(i < 48 ? ['dba'] : []), ...(i >= 32 ? ['finance'] : [])],
}));

/** As a directory file. */
export function directoryText() {
  const entry = (token) => `sha256:${createHash('sha256').update(token).digest('hex')}`;
  return JSON.stringify({
    people: [OWNER, ...PEOPLE].map(({ id, token, groups }) => ({ id, name: id, groups, tokens: [entry(token)] })),
    agents: [{ id: AGENT.id, owner: OWNER.id, keys: [entry(AGENT.token)] }],
    groups: { dba: null, finance: null },
  });
}
