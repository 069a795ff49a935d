// A word under the pointer. It never takes the focus and says nothing that the label does not.

import type { Action } from "svelte/action";

let box: HTMLElement | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

function show(at: HTMLElement, text: string): void {
  if (!at.isConnected) return;
  box ??= document.createElement("div");
  box.className = "tooltip";
  box.setAttribute("aria-hidden", "true");
  box.textContent = text;
  const host = at.closest("dialog") ?? document.body;
  host.append(box);
  const target = at.getBoundingClientRect();
  const own = box.getBoundingClientRect();
  const below = target.bottom + own.height + 10 < innerHeight;
  const left = Math.max(6, Math.min(innerWidth - own.width - 6, target.left + target.width / 2 - own.width / 2));
  box.style.left = `${left}px`;
  box.style.top = `${below ? target.bottom + 6 : target.top - own.height - 6}px`;
}

function hide(): void {
  clearTimeout(timer);
  box?.remove();
}

/** Shows `text` half a second after a mouse came to rest on the element. */
export const tooltip: Action<HTMLElement, string> = (node, text) => {
  const enter = (event: PointerEvent): void => {
    if (event.pointerType !== "mouse") return;
    clearTimeout(timer);
    timer = setTimeout(() => show(node, text), 500);
  };
  node.addEventListener("pointerenter", enter);
  node.addEventListener("pointerleave", hide);
  node.addEventListener("pointerdown", hide);
  return {
    update: (value) => (text = value),
    destroy: () => {
      hide();
      node.removeEventListener("pointerenter", enter);
      node.removeEventListener("pointerleave", hide);
      node.removeEventListener("pointerdown", hide);
    },
  };
};
