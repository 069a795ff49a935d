// What is copied when a selection reaches over several messages: "[time] name: text", a line for each.

/** One row as it is copied. */
export interface Copied {
  time: string;
  name: string;
  text: string;
}

export function lines(rows: readonly Copied[]): string {
  return rows.map(({ time, name, text }) => `[${time}] ${name}: ${text}`).join('\n');
}

function copied(row: HTMLElement): Copied {
  const text = row.querySelector<HTMLElement>('.text')?.cloneNode(true) as HTMLElement | undefined;
  text?.querySelectorAll('.foot').forEach((foot) => foot.remove());
  return { time: row.querySelector('time')?.textContent ?? '', name: row.getAttribute('aria-label') ?? '', text: text?.textContent?.trim() ?? '' };
}

/** A selection within one message is left to the browser. */
export function copyAcross(event: ClipboardEvent): void {
  const selection = getSelection();
  if (!selection || selection.isCollapsed || !(event.currentTarget instanceof HTMLElement)) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('li[data-id]')].filter((row) => selection.containsNode(row, true));
  if (rows.length < 2) return;
  event.preventDefault();
  event.clipboardData?.setData('text/plain', lines(rows.map(copied)));
}
