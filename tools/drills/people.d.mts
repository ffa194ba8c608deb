export const CROWD: number;
export const OWNER: { id: string; token: string; groups: string[] };
export const PEOPLE: { id: string; token: string; groups: string[] }[];
