/** Words without case and accents, as lists are narrowed by them. */
export function fold(words: string): string {
  return words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
