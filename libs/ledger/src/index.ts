// The ledger's arithmetic: canonical bytes, an RFC 6962 tree over them, signed tree heads, and a verifier that trusts a
// public key and nothing else. It guarantees that whoever holds the entries and one checkpoint reaches the same verdict,
// and it refuses to know where entries are kept, what they mean beyond their envelope, or what time it is.
export { canonicalize, digestOf, quote } from './canonical.js';
export { checkpointText, parseCheckpoint, type Checkpoint } from './checkpoint.js';
export { readEvent, type EventFields } from './event.js';
export { EMPTY_ROOT, extend, leafHash, nodesOf, nodeKey, rootOf, spanHash } from './merkle.js';
export type { Frontier, Node, NodeId, ReadNode, Span } from './merkle.js';
export {
  noteKey,
  openNote,
  parseVerifier,
  signNote,
  verifierOf,
  type NoteKey,
  type OpenedNote,
  type Verifier,
} from './note.js';
export { consistencyPath, inclusionPath, verifyConsistency, verifyInclusion } from './proof.js';
export { SourceChains, verifySources, type Link, type SourceProblem } from './source-chain.js';
export { parseTilePath, TILE_WIDTH, type Tile } from './tile.js';
export { LedgerVerification, verifyLedger } from './verify.js';
export type { Expected, Problem, ProblemKind, Report, StoredEntry } from './verify.js';
export { isCanonicalObject } from './canonical-scan.js';
export { JsonProblem, MAX_DEPTH, parseStrict } from './strict-json.js';
