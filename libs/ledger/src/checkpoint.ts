// C2SP tlog-checkpoint: the signed statement "the log named origin has this many entries and this root". It is the text of
// a signed note.

export interface Checkpoint {
  /** Names the log for ever: a log with another history needs another origin. */
  origin: string;
  size: number;
  root: Buffer;
}

export function checkpointText(checkpoint: Checkpoint): string {
  return `${checkpoint.origin}\n${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`;
}

/** Undefined when the text is no checkpoint. Extension lines after the root are allowed and carry no meaning here. */
export function parseCheckpoint(text: string): Checkpoint | undefined {
  const [origin = '', digits = '', encoded = '', ...extensions] = text.split('\n');
  const size = /^(0|[1-9][0-9]{0,15})$/.test(digits) ? Number(digits) : NaN;
  const root = Buffer.from(encoded, 'base64');
  // The last element is what follows the final newline; an empty line before it would end the text early.
  const ended = extensions.pop() === '' && extensions.every((line) => line !== '');
  if (
    origin === '' ||
    !Number.isSafeInteger(size) ||
    root.length !== 32 ||
    root.toString('base64') !== encoded ||
    !ended
  ) {
    return undefined;
  }
  return { origin, size, root };
}
