import type { Standalone } from './standalone.js';

/** What a person sees when everything is up: where it is, who they can be, and a first call that works as it stands. */
export function readyBlock(
  { grpcPort, httpPort, development, revision, embeddedDatabase, kafka }: Standalone,
  seconds: number,
  dataDir: string,
): string {
  const key = 'cs_dev_release-bot';
  const lines = [
    '',
    `Countersign is ready after ${seconds.toFixed(1)} s`,
    '',
    `  gRPC      127.0.0.1:${grpcPort}   (reflection and health are on)`,
    `  HTTP      http://127.0.0.1:${httpPort}   /v1/  /readyz  /metrics  /checkpoint  /.well-known/jwks.json`,
    `  policy    ${revision.slice(0, 23)}…`,
    `  data      ${embeddedDatabase ? dataDir : 'DATABASE_URL'}`,
    `  events    ${kafka ? 'Kafka' : 'in this process (set KAFKA_BROKERS for Kafka)'}`,
  ];
  if (development) {
    lines.push(
      '',
      '  ┌──────────────────────────────────────────────────────────────────────────┐',
      '  │  DEVELOPMENT IDENTITIES: their keys are public. Anyone who can reach     │',
      '  │  these ports can act as anybody. Set COUNTERSIGN_DIRECTORY to your own.  │',
      '  └──────────────────────────────────────────────────────────────────────────┘',
      '',
      `  agent key   ${key}        (release-bot, owned by Sam)`,
      '  people      cs_dev_dana, cs_dev_ana (dba)   cs_dev_sam (owner: may not approve)',
      '',
      '  A first call: an agent wants to delete rows, and people have to say yes.',
      '',
      `    curl -s http://127.0.0.1:${httpPort}/v1/decisions -H 'authorization: Bearer ${key}' \\`,
      `      -H 'content-type: application/json' -d '{"action":{"name":"db.delete"},"arguments":{"rows":12480},` +
        `"resource":{"type":"table","id":"prod.orders"},"justification":"cleaning up"}'`,
      '',
      '  Then answer it as Dana, and play the whole story:',
      '',
      '    COUNTERSIGN_TOKEN=cs_dev_dana npx countersign approvals',
      '    npm run demo',
    );
  }
  return [...lines, '', 'Ctrl-C stops it; the data stays.', ''].join('\n');
}
