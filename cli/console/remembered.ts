/** How long what was found about a text is taken for true, milliseconds: a file of tokens may change as well. */
const LASTS = 10_000;

/** Asks about the same text only once in a while: a page looks each second, and a check of many tokens takes long. */
export function remembered<Found>(ask: (text: string) => Promise<Found>, now: () => number = Date.now) {
  let last: { text: string; at: number; found: Promise<Found> } | undefined;
  return (text: string): Promise<Found> => {
    if (last?.text !== text || now() - last.at > LASTS) {
      const found = ask(text);
      last = { text, at: now(), found };
      found.catch(() => (last = undefined));
    }
    return last!.found;
  };
}
