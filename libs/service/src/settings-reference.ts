import { SETTINGS } from './settings.js';

/** The configuration reference as Markdown, from the same table that is enforced. */
export function settingsReference(): string {
  const rows = Object.entries(SETTINGS).map(([key, setting]) => {
    const { about } = setting;
    const fallback = 'fallback' in setting ? `\`${setting.fallback}\`` : '';
    const secret = 'secret' in setting ? ' Secret.' : '';
    return `| \`${key}\` | ${about}${secret} | ${fallback} |`;
  });
  return [
    '# Configuration',
    '',
    'Settings are environment variables. All services share one table, so they can share one environment. A `COUNTERSIGN_*` key',
    'that is not here is an error. Lists are comma-separated; URLs are complete, and plain `http://` is accepted on loopback only.',
    '',
    '| Key | What it is | Default |',
    '|---|---|---|',
    ...rows,
    '',
    'The command line reads `COUNTERSIGN_ADDRESS` (host:port of gRPC), `COUNTERSIGN_HTTP_ADDRESS`, `COUNTERSIGN_TOKEN` and',
    '`COUNTERSIGN_JWKS` (URL or file of the public keys of grants).',
    '',
  ].join('\n');
}
