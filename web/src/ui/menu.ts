// Menus: what an entry is, and the one menu that is open.

import type { IconNode } from "./icons.ts";

export interface MenuEntry {
  id: string;
  label: string;
  icon?: IconNode;
  /** The icon stands on a disc of this hue. */
  hue?: number;
  shortcut?: string;
  danger?: boolean;
  /** Shown but not to be chosen, with the reason. */
  disabledBecause?: string;
  /** A line above this entry. */
  divided?: boolean;
  perform: () => void;
}

export interface OpenMenu {
  label: string;
  entries: MenuEntry[];
  /** Where: beside an element, or at a point of the window. */
  at: DOMRect | { x: number; y: number };
}

/** The place of the menu's top left corner, so that it lies inside the window and beside what opened it. */
export function placeOf(
  at: OpenMenu["at"],
  size: { width: number; height: number },
  view: { width: number; height: number },
  rtl: boolean,
): { left: number; top: number } {
  const edge = 8;
  const rect = "width" in at ? at : { left: at.x, right: at.x, top: at.y, bottom: at.y };
  let left = rtl ? rect.left : rect.right - size.width;
  if (!("width" in at)) left = rtl ? at.x - size.width : at.x;
  let top = rect.bottom + 4;
  if (top + size.height > view.height - edge) top = rect.top - size.height - 4;
  return {
    left: Math.max(edge, Math.min(view.width - edge - size.width, left)),
    top: Math.max(edge, Math.min(view.height - edge - size.height, top)),
  };
}
