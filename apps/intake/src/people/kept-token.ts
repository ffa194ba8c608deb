import type { Scope } from '@countersign/approval';
import type { Registry, RegistryFact, Write } from '@countersign/store';
import { peopleEvent } from './fact.js';

/** The kind under which tokens are kept, each under the hash of its secret. */
export const API_TOKEN = 'api_token';

/** A token as it is kept. */
export interface KeptToken {
  id: string;
  name: string;
  holder: { kind: 'person' | 'agent'; id: string };
  scopes: Scope[];
  created_at: string;
  created_by: string;
  expires_at: string;
  last_used_at?: string;
  /** Under which the credential it was made with is kept, where that can be taken back here. */
  made_with?: string;
}

/** Tokens that were made with one of these credentials, with what was made with those, and so on. */
export function madeWith(registry: Pick<Registry, 'all'>, credentials: readonly string[]): RegistryFact<KeptToken>[] {
  const all = registry.all<KeptToken>(API_TOKEN);
  const found = new Map<string, RegistryFact<KeptToken>>();
  for (let parents = new Set(credentials); parents.size > 0;) {
    const made = all.filter(({ id, state }) => parents.has(state.made_with ?? '') && !found.has(id));
    for (const one of made) found.set(one.id, one);
    parents = new Set(made.map(({ id }) => id));
  }
  return [...found.values()];
}

/** Takes tokens back, with all that was made with them: whoever stole one must not keep its children. */
export function takingBack(
  registry: Pick<Registry, 'all'>,
  tokens: readonly RegistryFact<KeptToken>[],
  by: { id: string; name: string },
  at: string,
  traceId?: string,
): Write & Required<Pick<Write, 'registry'>> {
  const all = [
    ...tokens,
    ...madeWith(
      registry,
      tokens.map(({ id }) => id),
    ),
  ];
  return {
    decisionId: all[0]?.state.id ?? '',
    events: all.map(({ state: token }) => ({
      ...peopleEvent(
        { type: 'token.revoked', ...whose(token), name: token.name, by: by.id, by_name: by.name },
        at,
        2,
        traceId,
      ),
      stream: token.id,
    })),
    registry: all.map(({ id, version }) => ({ kind: API_TOKEN, id, expected: version, state: null })),
  };
}

/** Whose token it is, as events name them. */
export function whose({ holder }: KeptToken): { person: string } | { agent: string } {
  return holder.kind === 'person' ? { person: holder.id } : { agent: holder.id };
}
