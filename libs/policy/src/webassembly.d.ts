// The part of the WebAssembly API that is used here. Node has it; the typings of Node 20 do not, and those of browsers
// would bring a thousand other names.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Memory {
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
}
