// The terminal's way into Countersign: one verb per thing a person or a script wants. It guarantees that what it prints cannot
// be made to lie by an agent's text, that a vote is for exactly what was shown, and that exit codes mean one thing each.
// It refuses to know the rules: it asks, shows and reports what the services say.
export { run, type Surroundings } from './run.js';
export { VERBS } from './verbs.js';
export { EXIT } from './exit.js';
