// The staff's pages. Everything basic works without this by plain forms and links; this makes it live and quick.
import { startComposer, write } from "./composer";
import { rememberList, showPosition } from "./cursor";
import { startForms } from "./forms";
import { showKeys, startKeys } from "./keys";
import { Live } from "./live";
import { startMenus } from "./menus";
import { Palette, waysOf } from "./palette";
import { mindPictures } from "./pictures";
import { followList, followPlaces, followTicket } from "./refresh";
import { startSwaps } from "./swaps";

// The server writes times, and says what "today" is, in the reader's own zone from the next page on.
document.cookie = `ds_zone=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;

const live = new Live(Number(document.body.dataset["feed"] ?? 0));
const list = document.querySelector<HTMLElement>("#list");
const ticket = document.querySelector<HTMLElement>("[data-ticket]");
const again = ticket ? followTicket(live, ticket) : list ? followList(live, list) : followPlaces(live);

mindPictures();
startSwaps(again);
startMenus();
startForms();
if (list) rememberList();
showPosition();
const composer = document.querySelector<HTMLFormElement>("#composer");
if (composer) startComposer(composer);

const palette = new Palette(() =>
  waysOf({
    run: [
      ["Create ticket", "C", "", () => location.assign("/workspace/new")],
      ...(composer
        ? ([
            ["Reply", "R", "", () => write("reply")],
            ["Internal note", "N", "", () => write("note")],
          ] as [string, string, string, () => void][])
        : []),
      ["Keyboard shortcuts", "?", "", showKeys],
    ],
  }),
);
startKeys(() => palette.open());
// After an act of this page its parts are read anew, also where the stream is away.
document.addEventListener("ds-changed", again);
