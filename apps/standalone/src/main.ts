import { parseSettings, runMain } from '@countersign/service';
import { readyBlock } from './banner.js';
import { startStandalone } from './standalone.js';

const began = performance.timeOrigin;

await runMain(async () => {
  // A person reads this terminal; the log is for when something is wrong.
  const settings = parseSettings({
    ...process.env,
    COUNTERSIGN_LOG_LEVEL: process.env['COUNTERSIGN_LOG_LEVEL'] ?? 'warn',
  });
  const standalone = await startStandalone(settings, (line) => process.stderr.write(`· ${line}\n`));
  process.stdout.write(readyBlock(standalone, (Date.now() - began) / 1000, settings.COUNTERSIGN_DATA_DIR) + '\n');
  return standalone;
});
