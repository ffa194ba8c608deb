export function readEquivalents(path?: string): Promise<{ because(id: string): string | undefined; ids(): string[] }>;
