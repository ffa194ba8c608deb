import { EXIT } from '../exit.js';
import { CHECKS, type Finding } from '../health-checks.js';
import { say } from '../terminal.js';
import { verb } from '../verb.js';

export const doctor = verb({
  name: 'doctor',
  summary: 'find out what is wrong, and what to do',
  about:
    'Checks the connection, the services, their versions, the clocks and the token, and says what to change. Changes nothing.',
  options: {},
  examples: [
    'countersign doctor',
    'countersign doctor --address gate.internal:7443 --http https://gate.internal --token "$TOKEN"',
  ],
  exits: [0, 1, 2],
  async run(world) {
    const findings: Finding[] = [];
    for (const check of CHECKS) findings.push(await check(world));
    const ok = findings.every(({ state }) => state !== 'bad');
    const { terminal } = world;
    if (terminal.json) terminal.value({ ok, findings });
    else {
      for (const { state, what, found, advice } of findings) {
        const mark = {
          good: say`ok  `.styled('green'),
          unsure: say`?   `.styled('yellow'),
          bad: say`bad `.styled('red'),
        }[state];
        terminal.print(say`${mark} ${what}: ${found}`);
        if (advice) terminal.print(say`       ${advice}`);
      }
    }
    return ok ? EXIT.ok : EXIT.fault;
  },
});
