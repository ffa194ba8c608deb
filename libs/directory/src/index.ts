// People, agents and groups, and whose credential is whose. It answers from memory and never decides what anyone may do.
export { Directory, type Caller } from './directory.js';
export { parseDirectory, type DirectoryFile } from './file.js';
export { watchDirectory, type DirectorySource } from './watched.js';
