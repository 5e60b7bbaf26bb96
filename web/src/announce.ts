// What changed, for screen readers: one polite region, filled a moment after the change.

let waiting: string[] = [];
let timer = 0;

export function announce(words: string): void {
  if (words === "" || waiting.includes(words)) return;
  waiting.push(words);
  clearTimeout(timer);
  timer = window.setTimeout(() => {
    const region = document.getElementById("told");
    if (region !== null) region.textContent = waiting.join(". ");
    waiting = [];
  }, 300);
}
