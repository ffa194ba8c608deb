export const KINDS: Record<string, { ends: string[] }>;
