export const disagreement = (_text: string): string | null => null;
