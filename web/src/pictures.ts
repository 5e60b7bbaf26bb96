/** A picture that cannot be shown gives way to the sign of its kind, which stands hidden behind it. */
export function mindPictures(): void {
  const giveWay = (picture: Element): void => {
    if (picture instanceof HTMLImageElement && picture.closest(".ds-files")) picture.remove();
  };
  // Errors of pictures do not bubble; parts of a page that are read anew bring new ones.
  addEventListener("error", (event) => event.target instanceof Element && giveWay(event.target), true);
  for (const picture of document.querySelectorAll<HTMLImageElement>(".ds-files img")) {
    if (picture.complete && picture.naturalWidth === 0) giveWay(picture);
  }
}
