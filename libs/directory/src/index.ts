// People, agents and groups, and whose credential is whose. It answers from memory and never decides what anyone may do.
export { authenticator, sameToken } from './credentials.js';
export { Directory, type Caller, type Limited } from './directory.js';
export type { DirectoryFile } from './file.js';
export { ROTATIONS } from './rotation.js';
export { overlaid, type Overlay } from './overlay.js';
export { requireRole, requireScope } from './permit.js';
export { openDirectory, type DirectorySource, type OpenedDirectory } from './watched.js';
