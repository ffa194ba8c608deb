import type { MigrationClass } from '../postgres.js';

export const MIGRATIONS: MigrationClass[] = [];
