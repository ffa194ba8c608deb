// A log proves nothing about what never reached it. Each source therefore numbers its events from 1 without gaps and puts
// the digest of the one before into each: whatever was dropped, repeated or replaced on the way leaves a hole here.

export interface Link {
  source: string;
  seq: number;
  /** base64url SHA-256 of the bytes of the event before it at the same source; empty for the first. */
  prev: string;
  /** base64url SHA-256 of the event's own bytes. */
  digest: string;
}

export interface SourceProblem {
  kind: 'source-gap' | 'source-repeat' | 'source-chain';
  source: string;
  seq: number;
  detail: string;
}

interface Chain {
  /** Number of the last event of the unbroken run from 1. */
  head: number;
  /** Its digest; empty before the first. */
  digest: string;
  /** Events that arrived before their predecessor. */
  waiting: Map<number, Link>;
}

/**
 * Follows every source's chain. Events of one source may come in any order, as they do from several partitions; memory is
 * one link per source plus those whose predecessor has not come yet.
 */
export class SourceChains {
  readonly problems: SourceProblem[] = [];
  private readonly chains = new Map<string, Chain>();

  add(link: Link): void {
    let chain = this.chains.get(link.source);
    if (!chain) this.chains.set(link.source, (chain = { head: 0, digest: '', waiting: new Map() }));
    if (link.seq <= chain.head || chain.waiting.has(link.seq)) {
      this.report('source-repeat', link, `number ${link.seq} of ${link.source} is used twice`);
      return;
    }
    chain.waiting.set(link.seq, link);
    this.advance(chain);
  }

  /** Call once, after the last event: what is still waiting has lost a predecessor. */
  finish(): SourceProblem[] {
    for (const [source, chain] of this.chains) {
      while (chain.waiting.size > 0) {
        const next = Math.min(...chain.waiting.keys());
        const missing = next - 1 === chain.head + 1 ? `${next - 1} is` : `${chain.head + 1} to ${next - 1} are`;
        this.report('source-gap', { source, seq: chain.head + 1 }, `event ${missing} missing from ${source}`);
        // The link across the hole cannot be checked; what follows it can.
        const link = chain.waiting.get(next)!;
        Object.assign(chain, { head: next - 1, digest: link.prev });
        this.advance(chain);
      }
    }
    return this.problems;
  }

  /** Number of sources seen. */
  get size(): number {
    return this.chains.size;
  }

  private advance(chain: Chain): void {
    for (let link = chain.waiting.get(chain.head + 1); link; link = chain.waiting.get(chain.head + 1)) {
      if (link.prev !== chain.digest) {
        this.report('source-chain', link, `event ${link.seq} of ${link.source} does not follow the one before it`);
      }
      chain.waiting.delete(link.seq);
      Object.assign(chain, { head: link.seq, digest: link.digest });
    }
  }

  private report(kind: SourceProblem['kind'], at: { source: string; seq: number }, detail: string): void {
    this.problems.push({ kind, source: at.source, seq: at.seq, detail });
  }
}

export function verifySources(links: Iterable<Link>): SourceProblem[] {
  const chains = new SourceChains();
  for (const link of links) chains.add(link);
  return chains.finish();
}
