// Writes docs/configuration.md from the settings table: `npm run reference` after a build.
import { writeFileSync } from 'node:fs';
import { settingsReference } from '@countersign/service';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), settingsReference());
