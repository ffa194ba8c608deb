// Private keys on disk: made once, found by every process that shares the folder, added to and taken away while they run.
// It guarantees that a key appears whole or not at all and that nobody but its owner may read it, and it refuses to know
// what is signed.
export { KeyFolder, removeKey, rotateKeys, type FolderKey } from './key-folder.js';
export { loadOrCreateSigningKey } from './signing-key.js';
