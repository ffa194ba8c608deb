export declare class ChromiumUnavailable extends Error {}
export declare function findChromium(
  log?: (line: string) => void,
): Promise<{ path: string; env: Record<string, string> }>;
