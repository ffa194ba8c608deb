export { overtakenAsks, UNCOUNTED, type AskLimit } from './limit.js';
export { IntakeAsks1764400000000, IntakeDeniedActions1764500000000 } from './tables.js';
