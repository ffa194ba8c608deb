// A PostgreSQL of our own for those who bring none: the real server under a small supervisor, durable like any other and
// never left running. It knows processes and folders, and nothing of what is stored.
export { startPostgres, type EmbeddedPostgres } from './supervisor.js';
