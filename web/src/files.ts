/** The names of chosen files stand beside their clip. */
export function showNames(field: HTMLInputElement): void {
  const place = field.closest("label")?.querySelector<HTMLElement>("[data-names]");
  if (!place) return;
  place.dataset["names"] ||= place.textContent ?? "";
  const names = [...(field.files ?? [])].map((file) => file.name);
  place.textContent = names.length > 0 ? names.join(", ") : place.dataset["names"];
}

